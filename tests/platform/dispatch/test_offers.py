"""Offers that pass on: to the next when nobody answers in time or one declines, until a dispatcher must decide."""

from datetime import timedelta

import pytest

from mendline.dispatch import AutoOfferPolicy
from mendline.kernel import DomainError, frozen, opaque, parse_opaque, rows, transaction
from mendline.tickets import Ticket
from support.clocks import act, at, reported
from support.database import again, look, unchanged

NOON = at("2026-06-08T12:00")


def later(minutes):
    return NOON + timedelta(minutes=minutes)


async def policy(cast, **values):
    await cast.run("admin_v", "tenants.set_policy", {"name": "auto_offer", "value": values})


async def offers(cast):
    """Each offer as (technician, state), in the order in which they were made."""
    found = await look(
        "SELECT technician_name, state FROM job_offer WHERE tenant_id = $1 ORDER BY offered_at, id", cast["vendor_v"]
    )
    return [(row["technician_name"], row["state"]) for row in found]


async def told(cast, event):
    """The payloads of the vendor's events of this name."""
    found = await look("SELECT payload FROM outbox WHERE tenant_id = $1 AND name = $2", cast["vendor_v"], event)
    return [row["payload"] for row in found]


async def state(cast, ticket):
    async with transaction(cast["vendor_v"]):
        return (await rows.get(Ticket, *parse_opaque("tk", ticket))).state


@pytest.fixture
async def automatic(cast):
    """A ticket of noon under a policy that asks one after the other, ten minutes each; the best is asked."""
    await policy(cast, mode="next", minutes={"3": 10})
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    return ticket


async def test_by_default_the_dispatcher_decides(cast):
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    assert (await offers(cast), await state(cast, ticket)) == ([], "triaged")
    assert len(await told(cast, "dispatch.suggested")) == 1


async def test_a_policy_offers_to_the_best_until_a_time(cast, automatic):
    assert await offers(cast) == [("技师郑", "offered")]
    (offer,) = await look("SELECT * FROM job_offer WHERE tenant_id = $1", cast["vendor_v"])
    assert (offer["answer_by"], offer["automatic"]) == (later(10), True)
    assert await state(cast, automatic) == "offered"


async def test_without_an_answer_the_next_is_asked_and_at_last_the_dispatcher(cast, automatic):
    await cast.drain(at=later(9))
    assert await offers(cast) == [("技师郑", "offered")]
    await cast.drain(at=later(10))
    assert await offers(cast) == [("技师郑", "expired"), ("技师冯", "offered")]
    await cast.drain(at=later(25))
    assert await offers(cast) == [("技师郑", "expired"), ("技师冯", "expired")]
    assert [event["asked"] for event in await told(cast, "dispatch.nobody_left")] == [2]
    assert await state(cast, automatic) == "triaged"
    await cast.drain(at=later(600))
    assert len(await offers(cast)) == 2, "nobody is asked twice"


async def test_declining_passes_on_at_once(cast, automatic):
    await act(cast, later(1), "technician_v", "dispatch.decline_job", automatic, reason="没空")
    await cast.drain(at=later(1))
    assert await offers(cast) == [("技师郑", "declined"), ("技师冯", "offered")]
    (second,) = await look("SELECT * FROM job_offer WHERE tenant_id = $1 AND state = 'offered'", cast["vendor_v"])
    assert second["answer_by"] == later(11)
    await cast.drain(at=later(10))
    assert (await offers(cast))[1] == ("技师冯", "offered"), "the first one's timer is gone"


async def test_an_answer_in_time_stops_the_clock(cast, automatic):
    await act(cast, later(9), "technician_v", "dispatch.accept_job", automatic)
    await cast.drain(at=later(60))
    assert await offers(cast) == [("技师郑", "accepted")]
    assert await state(cast, automatic) == "accepted"
    assert await told(cast, "dispatch.expired") == []


async def test_a_job_that_is_handed_back_is_passed_on(cast, automatic):
    await act(cast, later(1), "technician_v", "dispatch.accept_job", automatic)
    await act(cast, later(20), "technician_v", "dispatch.decline_job", automatic, reason="车坏了")
    await cast.drain(at=later(20))
    assert await offers(cast) == [("技师郑", "declined"), ("技师冯", "offered")]


async def test_a_worker_that_dies_after_the_timer_rang_asks_the_next_once(cast, automatic):
    """The timer is rung twice, and so is every event after it: at least once is what queues promise."""
    await cast.drain(at=later(10), queues=["timer"])
    await again("timer")
    await cast.drain(at=later(10))
    await again("delivery")
    await cast.drain(at=later(10))
    assert await offers(cast) == [("技师郑", "expired"), ("技师冯", "offered")]


async def test_the_late_one_reads_who_is_asked_now_and_then_who_has_it(cast, automatic):
    await cast.drain(at=later(10))
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await act(cast, later(11), "technician_v", "dispatch.accept_job", automatic)
    assert (refused.value.code, refused.value.facts["to"]) == ("offer_passed_on", "技师冯")
    assert refused.value.facts["until"] == later(10)
    await act(cast, later(12), "technician_v2", "dispatch.accept_job", automatic)
    with pytest.raises(DomainError) as refused:
        await act(cast, later(13), "technician_v", "dispatch.accept_job", automatic)
    assert (refused.value.code, refused.value.facts["by"]) == ("already_accepted", "技师冯")
    assert refused.value.facts["at"] == later(12)


async def test_the_late_one_whom_nobody_followed_is_told_to_call(cast, automatic):
    for minutes in (10, 20):
        await cast.drain(at=later(minutes))
    with pytest.raises(DomainError, match="offer_expired"):
        await act(cast, later(31), "technician_v", "dispatch.accept_job", automatic)


async def test_a_dispatchers_offer_has_the_time_that_was_given(cast):
    ticket = await reported(cast, NOON)
    technician = cast.member_id("technician_v")
    await act(cast, NOON, "dispatcher_v", "dispatch.offer_job", ticket, technician=technician, minutes=3)
    await cast.drain(at=later(2))
    assert await offers(cast) == [("技师郑", "offered")]
    await cast.drain(at=later(3))
    assert await offers(cast) == [("技师郑", "expired")], "a dispatcher decides: nobody else is asked"
    assert await state(cast, ticket) == "triaged"
    assert len(await told(cast, "dispatch.suggested")) == 2, "what could be done now is suggested anew"


async def test_a_dispatchers_offer_without_a_time_waits(cast):
    ticket = await reported(cast, NOON)
    await act(cast, NOON, "dispatcher_v", "dispatch.offer_job", ticket, technician=cast.member_id("technician_v"))
    await cast.drain(at=later(60 * 24 * 30))
    assert await offers(cast) == [("技师郑", "offered")]


async def test_a_dispatcher_may_have_one_ticket_asked_around(cast):
    ticket = await reported(cast, NOON)
    await act(cast, NOON, "dispatcher_v", "dispatch.offer_next", ticket, minutes=5)
    await cast.drain(at=later(5))
    assert await offers(cast) == [("技师郑", "expired"), ("技师冯", "offered")]
    async with unchanged():
        with pytest.raises(DomainError, match="wrong_state"):
            await act(cast, later(6), "dispatcher_v", "dispatch.offer_next", ticket)


async def test_a_dispatcher_may_take_the_offer_back(cast, automatic):
    await act(cast, later(1), "dispatcher_v", "dispatch.withdraw_offers", automatic)
    assert await state(cast, automatic) == "triaged"
    await cast.drain(at=later(60))
    assert await offers(cast) == [("技师郑", "withdrawn")]
    async with unchanged():
        for command, code in (
            ("dispatch.withdraw_offers", "wrong_state"),
            ("dispatch.accept_job", "offer_withdrawn"),
        ):
            who = "dispatcher_v" if command.endswith("offers") else "technician_v"
            with pytest.raises(DomainError, match=code):
                await act(cast, later(61), who, command, automatic)


async def test_a_ticket_that_was_cancelled_is_offered_to_nobody_any_more(cast, automatic):
    await act(cast, later(2), "nurse_a", "tickets.cancel", automatic, reason="已好")
    await cast.drain(at=later(2))
    assert await offers(cast) == [("技师郑", "withdrawn")]
    await cast.drain(at=later(60))
    assert await offers(cast) == [("技师郑", "withdrawn")]
    assert await state(cast, automatic) == "cancelled"


async def test_another_attempt_asks_everybody_anew(cast, automatic):
    await act(cast, later(1), "technician_v", "dispatch.decline_job", automatic, reason="没空")
    await cast.drain(at=later(1))
    await act(cast, later(2), "technician_v2", "dispatch.accept_job", automatic)
    await act(cast, later(3), "technician_v2", "fieldwork.arrive", automatic)
    done = {"result": "repaired", "cause": "x", "action": "x"}
    await act(cast, later(4), "technician_v2", "fieldwork.finish", automatic, **done)
    with frozen(later(5)):
        await cast.run("hospital_a", "quality.check", {"ticket": automatic})
    await act(cast, later(6), "manager_a", "quality.reject", automatic, reason="仍报警")
    await act(cast, later(7), "dispatcher_v", "dispatch.offer_next", automatic)
    assert (await offers(cast))[-1][1] == "offered"


@pytest.mark.parametrize(
    "given", [{"mode": "everybody"}, {"minutes": {"3": 0}}, {"minutes": {"5": 1}}, {"modes": {"1": 1}}, {"x": 1}]
)
async def test_a_policy_that_makes_no_sense_is_refused(cast, given):
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input"):
            await policy(cast, **given)


def test_a_priority_may_have_a_mode_and_a_time_of_its_own():
    chosen = AutoOfferPolicy(mode="next", modes={"1": "group"}, minutes={"2": 7})
    assert [chosen.mode_for(priority) for priority in (1, 2, 4)] == ["group", "next", "next"]
    assert [chosen.time_for(priority).total_seconds() / 60 for priority in (1, 2, 3)] == [5, 7, 60]


@pytest.mark.parametrize(
    ("who", "command", "given", "code"),
    [
        ("technician_v", "dispatch.offer_next", {}, "forbidden"),
        ("technician_v", "dispatch.ask_group", {}, "forbidden"),
        ("technician_v", "dispatch.withdraw_offers", {}, "forbidden"),
        ("dispatcher_v", "dispatch.expire_offers", {"offer": "x"}, "forbidden"),
        ("engineer_a", "dispatch.offer_next", {}, "wrong_part"),
        ("engineer_a", "dispatch.ask_group", {}, "wrong_part"),
        ("engineer_a", "dispatch.withdraw_offers", {}, "wrong_part"),
        ("dispatcher_w", "dispatch.offer_next", {}, "not_found"),
        ("dispatcher_w", "dispatch.ask_group", {}, "not_found"),
        ("dispatcher_w", "dispatch.withdraw_offers", {}, "not_found"),
        ("dispatcher_v", "dispatch.offer_next", {"minutes": 0}, "invalid_input"),
        ("dispatcher_v", "dispatch.ask_group", {"minutes": 10_081}, "invalid_input"),
        ("dispatcher_v", "dispatch.ask_group", {"technicians": ["x"]}, "not_found"),
        ("dispatcher_v", "dispatch.offer_next", {"minutes": "soon"}, "invalid_input"),
        ("dispatcher_v", "dispatch.offer_job", {"technician": "x", "minutes": -1}, "invalid_input"),
        ("dispatcher_v", "dispatch.offer_job", {"technician": "x"}, "not_found"),
        ("dispatcher_v", "dispatch.suggest", {"ticket": "x"}, "not_found"),
        ("technician_v", "dispatch.decline_job", {"reason": ""}, "invalid_input"),
        ("technician_v", "dispatch.decline_job", {}, "invalid_input"),
        ("technician_v2", "dispatch.decline_job", {"reason": "没空"}, "not_offered_to_you"),
        ("technician_v2", "dispatch.accept_job", {}, "not_offered_to_you"),
        ("vendor_v", "dispatch.expire_offers", {"offer": "x"}, "not_found"),
    ],
)
async def test_the_wrong_hands_and_wrong_words_change_nothing(cast, automatic, who, command, given, code):
    given = given if "offer" in given else {"ticket": automatic, **given}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, command, given)
    assert refused.value.code == code


async def test_a_timer_that_rings_too_early_changes_nothing(cast, automatic):
    (offer,) = await look("SELECT id FROM job_offer WHERE tenant_id = $1", cast["vendor_v"])
    async with unchanged():
        with pytest.raises(DomainError, match="offers_answered"), frozen(later(9)):
            await cast.run("vendor_v", "dispatch.expire_offers", {"offer": opaque("jo", cast["vendor_v"], offer["id"])})
