"""Labels and stickers of our own, and what the link on one leads to."""
