"""The audit: a chain for each ticket that anyone can compute again, and a book for each organisation."""

from mendline.kernel import opaque, rows, run, transaction
from mendline_tenants import OrganisationAudit, system_actor
from mendline_tenants.auditing.book import DIGEST
from support.database import look

CHAIN = (
    f"SELECT e.seq, e.prev_hash, e.hash, {DIGEST} AS computed, e.actor_role, e.author_org, e.facts, e.visible_to"
    " FROM audit_entry e WHERE tenant_id = $1 AND ticket_id = $2 ORDER BY seq"
)


async def test_the_entries_of_a_ticket_are_a_chain(cast, ticket):
    await cast.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "请尽快"})
    await cast.run("dispatcher_v", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "已安排"})
    chain = await look(CHAIN, *ticket)
    assert [entry["seq"] for entry in chain] == [1, 2, 3]
    assert [entry["hash"] for entry in chain] == [entry["computed"] for entry in chain]
    assert [entry["prev_hash"] for entry in chain] == [None, *(entry["hash"] for entry in chain[:-1])]
    head = (await look("SELECT audit_head, audit_seq FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket))[0]
    assert tuple(head) == (chain[-1]["hash"], 3)


async def test_both_sides_read_it_and_no_name_crosses(cast, ticket):
    await cast.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "王护士在3床"})
    chain = await look(CHAIN, *ticket)
    assert all(set(entry["visible_to"]) == {cast["hospital_a"], cast["vendor_v"]} for entry in chain)
    assert "王护士" not in str(chain)
    assert chain[-1]["actor_role"] == "reporter"


async def test_what_touches_no_ticket_stands_in_the_organisations_book(cast):
    hospital, admin = cast["hospital_a"], cast.members["admin_a"]
    made = await cast.run(
        "admin_a",
        "tenants.upsert_member",
        {"login": "new", "name": "新人", "roles": ["reporter"], "password": "12345678"},
    )
    async with transaction(hospital):
        (entry,) = await rows.select(
            OrganisationAudit, "tenant_id = $1 AND command = 'tenants.upsert_member'", hospital
        )
    assert (entry.actor, entry.actor_name, entry.channel) == (admin, "管理员甲", "graphql")
    assert entry.facts["login"] == "new" and "12345678" not in str(entry.facts)
    assert made.status == "active"
    await run(system_actor(hospital), "tenants.set_policy", {"name": "triage", "value": "direct"})
    assert (await look("SELECT count(*) FROM organisation_audit WHERE tenant_id = $1", hospital))[0][0] == 2
