"""The audit: what was done and read, chained, covered by signed checkpoints, witnessed, exported."""
