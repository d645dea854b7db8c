"""The problem: visits, technicians and the travel times between places, in whole units of time (seconds, say)."""

from collections.abc import Mapping

from msgspec import Struct

Window = tuple[int, int]
"""The earliest and the latest moment, both included."""


class Visit(Struct, frozen=True, kw_only=True):
    """Work at one place.

    place: its row in the travel matrix. service: how long it takes. windows: when it may begin; disjoint, in order.
    skills: all of which its technician must have. prize: what leaving it out costs, in units of travel; required: it
    may not be left out. technician: the only one who may do it (a locked visit, or one under way). pickup: the place
    where parts are fetched first, which takes pickup_service. demand: how much of a van it fills.
    """

    id: str
    place: int
    service: int
    windows: tuple[Window, ...]
    skills: frozenset[str] = frozenset()
    prize: int = 0
    required: bool = False
    technician: str | None = None
    pickup: int | None = None
    pickup_service: int = 0
    demand: int = 0


class Break(Struct, frozen=True):
    """A rest that must be taken on a day's way: how long, and when it may begin."""

    length: int
    window: Window


class Technician(Struct, frozen=True, kw_only=True):
    """Somebody who drives: from where, to where (None: the day ends at the last visit), when, able to do what."""

    id: str
    start: int
    end: int | None
    shift: Window
    skills: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    capacity: int | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """All that a day's plan is made from.

    travel: travel[a][b] from place a to place b. previous: who was to make each visit by the plan that people know;
    giving a visit to another costs change_cost units of travel, so that a new plan moves few.
    """

    visits: tuple[Visit, ...]
    technicians: tuple[Technician, ...]
    travel: tuple[tuple[int, ...], ...]
    previous: Mapping[str, str] = {}
    change_cost: int = 0

    def able(self, visit: Visit, technician: Technician) -> bool:
        """Whether this technician may make this visit at all."""
        return visit.skills <= technician.skills and visit.technician in (None, technician.id)


class Task(Struct, frozen=True):
    """One step of a way: fetching the parts for a visit, or the visit itself (its number in the problem)."""

    visit: int
    pickup: bool = False


Sequences = dict[int, list[Task]]
"""The tasks of each technician (by number) in order: what a solver answers."""
