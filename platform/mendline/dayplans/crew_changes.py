"""Planning published days anew when somebody cannot be sent any more when a visit is planned for them."""

from datetime import date, datetime
from uuid import UUID

from mendline.dayplans.replanning import ask_anew
from mendline.dispatch import AvailabilityChanged, Roster, day_spans, rosters
from mendline.kernel import Envelope, consumer, fetch, now, transaction
from mendline_tenants import day_plan_policy, own_organisation

_PLANNED = """
SELECT p.day, min(s.begins_at) AS begins, max(s.ends_at) AS ends,
  array_agg(s.begins_at ORDER BY s.begins_at) AS begun, array_agg(s.ends_at ORDER BY s.begins_at) AS ended
FROM day_plan p JOIN day_plan_stop s ON s.tenant_id = $1 AND s.plan_id = p.id
WHERE p.tenant_id = $1 AND p.state = 'published' AND s.technician_id = $2 AND s.progress = 'planned' AND s.ends_at > $3
GROUP BY p.id, p.day ORDER BY p.day
"""


@consumer("dayplans.replan_crew", AvailabilityChanged)
async def replan_crew(envelope: Envelope) -> None:
    """Asks for a new edition of each published day with a stop that lies outside the technician's time by now."""
    provider, happened = envelope.organisation, envelope.event
    async with transaction(provider):
        policy = day_plan_policy((await own_organisation(provider)).policies)
        days = await _broken(provider, happened.technician) if policy.replan != "off" else []
    for day in days:
        await ask_anew(provider, day, "absence", key=f"{envelope.id}:{day}")


async def _broken(provider: UUID, technician: UUID) -> list[date]:
    found = []
    for row in await fetch(_PLANNED, provider, technician, now()):
        roster = (await rosters(provider, [technician], row["begins"], row["ends"])).get(technician)
        day = date.fromisoformat(row["day"])
        stops = zip(row["begun"], row["ended"], strict=True)
        if roster is None or not all(_kept(roster, day, begins, ends) for begins, ends in stops):
            found.append(day)
    return found


def _kept(roster: Roster, day: date, begins: datetime, ends: datetime) -> bool:
    return any(span.begins <= begins and ends <= span.ends for span in day_spans(roster, day))
