"""Duty rotas reckoned: who is on duty at a moment, by a repeating pattern and by who stands in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline_tenants import local_moment


class Handover(Struct, frozen=True, order=True):
    """Who takes over on a day of the cycle (0 is its first) at a wall-clock time, in minutes after midnight.

    members: the primary first, then who is told when the primary does not answer; nobody: a gap until the next one.
    """

    day: int
    minute: int
    members: tuple[UUID, ...]


class Cover(Struct, frozen=True):
    """That a member stands in from a moment to another at a level (0: as primary)."""

    level: int
    member: UUID
    begins: datetime
    ends: datetime


class Rota(Struct, frozen=True):
    """A pattern of handovers that repeats every `cycle` days from starts_on in a zone.

    A turn lasts until the next handover, so that every moment from the first handover on lies in exactly one turn,
    also on days on which the clocks change. ends_on: the last day on which somebody takes over. covers: in the order
    in which they were written down; of two for one level the later holds.
    """

    zone: str
    starts_on: date
    cycle: int
    handovers: tuple[Handover, ...]
    ends_on: date | None = None
    covers: tuple[Cover, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether the pattern leaves no moment without somebody."""
        return all(handover.members for handover in self.handovers)


class Turn(NamedTuple):
    """From one handover (included) to the next (not included), in UTC, and whose turn it is by the pattern."""

    begins: datetime
    ends: datetime
    members: tuple[UUID, ...]


class Duty(NamedTuple):
    """Who is on duty, the primary first, nobody twice; and the turn in which that is."""

    members: tuple[UUID, ...]
    begins: datetime
    ends: datetime

    @property
    def primary(self) -> UUID:
        """Who is asked first."""
        return self.members[0]


def turns(rota: Rota, begins: datetime, ends: datetime) -> Iterator[Turn]:
    """The turns that reach into [begins, ends), in order; each begins where the one before it ends."""
    before = None
    for moment, handover in _handovers(rota, begins, ends):
        if before is not None and before[0] < moment and begins < moment and before[0] < ends:
            yield Turn(before[0], moment, before[1].members if before[1] else ())
        if moment >= ends:
            return
        if before is None or before[0] <= moment:
            before = moment, handover


def _handovers(rota: Rota, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, Handover | None]]:
    """The handovers around a span, from one that is not after it begins to one that is not before it ends.

    The one after the last has nobody: with it the rota is over.
    """
    zone = ZoneInfo(rota.zone)
    day = max(rota.starts_on, begins.astimezone(zone).date() - timedelta(days=rota.cycle + 1))
    last = ends.astimezone(zone).date() + timedelta(days=rota.cycle + 1)
    by_day: dict[int, list[Handover]] = {}
    for handover in sorted(rota.handovers):
        by_day.setdefault(handover.day, []).append(handover)
    while day <= last:
        for handover in by_day.get((day - rota.starts_on).days % rota.cycle, ()):
            over = rota.ends_on is not None and day > rota.ends_on
            yield local_moment(rota.zone, day, handover.minute), None if over else handover
            if over:
                return
        day += timedelta(days=1)


def turn_at(rota: Rota, moment: datetime) -> Turn | None:
    """The turn of a moment; None before the first handover and after the last turn."""
    return next((turn for turn in turns(rota, moment, moment + timedelta(seconds=1)) if turn.begins <= moment), None)


def on_duty(rota: Rota, moment: datetime) -> Duty | None:
    """Who is on duty at a moment; None when it is nobody's turn and nobody stands in."""
    moment = moment.astimezone(UTC)
    turn = turn_at(rota, moment)
    here = [cover for cover in rota.covers if cover.begins <= moment < cover.ends]
    levels: dict[int, UUID] = dict(enumerate(turn.members if turn else ()))
    levels |= {cover.level: cover.member for cover in here}
    members = tuple(dict.fromkeys(levels[level] for level in sorted(levels)))
    if not members:
        return None
    begins, ends = (turn.begins, turn.ends) if turn else (here[-1].begins, here[-1].ends)
    return Duty(members, begins, ends)
