"""No report, cancellation or import makes a device more usable than its other tickets and acceptance allow."""

import asyncio

import pytest

from mendline.devices import Device
from mendline.kernel import DomainError, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from support.database import unchanged


async def device(cast, name="pump_a"):
    async with transaction(cast["hospital_a"]):
        return await rows.get(Device, cast["hospital_a"], cast.devices[name])


async def report(cast, use_state, symptom="报警", name="pump_a"):
    given = {"device": cast.device_id(name), "symptom": symptom, "use_state": use_state}
    return (await cast.run("nurse_a", "tickets.report", given)).ticket


async def work(cast, ticket, result="repaired"):
    """From the offer to the finish, and the check after it."""
    offer = {"ticket": ticket, "technician": cast.member_id("technician_v")}
    await cast.run("dispatcher_v", "dispatch.offer_job", offer)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("nurse_a", "tickets.record_decontamination", {"ticket": ticket, "status": "clean"})
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    finish = {"ticket": ticket, "result": result, "cause": "电池", "action": "更换"}
    await cast.run("technician_v", "fieldwork.finish", finish)
    await cast.run("hospital_a", "quality.check", {"ticket": ticket})


async def sign(cast, ticket, *signatories):
    tenant, ticket_id = parse_opaque("tk", ticket)
    for signatory in signatories:
        async with transaction(tenant):
            (slot,) = await rows.select(
                SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, ticket_id
            )
        await cast.run(signatory, "quality.sign", {"slot": opaque("sl", tenant, slot.id)})


async def test_two_reports_of_one_device_at_once_are_two_tickets(cast):
    tickets = await asyncio.gather(*(report(cast, "down") for _ in range(6)))
    assert len(set(tickets)) == 6
    assert (await device(cast)).state == "out_of_service"


async def test_a_milder_report_does_not_bring_a_device_back(cast):
    first = await report(cast, "down")
    await report(cast, "degraded")
    assert (await device(cast)).state == "out_of_service"
    await cast.run("nurse_a", "tickets.set_use_state", {"ticket": first, "use_state": "degraded"})
    assert (await device(cast)).state == "out_of_service"


async def test_a_cancelled_rework_is_no_acceptance(cast):
    ticket = await report(cast, "down")
    await work(cast, ticket)
    await cast.run("manager_a", "quality.reject", {"ticket": ticket, "reason": "还有报警"})
    await cast.run("technician_v", "fieldwork.set_eta", {"ticket": ticket, "minutes": 30})
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    assert (await device(cast)).state == "out_of_service"


@pytest.mark.parametrize("gone", ["quoted", "dropped", "depot"])
async def test_no_device_comes_back_unsigned_by_cancelling_after_somebody_was_there(cast, gone):
    ticket = await report(cast, "down")
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": ticket, "technician": cast.member_id("technician_v")}
    )
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    if gone == "depot":
        await cast.run("technician_v", "fieldwork.wait", {"ticket": ticket, "reason": "access"})
        await cast.run("technician_v", "fieldwork.send_to_depot", {"ticket": ticket})
        await cast.run("technician_v", "fieldwork.return_from_depot", {"ticket": ticket})
    else:
        await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    price = {
        "currency": "CNY",
        "lines": [{"text": "换电池", "unit_amount": 100}],
        "valid_until": "2099-01-01T00:00:00Z",
    }
    await cast.run("dispatcher_v", "tickets.quote", {"ticket": ticket, **price})
    if gone == "dropped":
        await cast.run("dispatcher_v", "tickets.drop_quotation", {"ticket": ticket, "reason": "免费"})
        await cast.run("dispatcher_v", "tickets.quote", {"ticket": ticket, **price})
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "太贵"})
    assert (await device(cast)).state == "out_of_service"


async def test_cancelling_an_older_ticket_does_not_undo_what_a_later_one_found(cast):
    older = await report(cast, "degraded", "显示暗")
    later = await report(cast, "down")
    await work(cast, later, "not_repairable")
    await sign(cast, later, "manager_a", "engineer_a")
    await cast.run("hospital_a", "quality.archive", {"ticket": later})
    await cast.run("nurse_a", "tickets.cancel", {"ticket": older})
    assert (await device(cast)).state == "out_of_service"


@pytest.mark.parametrize("symptom", ["冒烟", "报警"])
async def test_a_suspected_adverse_event_is_not_undone(cast, symptom):
    ticket = await report(cast, "down", symptom)
    if symptom == "报警":
        await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "patient_affected"})
        await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "down"})
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    assert (await device(cast)).state == "out_of_service"


@pytest.mark.parametrize(
    ("other", "state"), [("down", "out_of_service"), ("degraded", "restricted"), ("unknown", "in_service")]
)
async def test_acceptance_of_one_ticket_leaves_what_another_open_one_says(cast, other, state):
    first = await report(cast, "down")
    await report(cast, other, "另一个故障")
    await work(cast, first)
    await sign(cast, first, "manager_a", "engineer_a")
    assert (await device(cast)).state == state


@pytest.mark.parametrize("state", ["in_service", "restricted"])
@pytest.mark.parametrize("was", ["out_of_service", "retired"])
async def test_the_registry_brings_nothing_back(cast, was, state):
    known = await device(cast)
    unit = {"asset_number": known.asset_number, "model": opaque("md", known.tenant_id, known.model_id)}
    await cast.run("engineer_a", "devices.upsert_device", {**unit, "state": was})
    async with unchanged():
        with pytest.raises(DomainError, match="return_to_service_needed"):
            await cast.run("engineer_a", "devices.upsert_device", {**unit, "state": state})
