"""What quality does when something happened: checks after the work, archive after acceptance."""

from uuid import UUID

from mendline.fieldwork import JobFinished
from mendline.kernel import DomainError, Envelope, consumer, opaque, rows, run, transaction
from mendline.quality.acceptance import Archive, Check, Conclude
from mendline.quality.events import AcceptanceComplete, DeviceCondemned
from mendline.tickets import Ticket
from mendline_tenants import system_actor


async def _ticket(tenant: UUID, ticket: UUID) -> Ticket:
    async with transaction(tenant):
        return await rows.get(Ticket, tenant, ticket)


@consumer("quality.check", JobFinished)
async def check_finished(envelope: Envelope) -> None:
    """In the user facility's name, passes a finished ticket on to acceptance."""
    happened = envelope.event
    if (await _ticket(happened.tenant, happened.ticket)).state == "finished":
        await run(
            system_actor(happened.tenant),
            "quality.check",
            Check(opaque("tk", happened.tenant, happened.ticket)),
            key=f"event:{envelope.id}:check",
        )


@consumer("quality.archive", AcceptanceComplete)
async def archive_accepted(envelope: Envelope) -> None:
    """In the user facility's name, archives a ticket whose acceptance is complete."""
    happened = envelope.event
    ticket = await _ticket(happened.tenant, happened.ticket)
    if ticket.state == "approved":
        await run(
            system_actor(happened.tenant),
            "quality.archive",
            Archive(opaque("tk", happened.tenant, happened.ticket)),
            key=f"event:{envelope.id}:archive",
        )


@consumer("quality.conclude", AcceptanceComplete, DeviceCondemned)
async def conclude_parent(envelope: Envelope) -> None:
    """In the user facility's name, ends the parent whose last child has been accepted or condemned."""
    happened = envelope.event
    ticket = await _ticket(happened.tenant, happened.ticket)
    if ticket.parent_id is None:
        return
    parent = await _ticket(happened.tenant, ticket.parent_id)
    if parent.state != "waiting" or parent.waiting_for != "provider":
        return
    try:
        await run(
            system_actor(happened.tenant),
            "quality.conclude",
            Conclude(opaque("tk", parent.tenant_id, parent.id)),
            key=f"event:{envelope.id}:conclude",
        )
    except DomainError as refused:
        if refused.code != "children_open":  # the last child to be accepted will end the parent
            raise
