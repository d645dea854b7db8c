"""The composition root: settings and parts become a running system here."""
