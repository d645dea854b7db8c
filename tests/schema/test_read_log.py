"""The read log in statements: one statement answers and records who read what of which tickets."""

import hashlib
from typing import Any

import pytest

from mendline.kernel import parse_opaque, rows, transaction
from mendline_schema.reads import statements
from mendline_tenants import Member
from support.cast import Cast
from support.database import look, unchanged

PEOPLE = "query Who($id: ID!) { ticket(id: $id) { people { contactName contactPhone } clinical { symptom } } }"


async def noted(cast: Cast, organisation: str) -> list[Any]:
    return await look("SELECT * FROM read_log WHERE tenant_id = $1 ORDER BY recorded_at, id", cast[organisation])


def ids(*tickets: str) -> list[Any]:
    return sorted(parse_opaque("tk", ticket).id for ticket in tickets)


async def test_a_read_of_people_is_recorded_by_the_statement_that_reads(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await portal.report()
    asked: list[str] = []
    original = statements.fetchval

    async def counted(sql: str, *values: Any) -> Any:
        asked.append(sql)
        return await original(sql, *values)

    monkeypatch.setattr(statements, "fetchval", counted)
    await portal.get("technician_v", PEOPLE, id=ticket)
    assert len(asked) == 1
    (entry,) = await noted(cast, "vendor_v")
    assert (entry["actor"], entry["actor_kind"], entry["actor_role"]) == (
        cast.members["technician_v"],
        "member",
        "technician",
    )
    assert (entry["actor_name"], entry["channel"], entry["operation"]) == ("技师郑", "graphql", "Who")
    assert entry["document_hash"] == hashlib.sha256(PEOPLE.encode()).hexdigest()
    assert entry["groups"] == ["clinical", "people"]
    assert (entry["owners"], entry["tickets"]) == ([cast["hospital_a"]], ids(ticket))
    assert entry["arguments"] == {"ticket": {"id": ticket}}
    assert entry["correlation"]
    assert await noted(cast, "hospital_a") == []


@pytest.mark.parametrize(
    ("who", "document"),
    [
        ("nurse_a", "query($id: ID!) { ticket(id: $id) { number deviceCard { serial } messages { nodes { body } } } }"),
        ("nurse_a", "query($id: ID!) { ticket(id: $id) { people { __typename } } }"),
        ("nurse_b", PEOPLE),
        ("analyst_m", PEOPLE),
        ("admin_m", "query($id: ID!) { ticket(id: $id) { number people { contactName } } }"),
        ("engineer_b", "query($id: ID!) { t: ticket(id: $id) { number } worklist { nodes { symptom assignee } } }"),
    ],
)
async def test_what_is_not_read_is_not_recorded(portal: Any, cast: Cast, who: str, document: str) -> None:
    ticket = await portal.report()
    maker = {"ticket": ticket, "organisation": cast.organisation_id("manufacturer_m"), "groups": ["quality"]}
    await cast.run("engineer_a", "tickets.share", maker)
    await portal.token(who)
    async with unchanged("login_session"):
        await portal.ask(who, document, id=ticket)


async def test_a_page_is_recorded_with_the_tickets_that_were_shown(portal: Any, cast: Cast) -> None:
    tickets = [await portal.report(device=device) for device in ("pump_a", "pump_a2", "monitor_a")]
    page = "query($n: Int) { worklist(first: $n) { pageInfo { hasNextPage } nodes { number symptom } } }"
    data = await portal.get("nurse_a", page, n=2)
    assert data["worklist"]["pageInfo"]["hasNextPage"] and data["worklist"]["nodes"][0]["symptom"]
    (entry,) = await noted(cast, "hospital_a")
    assert entry["tickets"] == ids(*tickets[1:])
    assert (entry["groups"], entry["operation"]) == (["clinical"], "worklist")
    assert entry["arguments"]["worklist"] == {"first": 2, "orderBy": "CHANGED_AT"}


async def test_deeper_fields_are_recorded_by_their_own_tickets(portal: Any, cast: Cast) -> None:
    first, second = [await portal.report(device=device) for device in ("pump_a", "pump_a")]
    other = await portal.report(device="monitor_a")
    history = """query($id: ID!) { device(id: $id) { serial history(first: 10) { edges { node {
      number people { location { zh } } children { clinical { symptom } } } } } } }"""
    await portal.get("engineer_a", history, id=cast.device_id("pump_a"))
    (entry,) = await noted(cast, "hospital_a")
    assert (entry["tickets"], entry["groups"]) == (ids(first, second), ["people"])
    await portal.get("engineer_a", "{ a: worklist { nodes { ticket { clinical { symptom } } } } b: me { name } }")
    (_, entry) = await noted(cast, "hospital_a")
    assert (entry["tickets"], entry["groups"]) == (ids(first, second, other), ["clinical"])
    node = "query($id: ID!) { node(id: $id) { ... on Ticket { people { contactName } } } }"
    await portal.get("engineer_a", node, id=other)
    assert (await noted(cast, "hospital_a"))[-1]["tickets"] == ids(other)


async def test_a_worklist_tells_apart_who_holds_a_group(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    share = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": ["clinical"]}
    await cast.run("engineer_a", "tickets.share", share)
    await portal.get("tester_t", "{ worklist { nodes { location { zh } symptom } } }")
    (entry,) = await noted(cast, "testing_t")
    assert (entry["groups"], entry["tickets"]) == (["clinical"], ids(ticket))


async def test_payloads_are_reads_too_and_go_with_their_command(portal: Any, cast: Cast) -> None:
    document = """mutation Report($d: ID!) { reportFault(input: {device: $d, symptom: "x"}) {
      number ticket { clinical { symptom } } } }"""
    data = await portal.get("nurse_a", document, d=cast.device_id("pump_a"))
    assert data["reportFault"]["ticket"] == {"clinical": {"symptom": "x"}}
    (entry,) = await noted(cast, "hospital_a")
    assert (entry["operation"], entry["groups"], len(entry["tickets"])) == ("Report", ["clinical"], 1)


async def test_what_is_asked_is_kept_within_bounds(portal: Any, cast: Cast) -> None:
    await portal.report()
    phases = ["OPEN"] * 400
    document = "query($p: [TicketPhase!]) { worklist(filter: {phase: $p}) { nodes { symptom } } }"
    await portal.get("nurse_a", document, p=phases)
    (entry,) = await noted(cast, "hospital_a")
    assert entry["arguments"] == {"worklist": {"filter": "…", "orderBy": "…"}}
    name = "N" * 500
    await portal.get("nurse_a", f"query {name} {{ worklist {{ nodes {{ symptom }} }} }}")
    assert (await noted(cast, "hospital_a"))[-1]["operation"] == "N" * 200


async def test_the_log_is_read_by_who_may_and_filtered_by_index(portal: Any, cast: Cast) -> None:
    first, second = [await portal.report(device=device) for device in ("pump_a", "pump_a2")]
    for who, ticket in (("nurse_a", first), ("engineer_a", first), ("nurse_a", second)):
        await portal.get(who, PEOPLE, id=ticket)
    await portal.get("technician_v", PEOPLE, id=first)
    log = """query($f: ReadLogFilter) { readLog(filter: $f) { totalCount nodes {
      actor actorName groups tickets arguments recordedAt } } }"""
    whole = (await portal.get("admin_a", log))["readLog"]
    assert [(node["actorName"], node["tickets"]) for node in whole["nodes"]] == [
        ("王护士", [second]),
        ("张工", [first]),
        ("王护士", [first]),
    ]
    assert whole["nodes"][0]["groups"] == ["CLINICAL", "PEOPLE"]
    assert whole["nodes"][0]["actor"] == cast.member_id("nurse_a")
    for wanted, count in (
        ({"ticket": first}, 2),
        ({"actor": cast.member_id("nurse_a")}, 2),
        ({"actor": cast.member_id("nurse_a"), "ticket": first}, 1),
        ({"since": whole["nodes"][1]["recordedAt"]}, 2),
        ({"until": whole["nodes"][1]["recordedAt"]}, 1),
        ({"ticket": "tk_none"}, 0),
        ({"actor": cast.member_id("technician_v")}, 0),
    ):
        assert (await portal.get("admin_a", log, f=wanted))["readLog"]["totalCount"] == count, wanted
    assert (await portal.ask("nurse_a", log)).codes == ["forbidden"]


async def test_who_takes_an_exports_file_is_recorded(portal: Any, cast: Cast, blobs: None) -> None:
    """By whatever way its link is asked for; not who looks at the list, and not for a file that is not there yet."""
    asked = (await cast.run("admin_a", "tenants.export_audit", {})).export
    links = "query Take { auditExports { nodes { id downloadUrl } } }"
    await portal.get("admin_a", links)
    await cast.drain(queues=("delivery",))
    await cast.run("admin_a", "tenants.export_audit", {})
    await portal.get("admin_a", "{ auditExports { nodes { id state sha256 } } }")
    assert await noted(cast, "hospital_a") == []
    taken = {one["id"]: one["downloadUrl"] for one in (await portal.get("admin_a", links))["auditExports"]["nodes"]}
    assert len(taken) == 2 and [export for export, link in taken.items() if link] == [asked]
    again = "query($id: ID!) { node(id: $id) { ... on AuditExport { downloadUrl } } ticket(id: $id) { number } }"
    await portal.get("admin_a", again, id=asked)
    first, second = await noted(cast, "hospital_a")
    assert (first["actor"], first["operation"]) == (cast.members["admin_a"], "Take")
    assert (first["arguments"], first["tickets"], first["groups"]) == ({"files": [asked]}, [], [])
    assert second["arguments"] == {"node": {"id": asked}, "files": [asked]}
    log = "{ readLog { nodes { operation groups tickets arguments } } }"
    (_, shown) = (await portal.get("admin_a", log))["readLog"]["nodes"]
    assert shown == {"operation": "Take", "groups": [], "tickets": [], "arguments": {"files": [asked]}}


async def test_one_operation_may_be_both_reads(portal: Any, cast: Cast, blobs: None) -> None:
    async with transaction(cast["hospital_a"]):
        member = await rows.get(Member, cast["hospital_a"], cast.members["admin_a"])
        await rows.update(member, roles=[*member.roles, "clinical_engineer"])
    asked = (await cast.run("admin_a", "tenants.export_audit", {})).export
    await cast.drain(queues=("delivery",))
    ticket = await portal.report()
    both = "{ auditExports { nodes { downloadUrl } } worklist { nodes { symptom } } }"
    for again in range(2):  # by a statement of its own, and by one that proves who asks
        await portal.get("admin_a", both)
        read = (await noted(cast, "hospital_a"))[2 * again :]
        assert sorted((len(one["tickets"]), one["arguments"].get("files")) for one in read) == [(0, [asked]), (1, None)]
        assert [one["tickets"] for one in read if one["tickets"]] == [ids(ticket)]
