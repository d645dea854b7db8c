"""A strict local Slack that speaks the real HTTP and socket-mode APIs to the unmodified slack_sdk and slack_bolt."""

from .request_url import signed
from .settings import Channel, SlackSettings, Workspace
from .standin import SlackStandin

__all__ = ["Channel", "SlackSettings", "SlackStandin", "Workspace", "signed"]
