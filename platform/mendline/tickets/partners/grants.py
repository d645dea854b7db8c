"""Grants: an organisation's own book tells what was shared with it and when that ended, whatever the other's book says.

While a ticket is shared its audit tells both sides; an organisation that sees it no more keeps these lines.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from mendline.kernel import Envelope, OrganisationId, TicketId, command, consumer, opaque, parse_opaque, run, told
from mendline.tickets.events import ShareEnded, ShareGranted
from mendline_tenants import Actor, system_actor


class ShareNote(Struct, frozen=True, kw_only=True):
    """Whose ticket it is, and the part and field groups in it. began_at, until: from when, or how long, if known."""

    facility: OrganisationId
    ticket: TicketId
    number: str
    part: str
    groups: tuple[str, ...]
    until: datetime | None = None
    began_at: datetime | None = None


@command("tickets.note_grant", "tenants.book")
async def note_grant(actor: Actor, input: ShareNote) -> None:
    """Writes into the actor's own book that a ticket is shared with it, or shared otherwise than before."""
    _write(input, until=input.until)


@command("tickets.note_end", "tenants.book")
async def note_end(actor: Actor, input: ShareNote) -> None:
    """Writes into the actor's own book that a share has ended, and when it had begun."""
    _write(input, began_at=input.began_at)


def _write(input: ShareNote, **times: datetime | None) -> None:
    told(
        facility=parse_opaque("or", input.facility).id,
        ticket=parse_opaque("tk", input.ticket).id,
        number=input.number,
        part=input.part,
        groups=input.groups,
        **times,
    )


@consumer("grants.note", ShareGranted, ShareEnded)
async def note(envelope: Envelope) -> None:
    """In the partner's name and in a transaction of its own, once for each event."""
    happened = envelope.event
    ended = isinstance(happened, ShareEnded)
    times: dict[str, Any] = {"began_at": happened.began_at} if ended else {"until": happened.until}
    await run(
        system_actor(happened.organisation),
        "tickets.note_end" if ended else "tickets.note_grant",
        ShareNote(
            facility=opaque("or", happened.tenant, happened.tenant),
            ticket=opaque("tk", happened.tenant, happened.ticket),
            number=happened.number,
            part=happened.part,
            groups=happened.groups,
            **times,
        ),
        key=f"event:{envelope.id}:note",
        occurred_at=envelope.occurred_at,
    )
