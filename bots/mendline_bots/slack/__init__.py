"""Slack: events, presses, commands and windows in by webhook or socket mode, messages out by the Web API."""

from mendline_bots.slack.channel import SlackChannel, make

__all__ = ["SlackChannel", "make"]
