"""GraphQL over dispatch: technicians, suggestions with their reasons, offers. All of it the provider's own."""

from datetime import date, datetime

import strawberry
from strawberry.scalars import JSON

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import MatchCriterion, OfferAsked, OfferState, ShutOut
from mendline_schema.declarations.fields import (
    VIEWER,
    Order,
    column,
    find,
    finished,
    many,
    one,
    over,
    part,
    parts,
    root,
)
from mendline_schema.declarations.filters import by_id
from mendline_schema.kernel import Node, Words
from mendline_schema.people import ROSTER, BusyElsewhere, ShiftPeriod, TerritoryTechnician, coming_spans
from mendline_schema.proofs import Proof
from mendline_schema.tenants import Member

MEMBER_OF_PART = "opaque('mb', {organisation}, ({t}.v->>'technician')::uuid)"


def _pairs(column: str, key: str, value: str) -> str:
    """SQL: a JSON object as a list of {key, value}."""
    return (
        f"(SELECT coalesce(jsonb_agg(jsonb_build_object('{key}', pair.key, '{value}', pair.value) ORDER BY pair.key),"  # noqa: S608
        f" '[]') FROM jsonb_each({{t}}.{column}) AS pair)"
    )


@over("qualification", needs="read.members", kind="qa")
class Qualification(Node):
    """That a technician may work on a device class, or one model of it, until a day."""

    member: Member | None = one({"id": "technician_id"})

    device_class: str = column()
    model_number: str | None = column()
    level: int = column(description="Proficiency, 1 (under guidance) to 5 (teaches others).")
    expires_on: date | None = column()
    proof: str | None = column(description="The certificate's number, or where it lies.")
    scan: Proof | None = one({"id": "proof_id"}, needs="devices.proofs")


@over("technician", needs="read.members", kind="te")
class Technician(Node):
    """A member who goes out."""

    member: Member | None = one({"id": "member_id"})
    ready: bool = column()
    not_ready_reason: str | None = column(needs="dispatch.people")
    not_ready_until: datetime | None = column(description="When they are ready again by themselves.")
    available: list[list[datetime]] | None = finished(
        coming_spans, ROSTER, needs="dispatch.offer", description="When they can be sent within the next fortnight."
    )
    shift_periods: Connection[ShiftPeriod] | None = connection(
        {"technician_id": "id"}, order=Order(("valid_from", "id"), descending=True)
    )
    territories: list[TerritoryTechnician] | None = many({"technician_id": "id"}, order=Order(("id",)), limit=30)
    busy_elsewhere: list[BusyElsewhere] | None = many({"technician_id": "id"}, order=Order(("id",)), limit=20)
    timezone: str = column()
    shifts: JSON = column()
    latitude: float | None = column(needs="dispatch.people")
    longitude: float | None = column(needs="dispatch.people")
    located_at: datetime | None = column(needs="dispatch.people")
    qualifications: list[Qualification] | None = many({"technician_id": "id"}, order=Order(("device_class", "id")))


@part
class MatchReason:
    """What one criterion found of a candidate."""

    criterion: MatchCriterion | None = column()
    value: str | None = column(
        description="What was found: minutes of travel, jobs in hand, minutes left before the agreed arrival, level,"
        " jobs at this hospital lately, scarce device classes, the last day of a qualification or of the maker's"
        " authorisation, when the room opens, the territories that are served instead, minutes until a planned visit"
        " is over."
    )
    points: float | None = column(
        description="What it adds to the score; less than zero speaks for the candidate. Null where it is hard."
    )


@part
class Candidate:
    """One technician weighed for one job, and what counted for and against."""

    technician: strawberry.ID | None = column(MEMBER_OF_PART)
    name: str | None = column()
    score: float | None = column(description="Smaller is better: minutes of travel and what is worth as much.")
    minutes: int | None = column(description="Travel by the speed model.")
    reasons: list[MatchReason] | None = parts("{t}.v->'reasons'")


@part
class FallenOut:
    """One technician who could not do the job, and why."""

    technician: strawberry.ID | None = column(MEMBER_OF_PART)
    name: str | None = column()
    why: ShutOut | None = column(description="The first hard criterion that was not met.")
    value: str | None = column(
        description="The day it expired, the urgent ticket in hand, when the room opens or a locked visit ends."
    )


@part
class ShutOutCount:
    """How many technicians fell out for one reason."""

    why: ShutOut | None = column()
    technicians: int | None = column()


@part
class Weight:
    """The points of one criterion for each unit that it counts."""

    criterion: MatchCriterion | None = column()
    points: float | None = column()


@over("suggestion", needs="read.members", kind="sg")
class Suggestion(Node):
    """Who could do the job, best first."""

    ticket_version: int = column()
    candidates: list[Candidate] | None = parts(description="The best of them.")
    fit: int | None = column(description="How many there are.")
    excluded: list[FallenOut] | None = parts(description="Those first who came furthest.")
    fallen_out: list[ShutOutCount] | None = parts(_pairs("fallen_out", "why", "technicians"))
    weights: list[Weight] | None = parts(
        _pairs("weights", "criterion", "points"), description="The weights that were used."
    )
    weights_version: str | None = column(description="The same for the same weights, whenever they were set.")
    recorded_at: datetime = column()


@over("job_offer", needs="read.members", kind="jo")
class JobOffer(Node):
    """One offer of one job to one technician, and the answer."""

    technician: Member | None = one({"id": "technician_id"})
    technician_name: str = column()
    asked: OfferAsked = column(description="Alone, or as one of a group of which the first to answer gets the job.")
    round: str | None = column("{t}.round_id::text", description="The same for all who were asked at once.")
    automatic: bool = column(description="Whether the next one is asked when nobody takes it.")
    state: OfferState = column()
    reason: str | None = column()
    offered_at: datetime = column()
    answer_by: datetime | None = column(description="When it passes on. Null: it waits.")
    answered_at: datetime | None = column()
    taken_by_name: str | None = column(description="Who was faster, where the state is TAKEN.")
    ended_why: str | None = column(
        description="Of one that was withdrawn: passed (others are asked), withdrawn, reassigned (it had been accepted"
        " and is given to another), or what the ticket has become."
    )
    ended_by: Words | None = parts(description="The organisation whose doing that was.")


@root
class DispatchQueries:
    """Queries over dispatch."""

    technicians: Connection[Technician] | None = connection(tenant=VIEWER, order=Order(("id",)))
    technician: Technician | None = find({"id": (strawberry.ID, by_id("te")), "member": (strawberry.ID, by_id("mb"))})
