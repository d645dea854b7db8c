"""GraphQL over people: absences, shifts, territories and busy times elsewhere. An organisation's own, all of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import strawberry
from strawberry.scalars import JSON

from mendline.dispatch import Absence as AbsenceRow
from mendline.dispatch import BusyElsewhere as BusyRow
from mendline.dispatch import ShiftPeriod as PeriodRow
from mendline.dispatch import Technician as TechnicianRow
from mendline.dispatch import available_spans, roster_of
from mendline.kernel import NIL, iso, now
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import AbsenceKind, AbsenceState
from mendline_schema.declarations.fields import VIEWER, Order, column, many, one, over, part, parts, root
from mendline_schema.declarations.filters import among, before, refers, since
from mendline_schema.kernel import Node, Words
from mendline_schema.tenants import CalendarWindow, Member, OrganisationCard, known_organisation
from mendline_tenants import Span

AHEAD = timedelta(days=14)


IN_MINUTES = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(to_timestamp((s->>0)::bigint), to_timestamp((s->>1)::bigint))), '[]')"
    " FROM jsonb_array_elements({t}.spans) AS s)"
)


class _Period(msgspec.Struct):
    id: UUID
    technician_id: UUID
    valid_from: date
    valid_until: date | None
    hours: list[Any]
    breaks: list[Any]
    country: str | None


class _Away(msgspec.Struct):
    member_id: UUID
    starts_at: datetime
    ends_at: datetime


class _Known(msgspec.Struct):
    id: UUID
    timezone: str
    shifts: list[Any]
    ready: bool
    not_ready_until: datetime | None
    active: bool
    periods: list[_Period]
    absences: list[_Away]
    elsewhere: list[list[list[int]]]


def _rows(columns: str, table: str, condition: str) -> str:
    listed = f"coalesce(json_agg(json_build_object({columns})), '[]')"
    rows_of = f"{table} x WHERE x.tenant_id = {{t}}.tenant_id AND {condition}"
    return f"(SELECT {listed} FROM {rows_of})"  # noqa: S608 - our own words


ROSTER = (
    "json_build_object('id', {t}.id, 'timezone', {t}.timezone, 'shifts', {t}.shifts, 'ready', {t}.ready,"  # noqa: S608
    " 'not_ready_until', {t}.not_ready_until, 'active', (SELECT m.status = 'active' FROM member m"
    " WHERE m.tenant_id = {t}.tenant_id AND m.id = {t}.member_id), 'periods', "
    + _rows(
        "'id', x.id, 'technician_id', x.technician_id, 'valid_from', x.valid_from, 'valid_until', x.valid_until,"
        " 'hours', x.hours, 'breaks', x.breaks, 'country', x.country",
        "shift_period",
        "x.technician_id = {t}.id AND x.withdrawn_at IS NULL",
    )
    + ", 'absences', "
    + _rows(
        "'member_id', x.member_id, 'starts_at', x.starts_at, 'ends_at', x.ends_at",
        "absence",
        "x.member_id = {t}.id AND x.state = 'approved' AND x.ends_at > statement_timestamp()",
    )
    + ", 'elsewhere', (SELECT coalesce(json_agg(x.spans), '[]') FROM busy_elsewhere x"
    " WHERE x.tenant_id = {t}.tenant_id AND x.technician_id = {t}.id))::text"
)
"""SQL: all that a technician's availability is reckoned from, as JSON."""


def coming_spans(text: str) -> list[list[str]]:
    """When a technician can be sent within the next fortnight, as [[begins, ends]]."""
    known = msgspec.json.decode(text, type=_Known)
    technician = TechnicianRow(
        id=known.id,
        tenant_id=NIL,
        timezone=known.timezone,
        shifts=known.shifts,
        ready=known.ready,
        not_ready_until=known.not_ready_until,
    )
    roster = roster_of(
        technician,
        active=known.active,
        periods=[PeriodRow(**msgspec.structs.asdict(period)) for period in known.periods],
        absences=[AbsenceRow(**msgspec.structs.asdict(absence)) for absence in known.absences],
        elsewhere=[BusyRow(technician_id=known.id, spans=spans) for spans in known.elsewhere],
    )
    moment = now().astimezone(UTC).replace(second=0, microsecond=0)
    return [[iso(span.begins), iso(span.ends)] for span in available_spans(roster, Span(moment, moment + AHEAD))]


@over("shift_period", needs="read.members", kind="sh")
class ShiftPeriod(Node):
    """A technician's shifts from one day to another, over the weekly ones; without hours, days off."""

    member: Member | None = one({"id": "technician_id"})
    valid_from: date = column()
    valid_until: date | None = column()
    hours: list[CalendarWindow] = parts()
    breaks: list[CalendarWindow] = parts()
    country: str | None = column(description="Whose public holidays are free.")
    withdrawn_at: datetime | None = column()
    version: int = column()


@over("busy_elsewhere", needs="dispatch.offer")
class BusyElsewhere:
    """When a technician is busy in another organisation, by their consent; never where or with what."""

    spans: list[list[datetime]] = column(IN_MINUTES)
    told_at: datetime = column()


@part
class Area:
    """A circle, or a polygon by its corners; latitude and longitude in degrees."""

    centre: list[float] | None = column()
    radius_km: float | None = column()
    corners: list[list[float]] | None = column()


@over("territory_technician", needs="read.members")
class TerritoryTechnician:
    """That a technician serves a territory."""

    member: Member | None = one({"id": "technician_id"})
    territory: "Territory | None" = one({"id": "territory_id"})


@over("territory", needs="read.members", kind="ty")
class Territory(Node):
    """A named part of the world, and who serves the sites in it."""

    code: str = column()
    name: Words | None = parts()
    areas: list[Area] | None = parts()
    technicians: list[TerritoryTechnician] | None = many({"territory_id": "id"}, order=Order(("id",)))
    version: int = column()


@over("absence", needs="read.members", kind="ab")
class Absence(Node):
    """That a member is away for a while; only an approved one counts. Why is for who keeps the files."""

    member: Member | None = one({"id": "member_id"})
    kind: AbsenceKind | None = column(needs="dispatch.people")
    state: AbsenceState = column()
    starts_at: datetime = column()
    ends_at: datetime = column()
    reason: str | None = column(needs="dispatch.people")
    answer: str | None = column(needs="dispatch.people")
    answered_by: Member | None = one({"id": "answered_by"}, needs="dispatch.people")
    answered_at: datetime | None = column()
    recorded_at: datetime = column()


@over("absence", needs="dispatch.own_time")
class OwnAbsence:
    """An absence of the reader's own."""

    id: strawberry.ID = column("opaque('ab', {t}.tenant_id, {t}.id)")
    kind: AbsenceKind = column()
    state: AbsenceState = column()
    starts_at: datetime = column()
    ends_at: datetime = column()
    reason: str = column()
    answer: str = column()
    answered_at: datetime | None = column()


@over("busy_consent", needs="tenants.manage", kind="bc")
class BusyConsent(Node):
    """That a member lets another organisation know when, and never why, they are busy here."""

    member: Member | None = one({"id": "member_id"})
    organisation: OrganisationCard | None = parts(known_organisation("{t}.organisation"))
    recorded_at: datetime = column()
    withdrawn_at: datetime | None = column()


@over("busy_consent", needs="dispatch.own_time")
class OwnBusyConsent:
    """A consent of the reader's own, and what was told by it last."""

    id: strawberry.ID = column("opaque('bc', {t}.tenant_id, {t}.id)")
    organisation_id: strawberry.ID = column("opaque('or', {t}.organisation, {t}.organisation)")
    told: JSON = column(description="Spans in seconds since 1970.")
    recorded_at: datetime = column()
    withdrawn_at: datetime | None = column()


@strawberry.input(description="Which absences. Every filter lies on an index.")
class AbsenceFilter:
    """Which absences."""

    state: list[AbsenceState] | None = among("state")
    member: strawberry.ID | None = refers("member_id", "mb")
    starts_since: datetime | None = since("starts_at")
    starts_before: datetime | None = before("starts_at")


@strawberry.input(description="Which periods of shifts.")
class ShiftFilter:
    """Which periods of shifts."""

    technician: strawberry.ID | None = refers("technician_id", "mb")


@root
class PeopleQueries:
    """Queries over people."""

    absences: Connection[Absence] | None = connection(
        tenant=VIEWER, order=Order(("starts_at", "id"), descending=True), filter=AbsenceFilter
    )
    my_absences: Connection[OwnAbsence] | None = connection(
        tenant=VIEWER, order=Order(("starts_at", "id"), descending=True), where="{o}.member_id = {actor}"
    )
    shift_periods: Connection[ShiftPeriod] | None = connection(
        tenant=VIEWER, order=Order(("valid_from", "id")), filter=ShiftFilter
    )
    territories: Connection[Territory] | None = connection(tenant=VIEWER, order=Order(("code", "id")))
    busy_consents: Connection[BusyConsent] | None = connection(tenant=VIEWER, order=Order(("recorded_at", "id")))
    my_busy_consents: Connection[OwnBusyConsent] | None = connection(
        tenant=VIEWER, order=Order(("recorded_at", "id")), where="{o}.member_id = {actor}"
    )
