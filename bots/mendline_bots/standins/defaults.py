"""Tokens that the stand-ins take when nothing else is set: they open nothing but the stand-ins."""

TELEGRAM_TOKEN = "6000000001:local-stand-in-not-a-secret"  # noqa: S105 - said aloud on purpose
