"""Lessons: what an organisation's own closed tickets have to teach, and when there is enough that is new."""

from collections import Counter
from typing import NamedTuple
from uuid import UUID

from mendline.faulttext import MOST_TEXTS, missing
from mendline.kernel import fetch, fetchrow
from mendline.tickets.states import not_void

NEW_NEEDED, NEW_SHARE = 50, 0.1
"""How many closed tickets with a code are new, at least and of those known, before a model is learned anew."""

# A code is a person's word: what a model has proposed is nowhere taken for one. Of work that was passed on its child
# tells, where that has a code; a ticket that was none of its own tells nothing.
_OWN_CLOSED = f"""
FROM ticket t JOIN ticket_clinical c ON c.tenant_id = t.tenant_id AND c.id = t.id
WHERE t.tenant_id = $1 AND t.phase = 'closed' AND {not_void("t")} AND t.kind = 'fault' AND c.fault_code IS NOT NULL
  AND NOT EXISTS (SELECT FROM ticket k JOIN ticket_clinical l ON l.tenant_id = k.tenant_id AND l.id = k.id
                  WHERE k.tenant_id = $1 AND k.parent_id = t.id AND {not_void("k")}
                    AND l.fault_code IS NOT NULL)
"""

_TEXTS = f"SELECT c.symptom, c.fault_code {_OWN_CLOSED} ORDER BY t.closed_at DESC, t.id DESC LIMIT $2"
_COUNTS = f"SELECT c.fault_code AS code, count(*) AS texts {_OWN_CLOSED} GROUP BY c.fault_code"
_LATEST = "SELECT number, closed FROM fault_model WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1"


class Stock(NamedTuple):
    """What there is to learn from. closed: own closed tickets with a code. missing: how many more it takes."""

    closed: int
    missing: int
    new: int
    enough_new: bool


async def texts_of(organisation: UUID) -> tuple[tuple[str, str], ...]:
    """(text, code) of the organisation's own closed tickets, the latest first; in the current transaction."""
    return tuple((row["symptom"], row["fault_code"]) for row in await fetch(_TEXTS, organisation, MOST_TEXTS))


async def stock_of(organisation: UUID) -> Stock:
    """How many there are and how many of them are new since the last version, in the current transaction."""
    labels = Counter({row["code"]: row["texts"] for row in await fetch(_COUNTS, organisation)})
    latest = await fetchrow(_LATEST, organisation)
    known = latest["closed"] if latest else 0
    closed = labels.total()
    new = closed - known
    return Stock(closed, missing(labels), new, latest is None or new >= max(NEW_NEEDED, NEW_SHARE * known))
