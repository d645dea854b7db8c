"""The chains of tickets and the organisation's book: every hash computed again, every link followed to the head."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from mendline_tenants.auditing.book import DIGEST
from mendline_tenants.verification.books import Books
from mendline_tenants.verification.findings import Checked, Finding

_PAGE = 500

_HEADS = "SELECT ticket_id, number, seq, head FROM audit_heads($1, $2, $3)"

_ENTRIES = f"""
SELECT e.ticket_id, e.seq, e.command, e.recorded_at, e.prev_hash, e.hash, {DIGEST} AS computed FROM audit_entry e
 WHERE e.tenant_id = $1 AND e.ticket_id = ANY ($2) ORDER BY e.ticket_id, e.seq
"""  # noqa: S608 - no value is in it

_COVERED = """
SELECT l.ticket_id, max(l.seq) AS seq FROM audit_leaf l WHERE l.tenant_id = $1 AND l.ticket_id = ANY ($2) GROUP BY 1
"""

_BOOK = """
SELECT count(*) AS rows, min(b.recorded_at) FILTER (WHERE l.id IS NULL) AS oldest, count(*) FILTER (WHERE l.id IS NULL)
  AS uncovered FROM organisation_audit b LEFT JOIN audit_leaf l ON l.tenant_id = b.tenant_id AND l.id = b.id
 WHERE b.tenant_id = $1
"""


async def verify_chains(books: Books, checked: Checked) -> None:
    """Every ticket's chain from its first entry to its head. Of each ticket the first wrong entry is told."""
    after = UUID(int=0)
    while heads := await books.fetch(_HEADS, after, _PAGE):
        after = heads[-1]["ticket_id"]
        tickets = [head["ticket_id"] for head in heads]
        entries = await books.fetch(_ENTRIES, tickets)
        chains = {ticket: list(chain) for ticket, chain in groupby(entries, lambda entry: entry["ticket_id"])}
        covered = {row["ticket_id"]: row["seq"] for row in await books.fetch(_COVERED, tickets)}
        for head in heads:
            chain = chains.get(head["ticket_id"], [])
            checked.findings += _first_wrong(head, chain)
            _see_covered(books, checked, head, chain, covered.get(head["ticket_id"], 0))
        checked.count("tickets", len(heads))
        checked.count("entries", len(entries))
    (stored,) = await books.fetch("SELECT count(*) AS entries FROM audit_entry WHERE tenant_id = $1")
    if stored["entries"] != checked.entries:
        checked.wrong("without_ticket", entries=stored["entries"] - checked.entries)


async def verify_book(books: Books, checked: Checked) -> None:
    """Whether every row of the organisation's book is in a checkpoint; what the checkpoints say of it comes later."""
    (book,) = await books.fetch(_BOOK)
    checked.count("book", book["rows"])
    if book["uncovered"] and not checked.awaited(book["oldest"], books.moment):
        checked.wrong("book_uncovered", rows=book["uncovered"], since=f"{book['oldest']:%Y-%m-%d %H:%M}")


def _first_wrong(head: Any, chain: Sequence[Any]) -> Iterator[Finding]:
    """At most one finding: what follows the first wrong entry is its consequence."""
    number, before = head["number"], None
    for expected, entry in enumerate(chain, 1):
        facts = {"number": number, "seq": entry["seq"], "command": entry["command"]}
        if entry["seq"] != expected:
            yield Finding("entry_missing", {"number": number, "seq": expected})
            return
        if entry["computed"] != entry["hash"]:
            yield Finding("entry_changed", facts)
            return
        if entry["prev_hash"] != before:
            yield Finding("entry_unlinked", {**facts, "before": expected - 1})
            return
        if expected > head["seq"]:
            yield Finding("entry_uncounted", {**facts, "counted": head["seq"]})
            return
        before = entry["hash"]
    if len(chain) < head["seq"]:
        yield Finding("entry_missing", {"number": number, "seq": len(chain) + 1})
    elif before != head["head"]:
        yield Finding("head_differs", {"number": number, "seq": head["seq"]})


def _see_covered(books: Books, checked: Checked, head: Any, chain: Sequence[Any], covered: int) -> None:
    waiting = [entry for entry in chain if entry["seq"] > covered]
    if waiting and not checked.awaited(waiting[0]["recorded_at"], books.moment):
        checked.wrong(
            "entry_uncovered",
            number=head["number"],
            seq=waiting[0]["seq"],
            since=f"{waiting[0]['recorded_at']:%Y-%m-%d %H:%M}",
        )
