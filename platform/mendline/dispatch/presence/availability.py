"""Availability: when technicians are there to be sent, from shifts, absences, readiness and busy times elsewhere."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.dispatch.people import Technician
from mendline.dispatch.presence.absence import Absence, absences_within
from mendline.dispatch.presence.busy_times import BusyElsewhere
from mendline.dispatch.presence.shifts import Period, ShiftPeriod, periods_of, weekly_calendar
from mendline.dispatch.presence.spans import clipped, without
from mendline.kernel import rows
from mendline_tenants import Member, Span, WorkingCalendar, spans_of_day

FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Roster(Struct, frozen=True):
    """All that one technician's availability is reckoned from.

    weekly: the shifts on days of no period. periods: the one that holds on a day before those beneath it. taken: spans
    in which the technician cannot be sent, whatever the shifts say.
    """

    technician: UUID
    weekly: WorkingCalendar
    periods: tuple[Period, ...] = ()
    taken: tuple[Span, ...] = ()

    def shifts_of(self, day: date) -> tuple[Span, ...]:
        """The shifts that begin on a local day, whatever is taken of them; they may overlap."""
        held = (p.calendar for p in self.periods if p.begins <= day and (p.ends is None or day <= p.ends))
        return spans_of_day(next(held, self.weekly), day)


def available_spans(roster: Roster, window: Span) -> tuple[Span, ...]:
    """When the technician can be sent within a window: ordered spans in UTC that neither overlap nor touch."""
    return without(clipped(_shifts(roster, window), window), roster.taken)


def _shifts(roster: Roster, window: Span) -> Iterator[Span]:
    """The shifts of every day that may reach into the window; each belongs to the local day on which it begins."""
    zone = ZoneInfo(roster.weekly.zone)
    day = window.begins.astimezone(zone).date() - timedelta(days=1)  # whose night shift may still be on
    last = window.ends.astimezone(zone).date()
    while day <= last:
        yield from roster.shifts_of(day)
        day += timedelta(days=1)


def day_spans(roster: Roster, day: date) -> tuple[Span, ...]:
    """When the technician can be sent in the shifts that begin on a local day, beyond midnight where one passes it."""
    return without(roster.shifts_of(day), roster.taken)


def roster_of(
    technician: Technician,
    *,
    active: bool = True,
    periods: Iterable[ShiftPeriod] = (),
    absences: Iterable[Absence] = (),
    elsewhere: Iterable[BusyElsewhere] = (),
) -> Roster:
    """A technician's roster from loaded rows, those of others among them; absences are those that were approved.

    Who is not ready is taken until the end that was given, or for good; so is a member who is not active.
    """
    taken = [Span(a.starts_at, a.ends_at) for a in absences if a.member_id == technician.id]
    taken += [span for busy in elsewhere if busy.technician_id == technician.id for span in busy.held()]
    if not technician.ready or not active:
        until = technician.not_ready_until if active else None
        taken.append(Span(datetime.min.replace(tzinfo=UTC), until or FOR_EVER))
    return Roster(technician.id, weekly_calendar(technician), periods_of(technician, periods), tuple(taken))


async def available(
    provider: UUID, technicians: Collection[UUID], begins: datetime, ends: datetime
) -> dict[UUID, tuple[Span, ...]]:
    """When each of these technicians can be sent within [begins, ends): shifts less absences and busy times elsewhere.

    Jobs in hand are not taken out: they are the planner's. Five statements for any number of technicians, in the
    current transaction of the provider. Ids of nobody are not in the answer.
    """
    window = Span(begins.astimezone(UTC), ends.astimezone(UTC))
    known = await rosters(provider, technicians, begins, ends)
    return {technician: available_spans(roster, window) for technician, roster in known.items()}


async def rosters(
    provider: UUID, technicians: Collection[UUID], begins: datetime, ends: datetime
) -> dict[UUID, Roster]:
    """The rosters that `available` reckons from, loaded as far as [begins, ends) needs them."""
    asked = list(technicians)
    found = await rows.select(Technician, "tenant_id = $1 AND id = ANY ($2)", provider, asked)
    active = await rows.select(Member, "tenant_id = $1 AND id = ANY ($2) AND status = 'active'", provider, asked)
    periods = await rows.select(
        ShiftPeriod,
        "tenant_id = $1 AND technician_id = ANY ($2) AND withdrawn_at IS NULL AND valid_from <= $4"
        " AND (valid_until IS NULL OR valid_until >= $3)",
        provider,
        asked,
        (begins - timedelta(days=3)).date(),
        (ends + timedelta(days=2)).date(),
    )
    absences = await absences_within(provider, asked, begins, ends)
    elsewhere = await rows.select(BusyElsewhere, "tenant_id = $1 AND technician_id = ANY ($2)", provider, asked)
    periods_by, absences_by = _by(periods, "technician_id"), _by(absences, "member_id")
    elsewhere_by = _by(elsewhere, "technician_id")
    present = {member.id for member in active}
    return {
        one.id: roster_of(
            one,
            active=one.id in present,
            periods=periods_by.get(one.id, ()),
            absences=absences_by.get(one.id, ()),
            elsewhere=elsewhere_by.get(one.id, ()),
        )
        for one in found
    }


def _by(found: Iterable[Any], column: str) -> dict[UUID, list[Any]]:
    sorted_out: dict[UUID, list[Any]] = {}
    for row in found:
        sorted_out.setdefault(getattr(row, column), []).append(row)
    return sorted_out
