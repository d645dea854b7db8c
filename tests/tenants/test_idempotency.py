"""Idempotency: a key gives one effect and the same answer, however often and however much at once it is used."""

import asyncio

import pytest

from mendline.kernel import DomainError, opaque, rows, transaction
from mendline.tickets import Ticket
from support.database import look, unchanged

AT_ONCE = 100


async def test_a_hundred_at_once_have_one_effect_and_one_answer(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    answers = await asyncio.gather(
        *(cast.run("nurse_a", "tickets.report", report, key="tg:1:77") for _ in range(AT_ONCE))
    )
    assert len({answer.ticket for answer in answers}) == 1
    assert all(answer == answers[0] for answer in answers)
    counted = await look(
        "SELECT (SELECT count(*) FROM ticket WHERE tenant_id = $1), (SELECT count(*) FROM audit_entry WHERE"
        " tenant_id = $1), (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND name = 'tickets.reported')",
        cast["hospital_a"],
    )
    assert tuple(counted[0]) == (1, 1, 1)


async def test_the_same_key_with_another_body_is_refused(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    first = await cast.run("nurse_a", "tickets.report", report, key="k")
    async with unchanged():
        with pytest.raises(DomainError, match="key_reused"):
            await cast.run("nurse_a", "tickets.report", {**report, "symptom": "冒烟"}, key="k")
        with pytest.raises(DomainError, match="key_reused"):
            await cast.run("nurse_a", "tickets.comment", {"ticket": first.ticket, "body": "x"}, key="k")
        assert await cast.run("nurse_a", "tickets.report", report, key="k") == first


async def test_a_key_is_its_owners_alone(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    first = await cast.run("nurse_a", "tickets.report", report, key="k")
    other = await cast.run("manager_a", "tickets.report", report, key="k")
    foreign = await cast.run(
        "nurse_b", "tickets.report", {"device": cast.device_id("pump_b"), "symptom": "报警"}, key="k"
    )
    assert len({first.ticket, other.ticket, foreign.ticket}) == 3


async def test_a_refused_command_stores_nothing_and_frees_its_key(cast, ticket):
    target = {"ticket": opaque("tk", *ticket)}
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await cast.run("nurse_b", "tickets.comment", {**target, "body": "x"}, key="k")
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("nurse_a", "tickets.comment", {**target, "body": ""}, key="k")
        assert refused.value.facts["field"] == "body"
        for key in ("", "x" * 201):
            with pytest.raises(DomainError, match="invalid_input"):
                await cast.run("nurse_a", "tickets.comment", {**target, "body": "x"}, key=key)
    assert await cast.run("nurse_a", "tickets.comment", {**target, "body": "x"}, key="k")


async def test_a_stale_version_is_refused_with_the_current_one(cast, ticket):
    target = {"ticket": opaque("tk", *ticket)}
    async with transaction(ticket.tenant):
        seen = (await rows.get(Ticket, *ticket)).version
    first = await cast.run("nurse_a", "tickets.set_use_state", {**target, "use_state": "down"}, expected_version=seen)
    assert first.version > seen
    async with unchanged():
        with pytest.raises(DomainError, match="stale_version") as refused:
            await cast.run("manager_a", "tickets.set_use_state", {**target, "use_state": "down"}, expected_version=seen)
    assert refused.value.facts["current"] == first.version
    assert refused.value.facts["by"] == "王护士", "a colleague is told by name"


async def test_who_made_the_current_version_is_told_across_a_border_by_organisation_alone(cast, ticket):
    offer = {"ticket": opaque("tk", *ticket), "technician": cast.member_id("technician_v")}
    with pytest.raises(DomainError, match="stale_version") as refused:
        await cast.run("dispatcher_v", "dispatch.offer_job", offer, expected_version=99)
    assert refused.value.facts["by"]["zh"] == "第一医院"


async def test_two_writers_of_one_version_have_one_winner(cast, ticket):
    target = {"ticket": opaque("tk", *ticket)}
    async with transaction(ticket.tenant):
        seen = (await rows.get(Ticket, *ticket)).version
    outcomes = await asyncio.gather(
        *(
            cast.run(person, "tickets.set_use_state", {**target, "use_state": state}, expected_version=seen)
            for person, state in (("nurse_a", "down"), ("manager_a", "degraded"))
        ),
        return_exceptions=True,
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert [error.code for error in lost] == ["stale_version"]


async def test_a_secret_is_answered_once_and_never_stored(cast):
    made = await cast.run("admin_m", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]}, key="k")
    again = await cast.run("admin_m", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]}, key="k")
    assert made.secret.startswith("mk_") and again.secret is None and again.key == made.key
    secret = made.secret.removeprefix("mk_")
    tables = [row[0] for row in await look("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        assert await look(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE $1', f"%{secret}%") == [], table
