"""Strict local Telegram and Slack, and the chat simulator page over them, in one small process without a database."""
