"""The plan: each technician's stops with their times, and what was left out."""

from collections.abc import Mapping

from msgspec import Struct

from mendline.routing.problem import Break, Problem, Sequences, Task

__all__ = ["KNOWN", "Break", "Plan", "Rest", "Route", "Stop", "moved"]


class Stop(Struct, frozen=True):
    """One stop: arrived, begun (after waiting for the window) and ended. pickup: parts for the visit are fetched."""

    visit: str
    arrives: int
    begins: int
    ends: int
    pickup: bool = False


class Rest(Struct, frozen=True):
    """A break taken."""

    begins: int
    ends: int


class Route(Struct, frozen=True):
    """One technician's day, in order; travel is the sum of travel times, the way home included."""

    technician: str
    begins: int
    ends: int
    travel: int
    stops: tuple[Stop, ...]
    rests: tuple[Rest, ...] = ()


KNOWN = "known"
"""Whose plan one is that people know already: no solver has looked at it since."""


class Plan(Struct, frozen=True):
    """Routes of those who go out, and the visits that are left for another day.

    solver: whose plan it is (`vroom`, `pyvrp`, `insertion`, `known`). solving: seconds spent within the solvers.
    """

    routes: tuple[Route, ...]
    unserved: tuple[str, ...]
    solver: str = ""
    solving: float = 0.0

    @property
    def travel(self) -> int:
        """All travel together."""
        return sum(route.travel for route in self.routes)

    def sequences(self, problem: Problem) -> Sequences:
        """The tasks of each technician, in order, as solvers and scheduler take them."""
        visits = {visit.id: number for number, visit in enumerate(problem.visits)}
        people = {technician.id: number for number, technician in enumerate(problem.technicians)}
        return {
            people[route.technician]: [Task(visits[stop.visit], stop.pickup) for stop in route.stops]
            for route in self.routes
        }

    def assignment(self) -> dict[str, str]:
        """Who makes each visit."""
        return {stop.visit: route.technician for route in self.routes for stop in route.stops if not stop.pickup}


def moved(previous: Mapping[str, str], plan: Plan) -> list[str]:
    """The visits that another technician makes now, or nobody."""
    now = plan.assignment()
    return sorted(visit for visit, technician in previous.items() if now.get(visit) != technician)
