"""A job is offered, taken once, or given back; whoever comes second reads who was first."""

import asyncio

import pytest

from mendline.dispatch import JobOffer, Qualification
from mendline.kernel import DomainError, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketPeople
from support.database import unchanged


@pytest.fixture
async def offered(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("dispatcher_v", "dispatch.offer_job", offer(cast, ticket, "technician_v"))
    return ticket


def offer(cast, ticket, technician):
    return {"ticket": ticket, "technician": cast.member_id(technician)}


async def state(cast, ticket):
    async with transaction(cast["vendor_v"]):
        return (await rows.get(Ticket, *parse_opaque("tk", ticket))).state


async def test_the_same_press_many_times_takes_the_job_once(cast, offered):
    answers = await asyncio.gather(
        *(cast.run("technician_v", "dispatch.accept_job", {"ticket": offered}) for _ in range(8)),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(refused) == 7
    assert {r.code for r in refused} == {"already_accepted"}
    assert {r.facts["by"] for r in refused} == {"技师郑"}
    assert all(r.facts["at"] is not None for r in refused)


async def test_an_offer_withdrawn_by_another_is_no_longer_there(cast, offered):
    await cast.run("dispatcher_v", "dispatch.offer_job", offer(cast, offered, "technician_v2"))
    async with unchanged():
        with pytest.raises(DomainError, match="offer_passed"):
            await cast.run("technician_v", "dispatch.accept_job", {"ticket": offered})
    await cast.run("technician_v2", "dispatch.accept_job", {"ticket": offered})


async def test_declining_gives_the_job_back_and_asks_anew(cast, offered):
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": offered})
    await cast.run("technician_v", "dispatch.decline_job", {"ticket": offered, "reason": "车坏了"})
    assert await state(cast, offered) == "triaged"
    async with transaction(cast["vendor_v"]):
        people = await rows.get(TicketPeople, *parse_opaque("tk", offered))
        offers = await rows.select(JobOffer, "tenant_id = $1", cast["vendor_v"])
    assert people.assignee_id is None
    assert [(o.state, o.reason) for o in offers] == [("declined", "车坏了")]
    await cast.run("dispatcher_v", "dispatch.offer_job", offer(cast, offered, "technician_v2"))


@pytest.mark.parametrize(
    ("who", "command", "code"),
    [
        ("dispatcher_w", "dispatch.offer_job", "not_found"),
        ("engineer_a", "dispatch.offer_job", "wrong_part"),
        ("technician_v", "dispatch.offer_job", "forbidden"),
        ("technician_w", "dispatch.accept_job", "not_found"),
        ("technician_v2", "dispatch.accept_job", "not_offered_to_you"),
        ("nurse_a", "dispatch.accept_job", "forbidden"),
        ("technician_v2", "fieldwork.arrive", "wrong_state"),
        ("technician_v", "fieldwork.finish", "invalid_input"),
    ],
)
async def test_the_wrong_hands_change_nothing(cast, offered, who, command, code):
    given = offer(cast, offered, "technician_v") if command == "dispatch.offer_job" else {"ticket": offered}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, command, given)
    assert refused.value.code == code


async def test_after_a_rejection_the_job_is_only_whose_it_is_offered_anew(cast, offered):
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": offered})
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": offered})
    finish = {"ticket": offered, "result": "repaired", "cause": "电池", "action": "更换"}
    await cast.run("technician_v", "fieldwork.finish", finish)
    await cast.run("hospital_a", "quality.check", {"ticket": offered})
    await cast.run("manager_a", "quality.reject", {"ticket": offered, "reason": "还有报警"})
    await cast.run("dispatcher_v", "dispatch.offer_job", offer(cast, offered, "technician_v2"))
    await cast.run("technician_v2", "dispatch.decline_job", {"ticket": offered, "reason": "没空"})
    for technician, code in (("technician_v", "offer_withdrawn"), ("technician_v2", "not_offered_to_you")):
        with pytest.raises(DomainError, match=code):
            await cast.run(technician, "dispatch.accept_job", {"ticket": offered})


async def test_who_is_not_qualified_gets_no_offer(cast, offered):
    async with transaction(cast["vendor_v"]):
        for held in await rows.select(Qualification, "tenant_id = $1", cast["vendor_v"]):
            if held.technician_id == cast.members["technician_v2"]:
                await rows.update(held, device_class="ventilator")
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("dispatcher_v", "dispatch.offer_job", offer(cast, offered, "technician_v2"))
    assert (refused.value.code, refused.value.facts["why"]) == ("not_qualified", "not_qualified")


async def test_only_the_assignee_works_and_only_on_a_clean_device(cast, offered):
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": offered})
    with pytest.raises(DomainError, match="not_your_job"):
        await cast.run("technician_v2", "fieldwork.arrive", {"ticket": offered})
    await cast.run("nurse_a", "tickets.set_flags", {"ticket": offered, "isolation": True})
    async with unchanged():
        with pytest.raises(DomainError, match="decontamination_needed"):
            await cast.run("technician_v", "fieldwork.arrive", {"ticket": offered})
    await cast.run("nurse_a", "tickets.record_decontamination", {"ticket": offered, "status": "clean"})
    assert (await cast.run("technician_v", "fieldwork.arrive", {"ticket": offered})).state == "on_site"
