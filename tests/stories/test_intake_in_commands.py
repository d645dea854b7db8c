"""Two stories through the commands alone: a fault reported twice, and a repair that has to be paid for."""

from datetime import timedelta

from mendline.kernel import now, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import EntitlementEntry, Quotation, Ticket, TicketClock, TicketLikeness


async def stored(cast, ticket, model=Ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


async def alike(cast, ticket):
    async with transaction(cast["hospital_a"]):
        found = await rows.select(
            TicketLikeness, "tenant_id = $1 AND ticket_id = $2 ORDER BY score DESC", *parse_opaque("tk", ticket)
        )
    return [(one.kind, one.other_id) for one in found]


async def repaired(cast, ticket):
    """From the offer to the archive, each by whose step it is."""
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": ticket, "technician": cast.member_id("technician_v")}
    )
    for command in ("dispatch.accept_job", "fieldwork.arrive"):
        await cast.run("technician_v", command, {"ticket": ticket})
    done = {"ticket": ticket, "result": "repaired", "cause": "电池老化", "action": "更换电池"}
    await cast.run("technician_v", "fieldwork.finish", done)
    await cast.drain()
    tenant, id_ = parse_opaque("tk", ticket)
    for signatory in ("manager_a", "engineer_a"):
        async with transaction(tenant):
            (slot,) = await rows.select(
                SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, id_
            )
        await cast.run(signatory, "quality.sign", {"slot": opaque("sl", tenant, slot.id)})
    await cast.drain()


async def test_a_fault_that_two_people_report_is_repaired_once_and_known_when_it_comes_back(cast):
    report = {"named": "SB-0001", "symptom": "泵报警,停机", "use_state": "down"}
    first = await cast.run("nurse_a", "tickets.report", report)
    second = await cast.run("unit_a", "tickets.report", {**report, "symptom": "输液泵报警停机", "contact_name": "小李"})
    assert await alike(cast, second.ticket) == [("duplicate", parse_opaque("tk", first.ticket).id)]
    merge = {"ticket": second.ticket, "of": first.ticket}
    assert (await cast.run("dispatcher_v", "tickets.mark_duplicate", merge)).phase == "closed"
    await repaired(cast, first.ticket)
    assert (await stored(cast, first.ticket)).state == "archived"
    assert (await stored(cast, second.ticket)).state == "duplicate"
    again = await cast.run("nurse_a", "tickets.report", {**report, "symptom": "又报警停机了"})
    assert await alike(cast, again.ticket) == [("repeat", parse_opaque("tk", first.ticket).id)]


async def test_a_repair_that_must_be_paid_goes_from_the_quotation_to_acceptance(cast):
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    report = {"named": "SB-0001", "symptom": "进液,不开机", "use_state": "down"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("engineer_a", "tickets.triage", {"ticket": parent, "route": "outside", "reason": "使用不当"})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    lines = [{"text": "电池", "unit_amount": 48_000}, {"text": "工时", "unit_amount": 30_000, "quantity": 2}]
    offer = {"ticket": child, "currency": "CNY", "lines": lines}
    first = await cast.run("desk_v", "tickets.quote", {**offer, "valid_until": now() + timedelta(days=7)})
    refusal = {"quotation": first.quotation, "approved": False, "reason": "请按协议价"}
    await cast.run("engineer_a", "tickets.answer_quotation", refusal)
    offer["lines"] = lines[:1]
    second = await cast.run("desk_v", "tickets.quote", {**offer, "valid_until": now() + timedelta(days=7)})
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": second.quotation, "approved": True})
    await cast.drain()
    await repaired(cast, child)
    assert (await stored(cast, child)).state == (await stored(cast, parent)).state == "archived"
    async with transaction(cast["vendor_v"]):
        offers = await rows.select(Quotation, "tenant_id = $1 ORDER BY revision", cast["hospital_a"])
        log = await rows.select(EntitlementEntry, "tenant_id = $1", cast["hospital_a"])
        clocks = await rows.select(TicketClock, "tenant_id = $1", cast["hospital_a"])
    assert [(one.revision, one.amount) for one in offers] == [(1, 108_000), (2, 48_000)]
    assert [(one.kind, one.entitlement) for one in log] == [("found", "outside")]
    assert {clock.state for clock in clocks} == {"stopped"}
