"""Rests of a technician's day: the lunch break of the policy, and the time between two shifts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mendline.dayplans.crews import Crew
from mendline.dayplans.day import Day
from mendline.dayplans.windows import seconds_since
from mendline.routing import Break


def rests_of(day: Day, crew: Crew, free: datetime, rested: bool) -> tuple[Break, ...]:
    """The breaks still to be taken by somebody who is free from then on, in seconds since midnight, in order.

    rested: whether they have had their lunch. Between two shifts one rests anyway, so a lunch beside that falls away.
    """
    gaps = [
        (ended, begins) for (_, ended), (begins, _) in zip(crew.spans, crew.spans[1:], strict=False) if ended >= free
    ]
    found = [
        Break(seconds_since(ended, begins), (seconds_since(day.epoch, ended), seconds_since(day.epoch, ended)))
        for ended, begins in gaps
    ]
    lunch = day.policy.lunch
    if lunch is not None and not rested:
        earliest, latest = _clock(day, lunch.earliest), _clock(day, lunch.latest)
        over = latest + timedelta(minutes=lunch.minutes)
        within = any(begins <= earliest and over <= ends for begins, ends in crew.spans)
        if within and free <= latest and over > free:
            window = seconds_since(day.epoch, max(earliest, free)), seconds_since(day.epoch, latest)
            found.append(Break(lunch.minutes * 60, window))
    return tuple(sorted(found, key=lambda rest: rest.window))


def _clock(day: Day, clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(day.day.year, day.day.month, day.day.day, hours, minutes, tzinfo=ZoneInfo(day.zone)).astimezone(UTC)
