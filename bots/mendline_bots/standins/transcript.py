"""The transcript: everything that crossed a stand-in, in order, for the story's log and for tests."""

import time
from typing import Any, Literal

import msgspec

from .faults import ChannelName
from .journal import Journal

KEPT = 20_000  # entries in memory; the demo writes some hundreds


class Entry(msgspec.Struct, kw_only=True):
    """One crossing. "in" is what a person did (an update, an event), "out" is an API call that Mendline made.

    `at` is seconds since 1970 UTC; `method` the API method or event kind; `person` a person's key where one is known.
    """

    seq: int
    at: float
    channel: ChannelName
    direction: Literal["in", "out"]
    method: str
    chat: str | None
    person: str | None
    payload: dict[str, Any]
    ok: bool


class Transcript:
    """Append-only list of entries, kept over a restart when it has a journal."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._entries = [msgspec.convert(row, Entry) for _, row in journal.loaded("entry")] if journal else []
        self._next = self._entries[-1].seq + 1 if self._entries else 1

    def add(
        self,
        channel: ChannelName,
        direction: Literal["in", "out"],
        method: str,
        payload: dict[str, Any],
        *,
        chat: str | int | None = None,
        person: str | None = None,
        ok: bool = True,
    ) -> Entry:
        """Append one entry, stamped with the time of now."""
        entry = Entry(
            seq=self._next,
            at=time.time(),
            channel=channel,
            direction=direction,
            method=method,
            chat=None if chat is None else str(chat),
            person=person,
            payload=payload,
            ok=ok,
        )
        self._next += 1
        self._entries.append(entry)
        if self._journal:
            self._journal.put("entry", entry.seq, entry)
            for forgotten in self._entries[:-KEPT]:
                self._journal.put("entry", forgotten.seq, None)
        del self._entries[:-KEPT]
        return entry

    def entries(self, *, since: int = 0, channel: str | None = None, person: str | None = None) -> list[Entry]:
        """Entries with a `seq` above `since`, of one channel or person when named."""
        return [
            entry
            for entry in self._entries
            if entry.seq > since and channel in {None, entry.channel} and person in {None, entry.person}
        ]
