"""One organisation's verification, part after part."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mendline_tenants.verification.books import opened
from mendline_tenants.verification.chains import verify_book, verify_chains
from mendline_tenants.verification.checkpoints import verify_checkpoints
from mendline_tenants.verification.copies import verify_copies
from mendline_tenants.verification.findings import Checked
from mendline_tenants.verification.witnesses import Names, verify_statements, verify_witnessed


@dataclass(frozen=True)
class Witness:
    """Whose checkpoints are compared: an organisation's (None: every participant's), or statements kept in a file."""

    organisation: UUID | None = None
    statements: Sequence[str] | None = None
    name: str = ""


async def verify(
    tenant: UUID, checked: Checked, names: Names = str, *, witness: Witness | None = None, copies: bool = True
) -> Checked:
    """Computes everything again and compares it with what others keep; answers `checked` with what was found.

    Works as the role auditor, in one snapshot. copies: whether to ask the store for the copies under lock.
    """
    chosen = witness or Witness()
    async with opened(tenant) as books:
        await verify_chains(books, checked)
        await verify_book(books, checked)
        await verify_checkpoints(books, checked)
        if copies:
            await verify_copies(books, checked)
        else:
            checked.uncompared.append("copies")
        if chosen.statements is not None:
            await verify_statements(books, checked, chosen.statements, chosen.name)
        else:
            await verify_witnessed(books, checked, names, chosen.organisation)
    return checked
