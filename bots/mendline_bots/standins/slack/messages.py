"""The messages of all conversations, under time stamps that are never given twice."""

import time
from copy import deepcopy
from typing import Any

import msgspec

from ..journal import Journal
from .block_kit import actionable
from .refusals import Refusal, Wire


class Message(msgspec.Struct, kw_only=True):
    """One message: `wire` is Slack's message object. `author` is a user id; `only_for` sees an ephemeral one."""

    ts: str
    channel: str
    team_id: str
    author: str
    by_bot: bool
    wire: Wire
    only_for: str | None = None
    broadcasts: list[str] = []
    reactions: list[str] = []

    @property
    def thread(self) -> str:
        """The ts of the thread's first message: its own when it is none's answer."""
        return str(self.wire.get("thread_ts") or self.ts)


class Messages:
    """Keeps messages by conversation, in order, and in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._channels: dict[str, dict[str, Message]] = {}
        self._read: dict[str, str] = dict(journal.loaded("slack_read"))
        self._last = 0
        for _, row in journal.loaded("slack_message"):
            message = msgspec.convert(row, Message)
            self._channels.setdefault(message.channel, {})[message.ts] = message
            self._last = max(self._last, _micros(message.ts))

    def stamp(self) -> str:
        """A new ts: seconds and microseconds, later than every other."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def keep(self, message: Message) -> None:
        """Add or replace a message."""
        self._channels.setdefault(message.channel, {})[message.ts] = message
        self._journal.put("slack_message", f"{message.channel}/{message.ts}", message)

    def remove(self, message: Message) -> None:
        """Forget a message."""
        self._channels[message.channel].pop(message.ts, None)
        self._journal.put("slack_message", f"{message.channel}/{message.ts}", None)

    def of(self, channel: str) -> list[Message]:
        """A conversation's messages, oldest first."""
        return list(self._channels.get(channel, {}).values())

    def channels(self) -> list[str]:
        """Every conversation that has messages."""
        return list(self._channels)

    def find(self, channel: str, ts: str) -> Message | None:
        """One message."""
        return self._channels.get(channel, {}).get(ts)

    def get(self, channel: str, ts: str) -> Message:
        """One message that everybody sees. Raises `message_not_found` (ephemeral ones cannot be found either)."""
        message = self.find(channel, ts)
        if message is None or message.only_for:
            raise Refusal("message_not_found")
        return message

    def mark_read(self, user_id: str, channel: str) -> None:
        """This person has seen everything up to now."""
        seen = self.stamp()
        self._read[f"{user_id}/{channel}"] = seen
        self._journal.put("slack_read", f"{user_id}/{channel}", seen)

    def unread(self, user_id: str, channel: str) -> int:
        """How many messages of others this person has not seen."""
        seen = _micros(self._read.get(f"{user_id}/{channel}", "0.0"))
        return sum(
            each.author != user_id and each.only_for in {None, user_id} and _micros(each.ts) > seen
            for each in self.of(channel)
        )


def _micros(ts: str) -> int:
    seconds, _, micros = ts.partition(".")
    return int(seconds) * 1_000_000 + int(micros or 0)


def named(blocks: list[Any]) -> list[Any]:
    """Blocks as Slack keeps them: each with a `block_id`, each element with an `action_id`."""
    kept = deepcopy(blocks)
    for index, block in enumerate(kept):
        block.setdefault("block_id", f"auto{index}")
        for place, element in enumerate(actionable(block)):
            element.setdefault("action_id", f"auto{index}.{place}")
    return kept
