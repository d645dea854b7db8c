"""The checkpoints: signed, linked, their trees computed again, and every leaf compared with the entry it stands for."""

from bisect import bisect_left
from collections.abc import AsyncIterator
from typing import Any

from mendline_tenants.auditing.book import BOOK_DIGEST
from mendline_tenants.auditing.checkpoints import tree_of
from mendline_tenants.auditing.statements import NotSigned, Statement, read_statement, statement_hash
from mendline_tenants.verification.books import Books
from mendline_tenants.verification.findings import Checked

_PAGE = 200
_MANY = 20_000
"""Leaves that are held in memory at a time, unless one checkpoint has more."""

_CHECKPOINTS = """
SELECT number, start, size, root, statement, taken_at FROM audit_checkpoint
 WHERE tenant_id = $1 AND number > $2 ORDER BY number LIMIT $3
"""

_LEAVES = f"""
SELECT l.position, l.id, l.ticket_id, l.seq, l.hash, e.hash AS entry_hash, b.command,
       CASE WHEN b.id IS NOT NULL THEN {BOOK_DIGEST} END AS book_hash
  FROM audit_leaf l
  LEFT JOIN audit_entry e ON e.tenant_id = $1 AND e.ticket_id = l.ticket_id AND e.seq = l.seq
  LEFT JOIN organisation_audit b ON l.ticket_id IS NULL AND b.tenant_id = $1 AND b.id = l.id
 WHERE l.tenant_id = $1 AND l.position >= $2 AND l.position < $3 ORDER BY l.position
"""  # noqa: S608 - no value is in it


async def pages(books: Books) -> AsyncIterator[list[Any]]:
    """The checkpoints in their order, some at a time."""
    last = 0
    while page := await books.fetch(_CHECKPOINTS, last, _PAGE):
        last = page[-1]["number"]
        group: list[Any] = []
        for checkpoint in page:
            if group and sum(one["size"] for one in group) + checkpoint["size"] > _MANY:
                yield group
                group = []
            group.append(checkpoint)
        yield group


async def verify_checkpoints(books: Books, checked: Checked) -> None:
    """Each checkpoint against its signature, the one before it, its leaves, and the entries of today."""
    number, start, previous = 1, 0, None
    async for page in pages(books):
        leaves = await books.fetch(_LEAVES, page[0]["start"], page[-1]["start"] + page[-1]["size"])
        positions = [leaf["position"] for leaf in leaves]
        for checkpoint in page:
            if checkpoint["number"] != number or checkpoint["start"] != start:
                checked.wrong("checkpoint_missing", checkpoint=number)
            _verify_statement(checkpoint, previous, checked, books)
            low = bisect_left(positions, checkpoint["start"])
            own = leaves[low : bisect_left(positions, checkpoint["start"] + checkpoint["size"])]
            if len(own) != checkpoint["size"] or tree_of(own).root != checkpoint["root"]:
                checked.wrong("leaves_changed", checkpoint=checkpoint["number"])
            for leaf in own:
                await _compare(leaf, checkpoint["number"], books, checked)
            number, start = checkpoint["number"] + 1, checkpoint["start"] + checkpoint["size"]
            previous = statement_hash(checkpoint["statement"]).hex()
        checked.count("checkpoints", len(page))
    (after,) = await books.fetch(
        "SELECT count(*) AS leaves FROM audit_leaf WHERE tenant_id = $1 AND position >= $2", start
    )
    if after["leaves"]:
        checked.wrong("checkpoint_missing", checkpoint=number)


def _verify_statement(checkpoint: Any, previous: str | None, checked: Checked, books: Books) -> None:
    number = checkpoint["number"]
    try:
        said = read_statement(checkpoint["statement"])
    except NotSigned as why:
        checked.wrong("checkpoint_unsigned", checkpoint=number, why=str(why))
        return
    row = (checkpoint["start"], checkpoint["size"], checkpoint["root"].hex(), checkpoint["taken_at"])
    if said != Statement(books.tenant, number, row[0], row[1], row[2], said.previous, row[3]):
        checked.wrong("checkpoint_changed", checkpoint=number)
    elif said.previous != previous:
        checked.wrong("checkpoint_unlinked", checkpoint=number)


async def _compare(leaf: Any, checkpoint: int, books: Books, checked: Checked) -> None:
    """One leaf with the entry of today."""
    if leaf["ticket_id"] is not None:
        if leaf["entry_hash"] != leaf["hash"]:
            code = "covered_entry_missing" if leaf["entry_hash"] is None else "covered_entry_changed"
            number = await books.name_of(leaf["ticket_id"])
            checked.wrong(code, number=number, seq=leaf["seq"], checkpoint=checkpoint)
    elif leaf["book_hash"] is None:
        checked.wrong("book_row_missing", id=leaf["id"], checkpoint=checkpoint)
    elif leaf["book_hash"] != leaf["hash"]:
        checked.wrong("book_row_changed", id=leaf["id"], command=leaf["command"], checkpoint=checkpoint)
