"""mendline_schema."""
