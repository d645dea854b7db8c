"""The job at hand: only the technician who has it works on it."""

from mendline.kernel import DomainError, parse_opaque, rows
from mendline.tickets import Ticket, TicketPeople, lock_ticket, may_step
from mendline_tenants import Actor


async def job_of(actor: Actor, ticket_id: str) -> Ticket:
    """The locked ticket of a job that the actor has taken.

    Raises not_found, wrong_part, wrong_state, or not_your_job with the name of whose it is.
    """
    ticket = await lock_ticket(parse_opaque("tk", ticket_id))
    may_step(actor, ticket)
    await require_assignee(actor, ticket)
    return ticket


async def require_assignee(actor: Actor, ticket: Ticket) -> None:
    """Raises not_your_job unless the actor is the ticket's technician.

    The organisation's system may also act, and anyone of the provider on a remote repair that nobody was sent for.
    """
    people = await rows.get(TicketPeople, ticket.tenant_id, ticket.id)
    if ticket.state == "remote_fix" and people.assignee_id is None:
        return
    if actor.kind != "system" and people.assignee_id != actor.id:
        raise DomainError("not_your_job", number=ticket.number, by=people.assignee_name or "—")
