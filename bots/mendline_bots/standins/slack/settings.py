"""The Slack app as this house has registered it: tokens, secrets, workspaces, channels, where Slack delivers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

SCOPES = (
    "app_mentions:read,channels:read,chat:write,commands,files:read,files:write,im:write,reactions:write,users:read"
)


class Workspace(msgspec.Struct, kw_only=True):
    """One Slack workspace that has the app installed. Whatever is not given follows from the team id."""

    team_id: str
    name: str = ""
    domain: str = ""
    bot_token: str = ""
    bot_user_id: str = ""
    bot_id: str = ""

    def __post_init__(self) -> None:
        tail = self.team_id.removeprefix("T")
        self.name = self.name or self.team_id
        self.domain = self.domain or self.team_id.lower()
        self.bot_token = self.bot_token or f"xoxb-standin-{self.team_id}"
        self.bot_user_id = self.bot_user_id or f"UBOT{tail}"
        self.bot_id = self.bot_id or f"BBOT{tail}"


class Channel(msgspec.Struct, kw_only=True):
    """A channel of a workspace; `members` are user ids (one of another team makes it a Slack Connect channel)."""

    id: str
    name: str
    team_id: str
    members: list[str] = []
    has_bot: bool = True


class SlackSettings(msgspec.Struct, kw_only=True):
    """`<home>/standins/slack.json`; every member has a default that is the same on each machine.

    With a `request_url` Slack delivers there over HTTP, without one over socket mode. `retry_delays` are the seconds
    before each new try of an event: Slack waits 0, 60 and 300, here it is twelve times as fast. `ack_seconds` is how
    long an answer may take (Slack: 3). `channel_rate` refuses a second message to a channel within one second.
    `echo` delivers the bot's own messages and edits as events, as Slack does to whoever subscribed to messages.
    """

    app_id: str = "ASTANDIN"
    bot_name: str = "Mendline"
    app_token: str = "xapp-standin"  # noqa: S105 - a name for a local part, it opens nothing
    signing_secret: str = "standin-signing-secret"  # noqa: S105
    verification_token: str = "standin-verification"  # noqa: S105
    client_id: str = "1.standin"
    client_secret: str = "standin-client-secret"  # noqa: S105
    request_url: str = ""
    retry_delays: tuple[float, ...] = (0.0, 5.0, 25.0)
    ack_seconds: float = 3.0
    trigger_seconds: float = 3.0
    channel_rate: bool = False
    echo: bool = True
    commands: tuple[str, ...] = ("/wo",)
    workspaces: list[Workspace] = []
    channels: list[Channel] = []

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str]) -> Self:
        """The file when it is there, and over it what the environment says."""
        settings = msgspec.json.decode(path.read_bytes(), type=cls) if path.exists() else cls()
        for name, variable in {
            "app_token": "MENDLINE_SLACK_APP_TOKEN",
            "signing_secret": "MENDLINE_SLACK_SIGNING_SECRET",
            "client_id": "MENDLINE_SLACK_CLIENT_ID",
            "client_secret": "MENDLINE_SLACK_CLIENT_SECRET",
            "request_url": "MENDLINE_SLACK_REQUEST_URL",
        }.items():
            if environment.get(variable):
                setattr(settings, name, environment[variable])
        return settings
