"""PyVRP: improves a plan for as long as it is given. Skills are load dimensions, several windows are alternatives."""

from collections.abc import Callable, Iterator
from statistics import median, median_high
from typing import Any

import numpy as np
from pyvrp import Activity, ActivityType, Client, ClientGroup, Depot, Location, ProblemData, Route, Shipment, Solution
from pyvrp import VehicleType as Vehicles
from pyvrp import solve as improve
from pyvrp.stop import MaxRuntime

from mendline.routing.problem import Problem, Sequences, Task, Technician, Visit

AMPLE = 1_000_000_000
"""A capacity that no route fills."""


def solve(problem: Problem, seconds: float, seed: int = 0, first: Sequences | None = None) -> Sequences:
    """The tasks of each technician in order, as good as `seconds` allow; `first` is where the search begins.

    Breaks are known here only as time that everybody lacks at noon (`worktime`): whoever takes the answer puts each in
    where it fits. An answer may be infeasible, too.
    """
    model = _Model(problem)
    found = improve(
        model.data,
        MaxRuntime(seconds),
        seed=seed,
        collect_stats=False,
        initial_solution=model.solution(first) if first else None,
    )
    return model.sequences(found.best)


def worktime(problem: Problem) -> Callable[[int], int]:
    """A clock without the rest that most technicians take about the same time: it stands still for as long.

    PyVRP knows no breaks. A plan that lacks the time for them would lose a visit from nearly every route when they are
    put in; by this clock there is room for each, and the rest itself may still be taken before or after a visit.
    """
    rests = [rest for t in problem.technicians for rest in t.breaks[:1] if rest.window[0] < rest.window[1]]
    if 2 * len(rests) <= len(problem.technicians):
        return lambda moment: moment
    length = median_high(rest.length for rest in rests)
    begins = int(median(sum(rest.window) / 2 for rest in rests))
    return lambda moment: moment - min(max(moment - begins, 0), length)


class _Model:
    """The problem in PyVRP's words: technicians who are alike are one type of vehicle."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        # Who has visits bound to him, or by the plan that people know, is like nobody else.
        self._known = {visit.technician for visit in problem.visits if visit.technician is not None}
        if problem.change_cost:
            self._known |= set(problem.previous.values())
        self._kinds: dict[Any, list[int]] = {}
        for number, technician in enumerate(problem.technicians):
            self._kinds.setdefault(self._kind(technician), []).append(number)
        self._dimensions = self._count_dimensions()
        self._clock = worktime(problem)
        self._clients: list[int] = []  # the visit of each client
        self._shipments: list[int] = []
        self.data = self._build()

    def _kind(self, technician: Technician) -> Any:
        """What two technicians share who may swap their days."""
        return (
            technician.start,
            technician.end,
            technician.shift,
            tuple(sorted(technician.skills)),
            technician.breaks,
            technician.capacity,
            technician.id if technician.id in self._known else None,
        )

    def _count_dimensions(self) -> dict[str, int]:
        """The load dimensions: the van, each skill that somebody needs, each technician whom a visit is bound to."""
        words = ["van"]
        words += sorted({skill for visit in self._problem.visits for skill in visit.skills})
        words += sorted({"only " + visit.technician for visit in self._problem.visits if visit.technician is not None})
        return {word: number for number, word in enumerate(words)}

    def _needs(self, visit: Visit) -> list[int]:
        needed = [0] * len(self._dimensions)
        needed[0] = visit.demand
        for skill in visit.skills:
            needed[self._dimensions[skill]] = 1
        if visit.technician is not None:
            needed[self._dimensions["only " + visit.technician]] = 1
        return needed

    def _holds(self, technician: Technician) -> list[int]:
        """How much of each dimension a technician holds: of a skill all, or none."""
        held = [AMPLE if technician.capacity is None else technician.capacity]
        for word in list(self._dimensions)[1:]:
            able = word in technician.skills or word == "only " + technician.id
            held.append(AMPLE if able else 0)
        return held

    def _build(self) -> ProblemData:
        problem = self._problem
        nowhere = len(problem.travel)  # the end of who need not go home: no travel leads there
        durations: Any = np.zeros((nowhere + 1, nowhere + 1), dtype=np.int64)
        durations[:nowhere, :nowhere] = problem.travel
        depots: dict[int, int] = {}
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        shipments: list[Shipment] = []
        for number, visit in enumerate(problem.visits):
            if visit.pickup is not None:
                shipments.append(self._shipment(visit, visit.pickup))
                self._shipments.append(number)
                continue
            group = len(groups) if len(visit.windows) > 1 else None
            members = []
            for window in visit.windows:
                members.append(len(clients))
                clients.append(self._client(visit, window, group))
                self._clients.append(number)
            if group is not None:
                groups.append(ClientGroup(members, required=visit.required))
        distances: list[Any] = []
        vehicles: list[Vehicles] = []
        for numbers in self._kinds.values():
            technician = problem.technicians[numbers[0]]
            # Without a price on changes all pay the same, and one matrix does for everybody.
            if problem.change_cost or not distances:
                distances.append(self._dearer(durations, technician))
            vehicles.append(
                Vehicles(
                    len(numbers),
                    capacity=self._holds(technician),
                    start_depot=depots.setdefault(technician.start, len(depots)),
                    end_depot=depots.setdefault(nowhere if technician.end is None else technician.end, len(depots)),
                    tw_early=self._clock(technician.shift[0]),
                    tw_late=self._clock(technician.shift[1]),
                    profile=len(distances) - 1,
                )
            )
        return ProblemData(
            [Location(0, 0) for _ in range(nowhere + 1)],
            clients,
            [Depot(place) for place in depots],
            vehicles,
            distances,
            [durations] * len(distances),
            groups,
            shipments,
        )

    def _client(self, visit: Visit, window: tuple[int, int], group: int | None) -> Client:
        return Client(
            visit.place,
            delivery=self._needs(visit),
            service_duration=visit.service,
            tw_early=self._clock(window[0]),
            tw_late=self._clock(window[1]),
            prize=visit.prize,
            required=visit.required and group is None,
            group=group,
        )

    def _shipment(self, visit: Visit, pickup: int) -> Shipment:
        return Shipment(
            pickup,
            visit.place,
            pickup_service_duration=visit.pickup_service,
            delivery_tw_early=self._clock(visit.windows[0][0]),
            delivery_tw_late=self._clock(visit.windows[-1][1]),
            delivery_service_duration=visit.service,
            amount=self._needs(visit),
            prize=visit.prize,
            required=visit.required,
        )

    def _dearer(self, durations: Any, technician: Technician) -> Any:
        """Travel as this technician pays it: the way to a visit that people know as another's costs more."""
        if not self._problem.change_cost:
            return durations
        paid = durations.copy()
        known = self._problem.previous
        others = {v.place for v in self._problem.visits if known.get(v.id, technician.id) != technician.id}
        paid[:, sorted(others)] += self._problem.change_cost
        np.fill_diagonal(paid, 0)
        return paid

    def solution(self, sequences: Sequences) -> Solution:
        """Where the search begins."""
        client_of: dict[int, int] = {}
        for client, visit in enumerate(self._clients):
            client_of.setdefault(visit, client)
        shipment_of = {visit: number for number, visit in enumerate(self._shipments)}
        routes = []
        for kind, numbers in enumerate(self._kinds.values()):
            for number in numbers:
                tasks = sequences.get(number)
                if tasks:
                    routes.append(Route(self.data, [_activity(t, client_of, shipment_of) for t in tasks], kind))
        return Solution(self.data, routes)

    def sequences(self, solution: Solution) -> Sequences:
        """The answer; of technicians who are alike each takes one route."""
        free = {kind: iter(numbers) for kind, numbers in enumerate(self._kinds.values())}
        return {next(free[route.vehicle_type()]): list(self._tasks(route)) for route in solution.routes()}

    def _tasks(self, route: Route) -> Iterator[Task]:
        for activity in route.schedule():
            if activity.is_client():
                yield Task(self._clients[activity.idx])
            elif activity.is_shipment():
                yield Task(self._shipments[activity.idx], pickup=activity.is_pickup())


def _activity(task: Task, client_of: dict[int, int], shipment_of: dict[int, int]) -> Activity:
    if task.visit in client_of:
        return Activity(ActivityType.CLIENT, client_of[task.visit])
    return Activity(ActivityType.PICKUP if task.pickup else ActivityType.DELIVERY, shipment_of[task.visit])
