"""Checkpoints: every minute of writing is covered once, signed, linked, copied under lock, and told to participants."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from mendline.kernel import QUEUES, fetch, locked_blobs, new_id, opaque, pool, rows, run, settings, transaction
from mendline.kernel.locked_blobs import get_locked, list_locked
from mendline_tenants import (
    AuditCheckpoint,
    AuditLeaf,
    CheckpointCopy,
    WitnessedCheckpoint,
    WitnessedTicket,
    copy_key,
    make_checkpoints,
    request_checkpoints,
    system_actor,
)
from mendline_tenants.auditing.checkpoint_copies import copy_prefix
from mendline_tenants.auditing.checkpoints import leaf_of, tree_of
from mendline_tenants.auditing.merkle import root_by_path
from mendline_tenants.auditing.statements import NotSigned, Statement, read_statement, sign, statement_hash
from support.database import administrator, look

AUDIT = ("timer", "delivery")


async def checkpoints(organisation):
    async with transaction(organisation):
        return await rows.select(AuditCheckpoint, "tenant_id = $1 ORDER BY number", organisation)


async def comment(cast, ticket, body="请尽快", who="nurse_a"):
    await cast.run(who, "tickets.comment", {"ticket": opaque("tk", *ticket), "body": body})


async def test_a_checkpoint_covers_what_is_new_and_links_to_the_one_before(cast, ticket):
    hospital = cast["hospital_a"]
    assert await make_checkpoints(hospital) == 1
    assert await make_checkpoints(hospital) == 0, "nothing new, no checkpoint"
    await comment(cast, ticket)
    await comment(cast, ticket)
    await run(system_actor(hospital), "tenants.set_policy", {"name": "triage", "value": "direct"})
    assert await make_checkpoints(hospital) == 1
    first, second = await checkpoints(hospital)
    said = [read_statement(checkpoint.statement) for checkpoint in (first, second)]
    assert [(s.organisation, s.number, s.start, s.size) for s in said] == [(hospital, 1, 0, 1), (hospital, 2, 1, 2)]
    assert [s.previous for s in said] == [None, statement_hash(first.statement).hex()]
    assert [s.root for s in said] == [first.root.hex(), second.root.hex()]
    async with transaction(hospital):
        leaves = await rows.select(AuditLeaf, "tenant_id = $1 ORDER BY position", hospital)
    assert [(leaf.ticket_id, leaf.seq) for leaf in leaves] == [(ticket.id, 1), (ticket.id, 3), (None, None)]
    head = (await look("SELECT audit_head FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket))[0][0]
    assert leaves[1].hash == head
    assert tree_of([vars(leaf) for leaf in leaves[1:]]).root == second.root


async def test_a_late_commit_is_covered_by_the_next_checkpoint(cast, ticket):
    """A row that was recorded before a checkpoint and commits after it is not lost."""
    hospital = cast["hospital_a"]
    book = "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at,"
    book += " correlation, recorded_at) VALUES ($1, $2, 'late', $1, '', 'system', '{}', now(), '', clock_timestamp())"
    late = new_id()
    async with pool("app").acquire() as slow:
        await slow.execute(f"BEGIN; SET LOCAL app.tenant = '{hospital}'")
        await slow.execute(book, hospital, late)
        await comment(cast, ticket)
        assert await make_checkpoints(hospital) == 1
        await slow.execute("COMMIT")
    assert await make_checkpoints(hospital) == 1
    async with transaction(hospital):
        (leaf,) = await rows.select(AuditLeaf, "tenant_id = $1 AND id = $2", hospital, late)
    first, second = await checkpoints(hospital)
    assert second.start <= leaf.position < second.start + second.size
    (recorded,) = await look("SELECT recorded_at FROM organisation_audit WHERE id = $1", late)
    assert recorded[0] < first.taken_at


async def test_more_than_fits_becomes_several_in_a_row(cast, ticket, monkeypatch):
    hospital = cast["hospital_a"]
    monkeypatch.setattr("mendline_tenants.auditing.checkpoints.LARGEST", 2)
    for number in range(5):
        await run(system_actor(hospital), "tenants.set_policy", {"name": "triage", "value": "direct"}, key=str(number))
    assert await make_checkpoints(hospital) == 3
    found = await checkpoints(hospital)
    assert [checkpoint.size for checkpoint in found] == [3, 2, 1]
    assert [checkpoint.covers_until is None for checkpoint in found] == [True, True, False]
    assert await make_checkpoints(hospital, from_the_beginning=True) == 0


async def test_two_workers_at_once_make_one(cast, ticket):
    hospital = cast["hospital_a"]
    assert sorted(await asyncio.gather(*(make_checkpoints(hospital) for _ in range(4)))) == [0, 0, 0, 1]


async def test_a_round_asks_for_those_who_wrote_and_for_no_other(cast, ticket):
    asked = "SELECT t.tenant_id, t.due_at FROM timer t WHERE name = 'tenants.checkpoint' AND completed_at IS NULL"
    await request_checkpoints()
    due = {row["tenant_id"]: row["due_at"] for row in await look(asked)}
    assert cast["hospital_a"] in due and cast["hospital_b"] not in due
    written = (await look("SELECT recorded_at FROM audit_entry WHERE tenant_id = $1", cast["hospital_a"]))[0][0]
    assert due[cast["hospital_a"]] == written.replace(second=0, microsecond=0) + timedelta(minutes=1)
    await request_checkpoints()
    assert {row["tenant_id"]: row["due_at"] for row in await look(asked)} == due, "one that waits is left alone"

    await cast.drain(queues=AUDIT, at=datetime.now(UTC) + timedelta(minutes=2))
    assert len(await checkpoints(cast["hospital_a"])) == 1
    await request_checkpoints()
    assert cast["hospital_a"] not in {row["tenant_id"] for row in await look(asked)}
    await comment(cast, ticket)
    await request_checkpoints()
    assert cast["hospital_a"] in {row["tenant_id"] for row in await look(asked)}


async def test_participants_witness_and_learn_of_nothing_else(cast, ticket, blobs):
    hospital, vendor = cast["hospital_a"], cast["vendor_v"]
    monitor = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    hidden = await cast.run("nurse_a", "tickets.report", monitor)
    await run(system_actor(hospital), "tenants.set_policy", {"name": "triage", "value": "direct"})
    await make_checkpoints(hospital)
    await cast.drain(queues=("delivery",))
    (checkpoint,) = await checkpoints(hospital)
    async with transaction(vendor):
        (kept,) = await rows.select(WitnessedCheckpoint, "tenant_id = $1", vendor)
        (proof,) = await rows.select(WitnessedTicket, "tenant_id = $1", vendor)
    assert (kept.organisation, kept.number, kept.statement) == (hospital, 1, checkpoint.statement)
    assert (proof.ticket_id, proof.seq) == (ticket.id, 1)
    said = read_statement(kept.statement)
    leaf = leaf_of(ticket.id, proof.ticket_id, proof.seq, proof.hash)
    path = [bytes.fromhex(neighbour) for neighbour in proof.path]
    assert root_by_path(leaf, proof.position, said.size, path).hex() == said.root
    assert root_by_path(leaf, proof.position, said.size, path[:-1]) is None
    all_that_it_holds = repr([vars(kept), vars(proof), said])
    for secret in (hidden.number, hidden.ticket, "triage", "黑屏"):
        assert secret not in all_that_it_holds
    for stranger in ("hospital_b", "vendor_w", "manufacturer_m"):
        async with transaction(cast[stranger]):
            assert await fetch("SELECT 1 FROM witnessed_checkpoint") == []
            assert await fetch("SELECT 1 FROM witnessed_ticket") == []
            assert await fetch("SELECT 1 FROM audit_leaf WHERE tenant_id = $1", hospital) == []


async def test_told_twice_or_in_the_wrong_order_changes_nothing(cast, ticket, blobs):
    hospital, vendor = cast["hospital_a"], cast["vendor_v"]
    for _ in range(2):
        await make_checkpoints(hospital)
        await comment(cast, ticket)
    # The second first, and each of them twice.
    deliveries = await look(
        "SELECT d.id FROM delivery d JOIN outbox o ON (o.tenant_id, o.id) = (d.tenant_id, d.event_id)"
        " WHERE d.tenant_id = $1 AND d.consumer = 'tenants.tell_witnesses' ORDER BY d.id DESC",
        hospital,
    )
    assert len(deliveries) == 2
    for _ in range(2):
        for row in deliveries:
            await QUEUES["delivery"].handler(await _row(hospital, row["id"]))
    async with transaction(vendor):
        kept = await rows.select(WitnessedCheckpoint, "tenant_id = $1 ORDER BY number", vendor)
        (proof,) = await rows.select(WitnessedTicket, "tenant_id = $1", vendor)
    assert [row.number for row in kept] == [1, 2]
    assert (proof.number, proof.seq) == (2, 2)


async def _row(tenant, id):
    async with transaction(tenant):
        return await rows.get(QUEUES["delivery"].model, tenant, id)


async def test_a_witness_holds_on_to_what_it_was_told_first(cast, ticket, blobs):
    hospital, vendor = cast["hospital_a"], cast["vendor_v"]
    said = Statement(hospital, 1, 0, 1, "00" * 32, None, datetime.now(UTC))
    other = WitnessedCheckpoint(tenant_id=vendor, organisation=hospital, number=1, statement=sign(said), key_id="k")
    other.taken_at = said.at
    async with transaction(vendor):
        await rows.insert(other)
    await make_checkpoints(hospital)
    await cast.drain(queues=("delivery",))
    async with transaction(vendor):
        (kept,) = await rows.select(WitnessedCheckpoint, "tenant_id = $1", vendor)
        told = await fetch("SELECT command, facts FROM organisation_audit WHERE tenant_id = $1", vendor)
    assert kept.statement == other.statement
    assert ("tenants.checkpoint_contradicted", {"organisation": str(hospital), "number": 1}) in map(tuple, told)


async def test_the_copy_lies_under_lock(cast, ticket, blobs):
    hospital = cast["hospital_a"]
    await make_checkpoints(hospital)
    await cast.drain(queues=("delivery",))
    (checkpoint,) = await checkpoints(hospital)
    (blob,) = [blob async for blob in list_locked(copy_prefix(hospital))]
    assert (blob.key, blob.versions) == (copy_key(hospital, 1), 1)
    copy = msgspec.json.decode(await get_locked(blob), type=CheckpointCopy)
    assert copy.statement == checkpoint.statement
    assert [(leaf.ticket, leaf.seq) for leaf in copy.leaves] == [(ticket.id, 1)]

    client, where = locked_blobs._client(), {"Bucket": settings().s3_audit_bucket, "Key": blob.key}
    retention = client.get_object_retention(**where)["Retention"]
    assert retention["Mode"] == "COMPLIANCE"
    assert retention["RetainUntilDate"] > checkpoint.taken_at + timedelta(days=settings().audit_retention_days - 1)
    soon = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1)}
    for forbidden in (
        lambda: client.delete_object(**where, VersionId=blob.version),
        lambda: client.delete_object(**where, VersionId=blob.version, BypassGovernanceRetention=True),
        lambda: client.put_object_retention(**where, VersionId=blob.version, Retention=soon),
    ):
        with pytest.raises(client.exceptions.ClientError):
            forbidden()
    # Hiding it behind a newer version or a mark of deletion does not hide what was stored first.
    client.put_object(**where, Body=b"{}")
    client.delete_object(**where)
    (blob,) = [blob async for blob in list_locked(copy_prefix(hospital))]
    assert blob.versions == 2
    assert msgspec.json.decode(await get_locked(blob), type=CheckpointCopy) == copy


async def test_while_the_store_is_away_the_copy_waits(cast, ticket, blobs, monkeypatch):
    hospital = cast["hospital_a"]
    await make_checkpoints(hospital)

    def away(*_):
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    waiting = "SELECT attempts, error, due_at > now() AS later FROM delivery WHERE tenant_id = $1"
    waiting += " AND consumer = 'tenants.copy_checkpoint' AND completed_at IS NULL"
    with monkeypatch.context() as patch:
        patch.setattr(locked_blobs, "_client", away)
        for minutes in range(12):  # longer than any number of attempts
            await cast.drain(queues=("delivery",), at=datetime.now(UTC) + timedelta(minutes=2 * minutes))
        (row,) = await look(waiting, hospital)
        assert (row["attempts"], row["error"], row["later"]) == (0, None, True)
    await cast.drain(queues=("delivery",), at=datetime.now(UTC) + timedelta(hours=1))
    assert await look(waiting, hospital) == []
    assert len([blob async for blob in list_locked(copy_prefix(hospital))]) == 1


async def test_making_and_telling_asks_for_no_further_checkpoint(cast, ticket, blobs):
    """Else two organisations would keep each other writing for ever."""
    await cast.drain()
    for name in cast.organisations:
        await make_checkpoints(cast[name])
    await cast.drain(queues=("delivery",))
    for name in cast.organisations:
        assert await make_checkpoints(cast[name]) == 0, name


async def test_a_statement_is_signed_with_a_known_key(cast, monkeypatch):
    said = Statement(cast["hospital_a"], 1, 0, 1, "00" * 32, None, datetime.now(UTC))
    signed = sign(said)
    assert read_statement(signed) == said
    head, payload, signature = signed.split(".")
    forged = msgspec.json.encode(msgspec.structs.replace(said, size=2))
    import base64

    swapped = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for wrong in (f"{head}.{swapped}.{signature}", f"{nothing}.{payload}.", f"{head}.{payload}.", "x", ""):
        with pytest.raises(NotSigned):
            read_statement(wrong)
    from mendline_tenants import public_keys

    old = public_keys()["keys"][0]["x"]
    monkeypatch.setattr(settings(), "audit_key", "A" * 43)
    with pytest.raises(NotSigned):
        read_statement(signed)
    monkeypatch.setattr(settings(), "audit_retired_keys", old)
    assert read_statement(signed) == said, "a retired key is known still"
    assert read_statement(sign(said)) == said
    assert [key["x"] for key in public_keys()["keys"]][1] == old
    assert all("d" not in key for key in public_keys()["keys"])


async def test_only_the_gateway_asks_and_nobody_makes_up_rows_of_another(cast, ticket):
    async with transaction(cast["hospital_b"]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch("SELECT request_checkpoints()")
    row = AuditCheckpoint(tenant_id=cast["hospital_a"], number=9, start=0, size=1, root=b"", statement="", key_id="")
    row.taken_at = datetime.now(UTC)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(cast["hospital_b"]):
            await rows.insert(row)
    assert await administrator().fetchval("SELECT count(*) FROM audit_checkpoint WHERE number = 9") == 0
