"""What ticket commands answer."""

import msgspec

from mendline.kernel import TicketId, opaque
from mendline.tickets.ticket import Ticket


class TicketResult(msgspec.Struct, frozen=True):
    """The ticket after the command: its number, version, state and phase."""

    ticket: TicketId
    number: str
    version: int
    state: str
    phase: str


def result(ticket: Ticket) -> TicketResult:
    """The answer that names this ticket as it now is."""
    return TicketResult(
        opaque("tk", ticket.tenant_id, ticket.id), ticket.number, ticket.version, ticket.state, ticket.phase
    )
