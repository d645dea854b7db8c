"""What a new edition changes for people: visits that change hands, their time, or the day, each before and after."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mendline.dayplans.book import DayPlanStop
from mendline.dayplans.draft import Draft
from mendline.kernel import iso
from mendline.routing import Plan


class Given(NamedTuple):
    """Who makes a visit, and from when."""

    technician: str
    name: str
    begins_at: datetime


def moves_between(
    known: Iterable[DayPlanStop], after: Mapping[str, Given], within: timedelta, still: Iterable[str]
) -> list[dict[str, Any]]:
    """The known visits that somebody else makes now, at another time by more than `within`, or nobody.

    still: the visits that can still be planned; what has become of the others is no move.
    """
    open_ = set(still)
    found = []
    for stop in known:
        key = f"{stop.owner_id}/{stop.ticket_id}"
        if stop.kind != "visit" or key not in open_:
            continue
        now = after.get(key)
        if now and now.technician == str(stop.technician_id) and abs(now.begins_at - stop.begins_at) <= within:
            continue
        found.append(
            {
                "owner": str(stop.owner_id),
                "ticket": str(stop.ticket_id),
                "number": stop.number,
                "before": _told(Given(str(stop.technician_id), stop.technician_name, stop.begins_at)),
                "after": _told(now) if now else None,
            }
        )
    return found


def _told(given: Given) -> dict[str, str]:
    return {"technician": given.technician, "name": given.name, "begins_at": iso(given.begins_at)}


def moves_of(draft: Draft, plan: Plan) -> list[dict[str, Any]]:
    """What a solved plan changes of the one that people know."""
    after = {
        stop.visit: Given(route.technician, draft.crews[route.technician].name, draft.moment(stop.begins))
        for route in plan.routes
        for stop in route.stops
        if not stop.pickup
    }
    return moves_between(draft.day.known, after, timedelta(minutes=draft.day.policy.tell_minutes), draft.jobs)
