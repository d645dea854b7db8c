"""Matching: who can be sent to a job, who had best be, and why."""
