"""Subcontracting: a provider asks, the hospital decides, and the subcontractor's work comes back up to the report."""

import asyncio

import pytest

from mendline.devices import Device
from mendline.kernel import DomainError, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Subcontract, Ticket, TicketCommercial, TicketParticipant, TicketPeople
from mendline_tenants import AuditEntry, Partner, ask_and_wait
from support.database import look, unchanged


@pytest.fixture
async def job(cast) -> str:
    """A ticket of hospital A that vendor V answers for."""
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    return (await cast.run("nurse_a", "tickets.report", report)).ticket


async def asked(cast, job, who="desk_v", subcontractor="vendor_w", **options):
    given = {"ticket": job, "subcontractor": cast.organisation_id(subcontractor), "reason": "需要厂家工装"}
    return await ask_and_wait(cast.actor(who), "tickets.ask_subcontract", given, **options)


async def answered(cast, request, approved=True, who="engineer_a", **options):
    given = {"subcontract": request.subcontract, "approved": approved, "reason": "同意" if approved else "自己修"}
    return await cast.run(who, "tickets.answer_subcontract", given, **options)


async def withdrawn(cast, request, who="desk_v"):
    given = {"subcontract": request.subcontract}
    return await ask_and_wait(cast.actor(who), "tickets.withdraw_subcontract", given)


async def seen_by(cast, viewer, id, model=Ticket, kind="tk"):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque(kind, id))


async def known_to_the_vendor_alone(cast):
    """Vendor V knows a partner whom hospital A does not know: the cast's other hospital, under another name."""
    named = {"code": "X", "kind": "vendor", "name": {"zh": "某厂"}}
    await cast.run("admin_v", "tenants.upsert_partner", {"organisation": cast.organisation_id("hospital_b"), **named})


async def refused(code, action):
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code, caught.value


async def test_the_hospital_is_asked_and_its_consent_opens_the_subcontractors_ticket(cast, job):
    request = await asked(cast, job)
    assert (request.state, request.ticket, request.child) == ("asked", job, None)
    seeing = [
        name
        for name in ("hospital_a", "vendor_v", "vendor_w", "hospital_b")
        if await seen_by(cast, name, request.subcontract, Subcontract, "sc")
    ]
    assert seeing == ["hospital_a", "vendor_v"]
    assert await seen_by(cast, "vendor_w", job) is None
    done = await answered(cast, request)
    assert (done.state, done.subcontract) == ("approved", request.subcontract)
    parent, child = await seen_by(cast, "vendor_v", job), await seen_by(cast, "vendor_w", done.child)
    assert (parent.state, parent.waiting_for) == ("waiting", "provider")
    assert (child.parent_id, child.provider_id, child.state) == (parent.id, cast["vendor_w"], "triaged")
    assert await seen_by(cast, "vendor_v", done.child, TicketPeople)
    assert await seen_by(cast, "vendor_w", job) is None
    assert await seen_by(cast, "vendor_w", done.child, TicketPeople)
    assert await seen_by(cast, "vendor_w", done.child, TicketCommercial) is None
    async with transaction(cast["hospital_a"]):
        parts = await rows.select(TicketParticipant, "tenant_id = $1 AND ticket_id = $2", child.tenant_id, child.id)
    assert {p.organisation: p.part for p in parts} == {
        cast["hospital_a"]: "user_facility",
        cast["vendor_w"]: "service_provider",
        cast["vendor_v"]: "participant",
    }


async def test_what_the_subcontractor_did_ends_every_ticket_above_it_and_returns_the_device(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏", "use_state": "down"}
    top = (await cast.run("nurse_a", "tickets.report", report)).ticket
    passing = {"ticket": top, "provider": cast.organisation_id("vendor_v")}
    middle = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    bottom = (await answered(cast, await asked(cast, middle))).child
    await cast.run("dispatcher_w", "tickets.fix_remotely", {"ticket": bottom})
    await cast.run("nurse_a", "tickets.record_decontamination", {"ticket": bottom, "status": "clean"})
    finish = {"ticket": bottom, "result": "repaired", "cause": "设置", "action": "远程恢复"}
    await cast.run("vendor_w", "fieldwork.finish", finish)
    await cast.drain()
    device = cast["hospital_a"], cast.devices["monitor_a"]
    for signatory in ("manager_a", "engineer_a"):
        async with transaction(cast["hospital_a"]):
            assert (await rows.get(Device, *device)).state == "out_of_service"
            tenant, ticket = parse_opaque("tk", bottom)
            (slot,) = await rows.select(
                SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, ticket
            )
        await cast.run(signatory, "quality.sign", {"slot": opaque("sl", tenant, slot.id)})
    await cast.drain()
    states = [(await seen_by(cast, "hospital_a", ticket)).state for ticket in (bottom, middle, top)]
    assert states == ["archived", "archived", "archived"]
    async with transaction(cast["hospital_a"]):
        assert (await rows.get(Device, *device)).state == "in_service"


async def test_a_subcontractor_may_be_unknown_to_the_hospital_until_it_consents(cast, job):
    async with transaction(cast["hospital_a"]):
        assert await rows.find(Partner, cast["hospital_a"], cast["hospital_b"]) is None
    await known_to_the_vendor_alone(cast)
    request = await asked(cast, job, subcontractor="hospital_b")
    async with transaction(cast["hospital_a"]):
        assert await rows.find(Partner, cast["hospital_a"], cast["hospital_b"]) is None
    await answered(cast, request)
    async with transaction(cast["hospital_a"]):
        assert (await rows.get(Partner, cast["hospital_a"], cast["hospital_b"])).name == {"zh": "某厂"}


async def test_an_agreement_consents_beforehand_to_partners_of_the_hospital(cast, job):
    agreement = {
        "organisation": cast.organisation_id("vendor_v"),
        "part": "service_provider",
        "groups": ["people"],
        "subcontracting": True,
    }
    await known_to_the_vendor_alone(cast)
    made = await cast.run("engineer_a", "tenants.upsert_agreement", agreement)
    waiting = await asked(cast, job, subcontractor="hospital_b")
    assert waiting.state == "asked"
    assert (await withdrawn(cast, waiting)).state == "withdrawn"
    request = await asked(cast, job)
    assert request.state == "approved"
    assert (await seen_by(cast, "vendor_w", request.child)).provider_id == cast["vendor_w"]
    await cast.run("engineer_a", "tenants.end_agreement", {"agreement": made.agreement})
    other = (await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a2"), "symptom": "漏"})).ticket
    assert (await asked(cast, other)).state == "asked"
    async with unchanged():
        await refused(
            "invalid_input",
            cast.run("engineer_a", "tenants.upsert_agreement", {**agreement, "part": "manufacturer"}),
        )


async def test_an_agreement_of_another_class_consents_to_nothing(cast, job):
    agreement = {
        "organisation": cast.organisation_id("vendor_v"),
        "part": "service_provider",
        "groups": ["people"],
        "device_classes": ["patient_monitor"],
        "subcontracting": True,
    }
    await cast.run("engineer_a", "tenants.upsert_agreement", agreement)
    assert (await asked(cast, job)).state == "asked"


async def test_a_refusal_needs_a_reason_and_leaves_the_work_where_it_was(cast, job):
    request = await asked(cast, job)
    without = {"subcontract": request.subcontract, "approved": False}
    async with unchanged():
        await refused("reason_needed", cast.run("engineer_a", "tickets.answer_subcontract", without))
    assert (await answered(cast, request, approved=False)).state == "refused"
    known = await seen_by(cast, "vendor_v", request.subcontract, Subcontract, "sc")
    assert (known.state, known.answer) == ("refused", "自己修")
    assert (await seen_by(cast, "vendor_v", job)).state == "triaged"
    again = await asked(cast, job)
    assert again.subcontract != request.subcontract
    async with unchanged():
        await refused("subcontract_answered", answered(cast, request))
        await refused("subcontract_answered", withdrawn(cast, request))


async def test_one_request_at_a_time(cast, job):
    first = await asked(cast, job)
    async with unchanged():
        await refused("subcontract_open", asked(cast, job))
    await withdrawn(cast, first)
    outcomes = await asyncio.gather(*(asked(cast, job) for _ in range(4)), return_exceptions=True)
    codes = sorted(getattr(o, "code", getattr(o, "state", "")) for o in outcomes)
    assert codes == ["asked", "subcontract_open", "subcontract_open", "subcontract_open"]


async def test_the_wrong_part_a_stale_version_and_foreign_ids_change_nothing(cast, job):
    request = await asked(cast, job)
    await cast.run(
        "engineer_a",
        "tickets.share",
        {"ticket": job, "organisation": cast.organisation_id("testing_t"), "groups": ["quality"]},
    )
    missing = opaque("sc", cast["hospital_a"], cast["vendor_w"])
    async with unchanged():
        for who, code in (("desk_v", "wrong_part"), ("dispatcher_w", "not_found"), ("engineer_b", "not_found")):
            await refused(code, answered(cast, request, who=who))
        await refused("forbidden", answered(cast, request, who="nurse_a"))
        await refused("forbidden", asked(cast, job, who="technician_v"))
        await refused("stale_version", answered(cast, request, expected_version=17))
        await refused("wrong_part", withdrawn(cast, request, who="engineer_a"))
        await refused("not_found", withdrawn(cast, request, who="dispatcher_w"))
        for who, code in (("engineer_a", "wrong_part"), ("dispatcher_w", "not_found"), ("engineer_b", "not_found")):
            await refused(code, asked(cast, job, who=who))
        answer = {"subcontract": missing, "approved": True}
        await refused("not_found", cast.run("engineer_a", "tickets.answer_subcontract", answer))
    await withdrawn(cast, request)
    async with unchanged():
        for subcontractor, code in (
            ("vendor_v", "already_provider"),
            ("hospital_a", "already_participant"),
            ("testing_t", "not_found"),
            ("hospital_b", "not_found"),
        ):
            await refused(code, asked(cast, job, subcontractor=subcontractor))
        await refused("stale_version", asked(cast, job, expected_version=17))


async def test_work_that_has_begun_is_not_passed_on(cast, job):
    request = await asked(cast, job)
    await cast.run("dispatcher_v", "dispatch.offer_job", {"ticket": job, "technician": cast.member_id("technician_v")})
    async with unchanged():
        await refused("wrong_state", answered(cast, request))
    assert (await withdrawn(cast, request)).state == "withdrawn"
    async with unchanged():
        await refused("wrong_state", asked(cast, job))


async def test_the_same_key_asks_once(cast, job):
    first = await asked(cast, job, key="k")
    again = await asked(cast, job, key="k")
    assert first == again
    consent = await answered(cast, first, key="a")
    assert await answered(cast, first, key="a") == consent
    assert await asked(cast, job, key="k") == first


async def test_both_books_tell_it(cast, job):
    request = await asked(cast, job)
    child = (await answered(cast, request)).child
    own = await look(
        "SELECT command, facts FROM organisation_audit WHERE tenant_id = $1 ORDER BY recorded_at", cast["vendor_v"]
    )
    assert [row["command"] for row in own] == ["tickets.ask_subcontract", "tenants.errand_answered"]
    assert own[0]["facts"]["asked_of"] == str(cast["hospital_a"])
    async with transaction(cast["hospital_a"]):
        entries = await rows.select(
            AuditEntry, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq", *parse_opaque("tk", job)
        )
        (opened,) = await rows.select(
            AuditEntry, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq", *parse_opaque("tk", child)
        )
    filed, answer = entries[-2:]
    assert (filed.command, filed.actor_role, filed.author_org) == (
        "tickets.file_subcontract",
        "system",
        cast["hospital_a"],
    )
    assert filed.facts == {"subcontract": "asked", "asked_by": str(cast["vendor_v"])}
    assert (answer.command, answer.actor) == ("tickets.answer_subcontract", cast.members["engineer_a"])
    assert opened.command == "tickets.answer_subcontract"
