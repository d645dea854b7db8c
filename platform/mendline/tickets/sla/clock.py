"""The SLA clock: a pure function of a ticket's clock events and a working calendar; nothing is counted on the way."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from mendline_tenants import WorkingCalendar, after_working, is_provisional, working_seconds

ClockName = Literal["response", "arrival", "restoration"]
CLOCKS: tuple[ClockName, ...] = ("response", "arrival", "restoration")
"""Contract clocks: until somebody qualified acts, until somebody is there, until the device may be used again."""

ClockEventKind = Literal["started", "targeted", "paused", "resumed", "stopped", "reopened", "rebased"]
ClockState = Literal["none", "running", "paused", "stopped"]


class ClockEvent(Struct, frozen=True):
    """What happened to one clock of a ticket.

    at: when it happened, as claimed by who reports; claimed: whether that was another moment than the server's own.
    seq: the order of recording, which decides between events of one moment. minutes: the target, for `started` and
    `targeted` (None: nothing is agreed), and for `rebased` (None: as before). reason: why a pause, a new target or a
    new base; a pause always has one.
    """

    kind: ClockEventKind
    at: datetime
    seq: int
    minutes: int | None = None
    reason: str = ""
    claimed: bool = False


class Stretch(NamedTuple):
    """Time between two events during which the clock ran, was paused, or stood still after a stop.

    reason: why it was paused, stopped, reopened or began anew. seq: of the event that it begins with.
    """

    begins: datetime
    ends: datetime | None
    state: Literal["running", "paused", "stopped"]
    reason: str
    seq: int


class ClockReading(Struct, frozen=True):
    """What a clock shows.

    state: `none` before it was started. used and target in seconds of working time. due_at: when the target is used up
    if nothing else happens; None while a pause holds it back, and without a target. met: whether it stopped in time;
    None while it runs. provisional: a year it reaches into has no published make-up workdays yet. claimed: some moment
    that counts was told from outside.
    """

    state: ClockState
    started_at: datetime | None = None
    target: int | None = None
    used: int = 0
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    met: bool | None = None
    provisional: bool = False
    claimed: bool = False


def reckon(calendar: WorkingCalendar, events: Iterable[ClockEvent], moment: datetime) -> ClockReading:
    """What the clock shows at `moment`; the order in which the events are given does not matter.

    A priority change counts its target from the original start and keeps the pauses; `rebased` starts anew; a clock
    that is reopened goes on where it stopped, with the target of now. Events after `moment` have not happened yet.
    """
    told = in_order(event for event in events if event.at <= moment)
    stretches = tuple(stretches_of(told))
    if not stretches:
        return ClockReading("none")
    begun, latest = stretches[0].begins, stretches[-1]
    target = target_of(told, latest)
    used = sum(
        working_seconds(calendar, stretch.begins, min(stretch.ends or moment, moment))
        for stretch in stretches
        if stretch.state == "running"
    )
    due_at = due(calendar, stretches, target) if target is not None else None
    stopped = latest.state == "stopped"
    return ClockReading(
        state=latest.state,
        started_at=begun,
        target=target,
        used=used,
        due_at=due_at,
        stopped_at=latest.begins if stopped else None,
        met=used <= target if stopped and target is not None else None,
        provisional=any(is_provisional(calendar, year) for year in range(begun.year, (due_at or moment).year + 1)),
        claimed=any(event.claimed for event in told if event.at >= begun),
    )


def in_order(events: Iterable[ClockEvent]) -> list[ClockEvent]:
    """As they happened; events of one moment as they were recorded."""
    return sorted(events, key=lambda event: (event.at, event.seq))


def stretches_of(events: Iterable[ClockEvent]) -> Iterator[Stretch]:
    """The clock's life since its last base, from ordered events; the last stretch has no end.

    An event that changes nothing (a pause within a pause, a resumption of what runs) is passed over.
    """
    found: list[Stretch] = []
    for event in events:
        state = found[-1].state if found else None
        match event.kind:
            case "started" if state is None:
                found = [Stretch(event.at, None, "running", "", event.seq)]
            case "rebased" if state is not None:
                found = [Stretch(event.at, None, "running", event.reason, event.seq)]
            case "paused" if state == "running":
                _turn(found, event, "paused", event.reason)
            case "resumed" if state == "paused":
                _turn(found, event, "running", "")
            case "stopped" if state in ("running", "paused"):
                _turn(found, event, "stopped", event.reason)
            case "reopened" if state == "stopped":
                _turn(found, event, "running", event.reason)
    yield from found


def target_of(told: Iterable[ClockEvent], latest: Stretch) -> int | None:
    """The target in seconds by which a clock with this latest stretch is judged; None where nothing is agreed.

    One that has stopped is judged by the target under which it stopped: what was in time stays so. What is agreed
    after that waits for it to be reopened.
    """
    if latest.state == "stopped":
        return target_in_force(event for event in told if (event.at, event.seq) < (latest.begins, latest.seq))
    return target_in_force(told)


def target_in_force(told: Iterable[ClockEvent]) -> int | None:
    """The target in seconds that was last set by these events, for a clock that runs; None where nothing is agreed."""
    setting = max(
        (event for event in told if sets_target(event.kind, event.minutes)),
        key=lambda event: (event.at, event.seq),
        default=None,
    )
    return setting.minutes * 60 if setting is not None and setting.minutes is not None else None


def sets_target(kind: str, minutes: int | None) -> bool:
    """Whether an event says what the target is from now on, be it none: a new base without minutes leaves it."""
    return kind in ("started", "targeted") or minutes is not None


def _turn(found: list[Stretch], event: ClockEvent, state: Literal["running", "paused", "stopped"], reason: str) -> None:
    found[-1] = found[-1]._replace(ends=event.at)
    found.append(Stretch(event.at, None, state, reason, event.seq))


def due(calendar: WorkingCalendar, stretches: Iterable[Stretch], target: int) -> datetime | None:
    """When `target` seconds of working time are used up; for a stopped clock, when they would have been.

    None while a pause without an end holds it back.
    """
    left = target
    for stretch in stretches:
        if stretch.state == "paused" and stretch.ends is None:
            return None
        if stretch.state == "paused" or (stretch.state == "stopped" and stretch.ends is not None):
            continue
        if stretch.ends is None:
            return after_working(calendar, stretch.begins, left)
        worked = working_seconds(calendar, stretch.begins, stretch.ends)
        if worked >= left:
            return after_working(calendar, stretch.begins, left)
        left -= worked
    return None


def share_used(reading: ClockReading) -> float | None:
    """How much of its target a clock has used, 1.0 when it is due; None without a target."""
    return reading.used / reading.target if reading.target else None


def moment_of_share(calendar: WorkingCalendar, events: Iterable[ClockEvent], share: float) -> datetime | None:
    """When a running clock will have used this share of its target; None while it is held back or without one."""
    told = in_order(events)
    stretches = tuple(stretches_of(told))
    target = target_in_force(told)
    if not stretches or target is None or stretches[-1].state != "running":
        return None
    return due(calendar, stretches, int(target * share))
