"""Telegram: updates in by webhook or polling, messages out by the Bot API."""

from mendline_bots.telegram.channel import TelegramChannel, make

__all__ = ["TelegramChannel", "make"]
