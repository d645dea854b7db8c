"""The arrival that a published day plan promises: it becomes the ticket's estimate, and is told where it matters."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from mendline.fieldwork.estimates import revise
from mendline.kernel import TicketId, command, parse_opaque, work
from mendline.tickets import TicketResult, change, lock_ticket, require_part, result
from mendline_tenants import Actor

BEFORE_THE_WAY = ("triaged", "offered", "accepted", "rework")
"""Nobody is on the way yet; after that the technician's own word counts."""


class ExpectVisit(Struct, frozen=True):
    """When the visit is planned to begin; None: it is planned no more.

    within: minutes by which the time that was told may be wrong without being told anew.
    """

    ticket: TicketId
    at: datetime | None
    within: Annotated[int, Meta(ge=0, le=24 * 60)] = 15


@command("fieldwork.expect_visit", "fieldwork.expect")
async def expect_visit(actor: Actor, input: ExpectVisit) -> TicketResult:
    """Writes the planned arrival into the ticket, with a revision; everyone who may know is told.

    Nothing is written, and nobody told, when it hardly differs from what was told, has passed, or somebody is on the
    way already.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    before = ticket.eta_at
    if ticket.state not in BEFORE_THE_WAY or before == input.at:
        return result(ticket)
    if input.at is not None:
        near = before is not None and abs(input.at - before) <= timedelta(minutes=input.within)
        if near or input.at < work().occurred_at:
            return result(ticket)
        await revise(actor, ticket, "arrival", input.at)
    await change(actor, ticket, eta_at=input.at)
    return result(ticket)
