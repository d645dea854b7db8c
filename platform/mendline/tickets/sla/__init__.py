"""The SLA clock: what was agreed, what stops it, what it shows, and who is told in time."""
