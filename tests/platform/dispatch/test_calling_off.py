"""A ticket that nobody needs to go to any more: its offers are withdrawn, and whoever presses reads who and why."""

import asyncio

import pytest

from mendline.kernel import DomainError, frozen
from support.clocks import act, at, reported
from support.database import administrator, look, unchanged

NOON, ONE_PAST, TWO_PAST, THREE_PAST = (at(f"2026-06-08T12:0{minute}") for minute in range(4))
HOSPITAL_A = "示范医院"


async def offers(cast):
    found = await look(
        "SELECT technician_name, state, ended_why, ended_by FROM job_offer WHERE tenant_id = $1 ORDER BY id",
        cast["vendor_v"],
    )
    return [tuple(row) for row in found]


async def withdrawn(cast):
    found = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'dispatch.offers_withdrawn'", cast["vendor_v"]
    )
    return [(row["payload"]["why"], len(row["payload"]["technicians"])) for row in found]


async def called(cast, *technicians):
    """A ticket of noon that these technicians were asked for."""
    ticket = await reported(cast, NOON)
    people = [cast.member_id(technician) for technician in technicians]
    await act(cast, NOON, "dispatcher_v", "dispatch.ask_group", ticket, technicians=people, minutes=30)
    return ticket


CLOSED = {
    "tickets.cancel": ("nurse_a", {"reason": "已好"}, "cancelled", "hospital_a"),
    "tickets.fix_remotely": ("dispatcher_v", {}, "remote_fix", "vendor_v"),
}


@pytest.mark.parametrize("command", CLOSED)
async def test_offers_end_with_the_ticket_whoever_ended_it(cast, command):
    who, given, state, by = CLOSED[command]
    ticket = await called(cast, "technician_v", "technician_v2")
    await act(cast, ONE_PAST, who, command, ticket, **given)
    await cast.drain(at=ONE_PAST)
    (name,) = await look("SELECT name FROM organisation WHERE tenant_id = $1 AND id = $1", cast[by])
    assert [offer[1:] for offer in await offers(cast)] == [("withdrawn", state, name["name"])] * 2
    assert await withdrawn(cast) == [(state, 2)]
    waits = "SELECT 1 FROM timer WHERE name = 'dispatch.expire_offers' AND completed_at IS NULL AND tenant_id = $1"
    assert await look(waits, cast["vendor_v"]) == []
    async with unchanged():
        for answer, words in (("accept_job", {}), ("decline_job", {"reason": "没空"})):
            with pytest.raises(DomainError, match="job_called_off") as refused:
                await act(cast, TWO_PAST, "technician_v", f"dispatch.{answer}", ticket, **words)
            assert refused.value.facts["state"] == state
            assert refused.value.facts["by"] == name["name"]
            assert refused.value.facts["at"] == ONE_PAST


async def test_who_presses_before_the_offers_are_withdrawn_reads_it_too(cast):
    ticket = await called(cast, "technician_v")
    await act(cast, ONE_PAST, "nurse_a", "tickets.cancel", ticket, reason="已好")
    async with unchanged():
        with pytest.raises(DomainError, match="job_called_off") as refused:
            await act(cast, TWO_PAST, "technician_v", "dispatch.accept_job", ticket)
    assert refused.value.facts["state"] == "cancelled"
    assert refused.value.facts["by"], "who it was"


@pytest.mark.parametrize("_", range(3))
async def test_of_a_press_and_a_cancellation_at_the_same_moment_one_wins(cast, _):
    """Both lock the ticket: either the job is taken and then called off, or the press reads why it is gone."""
    ticket = await called(cast, "technician_v", "technician_v2")
    with frozen(ONE_PAST):
        answers = await asyncio.gather(
            cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket}),
            cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "已好"}),
            return_exceptions=True,
        )
    pressed, cancelled = answers
    assert not isinstance(cancelled, Exception), "the hospital may call off what was accepted too"
    await cast.drain(at=ONE_PAST)
    states = {offer[0]: offer[1] for offer in await offers(cast)}
    if isinstance(pressed, DomainError):
        assert pressed.code == "job_called_off"
        assert set(states.values()) == {"withdrawn"}
    else:
        assert states == {"技师郑": "accepted", "技师冯": "taken"}
    assert "offered" not in states.values()


async def test_a_second_delivery_changes_nothing(cast):
    ticket = await called(cast, "technician_v")
    await act(cast, ONE_PAST, "nurse_a", "tickets.cancel", ticket, reason="已好")
    await cast.drain(at=ONE_PAST)
    before = await offers(cast)
    await administrator().execute(
        "UPDATE delivery SET completed_at = NULL, attempts = 0 WHERE consumer = 'dispatch.call_off'"
    )
    await cast.drain(at=TWO_PAST)
    assert await offers(cast) == before
    assert await withdrawn(cast) == [("cancelled", 1)]


async def test_whom_the_dispatcher_passes_over_reads_who_is_asked_instead(cast):
    ticket = await called(cast, "technician_v")
    other = cast.member_id("technician_v2")
    await act(cast, ONE_PAST, "dispatcher_v", "dispatch.offer_job", ticket, technician=other)
    assert await withdrawn(cast) == [("passed", 1)]
    with pytest.raises(DomainError, match="offer_passed") as refused:
        await act(cast, TWO_PAST, "technician_v", "dispatch.accept_job", ticket)
    assert (refused.value.facts["to"], refused.value.facts["at"]) == ("技师冯", ONE_PAST)
    await act(cast, THREE_PAST, "dispatcher_v", "dispatch.offer_job", ticket, technician=other)
    assert await withdrawn(cast) == [("passed", 1)], "who is asked again is not told that it is gone"


async def test_what_is_taken_back_by_hand_is_told_once(cast):
    ticket = await called(cast, "technician_v", "technician_v2")
    await act(cast, ONE_PAST, "dispatcher_v", "dispatch.withdraw_offers", ticket)
    assert await withdrawn(cast) == [("withdrawn", 2)]
    assert {offer[2] for offer in await offers(cast)} == {"withdrawn"}


async def test_a_job_in_hand_stays_somebodys_work_when_nothing_ends_it(cast):
    ticket = await called(cast, "technician_v")
    await act(cast, ONE_PAST, "technician_v", "dispatch.accept_job", ticket)
    await act(cast, TWO_PAST, "technician_v", "fieldwork.arrive", ticket)
    await cast.drain(at=TWO_PAST)
    assert (
        await look("SELECT 1 FROM outbox WHERE name = 'tickets.called_off' AND tenant_id = $1", cast["vendor_v"]) == []
    )
    assert await withdrawn(cast) == []
