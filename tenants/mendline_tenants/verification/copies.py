"""The copies under lock in S3: each checkpoint as it was made, whatever has happened to the database since."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from mendline.kernel import LockedBlob, StoreAway, get_locked, list_locked
from mendline_tenants.auditing.checkpoint_copies import CheckpointCopy, copy_of, copy_prefix
from mendline_tenants.auditing.checkpoints import LEAVES
from mendline_tenants.auditing.statements import NotSigned, read_statement
from mendline_tenants.verification.books import Books
from mendline_tenants.verification.findings import Checked

_AT_A_TIME = 8

_CHECKPOINT = "SELECT start, size, statement, taken_at FROM audit_checkpoint WHERE tenant_id = $1 AND number = $2"

_ENTRY = "SELECT hash FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3"


async def verify_copies(books: Books, checked: Checked) -> None:
    """Every copy against the database and every checkpoint against its copy. A store that is away is said."""
    try:
        await _verify(books, checked)
    except StoreAway as away:
        checked.wrong("store_away", why=str(away))


async def _verify(books: Books, checked: Checked) -> None:
    expected = 1
    async for blobs in _some(list_locked(copy_prefix(books.tenant))):
        bodies = await asyncio.gather(*(get_locked(blob) for blob in blobs))
        for blob, body in zip(blobs, bodies, strict=True):
            number = int(blob.key.rpartition("/")[2].removesuffix(".json"))
            for missing in range(expected, number):
                await _without_copy(missing, books, checked)
            expected = number + 1
            if blob.versions > 1:
                checked.wrong("copy_overlaid", checkpoint=number, versions=blob.versions)
            await _compare(number, body, books, checked)
        checked.count("copies", len(blobs))
    (last,) = await books.fetch("SELECT coalesce(max(number), 0) AS number FROM audit_checkpoint WHERE tenant_id = $1")
    for missing in range(expected, last["number"] + 1):
        await _without_copy(missing, books, checked)


async def _some(blobs: AsyncIterator[LockedBlob]) -> AsyncIterator[list[LockedBlob]]:
    group: list[LockedBlob] = []
    async for blob in blobs:
        group.append(blob)
        if len(group) == _AT_A_TIME:
            yield group
            group = []
    if group:
        yield group


async def _without_copy(number: int, books: Books, checked: Checked) -> None:
    for row in await books.fetch(_CHECKPOINT, number):
        if not checked.awaited(row["taken_at"], books.moment):
            checked.wrong("copy_missing", checkpoint=number)


async def _compare(number: int, body: bytes, books: Books, checked: Checked) -> None:
    try:
        copy = msgspec.json.decode(body, type=CheckpointCopy)
        said = read_statement(copy.statement)
    except (msgspec.DecodeError, NotSigned) as why:
        checked.wrong("copy_unsigned", checkpoint=number, why=str(why))
        return
    found = await books.fetch(_CHECKPOINT, number)
    if not found:
        if said.at < books.moment:  # else it was made while we looked
            checked.wrong("checkpoint_missing", checkpoint=number)
            await _name_entries(copy, number, books, checked)
        return
    leaves = await books.fetch(LEAVES, found[0]["start"], found[0]["size"])
    if copy_of(found[0]["statement"], leaves) != copy:
        checked.wrong("copy_differs", checkpoint=number, at=f"{said.at:%Y-%m-%d %H:%M:%S}")
        await _name_entries(copy, number, books, checked)


async def _name_entries(copy: CheckpointCopy, number: int, books: Books, checked: Checked) -> None:
    """Which entry is not what it was when the copy was made: the first one."""
    for leaf in copy.leaves:
        if leaf.ticket is None:
            continue
        entry: list[Any] = await books.fetch(_ENTRY, leaf.ticket, leaf.seq)
        if not entry or entry[0]["hash"].hex() != leaf.hash:
            name = await books.name_of(leaf.ticket)
            code = "copied_entry_changed" if entry else "copied_entry_missing"
            checked.wrong(code, number=name, seq=leaf.seq, checkpoint=number)
            return
