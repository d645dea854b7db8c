"""Who goes out on a day: the technicians of a provider and when each of them can be sent."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct

from mendline.dispatch import day_spans, rosters
from mendline.kernel import fetch
from mendline_tenants import Span

AROUND = timedelta(days=2)
"""Before and after a day's midnight in UTC: in every zone its shifts have begun and ended by then."""


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
SELECT t.id, m.name, t.home_latitude, t.home_longitude, t.latitude, t.longitude, t.located_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(q.device_class, q.model_number) ORDER BY q.device_class, q.model_number),
                   '[]'::jsonb)
   FROM qualification q WHERE q.tenant_id = $1 AND q.technician_id = t.id
     AND (q.expires_on IS NULL OR q.expires_on >= $2)) AS qualifications
FROM technician t JOIN member m ON m.tenant_id = $1 AND m.id = t.member_id
WHERE t.tenant_id = $1 AND m.status = 'active' ORDER BY t.id
"""


async def crews(provider: UUID, day: date) -> list[Crew]:
    """The technicians of a provider who can be sent on a day: by their shifts, less what is taken of their time.

    In the current transaction.
    """
    found = await fetch(_CREW, provider, day)
    midnight = datetime.combine(day, time(), UTC)
    known = await rosters(provider, [row["id"] for row in found], midnight - AROUND, midnight + AROUND)
    return [
        Crew(
            row["id"],
            row["name"],
            spans,
            _place(row["home_latitude"], row["home_longitude"]),
            _place(row["latitude"], row["longitude"]),
            row["located_at"],
            tuple((held, model) for held, model in row["qualifications"]),
        )
        for row in found
        if (spans := day_spans(known[row["id"]], day))
    ]


def _place(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)
