"""`mendline audit verify`: finds whatever a superuser changes and names the first wrong entry; before, all is right."""

import re
from datetime import timedelta

import pytest

from mendline.kernel import opaque, run, settings, transaction
from mendline_tenants import Checked, Witness, make_checkpoints, share_ticket, system_actor, unshare_ticket, verify
from mendline_tenants.auditing.book import DIGEST
from mendline_tenants.auditing.checkpoint_copies import copy_prefix
from support.database import look
from support.forgery import rewrite, rewrite_everything, set_head, superuser

DELIVERIES = ("delivery",)


@pytest.fixture
async def house(cast, ticket, blobs):
    """A ticket with five entries in two checkpoints, some rows of the book, copies and witnesses."""
    for body in ("请尽快", "已安排"):
        await cast.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": body})
    await make_checkpoints(ticket.tenant)
    for number in range(2):
        await cast.run("dispatcher_v", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": f"第{number}次"})
        policy = {"name": "triage", "value": "direct"}
        await run(system_actor(ticket.tenant), "tenants.set_policy", policy, key=str(number))
    await make_checkpoints(ticket.tenant)
    await cast.drain(queues=DELIVERIES)
    return cast


async def checked(tenant, **options):
    return await verify(tenant, Checked(), **options)


async def words(tenant, **options):
    """Everything that is wrong, in words."""
    return [finding.words("en") for finding in (await checked(tenant, **options)).findings]


async def number_of(ticket):
    return (await look("SELECT number FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket))[0][0]


async def test_what_is_right_is_counted(house, ticket):
    found = await checked(ticket.tenant)
    assert found.findings == []
    assert (found.tickets, found.entries, found.book, found.checkpoints, found.copies) == (1, 5, 2, 2, 2)
    assert (found.witnessed, found.proofs, found.waiting) == (2, 1, 0)
    await house.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "还没好"})
    found = await checked(ticket.tenant)
    assert (found.findings, found.waiting) == ([], 1), "what was just written may wait"


COLUMNS = {
    "command": "command || 'x'",
    "actor": "gen_random_uuid()",
    "actor_role": "'admin'",
    "channel": "'slack'",
    "facts": """facts || '{"x": 1}'""",
    "occurred_at": "occurred_at + interval '1 microsecond'",
    "claimed": "NOT claimed",
    "recorded_at": "recorded_at - interval '1 microsecond'",
    "correlation": "correlation || 'x'",
    "author_org": "tenant_id",
    "id": "gen_random_uuid()",
    "hash": "set_byte(hash, 31, get_byte(hash, 31) # 1)",
    "prev_hash": "set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1)",
}


def test_every_column_of_an_entry_is_tried():
    from mendline.kernel import TABLES

    fixed = {"tenant_id", "ticket_id", "seq", "visible_to", "narrowed"}
    assert set(COLUMNS) == set(TABLES["audit_entry"].columns) - fixed
    for column in COLUMNS.keys() - {"hash"}:
        assert f"e.{column}" in DIGEST


async def test_one_column_changed(house, ticket):
    """Any column, by a bit; and put back, all is right again."""
    name, where = await number_of(ticket), "WHERE tenant_id = $1 AND ticket_id = $2 AND seq = 4"
    for column, value in COLUMNS.items():
        before = (await look(f"SELECT {column} FROM audit_entry {where}", *ticket))[0][0]
        async with superuser() as connection:
            assert await connection.execute(f"UPDATE audit_entry SET {column} = {value} {where}", *ticket) == "UPDATE 1"
        first, *_ = await words(ticket.tenant, copies=False)
        assert re.match(rf"Ticket {name}: entry 4 \(.*\) was changed", first), column
        async with superuser() as connection:
            await connection.execute(f"UPDATE audit_entry SET {column} = $3 {where}", *ticket, before)
        assert await words(ticket.tenant, copies=False) == [], column


async def test_the_trigger_taken_off(house, ticket):
    assert await words(ticket.tenant) == []
    async with superuser("trigger off") as connection:
        await connection.execute(
            "UPDATE audit_entry SET claimed = true WHERE tenant_id = $1 AND seq = 2", ticket.tenant
        )
    first, *_ = await words(ticket.tenant)
    assert re.match(rf"Ticket {await number_of(ticket)}: entry 2 \(.*\) was changed", first)


async def test_one_bit_changed_in_a_chain_whose_hashes_are_made_anew(house, ticket):
    """The chain itself is right again; the checkpoints are not."""
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        await rewrite(connection, ticket, 2, "facts = facts || '{\"x\": 1}'")
    first, *_ = await words(ticket.tenant)
    assert first == f"Ticket {await number_of(ticket)}: entry 3 is not the one that checkpoint 1 covers."


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_one_row_deleted(house, ticket, seq):
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        await connection.execute(
            "DELETE FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3", *ticket, seq
        )
    first, *_ = await words(ticket.tenant)
    assert first == f"Ticket {await number_of(ticket)}: entry {seq} is missing."


async def test_two_rows_swapped(house, ticket):
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        for old, new in ((2, -1), (3, 2), (-1, 3)):
            sql = "UPDATE audit_entry SET seq = $4 WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3"
            assert await connection.execute(sql, *ticket, old, new) == "UPDATE 1"
    first, *_ = await words(ticket.tenant)
    assert first.startswith(f"Ticket {await number_of(ticket)}: entry 2 (")


@pytest.mark.parametrize("head", ["left", "moved back"])
async def test_the_tail_cut(house, ticket, head):
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        await connection.execute("DELETE FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2 AND seq > 3", *ticket)
        if head == "moved back":
            await set_head(connection, ticket)
    first, *_ = await words(ticket.tenant)
    name = await number_of(ticket)
    assert (
        first
        == {
            "left": f"Ticket {name}: entry 4 is missing.",
            "moved back": f"Ticket {name}: entry 5, which checkpoint 2 covers, is missing.",
        }[head]
    )


async def test_a_ticket_taken_away_with_all_its_entries(house, ticket):
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        for table in ("audit_entry", "ticket"):
            key = "ticket_id" if table == "audit_entry" else "id"
            await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND {key} = $2", *ticket)
    first, *_ = await words(ticket.tenant)
    assert first == f"Ticket {opaque('tk', *ticket)}: entry 3, which checkpoint 1 covers, is missing."


async def test_an_entry_added_behind_the_head(house, ticket):
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        await connection.execute(
            "INSERT INTO audit_entry SELECT (jsonb_populate_record(e, jsonb_build_object('seq', 6, 'id',"
            " gen_random_uuid()))).* FROM audit_entry e WHERE tenant_id = $1 AND ticket_id = $2 AND seq = 5",
            *ticket,
        )
    first, *_ = await words(ticket.tenant)
    assert first.startswith(f"Ticket {await number_of(ticket)}: entry 6 (")


BOOK = {
    "facts": "UPDATE organisation_audit SET facts = '{}' WHERE tenant_id = $1 AND id = $2",
    "who": "UPDATE organisation_audit SET actor_name = 'somebody' WHERE tenant_id = $1 AND id = $2",
    "when": "UPDATE organisation_audit SET recorded_at = now() WHERE tenant_id = $1 AND id = $2",
    "gone": "DELETE FROM organisation_audit WHERE tenant_id = $1 AND id = $2",
}


@pytest.mark.parametrize("change", BOOK)
async def test_a_row_of_the_book_changed(house, ticket, change):
    assert await words(ticket.tenant) == []
    row = (await look("SELECT id FROM organisation_audit WHERE tenant_id = $1 ORDER BY id LIMIT 1", ticket.tenant))[0][
        0
    ]
    async with superuser() as connection:
        await connection.execute(BOOK[change], ticket.tenant, row)
    first, *_ = await words(ticket.tenant)
    assert str(row) in first and "checkpoint 2 covers" in first


_SECOND = "WHERE tenant_id = $1 AND number = 2"
CHECKPOINTS = {
    f"UPDATE audit_checkpoint SET root = sha256('x') {_SECOND}": "Checkpoint 2 does not say what was signed",
    f"UPDATE audit_checkpoint SET taken_at = now() {_SECOND}": "Checkpoint 2 does not say what was signed",
    f"UPDATE audit_checkpoint SET statement = statement || 'A' {_SECOND}": "Checkpoint 2 is not signed",
    "UPDATE audit_leaf SET hash = sha256('x') WHERE tenant_id = $1 AND position = 1": "The leaves of checkpoint 2",
    "DELETE FROM audit_leaf WHERE tenant_id = $1 AND position = 1": "The leaves of checkpoint 2",
    f"DELETE FROM audit_checkpoint {_SECOND}": "Checkpoint 2 is missing",
    "DELETE FROM audit_checkpoint WHERE tenant_id = $1 AND number = 1": "Checkpoint 1 is missing",
}


@pytest.mark.parametrize("change", CHECKPOINTS)
async def test_a_checkpoint_changed(house, ticket, change):
    assert await words(ticket.tenant, copies=False) == []
    async with superuser() as connection:
        assert await connection.execute(change, ticket.tenant) in ("UPDATE 1", "DELETE 1")
    first, *_ = await words(ticket.tenant, copies=False)
    assert first.startswith(CHECKPOINTS[change])


async def test_a_history_rewritten_as_a_whole_is_caught_by_a_participant(house, ticket):
    """Entries, head, leaves and checkpoints made anew and signed with the stolen key: nothing in the organisation's
    own books betrays it. What the vendor holds does, and so does the copy under lock."""
    vendor, name = house["vendor_v"], await number_of(ticket)
    assert await words(ticket.tenant) == []
    held = await look("SELECT statement FROM witnessed_checkpoint WHERE tenant_id = $1 ORDER BY number", vendor)
    await rewrite_everything(ticket)

    alone = Witness(statements=[])
    assert await words(ticket.tenant, copies=False, witness=alone) == [], (
        "by itself it looks right: the negative control"
    )
    told = await words(ticket.tenant, copies=False, names={vendor: "VENDOR"}.get)
    assert re.match(r"VENDOR holds another checkpoint 1, of .*, than the one here\.", told[0])
    assert told[-1] == f"Ticket {name}: entry 5 is not the one for which VENDOR holds the proof of checkpoint 2."
    assert await words(ticket.tenant, copies=False, witness=Witness(vendor)) != []
    assert await words(ticket.tenant, copies=False, witness=Witness(house["vendor_w"])) == []

    kept = Witness(statements=[row["statement"] for row in held], name="portal.jsonl")
    (first, second) = await words(ticket.tenant, copies=False, witness=kept)
    assert first.startswith("portal.jsonl holds another checkpoint 1") and "checkpoint 2" in second

    told = await words(ticket.tenant, witness=alone)
    assert re.match(r"Checkpoint 1 is not the one of .* that was copied under lock\.", told[0])
    assert told[1] == f"Ticket {name}: entry 3 is not the one that the copy of checkpoint 1 covers."


async def test_a_witness_that_was_tampered_with_is_told_apart(house, ticket):
    vendor = house["vendor_v"]
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        sql = "UPDATE witnessed_checkpoint SET statement = statement || 'A' WHERE tenant_id = $1 AND number = 1"
        await connection.execute(sql, vendor)
    (first,) = await words(ticket.tenant, names={vendor: "VENDOR"}.get)
    assert first.startswith("Checkpoint 1 as VENDOR holds it is not signed")
    async with superuser() as connection:
        await connection.execute("UPDATE witnessed_ticket SET position = 0 WHERE tenant_id = $1", vendor)
        await connection.execute("UPDATE witnessed_ticket SET seq = 4 WHERE tenant_id = $1", vendor)
    assert (await words(ticket.tenant, names={vendor: "VENDOR"}.get))[-1].startswith("The proof that VENDOR holds")


async def test_who_no_longer_sees_the_ticket_is_a_witness_still(house, ticket):
    vendor, partner = house["vendor_v"], house["vendor_w"]
    async with transaction(ticket.tenant):
        await share_ticket(ticket, partner, ["progress"])
    await house.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "x"})
    await make_checkpoints(ticket.tenant)
    await house.drain(queues=DELIVERIES)
    async with transaction(ticket.tenant):
        await unshare_ticket(ticket, partner)
    assert await words(ticket.tenant) == [], "sharing is no tampering"
    await rewrite_everything(ticket)
    told = await words(ticket.tenant, copies=False, witness=Witness(partner), names={partner: "W", vendor: "V"}.get)
    assert told[0].startswith("W holds another checkpoint 3")


async def test_what_waits_too_long_for_its_checkpoint_is_said(house, ticket):
    await house.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "x"})
    assert await words(ticket.tenant) == []
    async with superuser() as connection:
        sql = "UPDATE audit_entry SET recorded_at = recorded_at - $3::interval WHERE tenant_id = $1 AND ticket_id = $2"
        await connection.execute(f"{sql} AND seq = 6", *ticket, timedelta(hours=2))
        await rewrite(connection, ticket, 6, "facts = facts")
    (first,) = await words(ticket.tenant)
    assert first.startswith(f"Ticket {await number_of(ticket)}: entry 6 has had no checkpoint since")


async def test_a_store_that_is_away_is_said(house, ticket, monkeypatch):
    from botocore.exceptions import EndpointConnectionError

    from mendline.kernel import locked_blobs

    class Away:
        def get_paginator(self, _):
            return self

        def paginate(self, **_):
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
            yield

    monkeypatch.setattr(locked_blobs, "_client", Away)
    assert (await words(ticket.tenant))[0].startswith("The copies under lock could not be read")


async def test_a_copy_stored_over_is_told_and_the_first_counts(house, ticket):
    from mendline.kernel import locked_blobs

    assert await words(ticket.tenant) == []
    client = locked_blobs._client()
    client.put_object(
        Bucket=settings().s3_audit_bucket, Key=f"{copy_prefix(ticket.tenant)}000000000001.json", Body=b"{}"
    )
    assert await words(ticket.tenant) == ["The copy of checkpoint 1 was stored over (2 versions); the first counts."]
