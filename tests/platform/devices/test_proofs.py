"""Scans that prove: straight to S3, bound to a document or a qualification, for the dates that they were given for."""

import hashlib
from datetime import timedelta

import httpx
import pytest

from mendline.devices import Proof, RegulatoryDocument
from mendline.dispatch import Qualification
from mendline.kernel import DomainError, now, parse_opaque, presign_upload, rows, stat_blob, transaction
from support.database import unchanged

BODY = b"%PDF-1.7 a certificate"
SHA = hashlib.sha256(BODY).hexdigest()
FACTS = {"filename": "授权书.pdf", "media_type": "application/pdf", "size": len(BODY), "sha256": SHA}
SOON = (now() + timedelta(days=20)).date()


async def scan(cast, who="engineer_a", **facts):
    """A scan that the house takes for stored."""
    asked = await cast.run(who, "devices.request_proof", FACTS | facts)
    await cast.run(who, "devices.confirm_proof", {"proof": asked.proof, "size": asked.size, "sha256": asked.sha256})
    return asked.proof


async def stored(cast, of, model, id, kind):
    async with transaction(cast[of]):
        return await rows.get(model, *parse_opaque(kind, id))


async def test_the_very_bytes_are_stored(cast, blobs):
    asked = await cast.run("engineer_a", "devices.request_proof", FACTS)
    assert asked.key == f"{cast['hospital_a']}/proofs/{SHA}", "under the organisation's own prefix"
    upload = presign_upload(asked.key, asked.size, asked.media_type, asked.sha256)
    async with httpx.AsyncClient() as store:
        assert (await store.put(upload.url, content=BODY[::-1], headers=upload.headers)).status_code >= 400
        assert (await store.put(upload.url, content=BODY, headers=upload.headers)).status_code == 200
    found = await stat_blob(asked.key)
    given = {"proof": asked.proof, "size": found.size, "sha256": found.sha256}
    await cast.run("engineer_a", "devices.confirm_proof", given)
    assert (await stored(cast, "hospital_a", Proof, asked.proof, "pf")).state == "stored"


@pytest.mark.parametrize(
    ("who", "command", "given", "code"),
    [
        ("engineer_a", "request_proof", {"media_type": "text/html"}, "evidence_type"),
        ("engineer_a", "request_proof", {"size": 10**12}, "evidence_too_large"),
        ("engineer_a", "request_proof", {"size": 0}, "invalid_input"),
        ("engineer_a", "request_proof", {"sha256": "x"}, "invalid_input"),
        ("nurse_a", "request_proof", {}, "forbidden"),
        ("engineer_a", "confirm_proof", {"size": 1}, "evidence_differs"),
        ("engineer_a", "confirm_proof", {"sha256": "0" * 64}, "evidence_differs"),
        ("engineer_b", "confirm_proof", {}, "not_found"),
        ("dispatcher_v", "confirm_proof", {}, "not_found"),
    ],
)
async def test_wrong_scans_and_wrong_hands_change_nothing(cast, who, command, given, code):
    asked = await cast.run("engineer_a", "devices.request_proof", FACTS)
    base = FACTS if command == "request_proof" else {"proof": asked.proof, "size": asked.size, "sha256": SHA}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, f"devices.{command}", base | given)
    assert refused.value.code == code


async def test_a_document_keeps_its_scan_until_its_dates_are_others(cast):
    paper = {"kind": "registration_certificate", "number": "国械注准1", "device": cast.device_id("pump_a")}
    paper |= {"expires_on": SOON}
    proof = await scan(cast)

    async def put(**given):
        saved = await cast.run("engineer_a", "devices.upsert_document", paper | given)
        return (await stored(cast, "hospital_a", RegulatoryDocument, saved.document, "rd")).proof_id

    scanned = parse_opaque("pf", proof).id
    assert await put() is None
    assert await put(scan=proof) == scanned
    assert await put(title="注册证") == scanned, "another title is proven by the same scan"
    assert await put(expires_on=SOON + timedelta(days=365)) is None, "the old scan does not prove the new day"


async def test_a_qualification_keeps_its_scan_until_its_last_day_is_another(cast):
    technician = cast.member_id("technician_v")
    held = {"device_class": "ventilator", "level": 2, "expires_on": SOON}
    proof = await scan(cast, "dispatcher_v")

    async def put(**given):
        put = {"technician": technician, "qualification": held | given}
        saved = await cast.run("dispatcher_v", "dispatch.put_qualification", put)
        return (await stored(cast, "vendor_v", Qualification, saved.qualification, "qa")).proof_id

    scanned = parse_opaque("pf", proof).id
    assert await put(scan=proof) == scanned
    assert await put(level=3) == scanned
    assert await put(expires_on=SOON + timedelta(days=365)) is None


async def test_only_a_stored_scan_of_ones_own_proves(cast):
    awaited = (await cast.run("engineer_a", "devices.request_proof", FACTS)).proof
    strangers = await scan(cast, "dispatcher_v")
    paper = {"kind": "registration_certificate", "number": "国械注准1", "device": cast.device_id("pump_a")}
    held = {"technician": cast.member_id("technician_v"), "qualification": {"device_class": "ventilator"}}
    async with unchanged():
        for proof, code in ((awaited, "proof_awaited"), (strangers, "not_found"), ("x", "not_found")):
            with pytest.raises(DomainError, match=code):
                await cast.run("engineer_a", "devices.upsert_document", {**paper, "scan": proof})
        with pytest.raises(DomainError, match="not_found"):
            held["qualification"]["scan"] = awaited
            await cast.run("dispatcher_v", "dispatch.put_qualification", held)
