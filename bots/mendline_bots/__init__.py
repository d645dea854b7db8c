"""mendline_bots."""
