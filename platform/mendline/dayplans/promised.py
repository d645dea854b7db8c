"""Visits of a published day as time that is taken: for matching, and for whom a person has let know of busy times."""

from uuid import UUID

from mendline.dayplans.jobs import PLANNABLE, UNDER_WAY
from mendline.dispatch import busy_source, visits_source
from mendline.kernel import fetch
from mendline_tenants import Span

_STATES = ", ".join(repr(state) for state in (*PLANNABLE, *UNDER_WAY))

_VISITS = f"""
SELECT s.technician_id, s.begins_at, s.ends_at, s.locked FROM day_plan_stop s
JOIN day_plan p ON p.tenant_id = {{tenant}} AND p.id = s.plan_id AND p.state = 'published'
JOIN worklist w ON w.tenant_id = {{tenant}} AND w.owner_id = s.owner_id AND w.ticket_id = s.ticket_id
WHERE s.tenant_id = {{tenant}} AND s.kind <> 'rest' AND s.progress <> 'done' AND w.state IN ({_STATES})
  AND (w.assignee_id IS NULL OR w.assignee_id = s.technician_id)"""  # noqa: S608 - a constant
"""SQL: what is still to be done of published days, of tickets that nobody else has taken meanwhile."""

LONGEST = "interval '24 hours'"
"""No visit lasts longer, so that the index on begins_at finds those that are not over; and nobody travels longer."""

visits_source(
    _VISITS.replace("{tenant}", "{provider}")
    + " AND s.ends_at > {moment}::timestamptz AND s.begins_at > {moment}::timestamptz - "
    + f"{LONGEST} AND s.begins_at < {{moment}}::timestamptz + {LONGEST}"
    + " AND NOT (s.owner_id = {facility} AND s.ticket_id = {ticket})"
)


@busy_source("visits")
async def _planned(tenant: UUID, member: UUID, window: Span) -> list[Span]:
    """The visits and pickups that a published day has for somebody."""
    within = f" AND s.ends_at > $3::timestamptz AND s.begins_at > $3::timestamptz - {LONGEST} AND s.begins_at < $4"
    sql = _VISITS.replace("{tenant}", "$1") + " AND s.technician_id = $2" + within
    return [Span(row["begins_at"], row["ends_at"]) for row in await fetch(sql, tenant, member, *window)]
