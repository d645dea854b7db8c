"""Grants: the ticket's audit shows every one to both sides, and each organisation's own book keeps it for itself."""

from datetime import timedelta

from mendline.kernel import fetch, frozen, now, parse_opaque, perform, rows, transaction
from mendline.tickets import Ticket, TicketParticipant, WorklistRow
from mendline_tenants import AuditEntry, OrganisationAudit
from support.database import administrator, look, unchanged


async def report(cast, device="monitor_a"):
    return (await cast.run("nurse_a", "tickets.report", {"device": cast.device_id(device), "symptom": "黑屏"})).ticket


def partner(cast, ticket, name="testing_t"):
    return {"ticket": ticket, "organisation": cast.organisation_id(name)}


async def entries(cast, viewer, ticket, command):
    reference = parse_opaque("tk", ticket)
    async with transaction(cast[viewer]):
        return [
            entry.facts
            for entry in await rows.select(
                AuditEntry, "tenant_id = $1 AND ticket_id = $2 AND command = $3 ORDER BY seq", *reference, command
            )
        ]


async def book(cast, viewer):
    """The lines of an organisation's own book that tell of shares."""
    async with transaction(cast[viewer]):
        lines = await rows.select(
            OrganisationAudit,
            "tenant_id = $1 AND command IN ('tickets.note_grant', 'tickets.note_end') ORDER BY recorded_at",
            cast[viewer],
        )
    return [(line.command.removeprefix("tickets.note_"), line.facts) for line in lines]


async def test_both_sides_read_each_grant_in_the_tickets_audit(cast):
    ticket, until = await report(cast), now() + timedelta(hours=2)
    given = {**partner(cast, ticket), "groups": ["quality", "messages"], "part": "testing_body"}
    await cast.run("engineer_a", "tickets.share", {**given, "until": until.isoformat()})
    for viewer in ("hospital_a", "testing_t"):
        (facts,) = await entries(cast, viewer, ticket, "tickets.share")
        assert facts["partner"] == str(cast["testing_t"])
        assert (facts["part"], facts["groups"]) == ("testing_body", ["progress", "quality", "messages"])
        assert facts["until"].startswith(until.isoformat()[:19])
        async with transaction(cast[viewer]):
            (row,) = await rows.select(WorklistRow, "tenant_id = $1", cast[viewer])
        assert [event["command"] for event in row.card["events"]] == ["tickets.share", "tickets.report"]
        assert row.part == ("testing_body" if viewer == "testing_t" else "user_facility")
    with frozen(until + timedelta(seconds=1)):
        await cast.drain()
    (ended,) = await entries(cast, "hospital_a", ticket, "tickets.end_share")
    assert (ended["partner"], ended["ended"]) == (str(cast["testing_t"]), True)
    assert ended["groups"] == ["progress", "quality", "messages"]
    assert await entries(cast, "testing_t", ticket, "tickets.end_share") == []


async def test_who_sees_the_ticket_no_more_keeps_both_lines_in_its_own_book(cast):
    ticket = await report(cast)
    await cast.run("engineer_a", "tickets.share", {**partner(cast, ticket), "groups": ["quality"]})
    await cast.drain()
    begun = await book(cast, "testing_t")
    await cast.run("engineer_a", "tickets.unshare", partner(cast, ticket))
    await cast.drain()
    lines = await book(cast, "testing_t")
    assert [kind for kind, _ in lines] == ["grant", "end"]
    assert lines[:1] == begun
    for _, facts in lines:
        assert (facts["facility"], facts["ticket"]) == tuple(map(str, parse_opaque("tk", ticket)))
        assert facts["number"].startswith(cast.codes["hospital_a"])
        assert (facts["part"], facts["groups"]) == ("participant", ["progress", "quality"])
    assert lines[1][1]["began_at"]
    assert await book(cast, "hospital_a") == await book(cast, "vendor_v") == []


async def test_a_line_is_written_once_however_often_it_is_delivered(cast):
    ticket = await report(cast)
    await cast.run("engineer_a", "tickets.share", {**partner(cast, ticket), "groups": ["quality"]})
    await cast.drain()
    again = (
        "UPDATE delivery SET completed_at = NULL, held_until = NULL WHERE consumer = 'grants.note' AND tenant_id = $1"
    )
    await administrator().execute(again, cast["hospital_a"])
    async with unchanged("delivery"):
        undone = "SELECT id FROM delivery WHERE tenant_id = $1 AND completed_at IS NULL"
        (row,) = await look(undone, cast["hospital_a"])
        assert await perform("delivery", cast["hospital_a"], row["id"])
    assert [kind for kind, _ in await book(cast, "testing_t")] == ["grant"]


async def test_a_share_that_begins_anew_begins_now(cast):
    ticket = await report(cast)
    for after in (0, 2):
        with frozen(now() + timedelta(hours=after)):
            await cast.run("engineer_a", "tickets.share", {**partner(cast, ticket), "groups": ["quality"]})
            moment = now()
            await cast.run("engineer_a", "tickets.share", {**partner(cast, ticket), "groups": ["messages"]})
            await cast.run("engineer_a", "tickets.unshare", partner(cast, ticket))
    async with transaction(cast["hospital_a"]):
        (known,) = await rows.select(
            TicketParticipant, "tenant_id = $1 AND organisation = $2", cast["hospital_a"], cast["testing_t"]
        )
    assert abs((known.starts_at - moment).total_seconds()) < 60


async def test_what_is_shared_by_contract_agreement_or_passing_on_is_a_grant_too(cast):
    maker = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer", "groups": ["quality"]}
    await cast.run("engineer_a", "tenants.upsert_agreement", maker)
    ticket = await report(cast, "pump_a")
    for viewer in ("hospital_a", "vendor_v", "manufacturer_m"):
        (facts,) = await entries(cast, viewer, ticket, "tickets.report")
        assert [(grant["partner"], grant["part"]) for grant in facts["shared"]] == [
            (str(cast["vendor_v"]), "service_provider"),
            (str(cast["manufacturer_m"]), "manufacturer"),
        ]
    parent = await report(cast)
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_w")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    (facts,) = await entries(cast, "vendor_w", child, "tickets.pass_on")
    assert [grant["partner"] for grant in facts["shared"]] == [str(cast["vendor_w"])]
    await cast.drain()
    for viewer, part in (("vendor_v", "service_provider"), ("manufacturer_m", "manufacturer")):
        ((kind, line),) = await book(cast, viewer)
        assert (kind, line["part"], line["ticket"]) == ("grant", part, str(parse_opaque("tk", ticket).id))
    ((_, line),) = await book(cast, "vendor_w")
    assert line["ticket"] == str(parse_opaque("tk", child).id)


async def test_an_agreement_shows_new_tickets_to_who_services_the_devices(cast):
    """Without a contract the hospital decides; whom it has promised to show its tickets sees them at once."""
    services = {
        "organisation": cast.organisation_id("vendor_w"),
        "part": "service_provider",
        "groups": ["clinical"],
        "device_classes": ["patient_monitor", "infusion_pump"],
    }
    before = await report(cast)
    agreement = (await cast.run("engineer_a", "tenants.upsert_agreement", services)).agreement
    ticket, by_contract = await report(cast), await report(cast, "pump_a")
    ended = now() + timedelta(days=1)
    await cast.run("engineer_a", "tenants.end_agreement", {"agreement": agreement})
    with frozen(ended):
        after = await report(cast)
    async with transaction(cast["vendor_w"]):
        seen = {row["id"] for row in await fetch("SELECT id FROM ticket")}
        shared = await rows.get(Ticket, *parse_opaque("tk", ticket))
    assert seen == {shared.id}, "neither what came before or after, nor what another vendor answers for"
    assert shared.provider_id == cast["hospital_a"]
    assert {before, by_contract, after}
