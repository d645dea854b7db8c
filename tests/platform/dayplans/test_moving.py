"""A visit moved by hand: where it fits a new edition has it, where it does not the dispatcher reads why not."""

from datetime import timedelta

import pytest

from mendline.dayplans import stored_violations
from mendline.kernel import DomainError, opaque
from support.database import unchanged
from support.vendors_day import MORNING, vendors_day

MINUTE = timedelta(minutes=1)


def named(day, stop):
    return opaque("ds", day.vendor, stop.id)


def member(day, who):
    return opaque("mb", day.vendor, day.technicians[who])


@pytest.fixture
async def planned(cast):
    day = await vendors_day(cast, offer=False)
    plan = await day.published()
    return day, plan, await day.stops(plan)


async def test_a_visit_is_given_to_somebody_else(planned):
    day, plan, visits = planned
    stop = next(s for s in visits if s.technician_id != day.technicians["苗工"])
    given = {"stop": named(day, stop), "technician": member(day, "苗工")}
    async with unchanged():
        with pytest.raises(DomainError, match="visit_does_not_fit"):  # not before everybody's SLA is due
            await day.run("dispatcher_v", "dayplans.move_visit", **given)
    made = await day.run("dispatcher_v", "dayplans.move_visit", **given, late=True)
    edition = await day.plan(made.plan)
    assert (edition.state, edition.cause, edition.edition, edition.based_on) == ("proposed", "moved", 2, plan.id)
    after = {s.ticket_id: s for s in await day.stops(edition)}
    assert after.keys() == {s.ticket_id for s in visits}
    assert after[stop.ticket_id].technician_id == day.technicians["苗工"]
    assert after[stop.ticket_id].locked
    assert (await day.plan(opaque("dp", day.vendor, plan.id))).state == "published"
    assert stored_violations(edition, [*after.values(), *await day.stops(edition, "rest")]) == []
    assert stop.number in {move["number"] for move in edition.moves}
    assert edition.figures["late"] == len([s for s in after.values() if s.begins_at > s.due_at]) >= 1


async def test_a_visit_comes_before_another(planned):
    day, _, visits = planned
    mine = [s for s in visits if s.technician_id == day.technicians["technician_v"]]
    given = {"technician": member(day, "technician_v"), "before": named(day, mine[0])}
    made = await day.run("dispatcher_v", "dayplans.move_visit", stop=named(day, mine[-1]), **given)
    order = [
        s.ticket_id for s in await day.stops(await day.plan(made.plan)) if s.technician_id == mine[0].technician_id
    ]
    assert order[:2] == [mine[-1].ticket_id, mine[0].ticket_id]


async def test_what_does_not_fit_is_refused_and_changes_nothing(planned, cast):
    day, _, visits = planned
    stop = next(s for s in visits if s.technician_id != day.technicians["苗工"])
    taken = next(s for s in visits if s.technician_id == day.technicians["technician_v"])
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await day.run(
                "dispatcher_v",
                "dayplans.move_visit",
                stop=named(day, stop),
                technician=cast.member_id("technician_v"),
                before=named(day, next(s for s in visits if s.technician_id == day.technicians["苗工"])),
            )
        with pytest.raises(DomainError, match="technician_not_there"):
            given = {"stop": named(day, stop), "technician": cast.member_id("dispatcher_v")}
            await day.run("dispatcher_v", "dayplans.move_visit", **given)
    ticket = opaque("tk", taken.owner_id, taken.ticket_id)
    await day.run("dispatcher_v", "dispatch.offer_job", ticket=ticket, technician=member(day, "technician_v"))
    await day.run("technician_v", "dispatch.accept_job", ticket=ticket)
    anew = await day.planned(MORNING + MINUTE)
    bound = next(s for s in await day.stops(anew) if s.ticket_id == taken.ticket_id)
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            given = {"stop": named(day, bound), "technician": member(day, "苗工")}
            await day.run("dispatcher_v", "dayplans.move_visit", **given)
    assert (refused.value.code, refused.value.facts["name"]) == ("visit_is_taken", "技师郑")


async def test_a_full_day_says_that_nothing_fits(cast):
    day = await vendors_day(cast, visit_minutes={"fault": 540}, lunch=None, offer=False)
    plan = await day.planned()
    visits = await day.stops(plan)
    assert len(visits) == 4
    assert len(plan.unserved) == 8
    assert {u["why"] for u in plan.unserved} == {"no_time"}
    one, other = visits[0], visits[1]
    async with unchanged():
        with pytest.raises(DomainError, match="visit_does_not_fit"):
            technician = opaque("mb", day.vendor, other.technician_id)
            await day.run("dispatcher_v", "dayplans.move_visit", stop=named(day, one), technician=technician)
