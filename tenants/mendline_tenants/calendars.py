"""Service calendars: when an organisation's contracts count time, kept by name as data."""

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from msgspec import Meta, Struct, structs
from tortoise import fields

from mendline.kernel import (
    CalendarId,
    DomainError,
    Kind,
    Record,
    command,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
)
from mendline_tenants.actor import Actor
from mendline_tenants.working_time import Hours, WorkingCalendar, countries, ever_open

MANY = 50
"""How many windows of hours or of breaks one calendar may have."""


@table(Kind.OWN)
class ServiceCalendar(Record):
    """A calendar of one organisation, found again by its code.

    hours, breaks: [{days, begins, ends}] as in `Window`. country: whose holidays are free and whose make-up workdays
    are worked. opened, closed: single days (ISO 8601) that are worked or not, whatever the rest says. always: day and
    night.
    """

    code = fields.TextField()
    name = fields.JSONField[dict[str, Any]]()
    zone = fields.TextField()
    hours = fields.JSONField[list[Any]](default=list)
    breaks = fields.JSONField[list[Any]](default=list)
    country = fields.TextField(null=True)
    opened = fields.JSONField[list[Any]](default=list)
    closed = fields.JSONField[list[Any]](default=list)
    always = fields.BooleanField(default=False)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "service_calendar"
        unique_together = (("tenant_id", "code"),)

    def working(self, zone: str | None = None) -> WorkingCalendar:
        """The calendar by which working time is counted; zone: of the site, where it has one of its own."""
        return WorkingCalendar(
            zone=zone or self.zone,
            hours=tuple(hours_of(Window(**window)) for window in self.hours),
            breaks=tuple(hours_of(Window(**window)) for window in self.breaks),
            country=self.country,
            opened=tuple(date.fromisoformat(day) for day in self.opened),
            closed=tuple(date.fromisoformat(day) for day in self.closed),
            always=self.always,
        )


Weekday = Annotated[int, Meta(ge=1, le=7)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
EndClock = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]


class Window(Struct, frozen=True):
    """From `begins` to `ends`, such as 08:00 and 17:30, on these weekdays (1 Monday to 7 Sunday).

    An end no later than the beginning lies on the next day.
    """

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
    begins: Clock
    ends: EndClock


def hours_of(window: Window) -> Hours:
    """A window in minutes after midnight."""
    begins, ends = (int(time[:2]) * 60 + int(time[3:]) for time in (window.begins, window.ends))
    return Hours(tuple(window.days), begins, ends % 1440)


class UpsertCalendar(Struct, frozen=True, kw_only=True):
    """A service calendar, found again by its code.

    zone: IANA, such as Asia/Shanghai. country: ISO 3166-1 alpha-2; without one there are no holidays. opened, closed:
    single days. always: day and night; hours are not needed then.
    """

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    name: Annotated[dict[Literal["zh", "en"], Annotated[str, Meta(min_length=1, max_length=120)]], Meta(min_length=1)]
    zone: Annotated[str, Meta(max_length=60)]
    hours: Annotated[tuple[Window, ...], Meta(max_length=MANY)] = ()
    breaks: Annotated[tuple[Window, ...], Meta(max_length=MANY)] = ()
    country: Annotated[str, Meta(max_length=2)] | None = None
    opened: Annotated[tuple[date, ...], Meta(max_length=1000)] = ()
    closed: Annotated[tuple[date, ...], Meta(max_length=1000)] = ()
    always: bool = False


class CalendarSaved(Struct, frozen=True):
    """The calendar that was put."""

    calendar: CalendarId


@command("tenants.upsert_calendar", "tenants.calendars")
async def upsert_calendar(actor: Actor, input: UpsertCalendar) -> CalendarSaved:
    """Puts a calendar. Tickets that are under way keep the hours that were agreed when they were opened.

    Raises invalid_input for a zone or country that nobody knows, and for hours that are never open.
    """
    require_zone(input.zone)
    if input.country is not None and input.country not in countries():
        raise DomainError("invalid_input", field="country", problem="wrong_country")
    values: dict[str, Any] = {
        "name": input.name,
        "zone": input.zone,
        "hours": [structs.asdict(window) for window in input.hours],
        "breaks": [structs.asdict(window) for window in input.breaks],
        "country": input.country,
        "opened": sorted(day.isoformat() for day in set(input.opened)),
        "closed": sorted(day.isoformat() for day in set(input.closed)),
        "always": input.always,
    }
    asked = ServiceCalendar(tenant_id=actor.organisation, code=input.code, **values)
    if not ever_open(asked.working()):
        raise DomainError("invalid_input", field="hours", problem="never_open")
    saved = await rows.first(
        ServiceCalendar, "tenant_id = $1 AND code = $2 FOR NO KEY UPDATE", actor.organisation, input.code
    )
    if saved is None:
        saved = asked
        await rows.insert(saved)
    else:
        await rows.update(saved, **values)
    told(calendar=str(saved.id), code=input.code)
    return CalendarSaved(opaque("cl", actor.organisation, saved.id))


async def own_calendar(tenant: UUID, id: str) -> ServiceCalendar:
    """The organisation's own calendar with this opaque id. Raises not_found for any other."""
    return await rows.get(ServiceCalendar, tenant, parse_opaque("cl", id).id)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def require_zone(zone: str, field: str = "zone") -> None:
    """Raises DomainError invalid_input unless this is an IANA time zone."""
    if zone not in _zones():
        raise DomainError("invalid_input", field=field, problem="wrong_zone")
