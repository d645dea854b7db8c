"""Passing work on makes a child that the provider sees; sharing shows what was granted until it ends."""

import asyncio
from datetime import timedelta

import pytest

from mendline.devices import Device
from mendline.kernel import DomainError, Timer, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.kernel.timers import TIMERS
from mendline.quality import SignatureSlot
from mendline.tickets import (
    Ticket,
    TicketClinical,
    TicketMessage,
    TicketPeople,
    WorklistRow,
    end_shares_that_are_over,
    late_shares,
)
from support.database import look, unchanged


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
    await cast.run("dispatcher_v", "tickets.drop_quotation", {"ticket": passed.ticket, "reason": "远程处理不收费"})
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


@pytest.mark.parametrize("later", [timedelta(days=3), None])
async def test_a_share_that_was_prolonged_is_not_ended_by_the_timer_that_was_on_its_way(cast, later):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    until = now() + timedelta(hours=2)
    share = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": ["quality"]}
    await cast.run("engineer_a", "tickets.share", {**share, "until": until.isoformat()})
    async with transaction(cast["hospital_a"]):
        (due,) = await rows.select(Timer, "tenant_id = $1 AND name = 'tickets.end_share'", cast["hospital_a"])
    with frozen(until + timedelta(seconds=1)):
        again = (now() + later).isoformat() if later else None
        await cast.run("engineer_a", "tickets.share", {**share, "until": again})
        await TIMERS["tickets.end_share"](due)
        assert await end_shares_that_are_over() == set()
        assert await seen_by(cast, "testing_t", ticket) is not None
    if later:
        with frozen(until + later + timedelta(seconds=2)):
            await cast.drain()
        assert await seen_by(cast, "testing_t", ticket) is None


async def test_a_share_ends_though_neither_relay_nor_worker_is_there_and_readiness_tells_who_is_late(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    until = now() + timedelta(hours=2)
    share = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": ["quality"]}
    await cast.run("engineer_a", "tickets.share", {**share, "until": until.isoformat()})
    before = await late_shares()
    with frozen(until + timedelta(seconds=3)):
        assert await late_shares() == before + 1
        await asyncio.gather(*(end_shares_that_are_over() for _ in range(3)))  # as many processes as look
        assert await late_shares() == before
        assert await seen_by(cast, "testing_t", ticket) is None
        await cast.drain()
    ended = await look("SELECT command FROM audit_entry WHERE ticket_id = $1", parse_opaque("tk", ticket).id)
    assert [row["command"] for row in ended].count("tickets.end_share") == 1


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


async def test_a_share_may_be_changed_ended_and_made_again(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    partner = {"ticket": ticket, "organisation": cast.organisation_id("testing_t")}
    await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["people"]})
    await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["clinical"], "part": "testing_body"})
    assert await seen_by(cast, "testing_t", ticket, TicketPeople) is None
    await cast.run("engineer_a", "tickets.unshare", partner)
    assert await seen_by(cast, "testing_t", ticket) is None
    await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["people"]})
    assert await seen_by(cast, "testing_t", ticket, TicketPeople) is not None


async def test_a_child_does_not_inherit_a_share_that_has_ended_or_will(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    shares = {"testing_t": None, "vendor_w": (now() + timedelta(hours=1)).isoformat(), "manufacturer_m": None}
    for name, until in shares.items():
        partner = {"ticket": parent, "organisation": cast.organisation_id(name)}
        await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["quality"], "until": until})
    await cast.run(
        "engineer_a", "tickets.unshare", {"ticket": parent, "organisation": cast.organisation_id("testing_t")}
    )
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    seeing = [name for name in (*shares, "vendor_v") if await seen_by(cast, name, child) is not None]
    assert seeing == ["manufacturer_m", "vendor_v"]


async def test_unsharing_a_ticket_also_takes_what_was_passed_on_from_it(cast):
    """But neither the partner's own work, nor what was shared with it for itself."""
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    partner = {"organisation": cast.organisation_id("manufacturer_m")}
    await cast.run("engineer_a", "tickets.share", {**partner, "ticket": parent, "groups": ["clinical"]})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    passing = {"ticket": child, "provider": cast.organisation_id("vendor_w")}
    grandchild = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    line = (parent, child, grandchild)
    assert all([await seen_by(cast, "manufacturer_m", one, TicketClinical) is not None for one in line])
    await cast.run("engineer_a", "tickets.unshare", {**partner, "ticket": parent})
    assert [await seen_by(cast, "manufacturer_m", one) for one in line] == [None, None, None]
    assert await seen_by(cast, "vendor_w", grandchild) is not None

    await cast.run("engineer_a", "tickets.share", {**partner, "ticket": parent, "groups": ["clinical"]})
    await cast.run("engineer_a", "tickets.share", {**partner, "ticket": child, "groups": ["quality"]})
    await cast.run("engineer_a", "tickets.unshare", {**partner, "ticket": parent})
    assert [await seen_by(cast, "manufacturer_m", one) is not None for one in line] == [False, True, False]


async def test_unsharing_a_ticket_leaves_a_child_with_who_answers_for_it(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    partner = {"ticket": parent, "organisation": cast.organisation_id("vendor_v")}
    await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["clinical"]})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    await cast.run("engineer_a", "tickets.unshare", partner)
    assert await seen_by(cast, "vendor_v", parent) is None
    assert await seen_by(cast, "vendor_v", child, TicketClinical) is not None


async def test_who_does_not_hold_the_messages_adds_none(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    partner = {"ticket": ticket, "organisation": cast.organisation_id("manufacturer_m")}
    await cast.run("engineer_a", "tickets.share", {**partner, "groups": ["quality"]})
    photo = {"filename": "a.jpg", "media_type": "image/jpeg", "size": 1, "sha256": "0" * 64}
    async with unchanged():
        for command, given in (
            ("tickets.comment", {"body": "您好"}),
            ("fieldwork.add_note", {"body": "您好"}),
            ("fieldwork.request_upload", photo),
        ):
            with pytest.raises(DomainError, match="group_withheld"):
                await cast.run("manufacturer_m", command, {"ticket": ticket, **given})


async def test_the_device_remembers_the_child_that_repaired_it(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏", "use_state": "down"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = await cast.run("engineer_a", "tickets.pass_on", passing)
    await cast.run("dispatcher_v", "tickets.fix_remotely", {"ticket": child.ticket})
    finish = {"ticket": child.ticket, "result": "repaired", "cause": "设置", "action": "远程恢复设置"}
    with pytest.raises(DomainError, match="wrong_part"):
        await cast.run("engineer_a", "fieldwork.finish", finish)
    await cast.run("technician_v", "fieldwork.finish", finish)
    await cast.drain()
    await sign_all(cast, child.ticket)
    await cast.drain()
    assert (await seen_by(cast, "hospital_a", parent)).state == "archived"
    async with transaction(cast["hospital_a"]):
        device = await rows.get(Device, cast["hospital_a"], cast.devices["monitor_a"])
    assert (device.state, device.last_repair["number"]) == ("in_service", child.number)
