"""GraphQL over duty rotas: the pattern, who stands in, who is on duty now and next, and what is handed over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import strawberry
from strawberry.scalars import JSON

from mendline.dispatch import Rota, on_duty, turns
from mendline.kernel import iso, now, opaque
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import DutyKind, HandoverState
from mendline_schema.declarations.fields import VIEWER, Order, column, find, finished, one, over, parts, root
from mendline_schema.declarations.filters import among, by_id, condition, opaque_id, refers
from mendline_schema.kernel import Node, Words
from mendline_schema.tenants import Member, Place
from mendline_schema.tickets import WorklistItem

AHEAD = timedelta(days=14)


STANDING_IN = (
    "SELECT coalesce(json_agg(json_build_object('level', c.level, 'member', c.member_id, 'begins', c.starts_at,"
    " 'ends', c.ends_at) ORDER BY c.recorded_at, c.id), '[]') FROM duty_cover c WHERE c.tenant_id = {t}.tenant_id"
    " AND c.rota_id = {t}.id AND c.withdrawn_at IS NULL AND c.ends_at > statement_timestamp()"
)
NAMES = (
    "SELECT coalesce(json_object_agg(m.id, m.name), '{{}}') FROM member m WHERE m.tenant_id = {t}.tenant_id"
    " AND (m.id IN (SELECT h::uuid FROM jsonb_array_elements({t}.handovers) AS p,"
    " jsonb_array_elements_text(p->'members') AS h)"
    " OR m.id IN (SELECT c.member_id FROM duty_cover c WHERE c.tenant_id = {t}.tenant_id AND c.rota_id = {t}.id))"
)
ROTA = (
    "json_build_object('tenant', {t}.tenant_id, 'names', (" + NAMES + "), 'rota', json_build_object('zone', {t}.zone,"
    " 'starts_on', {t}.starts_on, 'ends_on', {t}.ends_on, 'cycle', {t}.cycle_days, 'handovers', {t}.handovers,"
    " 'covers', (" + STANDING_IN + ")))::text"
)
"""SQL: a rota as it is reckoned, and the names of all who are in it, as JSON."""


class _Rota(msgspec.Struct):
    tenant: UUID
    names: dict[UUID, str]
    rota: Rota

    def people(self, members: tuple[UUID, ...]) -> list[dict[str, Any]]:
        """The primary first, each with id and name."""
        return [{"id": opaque("mb", self.tenant, member), "name": self.names.get(member)} for member in members]


def on_duty_now(text: str) -> dict[str, Any] | None:
    """Who is on duty by a rota, and from when to when that turn lasts."""
    known = msgspec.json.decode(text, type=_Rota)
    duty = on_duty(known.rota, now())
    if duty is None:
        return None
    return {"members": known.people(duty.members), "begins": iso(duty.begins), "ends": iso(duty.ends)}


def coming_turns(text: str) -> list[dict[str, Any]]:
    """The turns of the next fortnight, each with who has it as it begins (or now)."""
    known = msgspec.json.decode(text, type=_Rota)
    moment = now().astimezone(UTC)
    found = []
    for turn in turns(known.rota, moment, moment + AHEAD):
        duty = on_duty(known.rota, max(turn.begins, moment))
        people = known.people(duty.members) if duty else []
        found.append({"begins": iso(turn.begins), "ends": iso(turn.ends), "members": people})
    return found


@over("duty_cover", needs="read.members", kind="dc")
class DutyCover(Node):
    """That a member stands in on a rota for a while, at a level (0: as primary)."""

    member: Member | None = one({"id": "member_id"})
    level: int = column()
    starts_at: datetime = column()
    ends_at: datetime = column()
    reason: str = column()
    recorded_by: Member | None = one({"id": "recorded_by"})
    withdrawn_at: datetime | None = column()


@over("duty_rota", needs="read.members", kind="ro")
class DutyRota(Node):
    """A rota: handovers that repeat; each turn lasts until the next handover."""

    code: str = column()
    name: Words | None = parts()
    kind: DutyKind = column()
    place: Place | None = one({"id": "place_id"})
    zone: str = column()
    starts_on: date = column()
    ends_on: date | None = column()
    cycle_days: int = column()
    handovers: JSON = column(
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('day', p->'day', 'at', to_char(make_interval(mins =>"
        " (p->>'minute')::int), 'HH24:MI'), 'members', (SELECT"
        " coalesce(jsonb_agg(opaque('mb', {t}.tenant_id, h::uuid)), '[]')"
        " FROM jsonb_array_elements_text(p->'members') AS h))), '[]')"
        " FROM jsonb_array_elements({t}.handovers) AS p)",
        description="Each has day, at and members, the primary first.",
    )
    covers: Connection[DutyCover] | None = connection(
        {"rota_id": "id"}, order=Order(("starts_at", "id"), descending=True), description="The latest ones first."
    )
    on_duty: JSON | None = finished(
        on_duty_now, ROTA, description="Who is on duty now: members (id, name; the primary first), begins, ends."
    )
    turns: JSON = finished(coming_turns, ROTA, description="The turns of the next fortnight, as `onDuty`.")
    version: int = column()


@over("duty_handover", needs="read.members", kind="ho")
class DutyHandover(Node):
    """That somebody has taken over on a rota, and whether they have confirmed it."""

    rota: DutyRota | None = one({"id": "rota_id"})
    at: datetime = column(description="When the turn has changed.")
    outgoing: Member | None = one({"id": "outgoing"})
    incoming: Member | None = one({"id": "incoming"})
    state: HandoverState = column()
    numbers: list[str] = column(
        "(SELECT coalesce(jsonb_agg(l->'number'), '[]') FROM jsonb_array_elements({t}.listed) AS l)",
        description="The open tickets that were named, the most urgent first.",
    )
    total: int = column(description="How many were open.")
    reminded: int = column(description="How often somebody was reminded.")
    confirmed_by: Member | None = one({"id": "confirmed_by"})
    confirmed_at: datetime | None = column()
    note: str = column()
    version: int = column()


@strawberry.input(description="Which hand-overs.")
class DutyHandoverFilter:
    """Which hand-overs."""

    rota: strawberry.ID | None = refers("rota_id", "ro", tenant="tenant_id")
    state: list[HandoverState] | None = among("state")


@strawberry.input(description="Which rotas. Every filter lies on an index.")
class DutyRotaFilter:
    """Which rotas."""

    kind: list[DutyKind] | None = among("kind")
    place: strawberry.ID | None = refers("place_id", "pl", tenant="tenant_id")


HANDED_OVER = (
    "EXISTS (SELECT FROM duty_rota r WHERE r.tenant_id = {organisation} AND r.tenant_id = {value.tenant}"
    " AND r.id = {value.id} AND CASE r.kind WHEN 'desk' THEN {o}.provider_id = {organisation}"
    " WHEN 'unit' THEN {o}.owner_id = {organisation} AND {o}.device_id IN (SELECT d.id FROM device d"
    " WHERE d.tenant_id = {organisation} AND d.place_id IN (WITH RECURSIVE inside AS (SELECT p.id FROM place p"
    " WHERE p.tenant_id = {organisation} AND p.id = r.place_id UNION SELECT p.id FROM place p JOIN inside i"
    " ON p.tenant_id = {organisation} AND p.parent_id = i.id) SELECT id FROM inside))"
    " ELSE {o}.owner_id = {organisation} END)"
)


@strawberry.input(description="Of which rota.")
class HandoverFilter:
    """Of which rota."""

    rota: strawberry.ID | None = condition(HANDED_OVER, column="priority", parse=opaque_id("ro"))


@root
class DutyQueries:
    """Queries over duty."""

    duty_rotas: Connection[DutyRota] | None = connection(
        tenant=VIEWER, order=Order(("code", "id")), filter=DutyRotaFilter
    )
    duty_rota: DutyRota | None = find({"id": (strawberry.ID, by_id("ro"))})
    duty_handovers: Connection[DutyHandover] | None = connection(
        tenant=VIEWER,
        order=Order(("at", "id"), descending=True),
        filter=DutyHandoverFilter,
        description="What was handed over, the latest first, and by whom it was confirmed.",
    )
    handover: Connection[WorklistItem] | None = connection(
        tenant=VIEWER,
        order=Order(("priority", "opened_at", "ticket_id")),
        where="{o}.phase <> 'closed'",
        filter=HandoverFilter,
        description="The open tickets that a rota answers for, the most urgent first, each with its last events.",
    )
