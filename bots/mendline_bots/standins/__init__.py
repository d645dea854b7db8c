"""Strict local Telegram and Slack, and the chat simulator page over them, in one small process without a database."""

from .defaults import TELEGRAM_TOKEN
from .server import build_app, run

__all__ = ["TELEGRAM_TOKEN", "build_app", "run"]
