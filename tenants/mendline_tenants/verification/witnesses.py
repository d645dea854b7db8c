"""What participants hold: the checkpoints they were told, and the proofs for the tickets that they see."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from mendline_tenants.auditing.checkpoints import leaf_of
from mendline_tenants.auditing.merkle import root_by_path
from mendline_tenants.auditing.statements import NotSigned, Statement, read_statement
from mendline_tenants.verification.books import Books
from mendline_tenants.verification.findings import Checked

_HELD = """
SELECT w.tenant_id AS witness, w.number, w.statement, c.statement AS own FROM witnessed_checkpoint w
  LEFT JOIN audit_checkpoint c ON c.tenant_id = $1 AND c.number = w.number
 WHERE w.organisation = $1 AND w.tenant_id <> $1 AND ($2::uuid IS NULL OR w.tenant_id = $2)
 ORDER BY w.tenant_id, w.number
"""

_PROOFS = """
SELECT w.ticket_id, w.seq, w.hash, w.position, w.path, w.number, c.statement, e.hash AS entry_hash
  FROM witnessed_ticket w
  LEFT JOIN witnessed_checkpoint c ON c.tenant_id = $2 AND c.organisation = $1 AND c.number = w.number
  LEFT JOIN audit_entry e ON e.tenant_id = $1 AND e.ticket_id = w.ticket_id AND e.seq = w.seq
 WHERE w.tenant_id = $2 AND w.organisation = $1 ORDER BY w.ticket_id
"""

_OWN = "SELECT statement FROM audit_checkpoint WHERE tenant_id = $1 AND number = $2"

Names = Callable[[UUID], str]
"""How an organisation is called: its code."""


async def verify_witnessed(books: Books, checked: Checked, names: Names, witness: UUID | None = None) -> None:
    """What every participant holds (or one of them) against what the organisation says of itself today."""
    held_by: dict[UUID, None] = {}
    async for row in books.stream(_HELD, witness):
        held_by[row["witness"]] = None
        name = names(row["witness"])
        checked.count("witnessed", 1)
        _compare(row["statement"], row["own"], row["number"], name, checked)
    for holder in held_by:
        async for row in books.stream(_PROOFS, holder):
            checked.count("proofs", 1)
            await _prove(row, names(holder), books, checked)


async def verify_statements(books: Books, checked: Checked, statements: Iterable[str], name: str) -> None:
    """Signed statements that somebody kept by himself, such as a portal's file, which is called `name`."""
    for statement in statements:
        try:
            said = read_statement(statement)
        except NotSigned as why:
            checked.wrong("witness_unsigned", witness=name, checkpoint="?", why=str(why))
            continue
        if said.organisation == books.tenant and said.at < books.moment:
            own = await books.fetch(_OWN, said.number)
            checked.count("witnessed", 1)
            _compare(statement, own[0]["statement"] if own else None, said.number, name, checked)


def _compare(held: str, own: str | None, number: int, name: str, checked: Checked) -> None:
    if held == own:
        return
    try:
        said = read_statement(held)
    except NotSigned as why:
        checked.wrong("witness_unsigned", witness=name, checkpoint=number, why=str(why))
        return
    code = "witness_misses" if own is None else "witness_differs"
    checked.wrong(code, witness=name, checkpoint=number, at=f"{said.at:%Y-%m-%d %H:%M:%S}")


async def _prove(row: Any, name: str, books: Books, checked: Checked) -> None:
    facts = {"witness": name, "checkpoint": row["number"], "seq": row["seq"]}
    if not _proven(row):
        checked.wrong("proof_broken", number=await books.name_of(row["ticket_id"]), **facts)
    elif row["entry_hash"] != row["hash"]:
        code = "witnessed_entry_missing" if row["entry_hash"] is None else "witnessed_entry_changed"
        checked.wrong(code, number=await books.name_of(row["ticket_id"]), **facts)


def _proven(row: Any) -> bool:
    """Whether the signed root covers this entry of this ticket."""
    try:
        said: Statement = read_statement(row["statement"] or "")
        path = [bytes.fromhex(neighbour) for neighbour in row["path"]]
    except (NotSigned, ValueError):
        return False
    leaf = leaf_of(row["ticket_id"], row["ticket_id"], row["seq"], row["hash"])
    root = root_by_path(leaf, row["position"], said.size, path)
    return root is not None and root.hex() == said.root
