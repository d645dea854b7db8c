"""The soft criteria of matching, one row each: what speaks for and against a technician who could do a job.

Another criterion is another row: the columns it needs of the one statement, the function that judges them, its weight,
and its sentences `reason.<name>` in both languages. Here is no row for parts in the van: nothing says yet what somebody
carries.
"""

from datetime import timedelta

from mendline.dispatch.matching.criterion import BUSY, JOB_MINUTES, UNKNOWN_WAY, Criterion, Found, Job, Person
from mendline.dispatch.matching.planned_visits import PLANNED

LATELY = timedelta(days=90)
"""How long somebody who has worked at a hospital is at home there."""

SCARCE = 2
"""Device classes for which no more than so many technicians are qualified are spared."""


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


def _region(person: Person, job: Job) -> Found | None:
    """Who serves territories, none of which the place lies in, is at home elsewhere; who serves none, everywhere."""
    serves = person.row["serves"]
    if job.place is None or not serves:
        return None
    return Found() if person.row["at_home"] else Found(serves, 1)


def _planned(person: Person, job: Job) -> Found | None:
    """Minutes from when they would be there until the visit is over that the day plan has them at."""
    arrives = person.arrives(job)
    over = max((ends for begins, ends, _ in person.visits() if begins <= arrives < ends), default=None)
    minutes = 0 if over is None else round((over - arrives).total_seconds() / 60)
    return Found(minutes, minutes) if minutes else None


_HERE = f"""LEFT JOIN (
  SELECT w.assignee_id, count(*) AS jobs FROM worklist w
  WHERE w.tenant_id = {{provider}} AND w.owner_id = {{facility}} AND w.assignee_id IS NOT NULL
    AND w.ticket_id <> {{ticket}} AND w.changed_at >= {{moment}}::timestamptz - interval '{LATELY.days} days'
  GROUP BY w.assignee_id) here ON here.assignee_id = t.id"""  # noqa: S608 - a constant

_SCARCE = f"""LEFT JOIN (
  WITH valid AS (
    SELECT DISTINCT q.technician_id, q.device_class FROM qualification q
    WHERE q.tenant_id = {{provider}} AND q.device_class <> {{device_class}}
      AND (q.expires_on IS NULL OR q.expires_on >= ({{moment}}::timestamptz)::date))
  SELECT v.technician_id, count(*) AS classes FROM valid v
  JOIN (SELECT device_class FROM valid GROUP BY device_class HAVING count(*) <= {SCARCE}) scarce
    ON scarce.device_class = v.device_class
  GROUP BY v.technician_id) rare ON rare.technician_id = t.id"""  # noqa: S608 - a constant

_REGION = """LEFT JOIN (
  SELECT s.technician_id, bool_or(s.territory_id = ANY ({territories})) AS home,
    string_agg(y.code, ', ' ORDER BY y.code) AS codes
  FROM territory_technician s JOIN territory y ON y.tenant_id = {provider} AND y.id = s.territory_id
  WHERE s.tenant_id = {provider} GROUP BY s.technician_id) region ON region.technician_id = t.id"""

SOFT: tuple[Criterion, ...] = (
    Criterion("travel", _travel, 1),
    Criterion("backlog", _backlog, 30, columns={"jobs_in_hand": "busy.jobs"}, join=BUSY),
    Criterion("lateness", _lateness, 2),
    Criterion("level", _level, -10),
    Criterion("continuity", _continuity, -5, columns={"jobs_here": "here.jobs"}, join=_HERE),
    Criterion("specialist", _specialist, 5, columns={"scarce_classes": "rare.classes"}, join=_SCARCE),
    Criterion("region", _region, 45, columns={"serves": "region.codes", "at_home": "region.home"}, join=_REGION),
    Criterion("planned", _planned, 0.5, columns={"visits": "planned.visits"}, join=PLANNED),
)
"""In the order in which they are told. A weight is what an organisation takes that says nothing else."""
