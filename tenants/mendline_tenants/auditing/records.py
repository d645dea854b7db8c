"""The audit as records for an export: the organisation's book, its tickets, and what its people did on others'."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from mendline.kernel import fetch, transaction

Format = Literal["jsonl", "csv"]

COLUMNS = (
    *("book", "recorded_at", "occurred_at", "claimed", "command", "actor", "actor_name", "actor_role", "organisation"),
    *("channel", "ticket", "seq", "facts", "correlation", "hash"),
)
"""What a record tells. book: `organisation` or `ticket`. organisation: code of who acted. hash: the entry's, hex."""

_PAGE = 1000

_BOOK = """
SELECT b.recorded_at, b.id, 'organisation' AS book, b.occurred_at, false AS claimed, b.command, b.actor,
       b.actor_name, NULL AS actor_role, b.tenant_id AS author, b.channel, NULL AS ticket, NULL::bigint AS seq,
       b.facts, b.correlation, NULL AS hash
  FROM organisation_audit b
 WHERE b.tenant_id = $1 AND (b.recorded_at, b.id) > ($2, $3) AND b.recorded_at < $4
 ORDER BY b.recorded_at, b.id LIMIT $5
"""

_ENTRIES = """
SELECT e.recorded_at, e.id, 'ticket' AS book, e.occurred_at, e.claimed, e.command, e.actor,
       (SELECT m.name FROM member m WHERE m.tenant_id = $6 AND m.id = e.actor) AS actor_name, e.actor_role,
       e.author_org AS author, e.channel, t.number AS ticket, e.seq, e.facts, e.correlation,
       encode(e.hash, 'hex') AS hash
  FROM audit_entry e JOIN ticket t ON t.tenant_id = e.tenant_id AND t.id = e.ticket_id
 WHERE e.tenant_id = $1 AND (e.recorded_at, e.id) > ($2, $3) AND e.recorded_at < $4
   AND (e.tenant_id = $6 OR e.author_org = $6)
 ORDER BY e.recorded_at, e.id LIMIT $5
"""

_OWNERS = "SELECT DISTINCT owner_id FROM worklist WHERE tenant_id = $1 AND owner_id <> $1"

_CODES = """
SELECT id, code FROM partner WHERE tenant_id = $1 UNION ALL SELECT id, code FROM organisation WHERE tenant_id = $1
"""


async def audit_records(tenant: UUID, since: datetime | None, until: datetime) -> AsyncIterator[list[dict[str, Any]]]:
    """Some records at a time, each book in the order in which it was written; each page in a transaction of its own.

    Of others' tickets only what this organisation's own people did; names are of its own members alone.
    """
    async with transaction(tenant):
        codes = {row["id"]: row["code"] for row in await fetch(_CODES, tenant)}
        owners = [tenant, *(row["owner_id"] for row in await fetch(_OWNERS, tenant))]
    for sql, owner, more in ((_BOOK, tenant, ()), *((_ENTRIES, owner, (tenant,)) for owner in owners)):
        moment, last = since or datetime.min.replace(tzinfo=UTC), UUID(int=0)
        while True:
            async with transaction(tenant):
                page = await fetch(sql, owner, moment, last, until, _PAGE, *more)
            if not page:
                break
            moment, last = page[-1]["recorded_at"], page[-1]["id"]
            yield [_record(row, codes) for row in page]


def _record(row: Any, codes: dict[UUID, str]) -> dict[str, Any]:
    told = {column: row[column] for column in COLUMNS if column != "organisation"}
    told["organisation"] = codes.get(row["author"], str(row["author"]))
    return {column: told[column] for column in COLUMNS}


def opening(format: str) -> bytes:
    """What a file begins with: of CSV the names of the columns, after the mark by which spreadsheets know UTF-8."""
    return "\ufeff".encode() + _csv([COLUMNS]) if format == "csv" else b""


def lines(format: str, records: Sequence[dict[str, Any]]) -> bytes:
    """The records as lines of a file."""
    if format == "csv":
        return _csv([_cell(value) for value in record.values()] for record in records)
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet would take for a formula, full-width signs included (OWASP)."""


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet runs."""
    match value:
        case None:
            text = ""
        case datetime():
            text = value.astimezone(UTC).isoformat()
        case dict():
            text = msgspec.json.encode(value).decode()
        case _:
            text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
