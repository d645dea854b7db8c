"""Exports of the audit: whole, streamed, harmless in a spreadsheet, and written down themselves."""

import csv
import hashlib
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mendline.kernel import DomainError, get_blob, opaque, parse_opaque, presign_download, rows, transaction
from mendline_tenants import AuditExport, make_checkpoints, write_audit
from mendline_tenants.auditing.records import COLUMNS, lines
from support.database import administrator, look, unchanged


async def exported(cast, who="admin_a", **given):
    """An export that is done, and its bytes."""
    asked = await cast.run(who, "tenants.export_audit", given)
    await cast.drain(queues=("delivery",))
    reference = parse_opaque("ax", asked.export)
    async with transaction(reference.tenant):
        export = await rows.get(AuditExport, *reference)
    return export, await get_blob(export.key)


async def test_it_holds_the_book_and_the_tickets_and_proves_itself_whole(cast, ticket, blobs):
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "direct"})
    await cast.run("dispatcher_v", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "已安排"})
    await make_checkpoints(cast["hospital_a"])
    export, body = await exported(cast)
    assert (export.state, export.size, export.sha256) == ("done", len(body), hashlib.sha256(body).hexdigest())
    records = [json.loads(line) for line in body.splitlines()]
    assert len(records) == export.rows == 3
    assert all(tuple(record) == COLUMNS for record in records)
    told = [(r["book"], r["command"], r["actor_name"], r["organisation"], r["seq"]) for r in records]
    hospital, vendor = cast.codes["hospital_a"], cast.codes["vendor_v"]
    assert told == [
        ("organisation", "tenants.set_policy", "管理员甲", hospital, None),
        ("ticket", "tickets.report", "王护士", hospital, 1),
        ("ticket", "tickets.comment", None, vendor, 2),
    ]
    (head,) = await look("SELECT encode(audit_head, 'hex') FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket)
    assert records[-1]["hash"] == head[0]
    (newest,) = await look("SELECT statement FROM audit_checkpoint WHERE tenant_id = $1", cast["hospital_a"])
    assert export.statement == newest[0]
    async with httpx.AsyncClient() as client:
        assert (await client.get(presign_download(export.key, "audit.jsonl"))).content == body
    (asked,) = await look("SELECT facts FROM organisation_audit WHERE command = 'tenants.export_audit'"
                          " AND tenant_id = $1", cast["hospital_a"])  # fmt: skip
    assert asked["facts"]["export"] == str(export.id)


async def test_a_vendor_exports_what_its_people_did_and_no_more(cast, ticket, blobs):
    await cast.run("dispatcher_v", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "已安排"})
    _, body = await exported(cast, "admin_v")
    records = [json.loads(line) for line in body.splitlines()]
    assert {record["organisation"] for record in records} == {cast.codes["vendor_v"]}
    assert [r["actor_name"] for r in records if r["book"] == "ticket"] == ["调度吴"]
    _, body = await exported(cast, "admin_b")
    assert body == b""


async def test_times_bound_it(cast, ticket, blobs):
    for n in range(3):
        await cast.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": str(n)})
    times = [
        row[0]
        for row in await look("SELECT recorded_at FROM audit_entry WHERE tenant_id = $1 ORDER BY 1", ticket.tenant)
    ]
    _, body = await exported(cast, since=times[1], until=times[3])
    assert [json.loads(line)["seq"] for line in body.splitlines()] == [2, 3]
    async with unchanged():
        for wrong in ({"since": times[1], "until": times[1]}, {"since": datetime.now(UTC) + timedelta(days=1)}):
            with pytest.raises(DomainError) as refused:
                await cast.run("admin_a", "tenants.export_audit", wrong)
            assert (refused.value.code, refused.value.facts["field"]) == ("invalid_input", "since")


async def test_who_may_and_how_many_at_a_time(cast, ticket):
    async with unchanged():
        for who in ("nurse_a", "engineer_a", "dispatcher_v"):
            with pytest.raises(DomainError) as refused:
                await cast.run(who, "tenants.export_audit")
            assert refused.value.code == "forbidden"
    for who in ("quality_a", "admin_a", "admin_a"):
        await cast.run(who, "tenants.export_audit")
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("admin_a", "tenants.export_audit")
    assert refused.value.code == "exports_under_way"
    await cast.run("admin_b", "tenants.export_audit")


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\uff1dx", "\uff20x", " =1", '=HYPERLINK("http://x")']


async def test_csv_runs_nothing_and_loses_nothing(cast, ticket, blobs):
    hospital = cast["hospital_a"]
    for n, name in enumerate([*HOSTILE, 'quote " and, comma', "两\n行"]):
        sql = "UPDATE member SET name = $2 WHERE tenant_id = $1 AND id = $3"
        await administrator().execute(sql, hospital, name, cast.members["nurse_a"])
        note = "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at,"
        note += " recorded_at, correlation) VALUES ($1, gen_random_uuid(), $2, $1, $3, 'system', '{}', now(),"
        await administrator().execute(note + " clock_timestamp(), $3)", hospital, f"trial.{n:02}", name)
    _, body = await exported(cast, format="csv")
    assert body.startswith("\ufeff".encode())
    header, *records = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    assert tuple(header) == COLUMNS
    names = [
        dict(zip(header, record, strict=True))["actor_name"] for record in records if record[4].startswith("trial")
    ]
    assert names == [*(f"'{name}" for name in HOSTILE), 'quote " and, comma', "两\n行"]
    assert not [cell for record in records for cell in record if cell[:1] in "=+-@\t\r\uff1d\uff20" and cell]


def test_facts_stay_json():
    (line,) = lines("jsonl", [{"facts": {"a": "=1"}}]).splitlines()
    assert json.loads(line) == {"facts": {"a": "=1"}}


async def test_an_export_takes_no_more_memory_for_more_records(cast, ticket):
    """Records go to the file page by page."""
    hospital = cast["hospital_a"]

    class Sink:
        def write(self, part):
            return len(part)

    async def progress(written):
        pass

    async def peak():
        tracemalloc.start()
        written, _ = await write_audit(hospital, "csv", None, datetime.now(UTC), Sink(), progress)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return written, found

    sizes = []
    for _ in range(2):
        await administrator().execute(
            "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at,"
            " recorded_at, correlation) SELECT $1, gen_random_uuid(), 'bulk', $1, 'name', 'system',"
            """ '{"a": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}', now(), now() - n * interval '1 ms', 'c'"""
            " FROM generate_series(1, $2) n",
            hospital,
            4000 if not sizes else 16000,
        )
        sizes.append(await peak())
    (few, small), (many, large) = sizes
    assert (few, many) == (4001, 20001)
    assert large < 1.5 * small


async def test_a_second_delivery_writes_nothing_new(cast, ticket, blobs):
    export, _ = await exported(cast)
    sql = "UPDATE delivery SET completed_at = NULL, held_until = NULL, due_at = now()"
    await administrator().execute(
        f"{sql} WHERE tenant_id = $1 AND consumer = 'tenants.write_audit_export'", export.tenant_id
    )
    async with unchanged("delivery"):
        await cast.drain(queues=("delivery",))
