"""Evidence goes straight to S3 and counts only as the very bytes that were announced."""

import asyncio
import hashlib
from urllib.parse import quote

import httpx
import pytest

from mendline.fieldwork import Evidence
from mendline.kernel import (
    DomainError,
    parse_opaque,
    presign_download,
    presign_upload,
    put_blob,
    rows,
    stat_blob,
    transaction,
)
from mendline.tickets import TicketMessage
from support.database import unchanged

BODY = b"a photo of a pump"
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
async def ticket(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    return (await cast.run("nurse_a", "tickets.report", report)).ticket


def facts(ticket, **changes):
    return {
        "ticket": ticket,
        "filename": "pump.jpg",
        "media_type": "image/jpeg",
        "size": len(BODY),
        "sha256": SHA,
        **changes,
    }


async def put(upload, body):
    async with httpx.AsyncClient() as client:
        return (await client.put(upload.url, content=body, headers=upload.headers)).status_code


async def test_the_announced_bytes_are_stored_and_shown(cast, ticket, blobs):
    asked = await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket))
    upload = presign_upload(asked.key, asked.size, asked.media_type, asked.sha256)
    assert await put(upload, BODY) == 200
    found = await stat_blob(asked.key)
    assert (found.size, found.sha256) == (len(BODY), SHA)
    answer = {"evidence": asked.evidence, "size": found.size, "sha256": found.sha256}
    await cast.run("nurse_a", "fieldwork.confirm_upload", answer)
    async with transaction(cast["vendor_v"]):
        assert (await rows.get(Evidence, *parse_opaque("ev", asked.evidence))).state == "stored"


@pytest.mark.parametrize("body", [BODY + b"!", b"A photo of a pump", b""], ids=["longer", "other", "empty"])
async def test_the_store_refuses_other_bytes(cast, ticket, blobs, body):
    asked = await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket))
    upload = presign_upload(asked.key, asked.size, asked.media_type, asked.sha256)
    try:
        headers = {**upload.headers, "Content-Length": str(len(body))}
        async with httpx.AsyncClient() as client:
            status = (await client.put(upload.url, content=body, headers=headers)).status_code
    except httpx.HTTPError:
        status = 0
    assert status != 200
    assert await stat_blob(asked.key) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 201 * 1024 * 1024}, "evidence_too_large"),
        ({"size": 0}, "invalid_input"),
        ({"size": -1}, "invalid_input"),
        ({"sha256": "xyz"}, "invalid_input"),
        ({"sha256": SHA + "\n"}, "invalid_input"),
        ({"media_type": "text/html"}, "evidence_type"),
        ({"media_type": "image/svg+xml"}, "evidence_type"),
        ({"filename": ""}, "invalid_input"),
        ({"caption": "长" * 1025}, "invalid_input"),
    ],
)
async def test_a_file_that_may_not_be_evidence_is_refused(cast, ticket, changes, code):
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket, **changes))
    assert refused.value.code == code


async def test_evidence_of_a_hidden_ticket_is_not_there(cast, ticket):
    asked = await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket))
    async with unchanged():
        for person in ("nurse_b", "technician_w"):
            with pytest.raises(DomainError, match="not_found"):
                await cast.run(person, "fieldwork.request_upload", facts(ticket))
            with pytest.raises(DomainError, match="not_found"):
                given = {"evidence": asked.evidence, "size": len(BODY), "sha256": SHA}
                await cast.run(person, "fieldwork.confirm_upload", given)
        with pytest.raises(DomainError, match="evidence_differs"):
            given = {"evidence": asked.evidence, "size": 1, "sha256": SHA}
            await cast.run("nurse_a", "fieldwork.confirm_upload", given)


async def test_confirming_at_once_shows_the_photo_once(cast, ticket):
    asked = await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket))
    answer = {"evidence": asked.evidence, "size": len(BODY), "sha256": SHA}
    await asyncio.gather(*(cast.run("nurse_a", "fieldwork.confirm_upload", answer) for _ in range(5)))
    async with transaction(cast["hospital_a"]):
        tenant, ticket_id = parse_opaque("tk", ticket)
        shown = await rows.select(TicketMessage, "tenant_id = $1 AND ticket_id = $2", tenant, ticket_id)
    assert len(shown) == 1


async def test_a_closed_ticket_takes_no_more_evidence(cast, ticket):
    asked = await cast.run("nurse_a", "fieldwork.request_upload", facts(ticket))
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    async with unchanged():
        with pytest.raises(DomainError, match="ticket_closed"):
            given = {"evidence": asked.evidence, "size": len(BODY), "sha256": SHA}
            await cast.run("nurse_a", "fieldwork.confirm_upload", given)


async def test_a_file_is_shown_under_the_name_it_came_with(blobs):
    body = b"named"
    sha = hashlib.sha256(body).hexdigest()
    key, name = f"test/{sha}", '标签"; attachment\r\nX-Evil: 1.jpg'
    await put_blob(key, body, "image/jpeg", sha)
    async with httpx.AsyncClient() as client:
        found = await client.get(presign_download(key, name))
    assert (found.status_code, found.content) == (200, body)
    assert found.headers["content-disposition"] == f"inline; filename*=UTF-8''{quote(name, safe='')}"
    assert "x-evil" not in found.headers
