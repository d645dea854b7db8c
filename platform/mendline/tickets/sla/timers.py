"""The timer of a ticket's clocks: set after commit wherever they moved, rung in the user facility's name."""

from uuid import UUID

from mendline.kernel import (
    DomainError,
    Envelope,
    Timer,
    cancel_timer,
    consumer,
    now,
    opaque,
    rows,
    run,
    set_timer,
    timer,
    transaction,
    wake,
)
from mendline.tickets.events import ClockChanged
from mendline.tickets.sla.clocks import clocks_of
from mendline.tickets.sla.commands import CheckClocks
from mendline.tickets.sla.watch import next_look, timer_key
from mendline.tickets.ticket import Ticket, TicketClinical
from mendline_tenants import system_actor

TIMER = "tickets.check_clocks"


@consumer("tickets.watch_clocks", ClockChanged)
async def watch_clocks(envelope: Envelope) -> None:
    """The ticket's timer is set for its next look, or taken back."""
    happened: ClockChanged = envelope.event
    await set_next_look(happened.tenant, happened.ticket)


async def set_next_look(tenant: UUID, id: UUID) -> None:
    """Reads the clocks as they are now and sets the ticket's one timer by them.

    Under the ticket's lock: whoever moves a clock meanwhile comes after, and so does the look that follows.
    """
    async with transaction(tenant):
        ticket = await rows.lock(Ticket, tenant, id)
        clinical = await rows.find(TicketClinical, tenant, id)
        urgent = clinical is not None and clinical.use_state == "patient_affected"
        look = next_look(await clocks_of(ticket), now(), urgent=urgent) if ticket.phase != "closed" else None
        if look is None:
            await cancel_timer(tenant, timer_key(id))
        else:
            await set_timer(tenant, TIMER, timer_key(id), look, ticket=str(id))
    wake()


@timer(TIMER)
async def look(due: Timer) -> None:
    """Looks at the clocks, which may have moved meanwhile, and sets the timer for the next look."""
    ticket = UUID(due.payload["ticket"])
    key = f"timer:{due.id}:{due.due_at.isoformat()}"
    try:
        await run(system_actor(due.tenant_id), TIMER, CheckClocks(opaque("tk", due.tenant_id, ticket)), key=key)
    except DomainError as refused:
        if refused.code != "not_found":
            raise
    await set_next_look(due.tenant_id, ticket)
