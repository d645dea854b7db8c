"""Offers: a job is put to people, one takes it, and it ends when its time or its ticket does."""
