"""Who takes it? A group is asked at once: the first has the job, once, and the others read who and when."""

import asyncio

import pytest

from mendline.kernel import DomainError, parse_opaque, rows, run, transaction
from mendline.tickets import Ticket, TicketPeople
from support.clocks import act, at, reported
from support.database import look, unchanged
from support.technicians import engaged

NOON, FIVE_PAST, SIX_PAST = (at(f"2026-06-08T12:0{minute}") for minute in (0, 5, 6))


async def called(cast, **given):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("dispatcher_v", "dispatch.ask_group", {"ticket": ticket, **given})
    return ticket


async def states(cast):
    found = await look("SELECT technician_name, state FROM job_offer WHERE tenant_id = $1", cast["vendor_v"])
    return {row["technician_name"]: row["state"] for row in found}


async def assignee(cast, ticket):
    async with transaction(cast["vendor_v"]):
        return (await rows.get(TicketPeople, *parse_opaque("tk", ticket))).assignee_name


@pytest.mark.parametrize("many", [2, 50])
async def test_of_all_who_press_at_the_same_moment_one_has_it_and_the_others_read_who(cast, many):
    people = await engaged(cast, many)
    ticket = await called(cast)
    assert len(await states(cast)) == many + 2
    start = asyncio.Event()

    async def press(person):
        await start.wait()
        return await run(person, "dispatch.accept_job", {"ticket": ticket})

    presses = [asyncio.create_task(press(person)) for person in people]
    start.set()
    answers = await asyncio.gather(*presses, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    (winner,) = [person for person, answer in zip(people, answers, strict=True) if answer not in refused]
    assert len(refused) == many - 1
    assert {(r.code, r.facts["by"]) for r in refused} == {("already_accepted", winner.name)}
    (taken,) = await look(
        "SELECT answered_at FROM job_offer WHERE tenant_id = $1 AND state = 'accepted'", cast["vendor_v"]
    )
    assert {r.facts["at"] for r in refused} == {taken["answered_at"]}
    assert await assignee(cast, ticket) == winner.name
    found = await states(cast)
    assert found.pop(winner.name) == "accepted"
    assert set(found.values()) == {"taken"}
    by = await look(
        "SELECT DISTINCT taken_by_name AS name FROM job_offer WHERE tenant_id = $1 AND state = 'taken'",
        cast["vendor_v"],
    )
    assert [row["name"] for row in by] == [winner.name]


async def test_the_presses_come_over_different_connections(cast):
    people = await engaged(cast, 8)
    seen = set()

    async def looked(person):
        async with transaction(person.organisation) as opened:
            seen.add(await opened.connection.fetchval("SELECT pg_backend_pid()"))
            await asyncio.sleep(0.05)

    await asyncio.gather(*(looked(person) for person in people))
    assert len(seen) > 1


async def test_declining_leaves_it_to_the_others_and_the_last_one_passes_it_on(cast):
    ticket = await called(cast)
    await cast.run("technician_v", "dispatch.decline_job", {"ticket": ticket, "reason": "没空"})
    assert await states(cast) == {"技师郑": "declined", "技师冯": "offered"}
    async with transaction(cast["vendor_v"]):
        assert (await rows.get(Ticket, *parse_opaque("tk", ticket))).state == "offered"
    with pytest.raises(DomainError, match="not_offered_to_you"):
        await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("technician_v2", "dispatch.decline_job", {"ticket": ticket, "reason": "没空"})
    async with transaction(cast["vendor_v"]):
        assert (await rows.get(Ticket, *parse_opaque("tk", ticket))).state == "triaged"


async def test_whoever_was_too_late_reads_it_also_after_the_winner_gave_it_back(cast):
    ticket = await called(cast)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("technician_v", "dispatch.decline_job", {"ticket": ticket, "reason": "车坏了"})
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("technician_v2", "dispatch.accept_job", {"ticket": ticket})
    assert (refused.value.code, refused.value.facts["by"]) == ("offer_taken", "技师郑")


async def test_a_chosen_group_and_nobody_else_is_asked(cast):
    await engaged(cast, 1)
    chosen = [cast.member_id("technician_v2"), cast.member_id("technician_v2")]
    ticket = await called(cast, technicians=chosen)
    assert await states(cast) == {"技师冯": "offered"}
    with pytest.raises(DomainError, match="not_offered_to_you"):
        await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})


async def test_nobody_in_time_ends_it_for_all(cast):
    ticket = await reported(cast, NOON)
    await act(cast, NOON, "dispatcher_v", "dispatch.ask_group", ticket, minutes=5)
    await cast.drain(at=FIVE_PAST)
    assert await states(cast) == {"技师郑": "expired", "技师冯": "expired"}
    with pytest.raises(DomainError, match="offer_expired"):
        await act(cast, SIX_PAST, "technician_v", "dispatch.accept_job", ticket)


async def test_what_is_withdrawn_is_withdrawn_for_all(cast):
    ticket = await called(cast)
    await cast.run("dispatcher_v", "dispatch.withdraw_offers", {"ticket": ticket})
    assert await states(cast) == {"技师郑": "withdrawn", "技师冯": "withdrawn"}
    with pytest.raises(DomainError, match="offer_withdrawn"):
        await cast.run("technician_v2", "dispatch.accept_job", {"ticket": ticket})


async def test_a_policy_may_ask_groups_for_what_is_urgent(cast):
    value = {"mode": "next", "modes": {"1": "group"}}
    await cast.run("admin_v", "tenants.set_policy", {"name": "auto_offer", "value": value})
    await reported(cast, NOON, "patient_affected")
    await cast.drain(at=NOON)
    assert await states(cast) == {"技师郑": "offered", "技师冯": "offered"}


async def test_where_nobody_fits_nobody_is_asked(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    for technician in ("technician_v", "technician_v2"):
        await cast.run("dispatcher_v", "dispatch.upsert_technician", {"member": cast.member_id(technician)})
    async with unchanged():
        with pytest.raises(DomainError, match="nobody_fits"):
            await cast.run("dispatcher_v", "dispatch.ask_group", {"ticket": ticket})
        with pytest.raises(DomainError, match="not_qualified"):
            one = [cast.member_id("technician_v")]
            await cast.run("dispatcher_v", "dispatch.ask_group", {"ticket": ticket, "technicians": one})
        with pytest.raises(DomainError, match="not_found"):
            one = [cast.member_id("technician_w")]
            await cast.run("dispatcher_v", "dispatch.ask_group", {"ticket": ticket, "technicians": one})
