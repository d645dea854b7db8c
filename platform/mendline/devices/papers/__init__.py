"""Regulatory documents and scans of certificates: kept, warned of, proven."""
