"""Fault codes proposed from a ticket's words, by a model that learns from the organisation's own closed tickets."""
