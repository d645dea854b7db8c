"""Who holds a job: it goes from them to another only where a dispatcher says so, and what they told goes with them."""

from datetime import timedelta
from uuid import UUID

from mendline.dispatch.matching.jobs import JobOffer
from mendline.dispatch.presence.absence import absences_within
from mendline.kernel import DomainError, Reference, now, parse_opaque, rows, touch
from mendline.tickets import TAKEN, THERE, Ticket, move
from mendline_tenants import Actor, Member

_TOLD = ("eta_at", "completion_at", "waiting_for")
"""What whose job it was has told of it, which counts no more."""


async def named_holder(held_by: str | None) -> Reference | None:
    """Whose job it is said to be: a member's opaque id. Raises not_found for strangers and for nobody's."""
    if held_by is None:
        return None
    reference = parse_opaque("mb", held_by)
    await rows.get(Member, *reference)
    return reference


async def holder_of(
    actor: Actor, ticket: Ticket, *, reassign: bool, held_by: Reference | None = None
) -> JobOffer | None:
    """The accepted offer of a locked ticket; None where nobody holds it.

    reassign: whether it is to go to another. held_by: from whom alone (a member). Raises job_held with who and since
    when where it is not, or is theirs no more: what a dispatcher has read may be older than the answer. Raises
    holder_there while whose job it is is at the device: who is away, is suspended or has left is not.
    """
    if ticket.state not in TAKEN:
        return None
    holder = await rows.first(
        JobOffer,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 AND state = 'accepted' ORDER BY offered_at DESC",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
    )
    if holder is not None and ticket.state in THERE and not await _is_gone(actor, holder.technician_id):
        raise DomainError("holder_there", number=ticket.number, by=holder.technician_name)
    if holder is not None and not (reassign and held_by in (None, (holder.tenant_id, holder.technician_id))):
        raise DomainError("job_held", number=ticket.number, by=holder.technician_name, at=holder.answered_at)
    return holder


async def _is_gone(actor: Actor, technician: UUID) -> bool:
    """Whether a technician cannot go on with what they have begun: suspended, left, or absent now."""
    member, moment = await rows.get(Member, actor.organisation, technician), now()
    if member.status != "active":
        return True
    return bool(await absences_within(actor.organisation, [technician], moment, moment + timedelta(microseconds=1)))


def accepted_already(ticket: Ticket, holder: JobOffer) -> DomainError:
    """Who is to be asked has the job already."""
    return DomainError("already_accepted", number=ticket.number, by=holder.technician_name, at=holder.answered_at)


async def give_out(actor: Actor, ticket: Ticket, holder: JobOffer | None) -> None:
    """Takes the running command's step; what its holder has told of arrival and end counts no more."""
    await move(actor, ticket, **(dict.fromkeys(_TOLD) if holder is not None else {}))
    if holder is not None:
        touch(Reference(ticket.tenant_id, ticket.id), reassigned=str(holder.id))
