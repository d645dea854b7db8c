"""A proposal that has lain for a while is published only where it still fits; ordinary progress is no obstacle."""

import asyncio
from datetime import timedelta

import pytest

from mendline.dayplans import jobs, replanning
from mendline.kernel import DomainError, Timer, frozen, opaque
from support.database import look, unchanged
from support.vendors_day import MORNING, vendors_day

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def ticket_of(stop):
    return opaque("tk", stop.owner_id, stop.ticket_id)


async def publish(day, plan, moment=MORNING, **given):
    named = opaque("dp", day.vendor, plan.id)
    return await day.run("dispatcher_v", "dayplans.publish", moment, plan=named, **given)


async def refusal(day, plan, moment=MORNING, **given):
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await publish(day, plan, moment, **given)
    return refused.value.code, refused.value.facts["changes"]["en"]


async def who_makes(day, plan, stop):
    return next(s.technician_id for s in await day.stops(plan) if s.ticket_id == stop.ticket_id)


async def test_who_sets_off_and_works_as_planned_hinders_nobody(cast, monkeypatch):
    day = await vendors_day(cast, replan="off")
    known = await day.published()
    first = next(s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"])
    proposal = await day.planned(MORNING + MINUTE)
    await day.run("technician_v", "dispatch.accept_job", MORNING + MINUTE, ticket=ticket_of(first))
    arrived = first.begins_at
    await day.run("technician_v", "fieldwork.arrive", arrived, ticket=ticket_of(first))
    begun = [s for s in await day.stops(proposal) if s.begins_at < arrived - 15 * MINUTE]
    assert begun == [], "nobody else ought to have begun"
    monkeypatch.setattr(jobs, "MOST", 2)  # many more urgent ones have come, and these are still to be made
    assert (await publish(day, proposal, arrived)).state == "published"


async def test_what_was_cancelled_taken_or_left_alone_is_named_and_refused(cast):
    day = await vendors_day(cast, replan="off", offer=False)
    proposal = await day.planned()
    visits = await day.stops(proposal)
    gone, taken = (next(s for s in visits if s.technician_id == day.technicians[who]) for who in ("陶工", "苗工"))
    await day.run("nurse_a", "tickets.cancel", ticket=ticket_of(gone), reason="用不着了")
    other = cast.member_id("technician_v")
    await day.run("dispatcher_v", "dispatch.offer_job", ticket=ticket_of(taken), technician=other)
    await day.run("technician_v", "dispatch.accept_job", ticket=ticket_of(taken))
    away = {"member": cast.member_id("technician_v2"), "ready": False}
    await day.run("dispatcher_v", "dispatch.upsert_technician", **away)
    code, changes = await refusal(day, proposal, anyway=True)
    assert code == "plan_out_of_date"
    for told in (f"{gone.number} needs no visit", f"{taken.number} is 技师郑's by now", "技师冯 is not there"):
        assert told in changes
    anew = await day.planned()
    assert (await publish(day, anew)).state == "published"


async def test_nobody_is_sent_to_a_job_whose_holder_is_not_there(cast):
    day = await vendors_day(cast, replan="off", offer=False)
    proposal = await day.planned()
    held = next(s for s in await day.stops(proposal) if s.technician_id == day.technicians["陶工"])
    other = cast.member_id("technician_v2")
    await day.run("dispatcher_v", "dispatch.offer_job", ticket=ticket_of(held), technician=other)
    await day.run("technician_v2", "dispatch.accept_job", ticket=ticket_of(held))
    await day.run("dispatcher_v", "dispatch.upsert_technician", member=other, ready=False)
    code, changes = await refusal(day, proposal, anyway=True)
    assert code == "plan_out_of_date"
    assert f"{held.number} has been taken by somebody who is not there" in changes


async def test_another_priority_or_hours_gone_by_ask_before_it_is_published(cast):
    day = await vendors_day(cast, replan="off", offer=False)
    proposal = await day.planned()
    stop = (await day.stops(proposal))[0]
    given = {"ticket": ticket_of(stop), "priority": 1, "reason": "院长在等"}
    await day.run("dispatcher_v", "tickets.override_priority", **given)
    assert await refusal(day, proposal) == ("plan_is_older", f"{stop.number} has another priority")
    code, changes = await refusal(day, proposal, MORNING + 4 * HOUR)
    assert code == "plan_is_older"
    assert "should have begun by now" in changes
    assert changes.count(";") == 5
    assert (await publish(day, proposal, anyway=True)).state == "published"


async def test_a_proposal_made_before_a_lock_is_not_published_where_it_moves_it(cast):
    day = await vendors_day(cast, offer=False, replan="off")
    known = await day.published()
    stop = next(s for s in await day.stops(known) if s.technician_id != day.technicians["苗工"])
    named, other = opaque("ds", day.vendor, stop.id), opaque("mb", day.vendor, day.technicians["苗工"])
    moved = await day.run("dispatcher_v", "dayplans.move_visit", stop=named, technician=other, late=True)
    await day.run("dispatcher_v", "dayplans.lock_visit", stop=named)
    proposal = await day.plan(moved.plan)
    code, changes = await refusal(day, proposal, anyway=True)
    assert code == "plan_out_of_date"
    assert changes == f"{stop.number} has been locked with {stop.technician_name}, and this edition moves it"
    anew = await day.planned()
    assert await who_makes(day, anew, stop) == stop.technician_id, "what was said last of a visit holds"


async def test_a_plan_of_a_day_that_is_past_is_not_published(cast):
    day = await vendors_day(cast, replan="off", offer=False)
    proposal = await day.planned()
    for given in ({}, {"anyway": True}):
        async with unchanged():
            with pytest.raises(DomainError, match="day_is_past") as refused:
                await publish(day, proposal, MORNING + 24 * HOUR, **given)
        assert refused.value.facts["day"] == proposal.day


async def test_the_edition_that_holds_is_watched_though_an_older_one_was_being_looked_at(cast, monkeypatch):
    day = await vendors_day(cast, replan="off", offer=False)
    known = await day.published()
    proposal = await day.planned(MORNING + MINUTE)
    real, read, go = replanning.stops_of, asyncio.Event(), asyncio.Event()

    async def slow(*given):
        found = await real(*given)
        if not read.is_set():
            read.set()
            await go.wait()
        return found

    async def published():
        await publish(day, proposal, MORNING + 2 * MINUTE)
        await day.work(MORNING + 2 * MINUTE)

    monkeypatch.setattr(replanning, "stops_of", slow)
    due = Timer(tenant_id=day.vendor, due_at=MORNING, payload={"plan": str(known.id), "told": []})
    with frozen(MORNING + 2 * MINUTE):
        first = asyncio.create_task(replanning.look(due))
        await read.wait()
        second = asyncio.create_task(published())
        await asyncio.wait([second], timeout=2)
        go.set()
        await asyncio.gather(first, second)
    (timer,) = await look("SELECT payload FROM timer WHERE tenant_id = $1 AND name = 'dayplans.watch'", day.vendor)
    assert timer["payload"]["plan"] == str(proposal.id)
