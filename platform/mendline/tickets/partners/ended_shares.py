"""Ended shares: whoever could show what is shared no more ends it, if the timer has not (decision 0039)."""

import asyncio
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from mendline.kernel import Reference, definer, log, now, pool
from mendline.tickets.partners.sharing import end_by_itself

EVERY = 0.4
"""Seconds from one look to the next."""

GRACE = timedelta(seconds=0.3)
"""How long the timer is left to do it, which most often takes a tenth of a second."""

LATE = timedelta(seconds=2)
"""A share that is open so long after its end is told by readiness: nobody ends them, or it cannot be done."""

_MOST = 50

SHARES_OVER = definer(
    "shares_over(timestamptz, integer)",
    """
CREATE OR REPLACE FUNCTION shares_over(moment timestamptz, most integer)
RETURNS TABLE (tenant uuid, ticket uuid, partner uuid, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT p.tenant_id, p.ticket_id, p.organisation, p.ends_at FROM public.ticket_participant p
    JOIN public.ticket t ON t.tenant_id = p.tenant_id AND t.id = p.ticket_id
   WHERE p.ends_at <= moment AND cardinality(p.groups) > 0 AND t.visible_to @> ARRAY[p.organisation]
   ORDER BY p.ends_at DESC LIMIT most
$$""",
    {"ticket_participant": "SELECT", "ticket": "SELECT"},
    roles=("gateway",),
)
"""Shares that are open after their end, of whatever organisation: ids and the end, nothing that a ticket says."""


class Over(NamedTuple):
    """A share that is open after its end."""

    ticket: Reference
    partner: UUID


async def end_shares_that_are_over() -> set[Over]:
    """One look: ends what is over; answers what could not be ended, after having told the log why."""
    left = set()
    for row in await pool("gateway").fetch("SELECT * FROM shares_over($1, $2)", now() - GRACE, _MOST):
        place = Reference(row["tenant"], row["ticket"])
        try:
            await end_by_itself(place, row["partner"], row["until"])
        except Exception as error:  # the next one is to end all the same
            log.warning("share_not_ended", ticket=str(place.id), error=f"{type(error).__name__}: {error}")
            left.add(Over(place, row["partner"]))
    return left


async def keep_ending_shares() -> None:
    """Looks for as long as the process serves: it needs neither relay, broker nor worker."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await end_shares_that_are_over()
        except Exception as error:  # the database is away: nothing can be read meanwhile
            log.warning("shares_not_looked_at", error=f"{type(error).__name__}: {error}")


async def late_shares() -> int:
    """How many shares are open longer after their end than they ever should."""
    return len(await pool("gateway").fetch("SELECT * FROM shares_over($1, $2)", now() - LATE, _MOST))
