"""Day plans beside the best known of the Solomon instances, and a 150 x 28 day through the database: what it moves."""

import argparse
import asyncio
import logging
import math
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import structlog

from mendline.dayplans import (
    DayPlan,
    DayPlanStop,
    ShownPlan,
    draw_map,
    draw_timeline,
    shown_plan,
    stored_violations,
    to_png,
)
from mendline.kernel import frozen, parse_opaque, transaction
from mendline.routing import Plan, Problem, Technician, Visit, solve_in_child, violations
from mendline_tenants import DayPlanPolicy
from support.day_judge import broken_rules
from support.large_day import LATER, MORNING, ZONE, LargeDay, large_day, technicians_of
from support.own_house import own_house
from support.queues import drain

SOLOMON = Path(__file__).parents[3] / "shared" / "data" / "solomon"
GAP, MOVED, SOLVING = 1.0, 0.1, 0.7
"""The goals: per cent above the best known, the share of visits that something urgent moves, of the time in solvers."""

WHOLE = (150, 28)
"""The day, in visits and technicians, from which on the share of the time is a goal: a small one is mostly overhead."""

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


def judged(instance: Instance, plan: Plan) -> tuple[float, list[str]]:
    """The cost of a plan and the rules that it breaks, by the order of its visits and the instance's format alone."""
    depot, wrong, total = instance.customers[0], [], 0
    served = [int(stop.visit) for route in plan.routes for stop in route.stops]
    if sorted(served) != list(range(1, len(instance.customers))):
        wrong.append("not everybody is served once")
    if len(plan.routes) > instance.vehicles:
        wrong.append(f"{len(plan.routes)} vans of {instance.vehicles}")
    for route in plan.routes:
        order = [int(stop.visit) for stop in route.stops]
        if sum(instance.customers[n].demand for n in order) > instance.capacity:
            wrong.append(f"{route.technician} carries too much")
        clock, at = depot.ready * SCALE, 0
        for n in order:
            customer = instance.customers[n]
            clock = max(clock + instance.distance(at, n), customer.ready * SCALE)
            if clock > customer.due * SCALE:
                wrong.append(f"{n} is reached too late")
            clock += customer.service * SCALE
            total += instance.distance(at, n)
            at = n
        total += instance.distance(at, 0)
        if clock + instance.distance(at, 0) > depot.due * SCALE:
            wrong.append(f"{route.technician} is home too late")
    return total / SCALE, wrong


async def solomon(report: Report, names: list[str] | None, seconds: float, rounds: int) -> None:
    """Each instance several times with other seeds; the median counts."""
    medians, broken, also_broken = [], 0, 0
    for name in names or sorted(file.stem for file in SOLOMON.glob("*.txt")):
        instance = read(name)
        problem = as_problem(instance)
        gaps = []
        for seed in range(rounds):
            plan = await solve_in_child(problem, seconds, seed)
            cost, wrong = judged(instance, plan)
            gaps.append((cost / instance.best - 1) * 100)
            broken, also_broken = broken + len(violations(problem, plan)), also_broken + len(wrong)
        medians.append(statistics.median(gaps))
        report.add(name, "gap_percent", medians[-1], "%")
        print(f"{name}: {medians[-1]:.2f} %", file=sys.stderr, flush=True)
    mean = statistics.mean(medians)
    report.add("mean of all", "gap_percent", mean, "%", "goal", GAP)
    report.must("mean of all", f"gap_percent at most {GAP}", mean <= GAP)
    _no_violations(report, "all plans", {"own validator": broken, "by the format alone": also_broken})


async def a_day(report: Report, visits: int, technicians: int, seconds: int, seed: int, pictures: Path | None) -> None:
    """Plans a large day through the database, publishes it, and lets something urgent come.

    Nobody is asked to take a visit before it begins, so that every visit may be given to somebody else: the hard case.
    """
    given = {"seconds": seconds, "publish": "by_dispatcher", "replan": "automatic", "offer": False}
    day = await large_day(seed, visits, technicians, given)
    name = f"{visits} x {technicians} day"
    plan, wall = await day.planned()
    await _told(report, name, day, plan, wall)
    report.add(name, "publishing it", await day.publish(plan), "s")
    if pictures:
        _draw(await _shown(day, plan), pictures)

    number, began = f"{name}, urgent ticket", time.perf_counter()
    urgent = parse_opaque("tk", await day.report(MORNING + LATER, use_state="patient_affected"))
    with frozen(MORNING + LATER):
        await drain()
    anew = await day.latest()
    assert anew.id != plan.id, "the urgent ticket has made no new edition"
    await _told(report, number, day, anew, time.perf_counter() - began)
    before, after = await day.stops(plan), await day.stops(anew)
    served = urgent.id in technicians_of(after)
    report.add(number, "the urgent one served", float(served), "visits", "asked", 1)
    report.must(number, "the urgent one is served", served)
    changed = _moved(report, number, before, after, f"known (goal {MOVED})")
    report.must(number, f"at most {MOVED:.0%} of the visits change hands", changed <= MOVED)
    afresh, _ = await day.planned(MORNING + LATER, afresh=True)
    _moved(report, f"{name}, afresh", before, await day.stops(afresh), "known")


def _moved(report: Report, case: str, before: list[DayPlanStop], after: list[DayPlanStop], reference: str) -> float:
    """The share of the known visits that somebody else makes now, or nobody; and those at a time that is told anew."""
    known = [stop for stop in before if stop.kind == "visit"]
    now = {stop.ticket_id: stop for stop in after if stop.kind == "visit"}
    within = timedelta(minutes=DayPlanPolicy().tell_minutes)

    def elsewhere(stop: DayPlanStop) -> bool:
        return stop.ticket_id not in now or now[stop.ticket_id].technician_id != stop.technician_id

    def otherwise(stop: DayPlanStop) -> bool:
        return stop.ticket_id not in now or abs(now[stop.ticket_id].begins_at - stop.begins_at) > within

    hands, times = sum(map(elsewhere, known)), sum(map(otherwise, known))
    report.add(case, "moved to another technician, or nobody", hands, "visits", reference, len(known))
    report.add(case, f"moved by more than {within.seconds // 60} min, or out", times, "visits", "known", len(known))
    return hands / len(known)


def _no_violations(report: Report, case: str, found: dict[str, int]) -> None:
    for judge, rules in found.items():
        report.add(case, f"violated, {judge}", rules, "rules")
        report.must(case, f"no rule is violated, {judge}", not rules)


async def _shown(day: LargeDay, plan: DayPlan) -> list[ShownPlan | None]:
    async with transaction(day.town.vendor.id):
        return [await shown_plan(plan.tenant_id, plan.id, locale) for locale in ("zh", "en")]


def _draw(plans: list[ShownPlan | None], folder: Path) -> None:
    """Map and timeline in each language, as chats (PNG) and the web (SVG) show them."""
    folder.mkdir(parents=True, exist_ok=True)
    for plan in filter(None, plans):
        for name, svg in (("map", draw_map(plan)), ("timeline", draw_timeline(plan))):
            (folder / f"{name}.{plan.locale}.svg").write_text(svg)
            (folder / f"{name}.{plan.locale}.png").write_bytes(to_png(svg))


async def _told(report: Report, case: str, day: LargeDay, plan: DayPlan, wall: float) -> None:
    assert plan.state in ("proposed", "published"), f"{case}: {plan.state} {plan.failure}"
    stops = await day.stops(plan)
    served = sum(stop.kind == "visit" for stop in stops)
    report.add(case, "served", served, "visits", "asked", len(day.tickets))
    solving = plan.figures["solving"]
    report.add(case, "time in the solvers", solving, "s", f"whole (goal {SOLVING})", wall)
    if len(day.tickets) >= WHOLE[0] and plan.figures["crew"] >= WHOLE[1] and plan.cause == "asked":
        report.must(case, f"at least {SOLVING:.0%} of the time in the solvers", solving >= SOLVING * wall)
    report.add(case, "after their SLA", plan.figures["late"], "visits")
    wrong = stored_violations(plan, stops)
    also = await broken_rules(plan.id, MORNING.astimezone(ZONE).date(), ZONE)
    _no_violations(report, case, {"own validator": len(wrong), "by the tables alone": len(also)})
    for line in (*wrong[:5], *also[:5], *(f"left: {left['number']} {left['why']}" for left in plan.unserved[:10])):
        print(f"{case}: {line}")


async def main(report: Report, options: argparse.Namespace) -> None:
    """Both parts, or one."""
    if options.only in (None, "solomon"):
        if SOLOMON.is_dir():
            await solomon(report, options.instances, options.seconds, options.rounds)
        else:
            print("the Solomon instances are not here: put them into ../shared/data/solomon")
    if options.only in (None, "day"):
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        async with own_house():
            await a_day(
                report, options.visits, options.technicians, options.day_seconds, options.seed, options.pictures
            )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=("solomon", "day"), help="one part alone")
    parser.add_argument("--instances", type=lambda text: text.split(","), metavar="R101,...", help="these alone")
    parser.add_argument("--seconds", type=float, default=2.0, help="solving time of an instance (2)")
    parser.add_argument("--rounds", type=int, default=3, help="seeds of each instance (3)")
    parser.add_argument("--visits", type=int, default=150, help="of the day (150)")
    parser.add_argument("--technicians", type=int, default=28, help="of the day (28)")
    usual = DayPlanPolicy().seconds
    parser.add_argument("--day-seconds", type=int, default=usual, help=f"solving time of the day ({usual}, as usual)")
    parser.add_argument("--seed", type=int, default=11, help="of the day (11)")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the day there, in both languages")
    chosen = parser.parse_args()
    figures = Report("Day plans")
    asyncio.run(main(figures, chosen))
    sys.exit(0 if figures.finish(chosen.json) else 1)
