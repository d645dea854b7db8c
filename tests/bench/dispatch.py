"""Day plans beside the best known of the Solomon instances, and a 150 x 28 day: quality, moves, time in the solvers."""

import asyncio
import math
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import msgspec

from mendline.routing import Plan, Problem, Technician, Visit, moved, solve_in_child
from support.days import HOUR, PRIZES, a_day

SOLOMON = Path(__file__).parents[3] / "shared" / "data" / "solomon"
SCALE = 10
"""Tenths: distances are truncated to one decimal, the convention of the 2021 DIMACS challenge."""


class Customer(NamedTuple):
    """A line of an instance."""

    number: int
    x: int
    y: int
    demand: int
    ready: int
    due: int
    service: int


class Instance(NamedTuple):
    """An instance as its file tells it, with the cost of the best known solution."""

    name: str
    vehicles: int
    capacity: int
    customers: tuple[Customer, ...]
    best: float

    def distance(self, a: int, b: int) -> int:
        """In tenths, truncated."""
        one, other = self.customers[a], self.customers[b]
        return int(SCALE * math.hypot(one.x - other.x, one.y - other.y))


def read(name: str) -> Instance:
    """One instance and its best known cost."""
    lines = [line.split() for line in (SOLOMON / f"{name}.txt").read_text().splitlines()]
    vehicles, capacity = map(int, lines[4])
    customers = tuple(Customer(*map(int, line)) for line in lines if len(line) == 7 and line[0].isdigit())
    best = float((SOLOMON / f"{name}.sol").read_text().split()[-1])
    return Instance(name, vehicles, capacity, customers, best)


def as_problem(instance: Instance) -> Problem:
    """The instance in our planner's words: everybody must be served, vans are full at their capacity."""
    depot, *customers = instance.customers
    places = range(len(instance.customers))
    return Problem(
        visits=tuple(
            Visit(
                id=str(c.number),
                place=c.number,
                service=c.service * SCALE,
                windows=((c.ready * SCALE, c.due * SCALE),),
                required=True,
                demand=c.demand,
            )
            for c in customers
        ),
        technicians=tuple(
            Technician(id=f"v{n}", start=0, end=0, shift=(0, depot.due * SCALE), capacity=instance.capacity)
            for n in range(instance.vehicles)
        ),
        travel=tuple(tuple(instance.distance(a, b) for b in places) for a in places),
    )


def checked(instance: Instance, plan: Plan) -> float:
    """The cost of a plan, judged from the instance's format alone. Raises AssertionError where a rule is broken."""
    depot = instance.customers[0]
    served = [int(stop.visit) for route in plan.routes for stop in route.stops]
    assert sorted(served) == list(range(1, len(instance.customers))), "everybody is served once"
    assert len(plan.routes) <= instance.vehicles
    total = 0
    for route in plan.routes:
        order = [int(stop.visit) for stop in route.stops]
        assert sum(instance.customers[n].demand for n in order) <= instance.capacity
        clock, at = depot.ready * SCALE, 0
        for n in order:
            customer = instance.customers[n]
            clock = max(clock + instance.distance(at, n), customer.ready * SCALE)
            assert clock <= customer.due * SCALE, f"{n} is reached too late"
            clock += customer.service * SCALE
            total += instance.distance(at, n)
            at = n
        total += instance.distance(at, 0)
        assert clock + instance.distance(at, 0) <= depot.due * SCALE, "home too late"
    return total / SCALE


async def solomon(report: Report, seconds: float, rounds: int) -> None:
    """Each instance several times with other seeds; the median counts."""
    medians = []
    for file in sorted(SOLOMON.glob("*.txt")):
        instance = read(file.stem)
        problem = as_problem(instance)
        gaps = []
        for seed in range(rounds):
            plan = await solve_in_child(problem, seconds, seed)
            gaps.append((checked(instance, plan) / instance.best - 1) * 100)
        medians.append(statistics.median(gaps))
        report.add(instance.name, "gap_percent", medians[-1], "%")
    report.add("mean of all", "gap_percent", statistics.mean(medians), "%", "goal", 1.0)


async def a_vendors_day(report: Report, seconds: float) -> None:
    """150 visits and 28 technicians with breaks, parts to fetch and locked visits; then an urgent one comes."""
    whole = a_day(11, visits=151, technicians=28)
    *others, last = whole.visits
    before = msgspec.structs.replace(whole, visits=tuple(others))
    began = time.perf_counter()
    known = await solve_in_child(before, seconds)
    wall = time.perf_counter() - began
    report.add("150 x 28 day", "served", 150 - len(known.unserved), "visits", "asked", 150)
    report.add("150 x 28 day", "time in the solvers", known.solving, "s", "whole (goal 0.7)", wall)
    urgent = msgspec.structs.replace(last, windows=((9 * HOUR, 11 * HOUR),), prize=10 * PRIZES[1])
    after = msgspec.structs.replace(whole, visits=(*others, urgent), previous=known.assignment(), change_cost=HOUR // 2)
    for case, problem in (
        ("urgent visit", after),
        ("urgent visit, free", msgspec.structs.replace(after, change_cost=0)),
    ):
        plan = await solve_in_child(problem, seconds)
        served = float(urgent.id not in plan.unserved)
        report.add(case, "served", served, "visits", "asked", 1)
        report.add(case, "moved", len(moved(after.previous, plan)), "visits", "known (goal 0.1)", len(after.previous))


async def main(report: Report, seconds: float, day_seconds: float, rounds: int) -> None:
    """Both parts."""
    if SOLOMON.is_dir():
        await solomon(report, seconds, rounds)
    else:
        print("the Solomon instances are not here: put them into ../shared/data/solomon")
    await a_vendors_day(report, day_seconds)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="solving time of an instance (2)")
    parser.add_argument("--day-seconds", type=float, default=10.0, help="solving time of the vendor's day (10)")
    parser.add_argument("--rounds", type=int, default=3, help="seeds of each instance (3)")
    given = parser.parse_args()
    figures = Report("Day plans")
    asyncio.run(main(figures, given.seconds, given.day_seconds, given.rounds))
    figures.finish(given.json)
