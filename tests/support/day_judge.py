"""A second judge of stored day plans, who knows the tables alone: no routing problem, no validator of ours."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from support.database import look

ROAD = 1.3
"""Of the straight line."""

SPEED = 28.0
"""Kilometres in an hour."""

USUAL = 60
"""Minutes that a visit for a fault takes where nothing is said."""

ROUNDING = timedelta(seconds=3)
"""By which a way may be shorter: places are rounded to a metre, ways to a second."""

_STOPS = """
SELECT s.technician_id, s.technician_name AS name, s.kind, s.number, s.ticket_id,
  s.arrives_at, s.begins_at, s.ends_at, s.latitude, s.longitude, p.latitude AS ward_latitude,
  p.longitude AS ward_longitude, d.device_class, m.shifts, m.home_latitude, m.home_longitude,
  t.device_card->>'model_number' AS model_number, c.access_windows, v.minutes, v.pickup_latitude, v.pickup_longitude,
  EXISTS (SELECT FROM qualification q WHERE q.tenant_id = s.tenant_id AND q.technician_id = s.technician_id
    AND q.device_class = d.device_class AND coalesce(q.model_number, t.device_card->>'model_number')
      IS NOT DISTINCT FROM t.device_card->>'model_number'
    AND coalesce(q.expires_on, 'infinity') >= $2) AS able
FROM day_plan_stop s
JOIN technician m ON m.tenant_id = s.tenant_id AND m.id = s.technician_id
LEFT JOIN ticket t ON t.tenant_id = s.owner_id AND t.id = s.ticket_id
LEFT JOIN ticket_people p ON p.tenant_id = t.tenant_id AND p.id = t.id
LEFT JOIN ticket_clinical c ON c.tenant_id = t.tenant_id AND c.id = t.id
LEFT JOIN visit_terms v ON v.tenant_id = s.tenant_id AND v.owner_id = t.tenant_id AND v.ticket_id = t.id
LEFT JOIN LATERAL (SELECT dm.device_class FROM device dv JOIN device_model dm ON dm.tenant_id = dv.tenant_id
  AND dm.id = dv.model_id WHERE dv.tenant_id = t.tenant_id AND dv.id = t.device_id) d ON true
WHERE s.plan_id = $1 ORDER BY s.technician_id, s.sequence
"""


async def broken_rules(plan: UUID, day: date, zone: ZoneInfo) -> list[str]:
    """What a stored edition breaks, a sentence each: skill, window, shift, ways, parts, rests, and each visit once."""
    rows = await look(_STOPS, plan, day)
    visits = Counter(row["number"] for row in rows if row["kind"] == "visit")
    found = [f"{number} is visited {times} times" for number, times in visits.items() if times > 1]
    for _, mine in groupby(rows, key=lambda row: row["technician_id"]):
        route = list(mine)
        found += [f"{route[0]['name']}: {wrong}" for wrong in _route(route, day, zone)]
    return found


def _route(route: list[Any], day: date, zone: ZoneInfo) -> Iterator[str]:
    """One technician's day: home, each place in turn with the rests on the way, home again; all of it in the shift."""
    begins, ends = _shift(route[0]["shifts"], day, zone)
    at = home = (route[0]["home_latitude"], route[0]["home_longitude"])
    free, over, rested = begins, begins, timedelta(0)
    fetched: set[UUID] = set()
    for row in route:
        name = row["number"] or row["kind"]
        if row["begins_at"] < over:
            yield f"{name} begins at {row['begins_at']}, what comes before ends at {over}"
        if not begins <= row["begins_at"] <= row["ends_at"] <= ends:
            yield f"{name} lies outside the shift"
        over = row["ends_at"]
        if row["kind"] == "rest":
            rested += row["ends_at"] - row["begins_at"]
            continue
        there = (row["latitude"], row["longitude"])
        way = _way(at, there)
        if row["arrives_at"] < free + rested + way - ROUNDING or row["begins_at"] < row["arrives_at"]:
            yield f"{name} is reached at {row['arrives_at']}, {way} of way and {rested} of rest after {free}"
        yield from (f"{name} {wrong}" for wrong in _stop(row, there, fetched))
        at, free, rested = there, row["ends_at"], timedelta(0)
    if free + rested + _way(at, home) - ROUNDING > ends:
        yield f"is home after {ends}"
    if sum(row["kind"] == "rest" for row in route) != 1:
        yield "does not rest once"


def _stop(row: Any, there: tuple[float, float], fetched: set[UUID]) -> Iterator[str]:
    takes = row["ends_at"] - row["begins_at"]
    if row["kind"] == "pickup":
        fetched.add(row["ticket_id"])
        if _way(there, (row["pickup_latitude"], row["pickup_longitude"])) > ROUNDING:
            yield "fetches its parts elsewhere"
        return
    if not row["able"]:
        yield f"is a {row['device_class']}, for which there is no qualification"
    if _way(there, (row["ward_latitude"], row["ward_longitude"])) > ROUNDING:
        yield "is visited elsewhere"
    if takes < timedelta(minutes=row["minutes"] or USUAL):
        yield f"takes {takes}"
    windows = [tuple(map(datetime.fromisoformat, window)) for window in row["access_windows"] or ()]
    if windows and not any(opens <= row["begins_at"] and row["ends_at"] <= closes for opens, closes in windows):
        yield f"is visited {row['begins_at']}-{row['ends_at']}, outside {windows}"
    if row["pickup_latitude"] is not None and row["ticket_id"] not in fetched:
        yield "is visited without its parts"


def _shift(shifts: list[dict[str, Any]], day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    (mine,) = (shift for shift in shifts if day.isoweekday() in shift["days"])
    begins, ends = (datetime.combine(day, time.fromisoformat(mine[name]), zone) for name in ("from", "to"))
    return begins, ends


def _way(one: tuple[float, float], other: tuple[float, float]) -> timedelta:
    """By the chord between two points of a sphere."""
    (x, y, z), (u, v, w) = map(_on_sphere, (one, other))
    angle = 2 * math.asin(math.dist((x, y, z), (u, v, w)) / 2)
    return timedelta(hours=angle * 6371.0088 * ROAD / SPEED)


def _on_sphere(at: tuple[float, float]) -> tuple[float, float, float]:
    latitude, longitude = map(math.radians, at)
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)
