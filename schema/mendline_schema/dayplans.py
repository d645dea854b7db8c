"""GraphQL over day plans: the editions of each day with their stops, what moved, what is left, and both pictures."""

from datetime import date, datetime

import strawberry

from mendline.dayplans import draw_map, draw_timeline, read_shown, shown_sql
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import DayPlanCause, DayPlanState, StopKind, StopProgress
from mendline_schema.declarations.fields import VIEWER, Order, column, find, finished, one, over, part, parts, root
from mendline_schema.declarations.filters import among, by_id, equal
from mendline_schema.kernel import Node, Words
from mendline_schema.tenants import Member
from mendline_schema.tickets import Ticket

SHOWN = shown_sql("{t}", "{locale}")


def map_svg(text: str) -> str:
    """The map of a plan as SVG."""
    return draw_map(read_shown(text))


def timeline_svg(text: str) -> str:
    """The timeline of a plan as SVG."""
    return draw_timeline(read_shown(text))


@over("day_plan_stop", needs="read.members", kind="ds")
class DayPlanStop(Node):
    """One stop of a technician's day: a visit, parts fetched for one, or a break."""

    technician: Member | None = one({"id": "technician_id"})
    technician_name: str = column()
    sequence: int = column(description="Within the technician's day, from 1.")
    kind: StopKind = column()
    progress: StopProgress = column()
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")
    number: str = column(description="Of the ticket.")
    priority: int | None = column()
    place: Words | None = parts(description="As this organisation may see it.")
    latitude: float | None = column()
    longitude: float | None = column()
    travel_seconds: int = column("{t}.travel", description="Of the way here.")
    arrives_at: datetime = column()
    begins_at: datetime = column(description="After waiting until the ward's window opens.")
    ends_at: datetime = column()
    due_at: datetime | None = column(description="When it ought to begin by the ticket's SLA.")
    late: bool = column("coalesce({t}.begins_at > {t}.due_at, false)")
    windows: list[list[datetime]] = column(description="When it may begin.")
    locked: bool = column(description="Whether later editions leave it where it is.")
    locked_for: datetime | None = column(description="The moment that a locked visit stays about.")


@part
class DayPlanFigures:
    """What an edition comes to. Times in seconds."""

    solver: str | None = column(description="Whose plan it is: pyvrp, vroom, insertion, known, or hand.")
    solving: float | None = column(description="Time spent in the solvers.")
    fault: str | None = column(description="Why it is VROOM's alone, where the improving solver was killed or died.")
    served: int | None = column(description="Visits that were planned.")
    settled: int | None = column(description="Visits under way or done, which stayed as they were.")
    unserved: int | None = column()
    late: int | None = column(description="Visits that begin after their SLA moment.")
    technicians: int | None = column(description="Who go out.")
    crew: int | None = column(description="Who could.")
    homeless: list[str] | None = column(description="Technicians of whom nobody knows where their day begins.")
    travel: int | None = column()
    work: int | None = column()
    moved: int | None = column(description="Known visits that changed hands.")
    known: int | None = column(description="Visits that people knew of.")


@part
class UnservedVisit:
    """A ticket that is left for another day, and why: place_unknown, not_authorised,
    nobody_able, no_access, no_time or holder_away (whoever has taken it is not there that day)."""

    ticket: strawberry.ID | None = column("opaque('tk', ({t}.v->>'owner')::uuid, ({t}.v->>'ticket')::uuid)")
    number: str | None = column()
    priority: int | None = column()
    why: str | None = column()


@part
class PlannedVisit:
    """Who was to make a visit, and when."""

    technician: strawberry.ID | None = column("opaque('mb', {organisation}, ({t}.v->>'technician')::uuid)")
    name: str | None = column()
    begins_at: datetime | None = column()


@part
class MovedVisit:
    """A visit that an edition moved; `after` is null where nobody makes it now."""

    ticket: strawberry.ID | None = column("opaque('tk', ({t}.v->>'owner')::uuid, ({t}.v->>'ticket')::uuid)")
    number: str | None = column()
    before: PlannedVisit | None = parts()
    after: PlannedVisit | None = parts()


@part
class BrokenLock:
    """A locked visit that an edition does not keep as it was locked, and why: late (by `minutes`), no_time,
    technician_away, declined, taken, no_access or place_unknown."""

    ticket: strawberry.ID | None = column("opaque('tk', ({t}.v->>'owner')::uuid, ({t}.v->>'ticket')::uuid)")
    number: str | None = column()
    technician: strawberry.ID | None = column("opaque('mb', {organisation}, ({t}.v->>'technician')::uuid)")
    name: str | None = column()
    why: str | None = column()
    minutes: int | None = column()


@over("day_plan", needs="dispatch.plan", kind="dp")
class DayPlan(Node):
    """One edition of a day's plan: asked for, made by a worker, proposed, published, superseded."""

    day: date = column("{t}.day::date")
    edition: int = column(description="Counts for each day, from 1.")
    state: DayPlanState = column()
    cause: DayPlanCause = column(description="Why it was made.")
    cause_number: str = column(description="The ticket that was the cause, where it was one.")
    timezone: str = column()
    begins_at: datetime = column(description="From when it plans; before that nothing changed any more.")
    distances: str = column(description="Where travel times came from: great_circle, osrm or valhalla.")
    fallback: str = column(description="Why not from where they should: away, no_way; empty when they did.")
    figures: DayPlanFigures | None = parts()
    unserved: list[UnservedVisit] | None = parts()
    moves: list[MovedVisit] | None = parts(description="What it changed of the edition that people knew.")
    broken_locks: list[BrokenLock] | None = parts(description="The locks that it does not keep as they were made.")
    failure: str = column(description="Why it could not be made: no_solver, breaks_rules, day_keeps_changing.")
    asked_at: datetime = column()
    solved_at: datetime | None = column()
    published_at: datetime | None = column()
    told_at: datetime | None = column(description="When wards and technicians had been told.")
    stops: Connection[DayPlanStop] | None = connection(
        {"plan_id": "id"}, order=Order(("technician_id", "sequence")), description="Each technician's, in order."
    )
    map_svg: str = finished(
        map_svg, SHOWN, description="The routes over a plain grid, as SVG, in the reader's language."
    )
    timeline_svg: str = finished(timeline_svg, SHOWN, description="A row for each technician, as SVG.")


@strawberry.input(description="Which editions.")
class DayPlanFilter:
    """Which editions."""

    day: str | None = equal("day")
    state: list[DayPlanState] | None = among("state")


OWN_PUBLISHED = (
    "{o}.technician_id = {actor} AND EXISTS (SELECT 1 FROM day_plan p WHERE p.tenant_id = {o}.tenant_id"
    " AND p.id = {o}.plan_id AND p.state = 'published')"
)
"""The stops of the reader's own days, of the editions that hold."""


@root
class DayPlanQueries:
    """Queries over day plans."""

    day_plans: Connection[DayPlan] | None = connection(
        tenant=VIEWER, order=Order(("asked_at", "id"), descending=True), filter=DayPlanFilter
    )
    day_plan: DayPlan | None = find({"id": (strawberry.ID, by_id("dp"))})
    my_stops: Connection[DayPlanStop] | None = connection(
        tenant=VIEWER,
        order=Order(("begins_at", "id")),
        where=OWN_PUBLISHED,
        description="The reader's own stops of the published days.",
    )
