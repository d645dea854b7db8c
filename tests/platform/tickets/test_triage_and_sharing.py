"""Passing work on makes a child that the provider sees; sharing shows what was granted until it ends."""

from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Ticket, TicketMessage, TicketPeople, WorklistRow
from support.database import unchanged


async def seen_by(cast, viewer, ticket, model=Ticket):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


async def sign_all(cast, ticket):
    tenant, ticket_id = parse_opaque("tk", ticket)
    for signatory in ("manager_a", "engineer_a"):
        async with transaction(tenant):
            (slot,) = await rows.select(
                SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, ticket_id
            )
        await cast.run(signatory, "quality.sign", {"slot": opaque("sl", tenant, slot.id)})


async def test_a_child_does_the_work_and_its_parent_follows(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏", "use_state": "down"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("engineer_a", "tickets.triage", {"ticket": parent, "route": "outside"})
    with pytest.raises(DomainError, match="not_found"):
        await cast.run("desk_v", "tickets.pass_on", {"ticket": parent, "provider": cast.organisation_id("vendor_w")})
    passed = await cast.run(
        "engineer_a", "tickets.pass_on", {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    )
    assert (await seen_by(cast, "hospital_a", parent)).state == "waiting"
    assert await seen_by(cast, "vendor_v", parent) is None
    child = await seen_by(cast, "vendor_v", passed.ticket)
    assert child.parent_id == parse_opaque("tk", parent).id
    assert (await seen_by(cast, "vendor_v", passed.ticket, TicketPeople)).contact_name == "王护士"
    await cast.run("dispatcher_v", "tickets.fix_remotely", {"ticket": passed.ticket})
    people = await seen_by(cast, "vendor_v", passed.ticket, TicketPeople)
    assert people.assignee_id is None
    finish = {"ticket": passed.ticket, "result": "repaired", "cause": "设置", "action": "远程恢复设置"}
    await cast.run("vendor_v", "fieldwork.finish", finish)
    await cast.drain()
    await sign_all(cast, passed.ticket)
    await cast.drain()
    assert (await seen_by(cast, "hospital_a", passed.ticket)).state == "archived"
    assert (await seen_by(cast, "hospital_a", parent)).state == "archived"


async def test_a_share_shows_its_groups_and_ends_by_itself(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "请尽快"})
    until = now() + timedelta(hours=2)
    share = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": ["messages"]}
    await cast.run("engineer_a", "tickets.share", {**share, "until": until.isoformat()})
    assert await seen_by(cast, "testing_t", ticket) is not None
    assert await seen_by(cast, "testing_t", ticket, TicketPeople) is None
    async with transaction(cast["testing_t"]):
        assert len(await rows.select(TicketMessage, "tenant_id = $1", cast["hospital_a"])) == 1
        assert len(await rows.select(WorklistRow, "tenant_id = $1", cast["testing_t"])) == 1
    with frozen(until + timedelta(seconds=1)):
        await cast.drain()
    assert await seen_by(cast, "testing_t", ticket) is None
    async with transaction(cast["testing_t"]):
        assert await rows.select(WorklistRow, "tenant_id = $1", cast["testing_t"]) == []


async def test_only_the_hospital_shares_and_never_takes_the_provider_out(cast):
    ticket = (
        await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    ).ticket
    share = {"ticket": ticket, "organisation": cast.organisation_id("vendor_w"), "groups": ["messages"]}
    async with unchanged():
        with pytest.raises(DomainError, match=r"wrong_part|forbidden"):
            await cast.run("vendor_v", "tickets.share", share)
        with pytest.raises(DomainError, match="not_found"):
            await cast.run("engineer_b", "tickets.share", share)
        with pytest.raises(DomainError, match="provider_stays"):
            await cast.run(
                "engineer_a", "tickets.unshare", {"ticket": ticket, "organisation": cast.organisation_id("vendor_v")}
            )
