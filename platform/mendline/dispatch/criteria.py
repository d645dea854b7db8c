"""The criteria of matching, one row each: what shuts a technician out of a job, and what speaks for and against one.

Another criterion is another row: the columns it needs of the one statement, the function that judges them, its weight,
and its sentences `reason.<name>` (and `why.<word>`, where it shuts out) in both languages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mendline.dispatch.availability import available_spans, roster_of
from mendline.dispatch.people import Technician
from mendline.dispatch.shifts import ShiftPeriod
from mendline.dispatch.weekly_shifts import local_time, on_shift
from mendline_tenants import Span

JOB_MINUTES = 60
"""How long a job in hand is taken to last when the arrival at the next one is estimated."""

UNKNOWN_WAY = 60
"""Minutes of travel that count where a place is not known."""

LATELY = timedelta(days=90)
"""How long somebody who has worked at a hospital is at home there."""

SCARCE = 2
"""Device classes for which no more than so many technicians are qualified are spared."""

IN_HAND = "('accepted', 'en_route', 'on_site')"


@dataclass(frozen=True)
class Job:
    """What is asked of whoever takes it.

    moment: when the work is planned, in UTC. place: latitude and longitude in degrees, None where unknown. windows:
    when the room can be entered, empty for always. arrival_due: when somebody must be there.
    """

    provider: UUID
    facility: UUID
    ticket: UUID
    device_class: str
    model_number: str | None
    moment: datetime
    priority: int = 3
    place: tuple[float, float] | None = None
    windows: tuple[tuple[datetime, datetime], ...] = ()
    arrival_due: datetime | None = None

    @property
    def urgent(self) -> bool:
        """Whether it also takes who rests, when nobody is on shift."""
        return self.priority == 1

    def accessible_from(self, moment: datetime) -> datetime | None:
        """The first moment from this one on at which the room can be entered; None when it never can."""
        if not self.windows:
            return moment
        return min((max(begins, moment) for begins, ends in self.windows if ends > moment), default=None)


class Person(NamedTuple):
    """A technician as the statement found them, and the minutes of travel to the job (None: a place is unknown)."""

    row: Mapping[str, Any]
    minutes: float | None

    def arrives(self, job: Job) -> datetime:
        """When they would be there."""
        return job.moment + timedelta(minutes=UNKNOWN_WAY if self.minutes is None else self.minutes)


class Found(NamedTuple):
    """What a criterion found: `value` is told to people, `counts` is multiplied by the weight, `why` shuts out."""

    value: float | str | None = None
    counts: float = 0
    why: str | None = None


@dataclass(frozen=True)
class Criterion:
    """One criterion. Without a weight it is hard.

    judge: what it finds of a person, None where it says nothing. weight: points for each unit that counts; a point is
    worth a minute of travel, less than zero speaks for somebody. An organisation's policy `matching` sets how much, the
    sign is the criterion's. columns: name -> SQL. join: SQL over `t` (technician) and `m` (member), in which a job's
    `{provider}`, `{facility}`, `{ticket}`, `{device_class}`, `{model_number}` and `{moment}` can be named.
    shuts_out: every `why` that it may find. overruled: by an urgent job when there is nobody else, by a dispatcher who
    knows better.
    """

    name: str
    judge: Callable[[Person, Job], Found | None]
    weight: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    join: str = ""
    shuts_out: tuple[str, ...] = ()
    overruled: frozenset[str] = frozenset()


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


def _travel(person: Person, _: Job) -> Found:
    if person.minutes is None:
        return Found(None, UNKNOWN_WAY)
    return Found(round(person.minutes), person.minutes)


def _backlog(person: Person, _: Job) -> Found:
    jobs = person.row["jobs_in_hand"] or 0
    return Found(jobs, jobs)


def _lateness(person: Person, job: Job) -> Found | None:
    """Minutes left before the agreed arrival, after the way and the jobs in hand; only what is missing counts."""
    if job.arrival_due is None:
        return None
    begins = job.accessible_from(person.arrives(job)) or person.arrives(job)
    waiting = timedelta(minutes=JOB_MINUTES * (person.row["jobs_in_hand"] or 0))
    left = (job.arrival_due - begins - waiting).total_seconds() / 60
    return Found(round(left), max(0.0, -left))


def _level(person: Person, _: Job) -> Found:
    return Found(person.row["level"], person.row["level"] - 1)


def _continuity(person: Person, _: Job) -> Found | None:
    jobs = person.row["jobs_here"]
    return Found(jobs, min(jobs, 4)) if jobs else None


def _specialist(person: Person, _: Job) -> Found | None:
    classes = person.row["scarce_classes"]
    return Found(classes, min(classes, 6)) if classes else None


_QUALIFICATION = """LEFT JOIN (
  SELECT DISTINCT ON (q.technician_id) q.technician_id, q.level, q.expires_on FROM qualification q
  WHERE q.tenant_id = {provider} AND q.device_class = {device_class}
    AND (q.model_number IS NULL OR q.model_number = {model_number})
  ORDER BY q.technician_id, q.expires_on DESC NULLS FIRST, q.level DESC) held ON held.technician_id = t.id"""

_BUSY = f"""LEFT JOIN (
  SELECT w.assignee_id, count(*) AS jobs, min(w.number) FILTER (WHERE w.priority = 1) AS urgent FROM worklist w
  WHERE w.tenant_id = {{provider}} AND w.state IN {IN_HAND} AND w.assignee_id IS NOT NULL
    AND w.ticket_id <> {{ticket}}
  GROUP BY w.assignee_id) busy ON busy.assignee_id = t.id"""  # noqa: S608 - a constant

_HERE = f"""LEFT JOIN (
  SELECT w.assignee_id, count(*) AS jobs FROM worklist w
  WHERE w.tenant_id = {{provider}} AND w.owner_id = {{facility}} AND w.assignee_id IS NOT NULL
    AND w.ticket_id <> {{ticket}} AND w.changed_at >= {{moment}}::timestamptz - interval '{LATELY.days} days'
  GROUP BY w.assignee_id) here ON here.assignee_id = t.id"""  # noqa: S608

_SCARCE = f"""LEFT JOIN (
  WITH valid AS (
    SELECT DISTINCT q.technician_id, q.device_class FROM qualification q
    WHERE q.tenant_id = {{provider}} AND q.device_class <> {{device_class}}
      AND (q.expires_on IS NULL OR q.expires_on >= ({{moment}}::timestamptz)::date))
  SELECT v.technician_id, count(*) AS classes FROM valid v
  JOIN (SELECT device_class FROM valid GROUP BY device_class HAVING count(*) <= {SCARCE}) scarce
    ON scarce.device_class = v.device_class
  GROUP BY v.technician_id) rare ON rare.technician_id = t.id"""  # noqa: S608

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

CRITERIA: tuple[Criterion, ...] = (
    Criterion("active", _active, columns={"status": "m.status"}, shuts_out=("not_active",)),
    Criterion(
        "qualified",
        _qualified,
        shuts_out=("not_qualified", "qualification_expired"),
        columns={"level": "held.level", "qualified_until": "held.expires_on", "timezone": "t.timezone"},
        join=_QUALIFICATION,
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
        join=_BUSY,
        shuts_out=("urgent_in_hand",),
        overruled=_DISPATCHER,
    ),
    Criterion("accessible", _accessible, shuts_out=("no_access",), overruled=_URGENT),
    Criterion("travel", _travel, 1),
    Criterion("backlog", _backlog, 30, columns={"jobs_in_hand": "busy.jobs"}, join=_BUSY),
    Criterion("lateness", _lateness, 2),
    Criterion("level", _level, -10),
    Criterion("continuity", _continuity, -5, columns={"jobs_here": "here.jobs"}, join=_HERE),
    Criterion("specialist", _specialist, 5, columns={"scarce_classes": "rare.classes"}, join=_SCARCE),
)
"""Hard ones first, in the order in which they are told; the first that somebody fails is why they fall out."""

HARD = tuple(criterion for criterion in CRITERIA if criterion.weight is None)
SOFT = {criterion.name: criterion.weight for criterion in CRITERIA if criterion.weight is not None}
"""The weight of each soft criterion where an organisation says nothing else."""

SHUT_OUT = tuple(why for criterion in CRITERIA for why in criterion.shuts_out)
"""Every reason for which somebody falls out."""
