"""The fixtures themselves: a fresh cast for each test, and a look that notices every change."""

import hashlib

import httpx
import pytest

from mendline.kernel import presign_upload, rows, transaction
from mendline_tenants import Member
from support.cast import Cast
from support.database import look, unchanged


async def test_a_cast_is_stored_and_isolated(cast: Cast) -> None:
    async with transaction(cast["hospital_a"]):
        nurse = await rows.get(Member, cast["hospital_a"], cast.members["nurse_a"])
        foreign = await rows.find(Member, cast["hospital_b"], cast.members["nurse_b"])
    assert (nurse.name, foreign) == ("王护士", None)


async def test_unchanged_notices_an_update(cast: Cast) -> None:
    with pytest.raises(AssertionError, match="member"):
        async with unchanged(), transaction(cast["hospital_a"]):
            nurse = await rows.get(Member, cast["hospital_a"], cast.members["nurse_a"])
            await rows.update(nurse, phone="1")


async def test_unchanged_sees_that_nothing_changed(cast: Cast) -> None:
    async with unchanged():
        assert await look("SELECT 1 FROM member WHERE tenant_id = $1", cast["hospital_a"])


async def test_what_is_due_is_done(cast: Cast) -> None:
    assert await cast.drain() == 0


def test_the_evidence_store_answers(blobs: None) -> None:
    upload = presign_upload("first", 3, "text/plain", hashlib.sha256(b"abc").hexdigest())
    assert httpx.put(upload.url, content=b"abc", headers=upload.headers).status_code == 200
