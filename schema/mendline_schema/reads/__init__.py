"""Reads: a selection becomes one statement in which Postgres writes the answer's JSON."""
