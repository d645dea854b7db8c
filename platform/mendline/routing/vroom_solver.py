"""VROOM: a first good plan within a fraction of a second; it knows breaks, several windows and parts to fetch."""

import numpy as np
import vroom

from mendline.routing.problem import Problem, Sequences, Task, Visit

EXPLORATION = 3
"""VROOM's exploration level, 0 to 5; from 3 on more time is better spent in PyVRP."""

TOP_PRIORITY = 100
"""VROOM's highest priority; it serves a higher one first, whatever the travel."""


def solve(problem: Problem, exploration: int = EXPLORATION) -> Sequences:
    """The tasks of each technician in order."""
    model = vroom.Input()
    model.set_durations_matrix("car", np.array(problem.travel, dtype=np.uint32))
    skills = _Numbers()
    for number, technician in enumerate(problem.technicians):
        able = {skills[skill] for skill in technician.skills} | {skills["only " + technician.id]}
        model.add_vehicle(
            vroom.Vehicle(
                number,
                start=technician.start,
                end=technician.end,
                capacity=[technician.capacity if technician.capacity is not None else _all_demand(problem)],
                skills=able,
                time_window=vroom.TimeWindow(*technician.shift),
                breaks=[
                    vroom.Break(place, time_windows=[vroom.TimeWindow(*rest.window)], service=rest.length)
                    for place, rest in enumerate(technician.breaks)
                ],
            )
        )
    most = max((visit.prize for visit in problem.visits), default=0)
    for number, visit in enumerate(problem.visits):
        needed = {skills[skill] for skill in visit.skills}
        if visit.technician is not None:
            needed.add(skills["only " + visit.technician])
        _add(model, number, visit, needed, _priority(visit, most))
    found = model.solve(exploration_level=exploration, nb_threads=1).to_dict()
    return {
        route["vehicle"]: [
            Task(step["id"], pickup=step["type"] == "pickup")
            for step in route["steps"]
            if step["type"] in ("job", "pickup", "delivery")
        ]
        for route in found["routes"]
    }


def _add(model: vroom.Input, number: int, visit: Visit, skills: set[int], priority: int) -> None:
    windows = [vroom.TimeWindow(*window) for window in visit.windows]
    if visit.pickup is None:
        model.add_job(
            vroom.Job(
                number,
                location=visit.place,
                default_service=visit.service,
                delivery=[visit.demand],
                skills=skills,
                priority=priority,
                time_windows=windows,
            )
        )
        return
    model.add_shipment(
        vroom.ShipmentStep(number, location=visit.pickup, default_service=visit.pickup_service),
        vroom.ShipmentStep(number, location=visit.place, default_service=visit.service, time_windows=windows),
        amount=vroom.Amount([visit.demand]),
        skills=skills,
        priority=priority,
    )


def _priority(visit: Visit, most: int) -> int:
    if visit.required:
        return TOP_PRIORITY
    return round((TOP_PRIORITY - 1) * visit.prize / most) if most else 0


def _all_demand(problem: Problem) -> int:
    return sum(visit.demand for visit in problem.visits)


class _Numbers(dict[str, int]):
    """Numbers given to words as they come."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self)
        return self[word]
