"""The work that waits for a visit, and the visits under way: a provider's tickets as planning reads them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from mendline.dayplans.book import DayPlanStop, VisitTerms
from mendline.dispatch import PAPERS
from mendline.kernel import fetch, rows
from mendline.tickets import HELD

PLANNABLE = ("triaged", "offered", "accepted", "rework")
UNDER_WAY = ("en_route", "on_site")

MOST = 400
"""Tickets that one plan weighs, the most urgent first: the rest is for another day anyway."""

VISIT_MINUTES = {
    "fault": 60,
    "preventive_maintenance": 90,
    "inspection_round": 45,
    "installation": 180,
    "mandatory_verification": 60,
    "recall": 60,
    "depot_repair": 20,
    "condemnation_appraisal": 30,
}
"""How long a visit takes by kind of ticket, where neither the organisation's policy nor a dispatcher says otherwise."""


class Job(Struct, frozen=True):
    """A ticket as planning sees it.

    holder: who has taken it or was asked. held: whether they have taken it, and nobody else may go until a dispatcher
    gives it to another. declined: who has said no. windows: when the ward lets somebody in; none:
    always. starts_by: the arrival clock's moment; restored_by: the restoration clock's. arrived_at, expected_end: of a
    visit under way. minutes, pickup: as a dispatcher has set them. authorised: whether the provider may service the
    model at all on that day, where its maker asks for a paper.
    """

    owner: UUID
    id: UUID
    number: str
    kind: str
    state: str
    priority: int
    device_class: str
    model_number: str | None
    device: dict[str, Any]
    place: dict[str, Any]
    at: tuple[float, float] | None
    windows: tuple[tuple[datetime, datetime], ...]
    starts_by: datetime | None
    restored_by: datetime | None
    holder: UUID | None
    held: bool = False
    declined: tuple[UUID, ...] = ()
    eta_at: datetime | None = None
    arrived_at: datetime | None = None
    expected_end: datetime | None = None
    minutes: int | None = None
    pickup: tuple[float, float] | None = None
    pickup_minutes: int = 0
    authorised: bool = True

    @property
    def key(self) -> str:
        """What it is called in a routing problem."""
        return f"{self.owner}/{self.id}"


_PAPERS = PAPERS.format(
    provider="$1",
    device_identifier="t.device_card->>'device_identifier'",
    model_number="t.device_card->>'model_number'",
    makers="ARRAY(SELECT value FROM jsonb_each_text(t.device_card->'manufacturer'))",
)

_JOBS = f"""
SELECT t.tenant_id AS owner, t.id, t.number, t.kind, t.state, t.priority, t.device_card, t.facility_card,
  t.restoration_due_at, t.eta_at, t.completion_at, p.latitude, p.longitude, p.location, p.assignee_id, c.access_windows,
  (SELECT k.due_at FROM ticket_clock k WHERE k.tenant_id = t.tenant_id AND k.ticket_id = t.id AND k.clock = 'arrival'
     AND k.state = 'running') AS arrival_due_at,
  (SELECT o.technician_id FROM job_offer o WHERE o.tenant_id = $1 AND o.owner_id = t.tenant_id AND o.ticket_id = t.id
     AND o.state IN ('offered', 'accepted') ORDER BY o.offered_at DESC LIMIT 1) AS offered_to,
  ARRAY(SELECT DISTINCT o.technician_id FROM job_offer o WHERE o.tenant_id = $1 AND o.owner_id = t.tenant_id
     AND o.ticket_id = t.id AND o.state = 'declined' ORDER BY 1) AS declined,
  (SELECT v.arrived_at FROM visit v WHERE v.tenant_id = t.tenant_id AND v.ticket_id = t.id AND v.author_org = $1
     AND v.left_at IS NULL ORDER BY v.recorded_at DESC LIMIT 1) AS arrived_at,
  CASE WHEN t.device_card->>'authorised_only' = 'true' THEN ({_PAPERS}) >= $4 ELSE true END AS authorised
FROM ((SELECT owner_id, ticket_id, priority, due_at, opened_at FROM worklist
       WHERE tenant_id = $1 AND provider_id = $1 AND state = ANY ($2)
       ORDER BY priority, coalesce(due_at, 'infinity'::timestamptz), opened_at LIMIT $3)
      UNION SELECT k.owner_id, k.ticket_id, k.priority, k.due_at, k.opened_at FROM worklist k
       JOIN unnest($5::uuid[], $6::uuid[]) AS s(owner, id) ON k.owner_id = s.owner AND k.ticket_id = s.id
       WHERE k.tenant_id = $1 AND k.provider_id = $1 AND k.state = ANY ($2)) w
JOIN ticket t ON t.tenant_id = w.owner_id AND t.id = w.ticket_id
LEFT JOIN ticket_people p ON p.tenant_id = t.tenant_id AND p.id = t.id
LEFT JOIN ticket_clinical c ON c.tenant_id = t.tenant_id AND c.id = t.id
ORDER BY w.priority, coalesce(w.due_at, 'infinity'::timestamptz), w.opened_at, t.id
"""  # noqa: S608 - a constant


async def jobs_of(provider: UUID, day: date, known: Iterable[DayPlanStop] = ()) -> list[Job]:
    """The tickets that a provider may plan for a day, or whose visit is under way; in the current transaction.

    known: stops whose tickets are among them however many are more urgent by now, as people count on these.

    What another organisation withholds is not known here either: without a place nothing can be planned.
    """
    visits = [stop for stop in known if stop.ticket_id]
    owners, ids = [stop.owner_id for stop in visits], [stop.ticket_id for stop in visits]
    found = await fetch(_JOBS, provider, [*PLANNABLE, *UNDER_WAY], MOST, day, owners, ids)
    terms = {
        (known.owner_id, known.ticket_id): known
        for known in await rows.select(
            VisitTerms, "tenant_id = $1 AND ticket_id = ANY ($2)", provider, [row["id"] for row in found]
        )
    }
    return [_job(row, terms.get((row["owner"], row["id"]))) for row in found]


def _job(row: Any, terms: VisitTerms | None) -> Job:
    card, facility = row["device_card"], row["facility_card"]
    pickup = None
    if terms and terms.pickup_latitude is not None and terms.pickup_longitude is not None:
        pickup = terms.pickup_latitude, terms.pickup_longitude
    return Job(
        owner=row["owner"],
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        state=row["state"],
        priority=row["priority"],
        device_class=card.get("device_class") or "",
        model_number=card.get("model_number"),
        device=card.get("name") or {},
        place=_place(facility.get("name") or {}, row["location"] or {}),
        at=None if row["latitude"] is None or row["longitude"] is None else (row["latitude"], row["longitude"]),
        windows=tuple(sorted((_moment(a), _moment(b)) for a, b in row["access_windows"] or ())),
        starts_by=row["arrival_due_at"],
        restored_by=row["restoration_due_at"],
        holder=row["assignee_id"] or row["offered_to"],
        held=row["state"] in HELD,
        declined=tuple(row["declined"]),
        eta_at=row["eta_at"],
        arrived_at=row["arrived_at"],
        expected_end=row["completion_at"],
        minutes=terms.minutes if terms else None,
        pickup=pickup,
        pickup_minutes=terms.pickup_minutes if terms and pickup else 0,
        authorised=bool(row["authorised"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(facility: dict[str, Any], location: dict[str, Any]) -> dict[str, str]:
    """The hospital and the place in it, in each language that either has."""
    return {
        locale: " ".join(filter(None, (facility.get(locale), location.get(locale))))
        for locale in sorted({*facility, *location} & {"zh", "en"})
    }
