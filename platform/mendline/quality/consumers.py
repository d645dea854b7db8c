"""What quality does when something happened: checks after the work, archive after acceptance."""

from uuid import UUID

from mendline.fieldwork import JobFinished
from mendline.kernel import Envelope, consumer, opaque, rows, run, transaction
from mendline.quality.acceptance import Archive, Check
from mendline.quality.events import AcceptanceComplete
from mendline.tickets import Ticket
from mendline_tenants import system_actor


async def _state(tenant: UUID, ticket: UUID) -> str | None:
    async with transaction(tenant):
        found = await rows.find(Ticket, tenant, ticket)
        return found.state if found else None


@consumer("quality.check", JobFinished)
async def check_finished(envelope: Envelope) -> None:
    """In the user facility's name, passes a finished ticket on to acceptance."""
    happened = envelope.event
    if await _state(happened.tenant, happened.ticket) == "finished":
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
    if await _state(happened.tenant, happened.ticket) == "approved":
        await run(
            system_actor(happened.tenant),
            "quality.archive",
            Archive(opaque("tk", happened.tenant, happened.ticket)),
            key=f"event:{envelope.id}:archive",
        )
