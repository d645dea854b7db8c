"""`mendline audit` as an operator meets it, and the public keys as a portal finds them."""

import hashlib
import json
from pathlib import Path

import httpx
import pytest

from mendline.app.http.web import make_app
from mendline.kernel import Reference, parse_opaque
from mendline_tenants import make_checkpoints, public_keys
from support.cast import Cast
from support.command_line import mendline, started
from support.database import look
from support.forgery import rewrite_everything, superuser


@pytest.fixture
async def ticket(cast: Cast, blobs: None) -> Reference:
    """A ticket whose checkpoint is copied and witnessed."""
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警,停机"})
    await make_checkpoints(cast["hospital_a"])
    await cast.drain(queues=("delivery",))
    return parse_opaque("tk", made.ticket)


async def test_verify_names_the_wrong_entry_and_ends_with_1(cast: Cast, ticket: Reference) -> None:
    code = cast.codes["hospital_a"]
    ended, told = await mendline("audit", "verify", "-o", code)
    assert ended == 0, told
    assert f"{code}: 1 entries of 1 tickets, 0 rows of the book, 1 checkpoints, 1 copies under lock" in told
    assert "1 checkpoints and 1 proofs held by others" in told and "all as it was written" in told

    number = (await look("SELECT number FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket))[0][0]
    async with superuser() as connection:
        await connection.execute("UPDATE audit_entry SET actor_role = 'x' WHERE tenant_id = $1", ticket.tenant)
    ended, told = await mendline("audit", "verify", "-o", code)
    assert ended == 1
    assert f"WRONG  Ticket {number}: entry 1 (tickets.report) was changed after it was written." in told


async def test_verify_with_what_a_participant_holds(cast: Cast, ticket: Reference, tmp_path: Path) -> None:
    code, vendor = cast.codes["hospital_a"], cast.codes["vendor_v"]
    (held,) = await look("SELECT statement FROM witnessed_checkpoint WHERE tenant_id = $1", cast["vendor_v"])
    kept = tmp_path / "kept.jsonl"
    kept.write_text(f"{held[0]}\n{json.dumps({'statement': held[0]})}\n")
    for witness in (vendor, str(kept)):
        ended, told = await mendline("audit", "verify", "-o", code, "--no-copies", "--checkpoints-from", witness)
        assert (ended, "copies were not compared" in told) == (0, True), told
    await rewrite_everything(ticket)
    for witness, name in ((vendor, vendor), (str(kept), "kept.jsonl")):
        ended, told = await mendline("audit", "verify", "-o", code, "--no-copies", "--checkpoints-from", witness)
        assert ended == 1
        assert f"WRONG  {name} holds another checkpoint 1" in told


async def test_verify_says_what_it_cannot_look_at(cast: Cast, ticket: Reference, tmp_path: Path) -> None:
    code = cast.codes["hospital_a"]
    nonsense = tmp_path / "nonsense"
    nonsense.write_text('{"statement": 7}\n')
    for arguments, said in (
        (("-o", "NOBODY"), "There is no organisation NOBODY"),
        (("-o", code, "--checkpoints-from", "NOBODY"), "neither the code of an organisation nor a file"),
        (("-o", code, "--checkpoints-from", str(nonsense)), "line 1 holds no statement"),
        ((), "say --all"),
    ):
        ended, told = await mendline("audit", "verify", *arguments)
        assert (ended, said in " ".join(told.split())) == (2, True), told


async def test_checkpoint_covers_what_is_new(cast: Cast, ticket: Reference) -> None:
    code = cast.codes["hospital_a"]
    ended, told = await mendline("audit", "checkpoint", "-o", code)
    assert (ended, told.strip().splitlines()[-1]) == (0, f"{code}: 0 new checkpoints")
    policy = {"name": "triage", "value": "direct"}
    await cast.run("admin_a", "tenants.set_policy", policy)
    ended, told = await mendline("audit", "checkpoint", "-o", code)
    assert (ended, told.strip().splitlines()[-1]) == (0, f"{code}: 1 new checkpoints")


async def test_the_public_keys_are_published(database: None) -> None:
    ended, told = await started("audit", "keys")
    assert ended == 0
    transport = httpx.ASGITransport(app=make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        answer = await client.get("/.well-known/jwks.json")
    assert answer.json() == json.loads(told) == public_keys()
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "Ed25519", "sig")
    assert "d" not in key


async def test_export_writes_a_file_and_its_manifest(cast: Cast, ticket: Reference, tmp_path: Path) -> None:
    code, file = cast.codes["hospital_a"], tmp_path / "audit.csv"
    ended, told = await mendline("audit", "export", str(file), "-o", code, "--format", "csv", "--since", "2026-01-01")
    assert ended == 0, told
    manifest = json.loads((tmp_path / "audit.csv.manifest.json").read_text())
    assert (manifest["organisation"], manifest["records"]) == (code, 1)
    assert manifest["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    (held,) = await look("SELECT statement FROM audit_checkpoint WHERE tenant_id = $1", ticket.tenant)
    assert manifest["statement"] == held[0]
    (noted,) = await look("SELECT command, actor_name FROM organisation_audit WHERE tenant_id = $1", ticket.tenant)
    assert tuple(noted) == ("tenants.export_audit", "operator")
