"""A day as it stands: who works, what waits, what is under way, what people know of it; and when that has changed."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.crews import Crew, crews
from mendline.dayplans.jobs import PLANNABLE, UNDER_WAY, VISIT_MINUTES, Job, jobs_of
from mendline.dayplans.locks import Lock, locks_of
from mendline.kernel import fetch, rows
from mendline_tenants import DayPlanPolicy, day_plan_policy, own_organisation


class Day(Struct, frozen=True):
    """All that a day's plan is made from.

    begins: from when it plans; before that nothing changes any more. known: the stops of the published edition, in
    order, none when the day is planned afresh. left: when a visit of the known ones that is over ended. locks: of the
    day's visits, by their keys.
    """

    provider: UUID
    day: date
    zone: str
    begins: datetime
    policy: DayPlanPolicy
    crews: tuple[Crew, ...]
    waiting: tuple[Job, ...]
    under_way: tuple[Job, ...]
    known: tuple[DayPlanStop, ...] = ()
    left: dict[str, datetime] = {}
    locks: dict[str, Lock] = {}

    @property
    def epoch(self) -> datetime:
        """The midnight that the day begins with: seconds count from there."""
        return epoch_of(self.day, self.zone)

    def minutes_of(self, job: Job) -> int:
        """How long the visit for a ticket takes."""
        return job.minutes or self.policy.visit_minutes.get(job.kind) or VISIT_MINUTES.get(job.kind, 60)


def epoch_of(day: date, zone: str) -> datetime:
    """The midnight that a day begins with, in its zone."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def begins_of(day: date, zone: str, moment: datetime) -> datetime:
    """From when a day is planned: its midnight, or the next whole minute of a day that has begun."""
    later = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return max(epoch_of(day, zone), later)


async def read_day(plan: DayPlan) -> Day:
    """The day that an edition is to be made for, as it stands; in the current transaction."""
    return await read_upon(plan, plan.based_on, plan.begins_at)


async def read_upon(plan: DayPlan, known_by: UUID | None, begins: datetime) -> Day:
    """The day of an edition as it stands, with the stops that people know by another one, or by itself."""
    provider, day = plan.tenant_id, date.fromisoformat(plan.day)
    policy = day_plan_policy((await own_organisation(provider)).policies)
    known = await stops_of(provider, known_by) if known_by else []
    jobs = await jobs_of(provider, day, known)
    return Day(
        provider=provider,
        day=day,
        zone=plan.timezone,
        begins=begins,
        policy=policy,
        crews=tuple(await crews(provider, day)),
        waiting=tuple(job for job in jobs if job.state in PLANNABLE),
        under_way=tuple(job for job in jobs if job.state in UNDER_WAY),
        known=tuple(known),
        left=await _left(provider, known),
        locks=await locks_of(provider, day),
    )


async def stops_of(provider: UUID, plan: UUID) -> list[DayPlanStop]:
    """The stops of an edition, each technician's in order."""
    return await rows.select(
        DayPlanStop, "tenant_id = $1 AND plan_id = $2 ORDER BY technician_id, sequence", provider, plan
    )


async def _left(provider: UUID, known: list[DayPlanStop]) -> dict[str, datetime]:
    """When the visits of these stops ended, of those that did since they were planned to begin."""
    visits = [stop for stop in known if stop.ticket_id]
    found = await fetch(
        "SELECT s.owner, s.id, max(v.left_at) AS left_at"
        " FROM unnest($2::uuid[], $3::uuid[]) AS s(owner, id)"
        " JOIN visit v ON v.tenant_id = s.owner AND v.ticket_id = s.id AND v.author_org = $1 AND v.left_at IS NOT NULL"
        " GROUP BY 1, 2",
        provider,
        [stop.owner_id for stop in visits],
        [stop.ticket_id for stop in visits],
    )
    return {f"{row['owner']}/{row['id']}": row["left_at"] for row in found}


def fingerprint(day: Day) -> str:
    """What changes when a plan made from this day would have to be made anew; what moves by itself is not in it."""
    told = (
        [(c.id, c.spans, c.home, c.qualifications) for c in day.crews],
        [(j.key, j.state, j.priority, j.at, j.windows, j.starts_by, j.restored_by, j.holder) for j in day.waiting],
        [(j.minutes, j.pickup, j.pickup_minutes, j.declined, j.authorised) for j in day.waiting],
        [(j.key, j.holder) for j in day.under_way],
        [stop.id for stop in day.known],
        sorted(day.locks.items()),
        day.policy,
    )
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
