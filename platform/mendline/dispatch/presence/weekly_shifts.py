"""Shifts: whether a moment lies in one of a technician's weekly hours."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1000)
def local_time(zone: str, moment: datetime) -> tuple[str, int, date]:
    """The clock (HH:MM), the ISO weekday and the day of a moment in a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.strftime("%H:%M"), local.isoweekday(), local.date()


def on_shift(shifts: Sequence[dict[str, Any]], zone: str, moment: datetime) -> bool:
    """Whether a moment lies in one of the weekly shifts, in their own time zone.

    A shift that ends no later than it begins passes midnight.
    """
    clock, day, _ = local_time(zone, moment)
    for shift in shifts:
        begins, ends = shift["from"], shift["to"]
        if begins < ends:
            if day in shift["days"] and begins <= clock < ends:
                return True
        elif (day in shift["days"] and clock >= begins) or ((day - 2) % 7 + 1 in shift["days"] and clock < ends):
            return True
    return False
