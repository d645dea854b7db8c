"""Keys that an interaction hands out: trigger ids (three seconds, once) and response URLs (30 minutes, five times)."""

import secrets
import time

import msgspec

from .refusals import Refusal

RESPONSE_URL_SECONDS = 1800
RESPONSE_URL_USES = 5


class Trigger(msgspec.Struct):
    """Who acted, in which team, and until when (monotonic seconds) a modal may answer it."""

    user_id: str
    team_id: str
    until: float
    exchanged: bool = False


class ResponseUrl(msgspec.Struct):
    """Where the answers to one interaction go; `ts` is the message that it came from, if any."""

    team_id: str
    channel: str
    user_id: str
    ts: str | None
    until: float
    uses: int = RESPONSE_URL_USES


class Triggers:
    """Hands out and takes back triggers and response URLs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._triggers: dict[str, Trigger] = {}
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, user_id: str, team_id: str) -> str:
        """A new trigger id."""
        name = f"{time.time_ns() // 1_000_000}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(user_id, team_id, time.monotonic() + self._seconds)
        return name

    def exchange(self, name: str, team_id: str) -> str:
        """Use a trigger id up and say whose it was. Raises Refusal with Slack's word for each wrong one."""
        trigger = self._triggers.get(name)
        if trigger is None or trigger.team_id != team_id:
            raise Refusal("invalid_trigger_id")
        if trigger.exchanged:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() > trigger.until:
            raise Refusal("expired_trigger_id")
        trigger.exchanged = True
        return trigger.user_id

    def give_back(self, name: str) -> None:
        """A trigger whose view was refused may be tried again while it lives."""
        self._triggers[name].exchanged = False

    def response_url(self, team_id: str, channel: str, user_id: str, ts: str | None) -> str:
        """The secret tail of a new response URL."""
        tail = secrets.token_urlsafe(18)
        self._urls[tail] = ResponseUrl(team_id, channel, user_id, ts, time.monotonic() + RESPONSE_URL_SECONDS)
        return tail

    def spend(self, tail: str) -> ResponseUrl:
        """Use a response URL once. Raises Refusal `used_url` or `expired_url`."""
        url = self._urls.get(tail)
        if url is None or time.monotonic() > url.until:
            raise Refusal("expired_url")
        if url.uses <= 0:
            raise Refusal("used_url")
        url.uses -= 1
        return url
