"""Received agreements: who is promised something has it in its own book and list, in the right order, and once."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from mendline.kernel import new_id, now, opaque, parse_opaque, rows, transaction
from mendline_tenants import Errand, ReceivedAgreement
from support.database import look
from support.queues import drain


@pytest.fixture
def promise(cast):
    """Hospital A lets vendor V follow infusion pumps."""
    return {
        "organisation": cast.organisation_id("vendor_v"),
        "part": "service_provider",
        "groups": ["people", "quality"],
        "device_classes": ["infusion_pump"],
    }


async def made(cast, promise, **more):
    return (await cast.run("engineer_a", "tenants.upsert_agreement", {**promise, **more})).agreement


async def copies(cast, name="vendor_v"):
    async with transaction(cast[name]):
        return await rows.select(ReceivedAgreement, "tenant_id = $1 ORDER BY id", cast[name])


async def book(cast, name="vendor_v"):
    found = await look(
        "SELECT facts FROM organisation_audit WHERE tenant_id = $1 AND command = 'tenants.tell_agreement'"
        " ORDER BY recorded_at, id",
        cast[name],
    )
    return [row["facts"] for row in found]


async def test_the_partner_is_told_of_each_change(cast, promise):
    agreement = await made(cast, promise)
    await cast.drain()
    (copy,) = await copies(cast)
    assert (copy.giver, copy.agreement_id) == (cast["hospital_a"], parse_opaque("ag", agreement).id)
    assert (copy.part, copy.groups, copy.subcontracting, copy.card["name"]["en"]) == (
        "service_provider",
        ["progress", "people", "quality"],
        False,
        "First Hospital",
    )
    await made(cast, promise, agreement=agreement, subcontracting=True)
    await cast.run("engineer_a", "tenants.end_agreement", {"agreement": agreement})
    await cast.drain()
    (copy,) = await copies(cast)
    today = now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert (copy.subcontracting, copy.ends_on) == (True, today - timedelta(days=1))
    told = await book(cast)
    assert [facts["subcontracting"] for facts in told] == [False, True, True]
    assert {facts["asked_by"] for facts in told} == {str(cast["hospital_a"])}
    assert told[-1]["ends_on"] == copy.ends_on.isoformat()
    assert await copies(cast, "vendor_w") == []


async def test_what_is_told_late_does_not_undo_what_is_newer(cast, promise):
    agreement = await made(cast, promise)
    await made(cast, promise, agreement=agreement, subcontracting=True)
    async with transaction(cast["hospital_a"]):
        first, second = await rows.select(Errand, "tenant_id = $1 ORDER BY id", cast["hospital_a"])
        await rows.change(Errand, first.tenant_id, first.id, due_at=now() + timedelta(minutes=1))
    assert first.input["version"] < second.input["version"]
    await cast.drain()
    (copy,) = await copies(cast)
    assert copy.subcontracting
    await drain([cast["hospital_a"]], at=now() + timedelta(minutes=2), queues=["errand"])
    assert [(c.subcontracting, c.version) for c in await copies(cast)] == [(True, second.input["version"])]
    assert len(await book(cast)) == 2


async def test_who_is_no_longer_the_partner_is_told_that_it_ended(cast, promise):
    agreement = await made(cast, promise)
    await made(cast, promise, agreement=agreement, organisation=cast.organisation_id("vendor_w"))
    await cast.drain()
    (old,), (new,) = await copies(cast), await copies(cast, "vendor_w")
    today = now().astimezone(ZoneInfo("Asia/Shanghai")).date()  # the hospital's
    assert (old.ends_on, new.ends_on) == (today - timedelta(days=1), None)


async def test_a_partner_that_is_not_there_is_told_nothing_and_nothing_says_so(cast, promise):
    nobody = new_id()
    named = {"organisation": opaque("or", nobody, nobody), "code": "X", "kind": "vendor", "name": {"zh": "x"}}
    await cast.run("admin_a", "tenants.upsert_partner", named)
    for organisation in (named["organisation"], cast.organisation_id("vendor_v")):
        await made(cast, promise, organisation=organisation)
    await cast.drain()
    states = await look("SELECT state, outcome FROM errand WHERE tenant_id = $1", cast["hospital_a"])
    assert {tuple(row) for row in states} == {("done", None)}
    for table in ("organisation_audit", "received_agreement", "idempotency_key"):
        assert await look(f"SELECT 1 FROM {table} WHERE tenant_id = $1", nobody) == [], table


async def test_a_copy_grants_nothing_and_is_its_owners_alone(cast, promise):
    await made(cast, promise, part="participant", groups=["quality"], device_classes=["patient_monitor"])
    await cast.drain()
    async with transaction(cast["hospital_a"]):
        assert await rows.select(ReceivedAgreement, "tenant_id = $1", cast["vendor_v"]) == []
    async with transaction(cast["vendor_v"]):
        (copy,) = await rows.select(ReceivedAgreement, "tenant_id = $1", cast["vendor_v"])
        await rows.update(copy, device_classes=["infusion_pump"], version=9)
    ticket = await cast.run("nurse_b", "tickets.report", {"device": cast.device_id("pump_b"), "symptom": "x"})
    async with transaction(cast["vendor_v"]):
        seen = await look("SELECT visible_to FROM ticket WHERE id = $1", parse_opaque("tk", ticket.ticket).id)
    assert cast["vendor_v"] not in seen[0]["visible_to"]
