"""When a visit may begin: what the ward says, until when the SLA wants it, about when it is locked."""

from datetime import datetime, timedelta

from mendline.dayplans.jobs import Job
from mendline.routing import Window

LOCKED_WITHIN = 15 * 60
"""Seconds by which a locked visit may begin earlier or later than it was locked at."""


def open_windows(job: Job, epoch: datetime, first: int, last: int, service: int) -> tuple[Window, ...]:
    """When the visit may begin for all that the ward says, between two moments; disjoint, in order.

    All in seconds since `epoch`. The whole visit lies within the ward's window, or at least begins there where the
    window is shorter than the work.
    """
    if not job.windows:
        return ((first, last),) if first <= last else ()
    found: list[Window] = []
    for opens, closes in job.windows:
        begins, ends = seconds_since(epoch, opens), seconds_since(epoch, closes)
        latest = ends - service if ends - begins >= service else begins
        earliest, latest = max(begins, first), min(latest, last)
        if earliest > latest:
            continue
        if found and earliest <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], latest)
        else:
            found.append((earliest, latest))
    return tuple(found)


def since(windows: tuple[Window, ...], earliest: int) -> tuple[Window, ...]:
    """What of the windows lies after a moment; empty when nothing does."""
    return tuple((max(first, earliest), last) for first, last in windows if last >= earliest)


def due_of(job: Job, service: int) -> datetime | None:
    """When the visit must begin for the SLA: before the arrival is due, and early enough to restore in time."""
    moments = [job.starts_by, job.restored_by and job.restored_by - timedelta(seconds=service)]
    return min((moment for moment in moments if moment is not None), default=None)


def until(windows: tuple[Window, ...], due: int) -> tuple[Window, ...]:
    """What of the windows lies before the due moment; empty when nothing does."""
    return tuple((first, min(last, due)) for first, last in windows if first <= due)


def seconds_since(epoch: datetime, moment: datetime) -> int:
    """Whole seconds from one moment to another."""
    return int((moment - epoch).total_seconds())
