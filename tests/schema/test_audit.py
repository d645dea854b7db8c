"""The audit over GraphQL: searched by who may, with filters that lie on indexes; checkpoints and proofs for portals."""

import pytest

from mendline.kernel import parse_opaque
from mendline_tenants import make_checkpoints
from mendline_tenants.auditing.checkpoints import leaf_of
from mendline_tenants.auditing.merkle import root_by_path
from mendline_tenants.auditing.statements import read_statement
from support.database import look

ENTRIES = """query($filter: AuditFilter) { audit(filter: $filter) { totalCount nodes {
  seq command channel actorName actorRole recordedAt ticket { number } organisation { code } } } }"""
BOOK = """query($filter: OrganisationAuditFilter) { organisationAudit(filter: $filter) {
  totalCount nodes { command actorName channel recordedAt } } }"""


@pytest.fixture
async def written(portal):
    """Two tickets of hospital A with entries of both sides, and two rows of its book."""
    first, second = await portal.report(), await portal.report(device="pump_a2")
    for who, body in (("nurse_a", "请尽快"), ("dispatcher_v", "已安排")):
        await portal.get(
            who,
            "mutation($t: ID!, $b: String!) { comment(input: {ticket: $t, body: $b}) { ticket { id } } }",
            t=first,
            b=body,
        )
    for name in ("LAB", "ICU"):
        await portal.get(
            "admin_a",
            "mutation($n: String!) { upsertPlace(input: {kind: UNIT, name: {zh: $n, en: $n}}) { place { id } } }",
            n=name,
        )
    return first, second


async def found(portal, who, document, **wanted):
    data = await portal.get(who, document, filter=wanted or None)
    return next(iter(data.values()))["nodes"]


async def test_entries_are_searched_by_time_command_actor_channel_and_number(portal, written):
    everything = await found(portal, "admin_a", ENTRIES)
    assert len(everything) == 4
    number = next(entry["ticket"]["number"] for entry in everything if entry["command"] == "tickets.comment")
    times = sorted(entry["recordedAt"] for entry in everything)
    for wanted, expected in (
        ({"command": "tickets.comment"}, 2),
        ({"command": "tickets.commen"}, 0),
        ({"actor": portal.cast.member_id("nurse_a")}, 3),
        ({"actor": "mb_nonsense"}, 0),
        ({"channel": "graphql"}, 4),
        ({"channel": "slack"}, 0),
        ({"ticketNumber": number}, 3),
        ({"ticketNumber": "NOBODY-2026-1"}, 0),
        ({"since": times[1]}, 3),
        ({"before": times[1]}, 1),
        ({"ticketNumber": number, "command": "tickets.comment", "actor": portal.cast.member_id("nurse_a")}, 1),
    ):
        assert len(await found(portal, "admin_a", ENTRIES, **wanted)) == expected, wanted
    other = next(entry for entry in everything if entry["organisation"]["code"] == portal.cast.codes["vendor_v"])
    assert (other["actorName"], other["actorRole"]) == ("dispatcher", "dispatcher"), "names cross no border"


async def test_the_book_is_searched_alike(portal, written):
    everything = await found(portal, "admin_a", BOOK)
    assert [row["command"] for row in everything] == ["tenants.upsert_place"] * 2
    times = sorted(row["recordedAt"] for row in everything)
    for wanted, expected in (
        ({"command": "tenants.upsert_place", "since": times[0]}, 2),
        ({"before": times[1]}, 1),
        ({"actor": portal.cast.member_id("nurse_a")}, 0),
        ({"channel": "graphql", "actor": portal.cast.member_id("admin_a")}, 2),
    ):
        assert len(await found(portal, "admin_a", BOOK, **wanted)) == expected, wanted


async def test_others_find_nothing_and_who_may_not_is_told(portal, written):
    for who in ("admin_b", "admin_v", "admin_m"):
        assert await found(portal, who, ENTRIES) == []
    for document in (ENTRIES, BOOK):
        answer = await portal.ask("nurse_a", document)
        assert (answer.codes, list(answer.data.values())) == (["forbidden"], [None])


PROOF = """query($id: ID!) { ticket(id: $id) { proof { seq hash position path checkpoint {
  number statement keyId organisation { code } } } } }"""


async def test_a_portal_keeps_checkpoints_and_proves_its_tickets(portal, written, blobs):
    first, _ = written
    assert await make_checkpoints(portal.cast["hospital_a"]) == 1
    await portal.cast.drain(queues=("delivery",))
    for who in ("nurse_a", "dispatcher_v"):
        proof = (await portal.get(who, PROOF, id=first))["ticket"]["proof"]
        said = read_statement(proof["checkpoint"]["statement"])
        assert (proof["seq"], proof["checkpoint"]["number"], said.number) == (3, 1, 1)
        ticket = parse_opaque("tk", first).id
        leaf = leaf_of(ticket, ticket, proof["seq"], bytes.fromhex(proof["hash"]))
        path = [bytes.fromhex(neighbour) for neighbour in proof["path"]]
        assert root_by_path(leaf, proof["position"], said.size, path).hex() == said.root
    latest = "{ organisation { checkpoint { number size root statement keyId takenAt } } checkpoints { totalCount } }"
    own = (await portal.get("admin_a", latest))["organisation"]["checkpoint"]
    assert (own["number"], own["size"], own["root"], own["keyId"]) == (1, 4, said.root, proof["checkpoint"]["keyId"])
    assert own["statement"] == proof["checkpoint"]["statement"]
    told = "{ witnessedCheckpoints { nodes { number statement organisation { code } } } }"
    (kept,) = (await portal.get("dispatcher_v", told))["witnessedCheckpoints"]["nodes"]
    assert kept == {
        "number": 1,
        "statement": own["statement"],
        "organisation": {"code": portal.cast.codes["hospital_a"]},
    }
    assert (await portal.get("admin_b", told))["witnessedCheckpoints"]["nodes"] == []


async def test_every_filter_of_the_audit_lies_on_an_index(portal, written):
    """By the catalogue: which of two indexes a plan takes is decided by statistics, which other tests move."""
    listed = await look(
        "SELECT i.indrelid::regclass::text AS name, array_agg(a.attname::text ORDER BY k.place) AS columns"
        " FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(number, place)"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number"
        " WHERE i.indpred IS NULL AND i.indrelid = ANY (ARRAY['audit_entry', 'organisation_audit']::regclass[])"
        " GROUP BY i.indexrelid, i.indrelid"
    )
    for table in ("audit_entry", "organisation_audit"):
        for column in ("command", "actor", "channel"):
            wanted = ["tenant_id", column, "recorded_at"]
            known = [row["columns"] for row in listed if row["name"] == table]
            assert any(columns[:3] == wanted for columns in known), f"{table} needs an index on {wanted}: {known}"
