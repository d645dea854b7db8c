"""The children below a ticket: who does its work hears what the user facility says of it."""

from collections.abc import AsyncIterator

from mendline.kernel import rows
from mendline.tickets.ticket import Ticket

_UNDER_WAY = (
    "tenant_id = $1 AND parent_id = $2 AND phase <> 'closed' AND state <> 'approved' ORDER BY id FOR NO KEY UPDATE"
)


async def with_children(ticket: Ticket) -> AsyncIterator[Ticket]:
    """A locked ticket of the user facility, and `children_of` it."""
    yield ticket
    async for child in children_of(ticket):
        yield child


async def children_of(ticket: Ticket) -> AsyncIterator[Ticket]:
    """Those below a locked ticket by which others do its work now, each locked, parents first as everywhere.

    They lie with the ticket's own user facility, for whose people alone this is: a provider does not see them all.
    A ticket that waits for no provider has none.
    """
    if ticket.waiting_for == "provider":
        for child in await rows.select(Ticket, _UNDER_WAY, ticket.tenant_id, ticket.id):
            async for one in with_children(child):
                yield one
