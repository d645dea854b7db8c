"""Whoever has accepted a job is away or here no more: the dispatcher is asked who goes instead, and decides."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mendline.dispatch.events import AvailabilityChanged, HolderAway
from mendline.dispatch.matching.suggesting import keep, weigh
from mendline.dispatch.presence.absence import absences_within
from mendline.kernel import (
    DomainError,
    Envelope,
    MemberId,
    TicketId,
    command,
    consumer,
    emit,
    fetch,
    log,
    now,
    opaque,
    parse_opaque,
    rows,
    run,
    told,
    transaction,
)
from mendline.tickets import TAKEN, TicketPeople, TicketResult, lock_ticket, require_part, result
from mendline_tenants import Actor, Member, MemberSuspended, system_actor

OWED = (*TAKEN, "rework")
"""States in which somebody who has taken the job is still to go there, or to go on."""

_MISSED = """
SELECT t.tenant_id, t.id FROM worklist w
JOIN ticket t ON t.tenant_id = w.owner_id AND t.id = w.ticket_id
LEFT JOIN ticket_clock k ON k.tenant_id = t.tenant_id AND k.ticket_id = t.id AND k.clock = 'arrival'
  AND k.state = 'running'
WHERE w.tenant_id = $1 AND w.assignee_id = $2 AND w.state = ANY ($3)
  AND t.waiting_for IS DISTINCT FROM 'provider'
  AND greatest(coalesce(t.eta_at, k.due_at, $4), $4) >= $5
  AND ($6::timestamptz IS NULL OR greatest(coalesce(t.eta_at, k.due_at, $4), $4) < $6)
ORDER BY t.priority, t.id LIMIT 50
"""
"""The jobs of an assignee that fall into a span: by the arrival that was told, else the one that is owed, else now."""


@consumer("dispatch.holder_away", AvailabilityChanged, MemberSuspended)
async def look_for_others(envelope: Envelope) -> None:
    """In the provider's name, for each job in hand that an absence takes its technician from, or that they left."""
    happened: AvailabilityChanged | MemberSuspended = envelope.event
    ends: datetime | None
    if isinstance(happened, MemberSuspended):
        technician, begins, ends = happened.member, happened.at, None
    elif happened.why == "absence" and happened.begins is not None and happened.ends is not None:
        technician, begins, ends = happened.technician, happened.begins, happened.ends
    else:
        return
    async with transaction(happened.tenant):
        if not await _still_away(happened.tenant, technician, begins, ends):
            return  # it was taken back
        missed = await fetch(_MISSED, happened.tenant, technician, list(OWED), now(), begins, ends)
    for owner, ticket in missed:
        given = FindReplacement(opaque("tk", owner, ticket), opaque("mb", happened.tenant, technician), begins, ends)
        try:
            key = f"event:{envelope.id}:{ticket}"
            await run(system_actor(happened.tenant), "dispatch.find_replacement", given, key=key)
        except DomainError as refused:  # shared no more meanwhile
            log.info("no_replacement_sought", code=refused.code, ticket=str(ticket))


async def _still_away(tenant: UUID, technician: UUID, begins: datetime, ends: datetime | None) -> bool:
    """Whether the absence holds; without an end, whether the member acts no more."""
    if ends is None:
        return (await rows.get(Member, tenant, technician)).status != "active"
    return bool(await absences_within(tenant, [technician], begins, ends))


class FindReplacement(Struct, frozen=True):
    """The ticket that this technician has accepted, and from when to when they are away (None: for good)."""

    ticket: TicketId
    technician: MemberId
    begins: datetime
    ends: datetime | None = None


@command("dispatch.find_replacement", "dispatch.watch")
async def find_replacement(actor: Actor, input: FindReplacement) -> TicketResult:
    """Weighs everybody for a job that its technician cannot do, and lets the dispatchers know; the job stays theirs.

    What was given to another or is done meanwhile needs nobody else.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    people = await rows.get(TicketPeople, ticket.tenant_id, ticket.id)
    technician: UUID = parse_opaque("mb", input.technician).id
    if ticket.state in OWED and people.assignee_id == technician:
        found = await weigh(actor, ticket)
        await keep(actor, ticket, found)
        told(ticket=ticket.number, away=str(technician), candidates=len(found.fit))
        emit(HolderAway(ticket.tenant_id, ticket.id, technician, input.begins, input.ends))
    return result(ticket)
