"""What the ward says of a ticket that was passed on reaches whoever does the work."""

import pytest

from mendline.kernel import DomainError, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketClinical, TicketMessage, TicketPeople
from support.clocks import OFFICE, act, at, contract, kept, reported
from support.database import look, unchanged

NOON = at("2026-06-08T12:00")
LATER = at("2026-06-08T14:00")


async def passed_on(cast):
    """A report that the hospital's engineer has passed on to vendor V, and the child."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    parent = await reported(cast, NOON)
    await act(cast, NOON, "engineer_a", "tickets.triage", parent, route="contract", reason="x")
    child = await act(cast, NOON, "engineer_a", "tickets.pass_on", parent, provider=cast.organisation_id("vendor_v"))
    await cast.drain(at=NOON)
    return parent, child.ticket


async def seen(cast, ticket, viewer="vendor_v"):
    """The ticket, what the ward says and its people, as this organisation sees them."""
    reference = parse_opaque("tk", ticket)
    async with transaction(cast[viewer]):
        return [await rows.get(model, *reference) for model in (Ticket, TicketClinical, TicketPeople)]


async def test_a_patient_affected_is_an_alarm_for_who_does_the_work(cast):
    await contract(cast, OFFICE, by_priority=[{"priority": 1, "restoration": 120}])
    parent, child = await passed_on(cast)
    await act(cast, LATER, "nurse_a", "tickets.set_use_state", parent, use_state="patient_affected")
    for viewer in ("vendor_v", "hospital_a"):
        row, clinical, _ = await seen(cast, child, viewer)
        assert (row.priority, clinical.use_state, clinical.decontamination) == (1, "patient_affected", "unknown")
    assert (await kept(cast, child))[1]["restoration"].target == 120 * 60
    urgent = await look(
        "SELECT payload->>'ticket' AS ticket, payload->>'provider' AS provider FROM outbox"
        " WHERE tenant_id = $1 AND name = 'tickets.became_urgent'",
        cast["hospital_a"],
    )
    expected = {
        (str(parse_opaque("tk", t).id), str(cast[who])) for t, who in ((parent, "hospital_a"), (child, "vendor_v"))
    }
    assert {tuple(row) for row in urgent} == expected
    await cast.drain(at=LATER)
    suggested = await look(
        "SELECT 1 FROM outbox WHERE tenant_id = ANY ($1) AND name = 'dispatch.suggested'",
        [cast["vendor_v"], cast["hospital_a"]],
    )
    assert len(suggested) == 2, "the dispatcher is asked once for the child, and again now that it is urgent"


async def test_flags_cleaning_amendments_and_comments_reach_it_too(cast):
    parent, child = await passed_on(cast)
    await act(cast, LATER, "nurse_a", "tickets.set_flags", parent, isolation=True, spare_needed=True)
    _, clinical, _ = await seen(cast, child)
    assert (clinical.isolation, clinical.spare_needed, clinical.decontamination) == (True, True, "unknown")
    await act(cast, LATER, "nurse_a", "tickets.record_decontamination", parent, status="contaminated")
    await act(cast, LATER, "nurse_a", "tickets.amend_report", parent, contact_name="护士王", fault_code="E-12")
    await act(cast, LATER, "nurse_a", "tickets.comment", parent, body="在三号床旁边")
    _, clinical, people = await seen(cast, child)
    assert (clinical.decontamination, clinical.fault_code, people.contact_name) == ("contaminated", "E-12", "护士王")
    reference = parse_opaque("tk", child)
    async with transaction(cast["vendor_v"]):
        said = await rows.select(TicketMessage, "tenant_id = $1 AND ticket_id = $2", *reference)
    assert [(message.body, message.author_org) for message in said] == [("在三号床旁边", cast["hospital_a"])]
    told = await look(
        "SELECT command FROM audit_entry"
        " WHERE tenant_id = $1 AND ticket_id = $2 AND command LIKE 'tickets.%' ORDER BY seq",
        *reference,
    )
    assert [row["command"] for row in told][-4:] == [
        "tickets.set_flags",
        "tickets.record_decontamination",
        "tickets.amend_report",
        "tickets.comment",
    ]


async def test_the_hospitals_priority_holds_for_the_child_as_far_as_its_own_floor(cast):
    parent, child = await passed_on(cast)
    for given, expected in (({"priority": 2}, 2), ({"priority": 4}, 4), ({}, 3)):
        await act(cast, LATER, "engineer_a", "tickets.override_priority", parent, reason="x", **given)
        assert (await seen(cast, child))[0].priority == expected
    await act(cast, LATER, "nurse_a", "tickets.set_use_state", child, use_state="patient_affected")
    await act(cast, LATER, "engineer_a", "tickets.override_priority", parent, reason="x", priority=4)
    assert (await seen(cast, child))[0].priority == 1, "the child's own patient comes first"
    await act(cast, LATER, "engineer_a", "tickets.override_priority", child, reason="x", priority=1)
    async with unchanged():
        with pytest.raises(DomainError, match="priority_of_facility"):
            await act(cast, LATER, "dispatcher_v", "tickets.override_priority", child, reason="x")


async def test_what_is_over_and_what_was_taken_back_hears_nothing(cast):
    parent, child = await passed_on(cast)
    await act(cast, LATER, "nurse_a", "tickets.cancel", child)
    before = await seen(cast, child, "hospital_a")
    await act(cast, LATER, "nurse_a", "tickets.set_use_state", parent, use_state="down")
    await act(cast, LATER, "nurse_a", "tickets.comment", parent, body="还是坏的")
    after = await seen(cast, child, "hospital_a")
    assert [(row.version, clinical.use_state) for row, clinical, _ in (before, after)] == [
        (before[0].version, "degraded")
    ] * 2
