"""Tickets across organisations: shared, passed on, subcontracted, asked for by a partner."""
