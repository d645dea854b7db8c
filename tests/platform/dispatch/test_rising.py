"""A ticket that becomes urgent under way does what a new urgent one does, once, unless somebody has taken it."""

from datetime import timedelta

import pytest

from support.clocks import act, at, reported, taken
from support.database import again, look

NOON = at("2026-06-08T12:00")
URGENT = {"use_state": "patient_affected"}


def later(minutes):
    return NOON + timedelta(minutes=minutes)


async def offers(cast):
    found = await look(
        "SELECT technician_name, state, answer_by FROM job_offer WHERE tenant_id = $1 ORDER BY offered_at, id",
        cast["vendor_v"],
    )
    return [tuple(row) for row in found]


async def events(cast, name):
    found = await look(
        "SELECT payload FROM outbox WHERE name = $2 AND tenant_id = ANY ($1)",
        [cast["vendor_v"], cast["hospital_a"]],
        name,
    )
    return [row["payload"] for row in found]


async def policy(cast, **values):
    await cast.run("admin_v", "tenants.set_policy", {"name": "auto_offer", "value": values})


@pytest.mark.parametrize("by", ["score", "hand"])
async def test_it_is_offered_as_the_policy_says_of_urgent_ones(cast, by):
    await policy(cast, modes={"1": "next"}, minutes={"1": 5})
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    assert await offers(cast) == [], "a dispatcher decides"
    if by == "score":
        await act(cast, later(10), "nurse_a", "tickets.set_use_state", ticket, **URGENT)
    else:
        given = {"priority": 1, "reason": "手术室今天全部占用"}
        await act(cast, later(10), "engineer_a", "tickets.override_priority", ticket, **given)
    await cast.drain(at=later(10))
    assert await offers(cast) == [("技师郑", "offered", later(15))]
    await again("delivery")
    await cast.drain(at=later(11))
    assert len(await offers(cast)) == 1


async def test_a_dispatcher_is_suggested_to_anew(cast):
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    await act(cast, later(10), "nurse_a", "tickets.set_use_state", ticket, use_state="down")
    await cast.drain(at=later(10))
    assert len(await events(cast, "dispatch.suggested")) == 1, "a rise to another priority is no alarm"
    await act(cast, later(20), "nurse_a", "tickets.set_use_state", ticket, **URGENT)
    await cast.drain(at=later(20))
    assert len(await events(cast, "dispatch.suggested")) == 2


async def test_who_is_asked_already_has_an_urgent_tickets_time(cast):
    await policy(cast, mode="next", minutes={"3": 60, "1": 5})
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    assert await offers(cast) == [("技师郑", "offered", later(60))]
    await act(cast, later(10), "nurse_a", "tickets.set_use_state", ticket, **URGENT)
    await cast.drain(at=later(10))
    assert await offers(cast) == [("技师郑", "offered", later(15))]
    assert len(await events(cast, "dispatch.offered")) == 2, "who is asked is told that it is urgent now"
    await cast.drain(at=later(15))
    assert [offer[:2] for offer in await offers(cast)] == [("技师郑", "expired"), ("技师冯", "offered")]


async def test_what_somebody_has_taken_is_theirs(cast):
    await policy(cast, mode="next")
    ticket = await reported(cast, NOON)
    await cast.drain(at=NOON)
    await act(cast, later(1), "technician_v", "dispatch.accept_job", ticket)
    await act(cast, later(2), "technician_v", "fieldwork.set_eta", ticket, minutes=30)
    await act(cast, later(10), "nurse_a", "tickets.set_use_state", ticket, **URGENT)
    await cast.drain(at=later(10))
    assert [offer[:2] for offer in await offers(cast)] == [("技师郑", "accepted")]
    assert await events(cast, "dispatch.suggested") == []
    assert len(await events(cast, "tickets.became_urgent")) == 1


async def test_each_rise_counts_once(cast):
    ticket = await reported(cast, NOON)
    await taken(cast, NOON, ticket)
    for minute, use_state in ((1, "patient_affected"), (2, "down"), (3, "patient_affected")):
        await act(cast, later(minute), "nurse_a", "tickets.set_use_state", ticket, use_state=use_state)
    assert len(await events(cast, "tickets.became_urgent")) == 2
