"""The fixtures themselves: a fresh cast for each test, and a look that notices every change."""

import hashlib
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from mendline.kernel import new_id, now, presign_upload, rows, set_timer, transaction
from mendline_tenants import Member
from support.cast import Cast
from support.database import administrator, look, unchanged


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


async def _stored(tenant: UUID, key: str = "first") -> None:
    async with transaction(tenant):
        await set_timer(tenant, "trial.none", key, now() + timedelta(days=400))


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO timer SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'key', 'new')))"
        ".* FROM timer AS t WHERE tenant_id = $1 LIMIT 1",
        "UPDATE timer SET attempts = attempts + 1 WHERE tenant_id = $1",
        "DELETE FROM timer WHERE tenant_id = $1",
    ],
    ids=["insert", "update", "delete"],
)
async def test_unchanged_notices_each_kind_of_write_once_it_is_committed(database: None, write: str) -> None:
    tenant = new_id()
    await _stored(tenant)
    with pytest.raises(AssertionError, match="timer"):
        async with unchanged():
            await administrator().execute(write, tenant)
    await _stored(tenant, "second")
    async with unchanged(), administrator().acquire() as connection:
        taken_back = connection.transaction()
        await taken_back.start()
        assert not (await connection.execute(write.replace("new", "newer"), tenant)).endswith(" 0")
        await taken_back.rollback()


async def test_unchanged_notices_what_a_part_of_a_transaction_wrote_and_not_what_it_took_back(cast: Cast) -> None:
    tenant = cast["hospital_a"]
    await _stored(tenant)
    with pytest.raises(AssertionError, match=r"\['timer'\]"):
        async with unchanged(), administrator().acquire() as connection, connection.transaction():
            async with connection.transaction():
                await connection.execute("UPDATE timer SET attempts = attempts + 1 WHERE tenant_id = $1", tenant)
            with pytest.raises(asyncpg.DivisionByZeroError):
                async with connection.transaction():
                    await connection.execute("UPDATE member SET name = 'nobody' WHERE tenant_id = $1", tenant)
                    await connection.execute("SELECT 1 / 0")


async def test_unchanged_allows_reading_locking_and_what_is_named(database: None) -> None:
    tenant = new_id()
    async with unchanged("timer"):
        await _stored(tenant)
    async with unchanged():
        assert await look("SELECT 1 FROM timer WHERE tenant_id = $1 FOR UPDATE", tenant)


async def test_what_is_due_is_done(cast: Cast) -> None:
    assert await cast.drain() == 0


def test_the_evidence_store_answers(blobs: None) -> None:
    upload = presign_upload("first", 3, "text/plain", hashlib.sha256(b"abc").hexdigest())
    assert httpx.put(upload.url, content=b"abc", headers=upload.headers).status_code == 200
