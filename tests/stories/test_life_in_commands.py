"""One ticket's life through the commands alone, from the report to the archive."""

import pytest

from mendline.kernel import DomainError, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Ticket, TicketPeople, WorklistRow
from mendline_tenants import AuditEntry


async def open_slot(cast, ticket):
    tenant, ticket_id = parse_opaque("tk", ticket)
    async with transaction(tenant):
        slots = await rows.select(
            SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, ticket_id
        )
    from mendline.kernel import opaque

    return opaque("sl", tenant, slots[0].id)


async def test_whole_life(cast):
    reported = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警,停机"})
    ticket = reported.ticket
    assert reported.state == "triaged"
    await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "down"})
    await cast.drain()
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": ticket, "technician": cast.member_id("technician_v")}
    )
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    with pytest.raises(DomainError, match="already_accepted"):
        await cast.run("technician_v2", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("technician_v", "fieldwork.set_eta", {"ticket": ticket, "minutes": 30})
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    await cast.run("technician_v", "fieldwork.add_note", {"ticket": ticket, "body": "更换电池"})
    done = {"ticket": ticket, "result": "repaired", "cause": "电池老化", "action": "更换电池"}
    await cast.run("technician_v", "fieldwork.finish", done)
    await cast.drain()
    await cast.run("manager_a", "quality.sign", {"slot": await open_slot(cast, ticket)})
    await cast.run("engineer_a", "quality.sign", {"slot": await open_slot(cast, ticket)})
    await cast.drain()
    reference = parse_opaque("tk", ticket)
    async with transaction(cast["hospital_a"]):
        stored = await rows.get(Ticket, *reference)
        assert stored.state == "archived"
        entries = await rows.select(
            AuditEntry, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq", reference.tenant, reference.id
        )
    assert [entry.command for entry in entries] == [
        "tickets.report",
        "tickets.set_use_state",
        "dispatch.offer_job",
        "dispatch.accept_job",
        "fieldwork.set_eta",
        "fieldwork.arrive",
        "fieldwork.add_note",
        "fieldwork.finish",
        "quality.check",
        "quality.sign",
        "quality.sign",
        "quality.archive",
    ]
    for viewer, sees in (("hospital_a", 1), ("vendor_v", 1), ("hospital_b", 0), ("vendor_w", 0)):
        async with transaction(cast[viewer]):
            found = await rows.select(WorklistRow, "tenant_id = $1 AND ticket_id = $2", cast[viewer], reference.id)
            assert len(found) == sees
            assert (await rows.find(TicketPeople, *reference) is not None) is bool(sees)
