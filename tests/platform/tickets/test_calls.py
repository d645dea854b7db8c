"""Calls: a vendor's desk opens the hospital's ticket under an agreement, and who called is on record."""

from datetime import timedelta

import pytest

from mendline.devices import Device
from mendline.kernel import DomainError, iso, new_id, now, opaque, parse_opaque, rows, run, transaction
from mendline.tickets import Ticket, TicketClinical, TicketCommercial, TicketParticipant, TicketPeople
from mendline_tenants import AuditEntry, acting_for, ask_and_wait, outcome
from support.cast import PUMP
from support.database import look, unchanged

CALL = {"symptom": "报警", "caller_name": "王护士", "caller_phone": "13800000000", "caller_ward": "三病区"}


@pytest.fixture
async def agreement(cast) -> str:
    """Hospital A lets vendor V serve its infusion pumps."""
    return await agreed(cast, device_classes=["infusion_pump"])


async def agreed(cast, vendor="vendor_v", **more):
    given = {"organisation": cast.organisation_id(vendor), "part": "service_provider", "groups": ["people"], **more}
    return (await cast.run("engineer_a", "tenants.upsert_agreement", given)).agreement


async def called(cast, who="desk_v", hospital="hospital_a", key=None, **more):
    given = {"hospital": cast.organisation_id(hospital), **CALL, **more}
    return await ask_and_wait(cast.actor(who), "tickets.report_for", given, key=key)


async def seen_by(cast, viewer, ticket, model=Ticket):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


async def refused(code, action):
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code, caught.value


async def test_a_caller_is_written_down_with_all_that_a_report_carries(cast, agreement):
    window = [iso(now() + timedelta(hours=n)) for n in (1, 2)]
    told = {"decontamination": "clean", "access_windows": [window], "place_note": "12 床", "fault_code": "ALM"}
    made = await called(cast, device="SB-0001", **told)
    clinical = await seen_by(cast, "vendor_v", made.ticket, TicketClinical)
    assert (clinical.decontamination, clinical.access_windows, clinical.fault_code) == ("clean", [window], "ALM")
    assert (await seen_by(cast, "vendor_v", made.ticket, TicketPeople)).place_note == "12 床"
    await refused("invalid_input", called(cast, device="SB-0001", access_windows=[window[::-1]]))


async def test_the_desk_opens_the_hospitals_ticket_and_answers_for_it(cast, agreement):
    made = await called(cast, device="SB-0001", use_state="down")
    ticket = await seen_by(cast, "vendor_v", made.ticket)
    assert (ticket.tenant_id, ticket.provider_id, ticket.state) == (cast["hospital_a"], cast["vendor_v"], "triaged")
    assert ticket.number.startswith(cast.codes["hospital_a"])
    people = await seen_by(cast, "vendor_v", made.ticket, TicketPeople)
    assert (people.reporter_name, people.contact_name, people.contact_phone, people.caller_ward) == (
        "王护士",
        "王护士",
        "13800000000",
        "三病区",
    )
    assert people.reporter_id is None
    assert (await seen_by(cast, "hospital_a", made.ticket, TicketClinical)).symptom == "报警"
    async with transaction(cast["hospital_a"]):
        assert (await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])).state == "out_of_service"
        (entry,) = await rows.select(AuditEntry, "tenant_id = $1 AND ticket_id = $2", *parse_opaque("tk", made.ticket))
    assert (entry.command, entry.author_org, entry.facts["asked_by"]) == (
        "tickets.take_call",
        cast["hospital_a"],
        str(cast["vendor_v"]),
    )
    assert "王护士" not in str(entry.facts)
    assert await seen_by(cast, "vendor_w", made.ticket) is None
    offer = {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    assert (await cast.run("dispatcher_v", "dispatch.offer_job", offer)).state == "offered"


async def test_where_engineering_sees_reports_first_the_desk_follows(cast, agreement):
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    made = await called(cast, device="SB-0001")
    ticket = await seen_by(cast, "vendor_v", made.ticket)
    assert (ticket.provider_id, ticket.state) == (cast["hospital_a"], "reported")
    assert await seen_by(cast, "vendor_v", made.ticket, TicketPeople)
    assert await seen_by(cast, "vendor_v", made.ticket, TicketClinical) is None
    async with transaction(cast["hospital_a"]):
        parts = await rows.select(
            TicketParticipant, "tenant_id = $1 AND ticket_id = $2", *parse_opaque("tk", made.ticket)
        )
    assert {p.organisation: p.part for p in parts}[cast["vendor_v"]] == "service_provider"


async def test_what_the_agreement_does_not_cover_is_as_if_it_were_not_there(cast, agreement):
    said = set()
    async with unchanged("errand", "organisation_audit"):
        for device in ("SB-0100", "SB-9999"):  # a monitor that is there, and nothing
            with pytest.raises(DomainError) as caught:
                await called(cast, device=f" {device} ")
            said.add(str(caught.value).replace(device, "…"))
        await refused("device_needed", called(cast))
        await refused("devices_fit", called(cast, device=f"01{PUMP}"))
    assert len(said) == 1
    await agreed(cast)
    assert (await called(cast, device="SB-0100")).state == "triaged"
    assert (await called(cast)).state == "triaged"


async def test_without_an_agreement_there_is_no_such_hospital(cast, agreement):
    stranger = {"code": "X", "kind": "hospital", "name": {"zh": "x"}}
    missing = new_id()
    cast.organisations["nowhere"] = missing
    for name in ("nowhere", "hospital_b"):
        known = {"organisation": opaque("or", cast[name], cast[name]), **stranger}
        await cast.run("admin_v", "tenants.upsert_partner", known)
    await agreed(cast, "vendor_w", ends_on="2026-01-01", starts_on="2025-01-01")
    said = set()
    async with unchanged("errand", "organisation_audit"):
        for who, hospital in (("desk_v", "nowhere"), ("desk_v", "hospital_b"), ("dispatcher_w", "hospital_a")):
            with pytest.raises(DomainError) as caught:
                await called(cast, who, hospital, device="SB-0001")
            said.add(str(caught.value))
    assert said == {"not_found(what='partner')"}
    assert await look("SELECT 1 FROM organisation_audit WHERE tenant_id = $1", missing) == []
    del cast.organisations["nowhere"]
    async with unchanged():
        await refused("not_found", called(cast, "desk_v", "testing_t"))
        await refused("forbidden", called(cast, "technician_v"))
        await refused("invalid_input", called(cast, caller_name=""))


async def test_another_vendors_contract_is_not_told(cast):
    await agreed(cast, "vendor_w")
    made = await called(cast, "dispatcher_w", device="SB-0001")
    commercial = await seen_by(cast, "vendor_w", made.ticket, TicketCommercial)
    assert (commercial.entitlement, commercial.contract_id) == ("outside", None)
    assert "全保" not in str(commercial.reason)


async def test_the_same_call_with_the_same_key_is_one_ticket(cast, agreement):
    first = await called(cast, device="SB-0001", key="k")
    assert await called(cast, device="SB-0001", key="k") == first
    found = await look("SELECT count(*) FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert found[0][0] == 1


async def test_an_agreement_that_ends_while_the_desk_asks_counts(cast, agreement):
    asked = await cast.run(
        "desk_v", "tickets.report_for", {"hospital": cast.organisation_id("hospital_a"), **CALL, "device": "SB-0001"}
    )
    await cast.run("engineer_a", "tenants.end_agreement", {"agreement": agreement})
    await refused("not_found", outcome(asked))


async def test_a_steward_needs_no_agreement(cast):
    given = {"code": f"K{new_id().hex[-8:].upper()}", "name": {"zh": "小医院"}}
    made = await ask_and_wait(cast.actor("desk_v"), "tenants.steward", given)
    cast.organisations["kept"] = parse_opaque("or", made.hospital).id
    ticket = await called(cast, hospital="kept")
    assert (await seen_by(cast, "vendor_v", ticket.ticket)).provider_id == cast["vendor_v"]
    acting = await acting_for(cast.actor("desk_v"), cast["kept"])
    await run(acting, "tickets.cancel", {"ticket": ticket.ticket})
