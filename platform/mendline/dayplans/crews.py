"""Who goes out on a day: the technicians' file as dispatch keeps it, read in one place."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.kernel import fetch

Span = tuple[datetime, datetime]


class Crew(Struct, frozen=True):
    """One technician on one day.

    spans: when they work, disjoint and in order. home: where the day begins and ends; place, placed_at: the last one
    shared. qualifications: (device class, model number or None for every model), of those that have not expired.
    """

    id: UUID
    name: str
    spans: tuple[Span, ...]
    home: tuple[float, float] | None
    place: tuple[float, float] | None
    placed_at: datetime | None
    qualifications: tuple[tuple[str, str | None], ...]

    def able(self, device_class: str, model_number: str | None) -> bool:
        """Whether they may work on such a device; without a class everybody may look at it."""
        if not device_class:
            return True
        return any(held == device_class and model in (None, model_number) for held, model in self.qualifications)


_CREW = """
SELECT t.id, m.name, t.shifts, t.timezone, t.home_latitude, t.home_longitude, t.latitude, t.longitude, t.located_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(q.device_class, q.model_number) ORDER BY q.device_class, q.model_number),
                   '[]'::jsonb)
   FROM qualification q WHERE q.tenant_id = $1 AND q.technician_id = t.id
     AND (q.expires_on IS NULL OR q.expires_on >= $2)) AS qualifications
FROM technician t JOIN member m ON m.tenant_id = $1 AND m.id = t.member_id
WHERE t.tenant_id = $1 AND t.ready AND m.status = 'active' ORDER BY t.id
"""


async def crews(provider: UUID, day: date) -> list[Crew]:
    """The technicians of a provider who work on a day, by their weekly shifts; in the current transaction.

    The one place where day plans ask who is there: absences, shifts with validity and loans come in here.
    """
    found = []
    for row in await fetch(_CREW, provider, day):
        spans = tuple(_joined(_spans(row["shifts"], ZoneInfo(row["timezone"]), day)))
        if spans:
            found.append(
                Crew(
                    row["id"],
                    row["name"],
                    spans,
                    _place(row["home_latitude"], row["home_longitude"]),
                    _place(row["latitude"], row["longitude"]),
                    row["located_at"],
                    tuple((held, model) for held, model in row["qualifications"]),
                )
            )
    return found


def _place(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def _spans(shifts: list[dict[str, Any]], zone: ZoneInfo, day: date) -> Iterator[Span]:
    """The shifts that begin on the day; one that ends no later than it begins passes midnight."""
    for shift in shifts:
        if day.isoweekday() in shift["days"]:
            begins, ends = _moment(day, shift["from"], zone), _moment(day, shift["to"], zone)
            yield begins, ends if ends > begins else _moment(day + timedelta(days=1), shift["to"], zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    later, hours = divmod(hours, 24)  # "24:00" is the next day's midnight
    # In UTC: the difference of two moments of one zone would be that of its wall clock, an hour off on some days.
    return datetime.combine(day + timedelta(days=later), time(hours, minutes), zone).astimezone(UTC)


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Overlapping shifts as one."""
    known: Span | None = None
    for span in sorted(spans):
        if known is None:
            known = span
        elif span[0] <= known[1]:
            known = known[0], max(known[1], span[1])
        else:
            yield known
            known = span
    if known is not None:
        yield known
