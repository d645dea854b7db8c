"""What has happened since an edition was made, so that it would send somebody in vain or break what was promised."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct

from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.day import Day
from mendline.dayplans.jobs import UNDER_WAY, Job
from mendline.dayplans.stops import key_of
from mendline.dayplans.windows import LOCKED_WITHIN
from mendline.kernel import LOCALES, say

HARMLESS = ("priority", "past")
"""What makes an edition worse and sends nobody in vain: it may be published for all that."""

NAMED = 5
"""Changes that a refusal names; of the rest it tells the number."""


class Change(Struct, frozen=True):
    """One thing that is not as the edition has it. kind: the end of a sentence's name, `plan_change.<kind>`."""

    kind: str
    number: str = ""
    name: str = ""


def changes_since(plan: DayPlan, published: list[DayPlanStop], day: Day, moment: datetime) -> list[Change]:
    """What no longer holds of an edition's stops, as the day stands; empty while everything went as planned.

    day: read upon this edition, so that its stops are the known ones. published: those of the edition that holds. Who
    set off to a visit that the edition gives them, or has made it, is no change, nor is a job that its technician has
    been asked to take or has taken.
    """
    waiting = {job.key: job for job in day.waiting}
    under_way = {job.key: job for job in day.under_way}
    made = {key for key, ended in day.left.items() if ended > day.epoch} - waiting.keys()
    left = [s for s in day.known if s.kind != "rest" and s.progress == "planned" and key_of(s) not in made]
    visits = [stop for stop in left if stop.kind == "visit"]
    jobs = waiting | under_way
    found = [change for stop in visits if (change := _of_visit(stop, jobs.get(key_of(stop)), day, moment))]
    found += _absences([s for s in left if s.ends_at > moment and key_of(s) not in under_way], day)
    found += _locks(visits, published, {f"{b['owner']}/{b['ticket']}" for b in plan.broken_locks or ()}, waiting)
    return found


def _of_visit(stop: DayPlanStop, job: Job | None, day: Day, moment: datetime) -> Change | None:
    """What has become of a visit that was still to be made."""
    if job is None:
        return Change("gone", stop.number)
    going = {crew.id: crew for crew in day.crews}
    asked = job.state == "offered" and stop.locked  # a lock weighs more, and publishing asks its technician
    if job.holder in going and job.holder != stop.technician_id and not asked:
        return Change("taken", stop.number, going[job.holder].name)
    if job.held and job.holder not in going:
        return Change("holder_away", stop.number)
    if job.state in UNDER_WAY:
        return None
    if stop.technician_id in job.declined:
        return Change("declined", stop.number, stop.technician_name)
    if job.windows and not any(opens <= stop.begins_at <= closes for opens, closes in job.windows):
        return Change("no_access", stop.number)
    if job.priority != stop.priority:
        return Change("priority", stop.number)
    if stop.begins_at + timedelta(minutes=day.policy.tell_minutes) < moment:
        return Change("past", stop.number)
    return None


def _absences(stops: list[DayPlanStop], day: Day) -> Iterator[Change]:
    """Technicians who cannot be sent any more when they have something to do."""
    spans = {crew.id: crew.spans for crew in day.crews}
    for technician, mine in groupby(sorted(stops, key=lambda s: s.technician_id), key=lambda s: s.technician_id):
        listed = list(mine)
        kept = all(
            any(span.begins <= s.begins_at and s.ends_at <= span.ends for span in spans.get(technician, ()))
            for s in listed
        )
        if not kept:
            yield Change("absent", name=listed[0].technician_name)


def _locks(
    still: list[DayPlanStop], published: list[DayPlanStop], known: set[str], jobs: dict[str, Job]
) -> Iterator[Change]:
    """Visits locked since that the edition moves; of those in `known` it has said itself that it cannot keep them."""
    mine = {key_of(stop): stop for stop in still}
    for lock in published:
        if not lock.locked or lock.progress != "planned" or key_of(lock) in known or key_of(lock) not in jobs:
            continue
        stop, at = mine.get(key_of(lock)), lock.locked_for or lock.begins_at
        if stop is not None and stop.locked:
            continue
        if (
            stop is None
            or stop.technician_id != lock.technician_id
            or abs(stop.begins_at - at) > timedelta(seconds=LOCKED_WITHIN)
        ):
            yield Change("locked", lock.number, lock.technician_name)


def in_words(changes: list[Change]) -> dict[str, str]:
    """The changes as one text in each language."""
    return {locale: _in_words(changes, locale) for locale in LOCALES}


def _in_words(changes: list[Change], locale: str) -> str:
    told = [say(f"plan_change.{c.kind}", locale, number=c.number, name=c.name) for c in changes[:NAMED]]
    if len(changes) > NAMED:
        told.append(say("plan_change.more", locale, count=len(changes) - NAMED))
    return "; ".join(told)
