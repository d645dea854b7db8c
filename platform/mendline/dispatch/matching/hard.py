"""The hard criteria of matching, one row each: what shuts a technician out of a job.

Another criterion is another row: the columns it needs of the one statement, the function that judges them, the words
for which somebody falls out, and its sentences `why.<word>` (and `reason.<name>`, where it tells something) in both
languages.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from mendline.dispatch.matching.authorisation import PAPERS
from mendline.dispatch.matching.criterion import BUSY, JOB_MINUTES, Criterion, Found, Job, Person
from mendline.dispatch.matching.planned_visits import PLANNED
from mendline.dispatch.people import Technician
from mendline.dispatch.presence.availability import available_spans, roster_of
from mendline.dispatch.presence.shifts import ShiftPeriod
from mendline.dispatch.presence.weekly_shifts import local_time, on_shift
from mendline_tenants import Span


def _active(person: Person, _: Job) -> Found | None:
    return Found(why="not_active") if person.row["status"] != "active" else None


def _qualified(person: Person, job: Job) -> Found:
    row = person.row
    if row["level"] is None:
        return Found(why="not_qualified")
    until = row["qualified_until"]
    if until is not None and until < local_time(row["timezone"], job.moment)[2]:
        return Found(str(until), why="qualification_expired")
    return Found(None if until is None else str(until))


def _ready(person: Person, _: Job) -> Found | None:
    return None if person.row["ready"] else Found(why="not_ready")


def _present(person: Person, job: Job) -> Found | None:
    """Whose time is taken is not sent; by what is told to nobody."""
    until = _taken_until(person, job.moment)
    return Found(until.isoformat(timespec="minutes"), why="away") if until else None


def _taken_until(person: Person, moment: datetime) -> datetime | None:
    ends = [over for begun, over in person.row["taken"] or () if begun <= moment.timestamp() < over]
    return datetime.fromtimestamp(max(ends), UTC) if ends else None


def _on_shift(person: Person, job: Job) -> Found:
    return Found() if _works(person, job.moment) else Found(why="off_shift")


def _works(person: Person, moment: datetime) -> bool:
    """Whether a moment lies in a shift. Weekly ones are judged by the clock: a thousand people share few of them."""
    row = person.row
    if not row["periods"]:
        return on_shift(row["shifts"], row["timezone"], moment)
    technician = Technician(id=row["id"], shifts=row["shifts"], timezone=row["timezone"])
    periods = [ShiftPeriod(technician_id=technician.id, **_dated(period)) for period in row["periods"]]
    return bool(available_spans(roster_of(technician, periods=periods), Span(moment, moment + timedelta(seconds=1))))


def _dated(period: Mapping[str, Any]) -> dict[str, Any]:
    until = period["valid_until"]
    return {
        **period,
        "id": UUID(period["id"]),
        "valid_from": date.fromisoformat(period["valid_from"]),
        "valid_until": date.fromisoformat(until) if until else None,
    }


def _free(person: Person, _: Job) -> Found | None:
    urgent = person.row["urgent_in_hand"]
    return Found(urgent, why="urgent_in_hand") if urgent else None


def _accessible(person: Person, job: Job) -> Found | None:
    """Somebody who has gone home by the time the room opens finds the door shut."""
    if not job.windows:
        return None
    opens = job.accessible_from(person.arrives(job))
    if opens is None:
        return Found(why="no_access")
    told = opens.isoformat(timespec="minutes")
    there = _works(person, opens) and not _taken_until(person, opens)
    return Found(told) if there else Found(told, why="no_access")


def _authorised(person: Person, job: Job) -> Found | None:
    """By the papers in the provider's own registry, whoever of its people goes; None where the maker asks for none."""
    if not job.authorised_only:
        return None
    until = person.row["authorised_until"]
    if until is None:
        return Found(why="not_authorised")
    if until < local_time(person.row["timezone"], job.moment)[2]:
        return Found(str(until), why="authorisation_expired")
    return Found(None if until == date.max else str(until))


def _unpromised(person: Person, job: Job) -> Found | None:
    """A locked visit is promised: somebody who would not be done with this job before it begins is not asked."""
    arrives = person.arrives(job)
    done = arrives + timedelta(minutes=JOB_MINUTES)
    held = [ends for begins, ends, locked in person.visits() if locked and begins < done and ends > arrives]
    return Found(max(held).isoformat(timespec="minutes"), why="locked_visit") if held else None


_QUALIFICATION = """LEFT JOIN (
  SELECT DISTINCT ON (q.technician_id) q.technician_id, q.level, q.expires_on FROM qualification q
  WHERE q.tenant_id = {provider} AND q.device_class = {device_class}
    AND (q.model_number IS NULL OR q.model_number = {model_number})
  ORDER BY q.technician_id, q.expires_on DESC NULLS FIRST, q.level DESC) held ON held.technician_id = t.id"""

_PAPER = f"LEFT JOIN ({PAPERS}) paper ON true"

_TAKEN = """LEFT JOIN (
  SELECT one.technician_id, jsonb_agg(jsonb_build_array(one.begun, one.over)) AS spans FROM (
    SELECT a.member_id AS technician_id, extract(epoch FROM a.starts_at)::float8 AS begun,
      extract(epoch FROM a.ends_at)::float8 AS over FROM absence a
    WHERE a.tenant_id = {provider} AND a.state = 'approved' AND a.ends_at > {moment}::timestamptz
    UNION ALL
    SELECT b.technician_id, (span->>0)::float8, (span->>1)::float8
    FROM busy_elsewhere b, jsonb_array_elements(b.spans) span WHERE b.tenant_id = {provider}) one
  GROUP BY one.technician_id) taken ON taken.technician_id = t.id"""

_PERIODS = """LEFT JOIN (
  SELECT p.technician_id, jsonb_agg(jsonb_build_object('id', p.id, 'valid_from', p.valid_from,
    'valid_until', p.valid_until, 'hours', p.hours, 'breaks', p.breaks, 'country', p.country)) AS listed
  FROM shift_period p
  WHERE p.tenant_id = {provider} AND p.withdrawn_at IS NULL
    AND (p.valid_until IS NULL OR p.valid_until >= ({moment}::timestamptz)::date - 2)
  GROUP BY p.technician_id) period ON period.technician_id = t.id"""

_DISPATCHER, _URGENT = frozenset({"dispatcher"}), frozenset({"dispatcher", "urgent"})

HARD: tuple[Criterion, ...] = (
    Criterion("active", _active, columns={"status": "m.status"}, shuts_out=("not_active",)),
    Criterion(
        "qualified",
        _qualified,
        shuts_out=("not_qualified", "qualification_expired"),
        columns={"level": "held.level", "qualified_until": "held.expires_on", "timezone": "t.timezone"},
        join=_QUALIFICATION,
    ),
    Criterion(
        "authorised",
        _authorised,
        shuts_out=("not_authorised", "authorisation_expired"),
        columns={"authorised_until": "paper.until"},
        join=_PAPER,
    ),
    Criterion("ready", _ready, columns={"ready": "t.ready"}, shuts_out=("not_ready",)),
    Criterion("present", _present, columns={"taken": "taken.spans"}, join=_TAKEN, shuts_out=("away",)),
    Criterion(
        "on_shift",
        _on_shift,
        columns={"shifts": "t.shifts", "periods": "period.listed"},
        join=_PERIODS,
        shuts_out=("off_shift",),
        overruled=_URGENT,
    ),
    Criterion(
        "free",
        _free,
        columns={"urgent_in_hand": "busy.urgent"},
        join=BUSY,
        shuts_out=("urgent_in_hand",),
        overruled=_DISPATCHER,
    ),
    Criterion(
        "unpromised",
        _unpromised,
        columns={"visits": "planned.visits"},
        join=PLANNED,
        shuts_out=("locked_visit",),
        overruled=_URGENT,
    ),
    Criterion("accessible", _accessible, shuts_out=("no_access",), overruled=_URGENT),
)
"""In the order in which they are told; the first that somebody fails is why they fall out."""
