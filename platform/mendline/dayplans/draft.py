"""The draft of a day: what of it is settled already, and the rest as a routing problem without its travel times."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.book import DayPlanStop
from mendline.dayplans.crews import Crew
from mendline.dayplans.day import Day
from mendline.dayplans.jobs import Job
from mendline.dayplans.locks import Lock, Promise, promised, why_not
from mendline.dayplans.rests import rests_of
from mendline.dayplans.windows import LOCKED_WITHIN, due_of, open_windows, seconds_since, since, until
from mendline.routing import Problem, Technician, Visit, Window

At = tuple[float, float]
Why = Literal["place_unknown", "not_authorised", "nobody_able", "no_access", "no_time", "holder_away"]

HOUR = 3600
PRIZES = {1: 20 * HOUR, 2: 8 * HOUR, 3: 4 * HOUR, 4: 2 * HOUR}
"""What leaving a visit for another day costs, in seconds of travel, by priority; twice that when it is due by the end
of the day."""

STILL = timedelta(minutes=10)
"""The least that a visit under way is taken to go on."""

FRESH = timedelta(hours=2)
"""How long a shared place says where somebody is."""


class Settled(Struct, frozen=True):
    """A stop that planning does not touch: over, or under way. job: None for a rest that was taken."""

    technician: UUID
    progress: Literal["under_way", "done"]
    arrives: datetime
    ends: datetime
    at: At | None = None
    job: Job | None = None
    stop: DayPlanStop | None = None


class Draft(Struct):
    """A day as a problem in the making.

    places: each once; visits and technicians name them by number. relaxed: the windows without the SLA of visits whose
    windows end with it. due: the SLA moment by which each visit ought to begin. left: tickets that cannot be planned.
    homeless: technicians of whom nobody knows where they begin. locked: the visits that a dispatcher has locked;
    released: the locks that hold no longer, each with why.
    """

    day: Day
    places: list[At]
    visits: list[Visit]
    technicians: list[Technician]
    jobs: dict[str, Job]
    crews: dict[str, Crew]
    settled: list[Settled]
    previous: dict[str, str]
    relaxed: dict[str, tuple[Window, ...]]
    due: dict[str, datetime]
    left: dict[str, Why]
    homeless: list[str]
    locked: dict[str, Promise]
    released: dict[str, tuple[Lock, str]]

    def seconds(self, moment: datetime) -> int:
        """A moment in the problem's units: seconds since the day's midnight."""
        return seconds_since(self.day.epoch, moment)

    def moment(self, seconds: int) -> datetime:
        """The other way round."""
        return self.day.epoch + timedelta(seconds=seconds)

    def place(self, at: At) -> int:
        """The number of a place; those within a metre of each other are one."""
        rounded = round(at[0], 5), round(at[1], 5)
        if rounded not in self.places:
            self.places.append(rounded)
        return self.places.index(rounded)

    def problem(self, travel: tuple[tuple[int, ...], ...]) -> Problem:
        """The whole problem, with travel times between `places` in seconds; every locked visit must be made in it."""
        problem = Problem(
            visits=tuple(self.visits),
            technicians=tuple(self.technicians),
            travel=travel,
            previous=self.previous,
            change_cost=self.day.policy.change_minutes * 60 if self.previous else 0,
        )
        return promised(problem, self.locked)


def draft_of(day: Day) -> Draft:
    """The draft of a day. Whoever is under way or done keeps that; everything else may be planned."""
    draft = Draft(day, [], [], [], {}, {str(c.id): c for c in day.crews}, [], {}, {}, {}, {}, [], {}, {})
    draft.settled = [*_under_way(day), *_over(day)]
    for crew in day.crews:
        _add_technician(draft, crew)
    there = {technician.id for technician in draft.technicians}
    for job in day.waiting:
        _add_visit(draft, job, there)
    draft.technicians = [_with_skills(draft, technician) for technician in draft.technicians]
    return draft


def _under_way(day: Day) -> list[Settled]:
    known = {crew.id for crew in day.crews}
    found = []
    for job in day.under_way:
        if job.holder in known and job.holder is not None:
            arrives = job.arrived_at or max(job.eta_at or day.begins, day.begins)
            ends = max(
                job.expected_end or arrives + timedelta(minutes=day.minutes_of(job)),
                arrives + timedelta(minutes=1),
                day.begins + STILL,
            )
            if arrives < day.epoch + timedelta(days=1) and ends > day.epoch:
                found.append(Settled(job.holder, "under_way", arrives, ends, job.at, job))
    return found


def _over(day: Day) -> list[Settled]:
    """The known stops that are over: visits that ended, rests and pick-ups whose time has passed."""
    open_ = {job.key for job in (*day.waiting, *day.under_way)}
    found = []
    for stop in day.known:
        key = f"{stop.owner_id}/{stop.ticket_id}"
        ended = day.left.get(key) if stop.kind == "visit" else stop.ends_at if stop.ends_at <= day.begins else None
        if ended is None or ended < day.epoch or (stop.kind == "visit" and key in open_):
            continue
        at = (stop.latitude, stop.longitude) if stop.latitude is not None and stop.longitude is not None else None
        found.append(Settled(stop.technician_id, "done", min(stop.arrives_at, ended), ended, at, None, stop))
    return found


def _add_technician(draft: Draft, crew: Crew) -> None:
    day = draft.day
    mine = [settled for settled in draft.settled if settled.technician == crew.id]
    busy = [settled for settled in mine if settled.progress == "under_way"]
    free = max([crew.spans[0][0], day.begins, *(settled.ends for settled in busy)])
    begins_at = _whereabouts(day, crew, mine, busy)
    home = crew.home or begins_at
    if begins_at is None or home is None:
        draft.homeless.append(crew.name)
        return
    ends = crew.spans[-1][1]
    free = next((max(free, begins) for begins, end in crew.spans if end > free), ends)
    if free >= ends:
        return
    rested = [settled for settled in mine if settled.stop is not None and settled.stop.kind == "rest"]
    draft.technicians.append(
        Technician(
            id=str(crew.id),
            start=draft.place(begins_at),
            end=draft.place(home),
            shift=(draft.seconds(free), draft.seconds(ends)),
            breaks=rests_of(draft.day, crew, free, bool(rested)),
        )
    )


def _whereabouts(day: Day, crew: Crew, mine: list[Settled], busy: list[Settled]) -> At | None:
    """Where somebody is when they are free: at the visit under way, where they said, at the last visit, at home."""
    if busy:
        last = max(busy, key=lambda settled: settled.ends)
        if last.at is not None:
            return last.at
    if crew.place and crew.placed_at and timedelta(0) <= day.begins - crew.placed_at <= FRESH:
        return crew.place
    visited = [settled for settled in mine if settled.at is not None]
    return max(visited, key=lambda settled: settled.ends).at if visited else crew.home


def _add_visit(draft: Draft, job: Job, there: set[str]) -> None:
    """A job as a visit, or the reason why it cannot be one."""
    draft.jobs[job.key] = job
    known = _known(draft.day, job)
    planned = str(known.technician_id) if known is not None and str(known.technician_id) in there else None
    locked = _lock(draft, job, there)
    bound = str(locked.technician) if locked else str(job.holder) if str(job.holder) in there else None
    able = {who for who in there if _able(draft.crews[who], job)}
    service = draft.day.minutes_of(job) * 60
    first = draft.seconds(draft.day.begins)
    last = max((technician.shift[1] for technician in draft.technicians), default=first)
    windows = open_windows(job, draft.day.epoch, first, last, service)
    due = due_of(job, service)
    if due is not None:
        draft.due[job.key] = due
    if locked:
        at = draft.seconds(locked.at)
        windows = since(windows, at - LOCKED_WITHIN)
        draft.locked[job.key] = Promise(locked, at + LOCKED_WITHIN, windows)
    elif due is not None and (capped := until(windows, draft.seconds(due))):
        draft.relaxed[job.key] = windows
        windows = capped
    if job.at is None:
        draft.left[job.key] = "place_unknown"
        return
    if job.held and bound is None:
        draft.left[job.key] = "holder_away"
        return
    if (why := _left(job, reachable=bool(windows), bound=bound is not None, able=bool(able))) is not None:
        draft.left[job.key] = why
        return
    if planned:
        draft.previous[job.key] = planned
    fetched = any(s.stop and s.stop.kind == "pickup" and s.stop.ticket_id == job.id for s in draft.settled)
    draft.visits.append(
        Visit(
            id=job.key,
            place=draft.place(job.at),
            service=service,
            windows=windows,
            # Who has taken a job does it, whatever the file says of them by now.
            skills=frozenset() if bound and bound not in able else frozenset({_skill(job)}),
            prize=_prize(draft, job, due),
            technician=bound,
            pickup=draft.place(job.pickup) if job.pickup and not fetched else None,
            pickup_service=job.pickup_minutes * 60,
        )
    )


def _lock(draft: Draft, job: Job, there: set[str]) -> Lock | None:
    """The lock that binds a job; one that holds no longer is kept with the reason."""
    lock = draft.day.locks.get(job.key)
    if lock is not None and (why := why_not(lock, job, there)) is not None:
        draft.released[job.key] = lock, why
        return None
    return lock


def _left(job: Job, *, reachable: bool, bound: bool, able: bool) -> Why | None:
    """Why a job with a place cannot be a visit of the day. Who has taken it does it, whatever the papers say by now."""
    if not reachable:
        return "no_access"
    if bound:
        return None
    if not job.authorised:
        return "not_authorised"
    return None if able else "nobody_able"


def _known(day: Day, job: Job) -> DayPlanStop | None:
    return next((s for s in day.known if s.kind == "visit" and (s.owner_id, s.ticket_id) == (job.owner, job.id)), None)


def _able(crew: Crew, job: Job) -> bool:
    return crew.id not in job.declined and crew.able(job.device_class, job.model_number)


def _skill(job: Job) -> str:
    """What a technician must be able to; a job that somebody has declined asks for something of its own."""
    known = f"{job.device_class}/{job.model_number or ''}"
    return f"{known} {job.key}" if job.declined else known


def _with_skills(draft: Draft, technician: Technician) -> Technician:
    """What the day asks for and the technician may do."""
    crew = draft.crews[technician.id]
    held = {_skill(job) for job in draft.jobs.values() if _able(crew, job)}
    return replace(technician, skills=frozenset(held))


def _prize(draft: Draft, job: Job, due: datetime | None) -> int:
    pressing = due is not None and due < draft.day.epoch + timedelta(days=1)
    return PRIZES[job.priority] * (2 if pressing else 1)
