"""Strict local Telegram: the Bot API as the unmodified library calls it, and the people on the other side."""

from .standin import TelegramStandin

__all__ = ["TelegramStandin"]
