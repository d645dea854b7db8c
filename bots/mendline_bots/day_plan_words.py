"""Day plans in words: an edition for its dispatcher, and one technician's stops as a list."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from mendline.dayplans import DayPlan, ShownPlan, ShownStop
from mendline.kernel import say

MOST_LEFT = 8
"""How many tickets that are left for another day, or moves, a chat names; of the rest it tells the number."""


def facts_of(plan: DayPlan, locale: str) -> tuple[tuple[str, str], ...]:
    """What an edition comes to, what it changed, and what it leaves."""
    figures = plan.figures
    found = [
        (say("day_plan.state", locale), say(f"plan_state.{plan.state}", locale)),
        (
            say("day_plan.visits", locale),
            say(
                "day_plan.visits_of",
                locale,
                served=figures.get("served", 0) + figures.get("settled", 0),
                people=figures.get("technicians", 0),
                late=figures.get("late", 0),
            ),
        ),
        (say("day_plan.travel", locale), _travel(plan, locale)),
    ]
    if plan.moves:
        found.append((say("day_plan.moved", locale), "\n".join(_listed(_moves(plan, locale), locale))))
    if plan.broken_locks:
        locks = (say(f"broken_lock.{one['why']}", locale, **one) for one in plan.broken_locks)
        found.append((say("day_plan.locks", locale), "\n".join(_listed(locks, locale))))
    if plan.unserved:
        left = (f"{one['number']} {say('unserved.' + one['why'], locale)}" for one in plan.unserved)
        found.append((say("day_plan.left", locale), "\n".join(_listed(left, locale))))
    if figures.get("homeless"):
        found.append((say("day_plan.homeless", locale), ", ".join(figures["homeless"])))
    return tuple(found)


def _travel(plan: DayPlan, locale: str) -> str:
    source = f"fallback.{plan.fallback}" if plan.fallback else f"distances.{plan.distances or 'great_circle'}"
    minutes = plan.figures.get("travel", 0) // 60
    return say("day_plan.travel_of", locale, minutes=minutes, source=say(source, locale))


def _moves(plan: DayPlan, locale: str) -> Iterator[str]:
    zone = ZoneInfo(plan.timezone)
    for move in plan.moves:
        before, after = (
            f"{_clock(move[side]['begins_at'], zone)} {move[side]['name']}"
            if move[side]
            else say("day_plan.nobody", locale)
            for side in ("before", "after")
        )
        yield f"{move['number']} {before} → {after}"


def _clock(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%H:%M}"


def _listed(lines: Iterator[str], locale: str) -> Iterator[str]:
    every = list(lines)
    yield from every[:MOST_LEFT]
    if len(every) > MOST_LEFT:
        yield say("day_plan.more", locale, count=len(every) - MOST_LEFT)


def stops_in_words(plan: ShownPlan, stops: list[ShownStop]) -> tuple[tuple[str, str], ...]:
    """A technician's day: times, then what is there."""
    zone = ZoneInfo(plan.zone)
    return tuple(
        (f"{stop.begins_at.astimezone(zone):%H:%M}-{stop.ends_at.astimezone(zone):%H:%M}", _stop(stop, plan.locale))
        for stop in stops
    )


def _stop(stop: ShownStop, locale: str) -> str:
    if stop.kind == "rest":
        return say("picture.rest", locale)
    marks = [say(f"picture.{name}", locale) for name in ("locked", "late") if getattr(stop, name)]
    if stop.progress != "planned":
        marks.append(say(f"picture.{stop.progress}", locale))
    if stop.kind == "pickup":
        return " · ".join(filter(None, (say("picture.pickup", locale), stop.number)))
    return " · ".join(filter(None, (stop.number, stop.place, stop.device, *marks)))
