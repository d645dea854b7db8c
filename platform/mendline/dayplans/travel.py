"""Travel times between the places of a day: a routing engine's table where one is set, else by great circle."""

from uuid import UUID

from msgspec import Struct

from mendline.dayplans.engine import Engine, EngineAway, chosen_engine
from mendline.dayplans.kept_travel import keep_times, kept_times
from mendline.dispatch import great_circle_km, travel_minutes
from mendline.kernel import log

At = tuple[float, float]
Matrix = tuple[tuple[int, ...], ...]

GREAT_CIRCLE = "great_circle"


class Travel(Struct, frozen=True):
    """Seconds from each place to each other, and where they come from.

    fallback: why some of them are by great circle although an engine is set (`away`: it did not answer; `no_way`: it
    knows no way between some places); empty when they are as they should be.
    """

    matrix: Matrix
    source: str = GREAT_CIRCLE
    fallback: str = ""


def by_great_circle(places: list[At]) -> Matrix:
    """Seconds by the speed model of dispatch."""
    return tuple(tuple(_seconds(a, b) for b in places) for a in places)


def _seconds(a: At, b: At) -> int:
    return round(travel_minutes(great_circle_km(*a, *b)) * 60)


async def travel_between(tenant: UUID, places: list[At]) -> Travel:
    """The table for these places. An engine that is away never costs the day its plan: the straight line stands in."""
    engine = chosen_engine()
    if engine is None or len(places) < 2:
        return Travel(by_great_circle(places), engine.name if engine else GREAT_CIRCLE)
    known = await kept_times(tenant, engine.name, places)
    missing = _missing(places, known)
    if missing:
        try:
            fresh = await _ask(engine, places, missing)
        except EngineAway as away:
            log.warning("routing_engine_away", engine=engine.name, error=str(away))
            return Travel(by_great_circle(places), GREAT_CIRCLE, "away")
        known |= fresh
        await keep_times(tenant, engine.name, places, fresh)
    straight = by_great_circle(places)
    numbers = range(len(places))
    matrix = tuple(tuple(_of(known, straight, a, b) for b in numbers) for a in numbers)
    return Travel(matrix, engine.name, "no_way" if any(seconds is None for seconds in known.values()) else "")


def _of(known: dict[tuple[int, int], int | None], straight: Matrix, a: int, b: int) -> int:
    seconds = 0 if a == b else known[a, b]
    return straight[a][b] if seconds is None else seconds


def _missing(places: list[At], known: dict[tuple[int, int], int | None]) -> list[int]:
    """Few places that every unknown time begins or ends at: those that are new, where the others know each other."""
    numbers = range(len(places))
    lacking = {a: {b for b in numbers if a != b and not {(a, b), (b, a)} <= known.keys()} for a in numbers}
    found = []
    while lacking[worst := max(lacking, key=lambda number: len(lacking[number]))]:
        found.append(worst)
        for other in lacking.pop(worst):
            lacking[other].discard(worst)
    return list(numbers) if len(found) >= len(places) - 1 else sorted(found)


async def _ask(engine: Engine, places: list[At], missing: list[int]) -> dict[tuple[int, int], int | None]:
    """The times from and to the missing places: from each of them to all, and to each of them from the others."""
    everywhere = list(range(len(places)))
    others = [number for number in everywhere if number not in set(missing)]
    found = await engine.table(places, missing, everywhere)
    return found | await engine.table(places, others, missing) if others else found
