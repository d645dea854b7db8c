"""GraphQL over dispatch: technicians, suggestions with their reasons, offers. All of it the provider's own."""

from datetime import date, datetime

import strawberry
from strawberry.scalars import JSON

from mendline_schema.connections import Connection, connection
from mendline_schema.enums import OfferState
from mendline_schema.fields import VIEWER, Order, column, find, finished, many, one, over, part, parts, root
from mendline_schema.filters import by_id
from mendline_schema.kernel import Node
from mendline_schema.people import ROSTER, BusyElsewhere, ShiftPeriod, TerritoryTechnician, coming_spans
from mendline_schema.tenants import Member


@over("qualification", needs="read.members", kind="qa")
class Qualification(Node):
    """That a technician may work on a device class, or one model of it, until a day."""

    member: Member | None = one({"id": "technician_id"})

    device_class: str = column()
    model_number: str | None = column()
    level: int = column(description="Proficiency, 1 (under guidance) to 5 (teaches others).")
    expires_on: date | None = column()
    proof: str | None = column()


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
    shift_periods: list[ShiftPeriod] | None = many(
        {"technician_id": "id"}, order=Order(("valid_from", "id"), descending=True), limit=20
    )
    territories: list[TerritoryTechnician] | None = many({"technician_id": "id"}, order=Order(("id",)), limit=10)
    busy_elsewhere: list[BusyElsewhere] | None = many({"technician_id": "id"}, order=Order(("id",)), limit=5)
    timezone: str = column()
    shifts: JSON = column()
    latitude: float | None = column(needs="dispatch.people")
    longitude: float | None = column(needs="dispatch.people")
    located_at: datetime | None = column(needs="dispatch.people")
    qualifications: list[Qualification] | None = many({"technician_id": "id"}, order=Order(("device_class", "id")))


@part
class Candidate:
    """One technician weighed for one job: what counted for and against, or why they fell out."""

    technician: strawberry.ID | None = column("opaque('mb', {organisation}, ({t}.v->>'technician')::uuid)")
    name: str | None = column()
    score: float | None = column(description="Smaller is better.")
    minutes: int | None = column(description="Travel by the speed model.")
    reasons: JSON | None = column()
    why: str | None = column(description="Why this one fell out.")


@over("suggestion", needs="read.members", kind="sg")
class Suggestion(Node):
    """Who could do the job, best first."""

    ticket_version: int = column()
    candidates: list[Candidate] | None = parts()
    excluded: list[Candidate] | None = parts()
    recorded_at: datetime = column()


@over("job_offer", needs="read.members", kind="jo")
class JobOffer(Node):
    """One offer of one job to one technician, and the answer."""

    technician: Member | None = one({"id": "technician_id"})
    technician_name: str = column()
    state: OfferState = column()
    reason: str | None = column()
    offered_at: datetime = column()
    answered_at: datetime | None = column()


@root
class DispatchQueries:
    """Queries over dispatch."""

    technicians: Connection[Technician] | None = connection(tenant=VIEWER, order=Order(("id",)))
    technician: Technician | None = find({"id": (strawberry.ID, by_id("te")), "member": (strawberry.ID, by_id("mb"))})
