"""Matching: who is qualified, on shift and nearest for a job, with the reasons for each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.kernel import fetch

BUSY_STATES = ("accepted", "en_route", "on_site")


class Candidate(Struct, frozen=True):
    """One technician weighed for one job. minutes: travel by the speed model, None when a place is unknown."""

    technician: UUID
    name: str
    minutes: int | None
    busy: int
    level: int
    reasons: tuple[dict[str, Any], ...]

    @property
    def score(self) -> float:
        """Smaller is better: minutes of travel, half an hour for each job in hand, less ten for each level."""
        return (self.minutes if self.minutes is not None else 60) + 30 * self.busy - 10 * (self.level - 1)


_TECHNICIANS = """
SELECT t.id, m.name, t.ready, t.shifts, t.timezone, m.status,
  coalesce(t.latitude, t.home_latitude) AS latitude, coalesce(t.longitude, t.home_longitude) AS longitude,
  q.level, q.expires_on, q.id IS NOT NULL AS qualified,
  (SELECT count(*) FROM worklist w WHERE w.tenant_id = $1 AND w.assignee_id = t.id AND w.state = ANY ($4)) AS busy
FROM technician t
JOIN member m ON m.tenant_id = $1 AND m.id = t.member_id
LEFT JOIN LATERAL (
  SELECT q.id, q.level, q.expires_on FROM qualification q
  WHERE q.tenant_id = $1 AND q.technician_id = t.id AND q.device_class = $2
    AND (q.model_number IS NULL OR q.model_number = $3)
  ORDER BY q.expires_on DESC NULLS FIRST, q.level DESC LIMIT 1) q ON true
WHERE t.tenant_id = $1
"""


def on_shift(shifts: list[dict[str, Any]], zone: str, moment: datetime) -> bool:
    """Whether a moment lies in one of the weekly shifts, in their own time zone.

    A shift that ends no later than it begins passes midnight.
    """
    local = moment.astimezone(ZoneInfo(zone))
    clock, day = local.strftime("%H:%M"), local.isoweekday()
    for shift in shifts:
        begins, ends = shift["from"], shift["to"]
        if begins < ends:
            if day in shift["days"] and begins <= clock < ends:
                return True
        elif (day in shift["days"] and clock >= begins) or ((day - 2) % 7 + 1 in shift["days"] and clock < ends):
            return True
    return False


async def match(
    provider: UUID,
    device_class: str,
    model_number: str | None,
    place: tuple[float, float] | None,
    moment: datetime,
    urgent: bool,
) -> tuple[list[Candidate], list[dict[str, Any]]]:
    """Candidates best first, and those who fell out with why.

    Hard: active, qualified for the device and not expired, ready, on shift (an urgent job also takes who is off shift
    when nobody is on). Soft: travel, jobs in hand, level.
    """
    candidates: list[Candidate] = []
    resting: list[Candidate] = []
    excluded: list[dict[str, Any]] = []
    for row in await fetch(_TECHNICIANS, provider, device_class, model_number, list(BUSY_STATES)):
        why = _falls_out(row, moment.astimezone(ZoneInfo(row["timezone"])).date())
        if why is not None:
            excluded.append({"technician": str(row["id"]), "name": row["name"], "why": why})
        elif on_shift(row["shifts"], row["timezone"], moment):
            candidates.append(_candidate(row, place, on_duty=True))
        else:
            resting.append(_candidate(row, place, on_duty=False))
    if urgent and not candidates:
        candidates = resting
    else:
        excluded += [{"technician": str(c.technician), "name": c.name, "why": "off_shift"} for c in resting]
    return sorted(candidates, key=lambda c: (c.score, c.name)), excluded


def _falls_out(row: Any, day: date) -> str | None:
    if row["status"] != "active":
        return "not_active"
    if not row["qualified"]:
        return "not_qualified"
    if row["expires_on"] is not None and row["expires_on"] < day:
        return "qualification_expired"
    if not row["ready"]:
        return "not_ready"
    return None


def _candidate(row: Any, place: tuple[float, float] | None, on_duty: bool) -> Candidate:
    km = None
    if place is not None and row["latitude"] is not None:
        km = great_circle_km(row["latitude"], row["longitude"], *place)
    minutes = round(travel_minutes(km)) if km is not None else None
    reasons: list[dict[str, Any]] = [
        {"reason": "qualified", "level": row["level"], "until": str(row["expires_on"]) if row["expires_on"] else None},
        {"reason": "on_shift" if on_duty else "off_shift"},
        {"reason": "jobs_in_hand", "count": row["busy"]},
    ]
    if km is not None:
        reasons.append({"reason": "travel", "km": round(km, 1), "minutes": minutes})
    return Candidate(row["id"], row["name"], minutes, row["busy"], row["level"] or 1, tuple(reasons))
