"""A report becomes a ticket with device, entitlement, priority and the right provider; a bad one changes nothing."""

from datetime import timedelta

import pytest

from mendline.devices import Contract, Device
from mendline.kernel import DomainError, frozen, now, parse_opaque, rows, transaction
from mendline.tickets import (
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketParticipant,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
    WorklistRow,
    score,
)
from support.database import unchanged


async def stored(cast, ticket, model=Ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


async def device(cast, name="pump_a"):
    async with transaction(cast["hospital_a"]):
        return await rows.get(Device, cast["hospital_a"], cast.devices[name])


async def test_a_contract_sends_a_report_straight_to_its_provider(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警,停机", "use_state": "down"}
    answer = await cast.run("nurse_a", "tickets.report", report)
    ticket = await stored(cast, answer.ticket)
    assert (ticket.state, ticket.phase, ticket.provider_id) == ("triaged", "open", cast["vendor_v"])
    assert ticket.number == f"{cast.codes['hospital_a']}-{now().year}-1"
    assert ticket.restoration_due_at - ticket.opened_at == timedelta(minutes=1440)
    clinical = await stored(cast, answer.ticket, TicketClinical)
    assert sum(reason["points"] for reason in clinical.priority_reasons) >= 55
    assert (await stored(cast, answer.ticket, TicketCommercial)).entitlement == "contract"
    people = await stored(cast, answer.ticket, TicketPeople)
    assert (people.contact_name, people.location["zh"]) == ("王护士", "本部 三病区")
    assert (await device(cast)).state == "out_of_service"


async def test_a_contract_begins_with_the_hospitals_own_day(cast):
    """17:00 in UTC is one o'clock of the next day in Shanghai."""
    evening = now().replace(hour=17, minute=0)
    async with transaction(cast["hospital_a"]):
        contract = await rows.get(Contract, cast["hospital_a"], cast.contracts["hospital_a"])
        await rows.update(contract, starts_on=(evening + timedelta(days=1)).date())
    for moment, state in ((evening - timedelta(hours=2), "reported"), (evening, "triaged")):
        with frozen(moment):
            report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
            assert (await cast.run("nurse_a", "tickets.report", report)).state == state


async def test_a_policy_lets_clinical_engineering_see_every_report_first(cast):
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    report = {"device": cast.device_id("pump_a"), "symptom": "报警,停机"}
    answer = await cast.run("nurse_a", "tickets.report", report)
    ticket = await stored(cast, answer.ticket)
    assert (ticket.state, ticket.provider_id) == ("reported", cast["hospital_a"])
    assert await stored(cast, answer.ticket, viewer="vendor_v") is None


async def test_a_device_without_contract_stays_with_the_hospital(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    answer = await cast.run("nurse_a", "tickets.report", report)
    ticket = await stored(cast, answer.ticket)
    assert (ticket.state, ticket.provider_id) == ("reported", cast["hospital_a"])
    assert (await stored(cast, answer.ticket, TicketCommercial)).entitlement == "outside"
    assert await stored(cast, answer.ticket, viewer="vendor_v") is None


async def test_an_agreement_shows_the_maker_quality_and_nothing_of_the_ward(cast):
    agreement = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer"}
    await cast.run("hospital_a", "tenants.upsert_agreement", {**agreement, "groups": ["quality", "vigilance"]})
    report = {"device": cast.device_id("pump_a"), "symptom": "漏液", "use_state": "patient_affected"}
    answer = await cast.run("nurse_a", "tickets.report", report)
    seen = {
        model: await stored(cast, answer.ticket, model, "manufacturer_m") is not None
        for model in (Ticket, TicketQuality, TicketVigilance, TicketPeople, TicketClinical, TicketCommercial)
    }
    assert [model.__name__ for model, yes in seen.items() if yes] == ["Ticket", "TicketQuality", "TicketVigilance"]
    async with transaction(cast["manufacturer_m"]):
        (row,) = await rows.select(WorklistRow, "tenant_id = $1", cast["manufacturer_m"])
        (*parts,) = await rows.select(TicketParticipant, "tenant_id = $1", cast["hospital_a"])
    assert not {"location", "symptom"} & set(row.card)
    assert row.card["withheld"] == ["people", "clinical", "commercial", "messages"]
    assert len(parts) == 3


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"symptom": ""}, "invalid_input"),
        ({"symptom": "x" * 4001}, "invalid_input"),
        ({"symptom": 7.5}, "invalid_input"),
        ({"device": "tk_nonsense"}, "not_found"),
        ({"device": 12}, "invalid_input"),
        ({"use_state": "broken"}, "invalid_input"),
        ({"happened_at": (now() + timedelta(days=1)).isoformat()}, "invalid_input"),
        ({"place": "pl_" + "A" * 43}, "not_found"),
    ],
)
async def test_a_wrong_report_is_refused_and_changes_nothing(cast, wrong, code):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", **wrong}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("nurse_a", "tickets.report", report)
    assert refused.value.code == code


async def test_another_hospitals_device_is_not_there(cast):
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_b"), "symptom": "报警"})


async def test_cancelling_gives_back_the_state_the_device_had(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    first = await cast.run("nurse_a", "tickets.report", report)
    second = await cast.run("nurse_a", "tickets.report", report)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": first.ticket})
    assert (await device(cast)).state == "out_of_service"
    await cast.run("nurse_a", "tickets.cancel", {"ticket": second.ticket})
    assert (await device(cast)).state == "out_of_service", "the second report found it out of service"


async def test_cancelling_a_lone_report_is_an_undo(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    answer = await cast.run("nurse_a", "tickets.report", report)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": answer.ticket, "reason": "报错了"})
    assert (await device(cast)).state == "in_service"


async def test_history_comes_in_once_and_stands_as_claimed(cast):
    closed = now() - timedelta(days=40)
    history = {
        "system": "old-cmms",
        "number": "2025-17",
        "device": cast.device_id("pump_a"),
        "provider": cast.organisation_id("vendor_v"),
        "symptom": "电池不充电",
        "opened_at": closed - timedelta(hours=9),
        "finished_at": closed - timedelta(hours=2),
        "closed_at": closed,
        "action": "更换电池",
    }
    first = await cast.run("admin_a", "tickets.import_closed", history)
    again = await cast.run("admin_a", "tickets.import_closed", history)
    assert first == again
    assert (await device(cast)).last_repair["action"] == "更换电池"


def test_life_support_is_never_below_the_top_two():
    class Model:
        function = "life_support"

    assert score(Model(), None, "degraded", 0)[0] == 2
    assert score(Model(), None, "patient_affected", 0)[0] == 1
    assert score(None, None, "degraded", 0)[0] == 4
