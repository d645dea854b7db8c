"""Shifts: when a technician works, by periods that lie over the weekly shifts of the technician's file."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct, structs
from tortoise import fields

from mendline.dispatch.events import AvailabilityChanged
from mendline.dispatch.people import Technician
from mendline.kernel import (
    DomainError,
    Kind,
    MemberId,
    Record,
    command,
    emit,
    new_id,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
    work,
)
from mendline_tenants import Actor, Hours, Window, WorkingCalendar, countries, ever_open, hours_of

ShiftsId = Annotated[str, Meta(description="The opaque id of a period of shifts.", extra={"id": "sh"}, max_length=80)]


@table(Kind.OWN, references={"technician_id": "technician"})
class ShiftPeriod(Record):
    """A technician's shifts from one day to another (both included; None: for good), in the technician's own zone.

    hours, breaks: [{days, begins, ends}] as in a service calendar; no hours at all are days off. country: whose public
    holidays are free. Where periods overlap the one that begins last holds, so that a fortnight of nights lies over
    the ordinary shifts; days of no period follow `Technician.shifts`. A shift belongs to the day on which it begins.
    """

    technician_id = fields.UUIDField()
    valid_from = fields.DateField()
    valid_until = fields.DateField(null=True)
    hours = fields.JSONField[list[Any]](default=list)
    breaks = fields.JSONField[list[Any]](default=list)
    country = fields.TextField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "shift_period"
        indexes = (("tenant_id", "technician_id", "valid_from"), ("tenant_id", "valid_from"))


class Period(Struct, frozen=True):
    """A period as availability is reckoned from it: its days and the calendar of its shifts."""

    begins: date
    ends: date | None
    calendar: WorkingCalendar


def weekly_calendar(technician: Technician) -> WorkingCalendar:
    """The weekly shifts of the technician's file."""
    hours = (Hours(tuple(s["days"]), _minutes(s["from"]), _minutes(s["to"]) % 1440) for s in technician.shifts)
    return WorkingCalendar(technician.timezone, tuple(hours))


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def periods_of(technician: Technician, stored: Iterable[ShiftPeriod]) -> tuple[Period, ...]:
    """The periods of a technician that were not withdrawn, the one that holds on a day before those beneath it."""
    held = [p for p in stored if p.technician_id == technician.id and p.withdrawn_at is None]
    held.sort(key=lambda p: (p.valid_from, p.id), reverse=True)
    return tuple(Period(p.valid_from, p.valid_until, _calendar(technician.timezone, p)) for p in held)


def _calendar(zone: str, period: ShiftPeriod) -> WorkingCalendar:
    hours, breaks = (tuple(hours_of(Window(**w)) for w in windows) for windows in (period.hours, period.breaks))
    return WorkingCalendar(zone, hours, breaks, period.country)


class PutShifts(Struct, frozen=True, kw_only=True):
    """A technician's shifts for some days, new, or in the place of the period that is named.

    Without hours these are days off. country: ISO 3166-1 alpha-2, whose public holidays are free.
    """

    technician: MemberId
    valid_from: date
    valid_until: date | None = None
    hours: Annotated[tuple[Window, ...], Meta(max_length=50)] = ()
    breaks: Annotated[tuple[Window, ...], Meta(max_length=50)] = ()
    country: Annotated[str, Meta(max_length=2)] | None = None
    shifts: ShiftsId | None = None


class ShiftsSaved(Struct, frozen=True):
    """The period that was put or withdrawn."""

    shifts: ShiftsId


@command("dispatch.put_shifts", "dispatch.people")
async def put_shifts(actor: Actor, input: PutShifts) -> ShiftsSaved:
    """Puts a technician's shifts for some days.

    Raises not_found for who is no technician, and invalid_input for a country that nobody knows, days that end before
    they begin, and hours of which the breaks leave nothing.
    """
    technician = await rows.get(Technician, actor.organisation, parse_opaque("mb", input.technician).id)
    if input.country is not None and input.country not in countries():
        raise DomainError("invalid_input", field="country", problem="wrong_country")
    if input.valid_until is not None and input.valid_until < input.valid_from:
        raise DomainError("invalid_input", field="validUntil", problem="ends_before")
    values: dict[str, Any] = {
        "technician_id": technician.id,
        "valid_from": input.valid_from,
        "valid_until": input.valid_until,
        "hours": [structs.asdict(window) for window in input.hours],
        "breaks": [structs.asdict(window) for window in input.breaks],
        "country": input.country,
        "withdrawn_at": None,
    }
    asked = ShiftPeriod(tenant_id=actor.organisation, id=new_id(), **values)
    if input.hours and not ever_open(_calendar(technician.timezone, asked)):
        raise DomainError("invalid_input", field="hours", problem="never_open")
    if input.shifts is None:
        period = asked
        await rows.insert(period)
    else:
        period = await _own(actor, input.shifts)
        if period.technician_id != technician.id:
            raise DomainError("invalid_input", field="technician", problem="of_another")
        await rows.update(period, **values)
    return _saved(actor, period)


class WithdrawShifts(Struct, frozen=True):
    """The period that shall not hold after all."""

    shifts: ShiftsId


@command("dispatch.withdraw_shifts", "dispatch.people")
async def withdraw_shifts(actor: Actor, input: WithdrawShifts) -> ShiftsSaved:
    """Takes a period back; what lies beneath it holds again. Raises not_found."""
    period = await _own(actor, input.shifts)
    await rows.update(period, withdrawn_at=period.withdrawn_at or work().occurred_at)
    return _saved(actor, period)


async def _own(actor: Actor, id: str) -> ShiftPeriod:
    return await rows.lock(ShiftPeriod, actor.organisation, parse_opaque("sh", id).id)


def _saved(actor: Actor, period: ShiftPeriod) -> ShiftsSaved:
    told(technician=str(period.technician_id), shifts=str(period.id), valid_from=period.valid_from.isoformat())
    emit(AvailabilityChanged(tenant=actor.organisation, technician=period.technician_id, why="shifts"))
    return ShiftsSaved(opaque("sh", actor.organisation, period.id))
