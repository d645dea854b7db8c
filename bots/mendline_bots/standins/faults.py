"""Faults on demand: what a stand-in is told to do wrong, once or several times."""

from typing import Literal

import msgspec

ChannelName = Literal["telegram", "slack"]

#: Faults of an API call: "429" refuses it, "timeout_after" does the work and then does not answer in time.
#: Faults of a delivery: the event comes twice, after the one that follows it, or late.
FaultKind = Literal["429", "timeout_after", "duplicate", "reorder", "late"]


class Fault(msgspec.Struct, kw_only=True):
    """One order to go wrong. `method` is an API method or an event kind (`message`, `view_submission`), "*" for any.

    `count` is how often it still strikes; `retry_after` is in seconds: the wait a 429 asks for, how long
    "timeout_after" holds the answer back, and how late "late" delivers. None means the kind's default, see `seconds`.
    """

    channel: ChannelName
    method: str = "*"
    kind: FaultKind
    count: int = 1
    retry_after: float | None = None

    @property
    def seconds(self) -> float:
        """`retry_after`, or the default of this kind of fault."""
        defaults = {"429": 1.0, "timeout_after": 30.0, "late": 2.0, "reorder": 5.0, "duplicate": 0.0}
        return defaults[self.kind] if self.retry_after is None else self.retry_after


class Faults:
    """The queue of faults that are still to strike, shared by both stand-ins."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault; faults of one kind strike in the order they were added."""
        self._queue.append(fault)

    def take(self, channel: ChannelName, method: str, *kinds: FaultKind) -> Fault | None:
        """The first waiting fault of these kinds for this method, used up by one; None when nothing is to go wrong."""
        for fault in self._queue:
            if fault.channel == channel and fault.kind in kinds and fault.method.lower() in {"*", method.lower()}:
                fault.count -= 1
                if fault.count <= 0:
                    self._queue.remove(fault)
                return fault
        return None

    def waiting(self) -> list[Fault]:
        """What is still to strike."""
        return list(self._queue)

    def clear(self) -> None:
        """Forget every waiting fault."""
        self._queue.clear()
