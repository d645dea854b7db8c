"""An edition drawn anew as the day stands: its visits in its own order, as a problem from now on, without a solver."""

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.book import DayPlan
from mendline.dayplans.day import Day, begins_of, read_upon
from mendline.dayplans.draft import At, Draft, draft_of
from mendline.dayplans.solving import without_sla
from mendline.dayplans.stops import key_of, order_of, unpacked
from mendline.dayplans.travel import Matrix, by_great_circle
from mendline.kernel import work
from mendline.routing import Plan, Problem, planned, schedule


class Redrawn(Struct, frozen=True):
    """What is known of the day now, the edition's visits as a problem, and its routes in that."""

    draft: Draft
    problem: Problem
    plan: Plan


async def redrawn(plan: DayPlan, freed: str) -> Redrawn:
    """An edition by what is known now: what is under way or done, locks, who is there and able, what wards say.

    freed: the visit whose own lock does not count. A technician's day that no longer holds its times may be late before
    a visit of it is tried elsewhere. Travel times are those that it was made with; the straight line stands in for
    those of places that are new. In the current transaction, within a command.
    """
    begins = begins_of(date.fromisoformat(plan.day), plan.timezone, work().occurred_at)
    day = await read_upon(plan, plan.id, begins)
    draft = draft_of(replace(day, locks={key: lock for key, lock in day.locks.items() if key != freed}))
    mine = [stop for stop in day.known if stop.progress == "planned" and stop.kind != "rest"]
    draft.visits = [visit for visit in draft.visits if visit.id in {key_of(stop) for stop in mine}]
    late = {key_of(stop) for stop in mine if stop.due_at is not None and stop.begins_at > stop.due_at}
    problem = without_sla(draft, draft.problem(_travel(plan, day, draft)), late)
    order = order_of(problem, mine)
    for number, tasks in order.items():
        if schedule(problem, problem.technicians[number], tasks) is None:
            problem = without_sla(draft, problem, {problem.visits[task.visit].id for task in tasks})
    return Redrawn(draft, problem, planned(problem, order, "hand"))


def _travel(plan: DayPlan, day: Day, draft: Draft) -> Matrix:
    """The times between the draft's places: the edition's own where it knew both."""
    assert plan.problem is not None
    stored = unpacked(plan.problem)
    visits = {visit.id: visit for visit in stored.visits}
    known: dict[At, int] = {}
    for technician in stored.technicians:
        crew = draft.crews.get(technician.id)
        if crew is not None and crew.home is not None and technician.end is not None:
            known[_rounded(*crew.home)] = technician.end
    for stop in day.known:
        visit = visits.get(key_of(stop))
        if visit is not None and stop.latitude is not None and stop.longitude is not None:
            pickup = visit.pickup if stop.kind == "pickup" else None
            known[_rounded(stop.latitude, stop.longitude)] = visit.place if pickup is None else pickup
    straight = by_great_circle(draft.places)
    numbers = [known.get(place) for place in draft.places]
    return tuple(
        tuple(
            straight[a][b] if one is None or other is None else stored.travel[one][other]
            for b, other in enumerate(numbers)
        )
        for a, one in enumerate(numbers)
    )


def _rounded(latitude: float, longitude: float) -> At:
    return round(latitude, 5), round(longitude, 5)
