"""Work in the field: on the way, at the device, waiting, noting, finished."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mendline.fieldwork.estimates import expected_at, revise
from mendline.fieldwork.events import JobFinished
from mendline.fieldwork.job import job_of
from mendline.fieldwork.report import ServiceReport
from mendline.fieldwork.visit import Visit
from mendline.kernel import DomainError, TicketId, command, emit, parse_opaque, rows, work
from mendline.tickets import Ticket, TicketQuality, TicketResult, add_message, lock_ticket, move, note_change, result
from mendline_tenants import Actor

Text = Annotated[str, Meta(min_length=1, max_length=4000)]


class SetEta(Struct, frozen=True):
    """When the technician expects to be there: in so many minutes, or at a time."""

    ticket: TicketId
    minutes: Annotated[int, Meta(ge=0, le=60 * 24 * 14)] | None = None
    at: datetime | None = None


@command("fieldwork.set_eta", "fieldwork.work")
async def set_eta(actor: Actor, input: SetEta) -> TicketResult:
    """On the way, and when to be expected. Raises invalid_input when no time or a past one is given."""
    ticket = await job_of(actor, input.ticket)
    eta = expected_at(input.at, input.minutes)
    await revise(actor, ticket, "arrival", eta)
    await move(actor, ticket, eta_at=eta)
    await _visit(actor, ticket, eta_at=eta)
    return result(ticket)


class Arrive(Struct, frozen=True):
    """The technician is at the device."""

    ticket: TicketId


@command("fieldwork.arrive", "fieldwork.work")
async def arrive(actor: Actor, input: Arrive) -> TicketResult:
    """Work begins. Raises decontamination_needed until that is recorded, quotation_needed until one is approved."""
    ticket = await job_of(actor, input.ticket)
    await move(actor, ticket, waiting_for=None)
    await _visit(actor, ticket, arrived_at=work().occurred_at)
    return result(ticket)


async def _visit(actor: Actor, ticket: Ticket, **told: datetime) -> None:
    """Writes into the technician's visit under way, or a new one; the first time of arrival stays."""
    known = await rows.first(
        Visit,
        "tenant_id = $1 AND ticket_id = $2 AND author_org = $3 AND technician_id = $4 AND left_at IS NULL"
        " ORDER BY recorded_at DESC",
        ticket.tenant_id,
        ticket.id,
        actor.organisation,
        actor.id,
    )
    if known is None:
        visit = Visit(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=actor.organisation,
            technician_id=actor.id,
            attempt=ticket.attempt,
            **told,
        )
        await rows.insert(visit)
    else:
        await rows.update(known, **told | ({"arrived_at": known.arrived_at} if known.arrived_at else {}))


class Wait(Struct, frozen=True):
    """The work stands still, and for what."""

    ticket: TicketId
    reason: Literal["parts", "customer", "access", "decontamination"]


@command("fieldwork.wait", "fieldwork.work")
async def wait(actor: Actor, input: Wait) -> TicketResult:
    """Pauses the job with its reason."""
    return result(await move(actor, await job_of(actor, input.ticket), waiting_for=input.reason))


class Resume(Struct, frozen=True):
    """The work goes on."""

    ticket: TicketId


@command("fieldwork.resume", "fieldwork.work")
async def resume(actor: Actor, input: Resume) -> TicketResult:
    """Takes a paused job up again, at the device. Refused as arriving is."""
    ticket = await move(actor, await job_of(actor, input.ticket), waiting_for=None)
    await _visit(actor, ticket, arrived_at=work().occurred_at)
    return result(ticket)


class SendToDepot(Struct, frozen=True):
    """The device goes to the provider's workshop."""

    ticket: TicketId


@command("fieldwork.send_to_depot", "fieldwork.work")
async def send_to_depot(actor: Actor, input: SendToDepot) -> TicketResult:
    """The device leaves the ward for the depot; whoever takes it has been there. Refused as arriving is."""
    ticket = await move(actor, await job_of(actor, input.ticket), waiting_for=None)
    await _visit(actor, ticket, arrived_at=work().occurred_at)
    return result(ticket)


class ReturnFromDepot(Struct, frozen=True):
    """The device is back at the ward."""

    ticket: TicketId


@command("fieldwork.return_from_depot", "fieldwork.work")
async def return_from_depot(actor: Actor, input: ReturnFromDepot) -> TicketResult:
    """The device came back from the depot; the work goes on at the ward."""
    return result(await move(actor, await job_of(actor, input.ticket)))


class AddNote(Struct, frozen=True):
    """What the technician noted."""

    ticket: TicketId
    body: Text


@command("fieldwork.add_note", "fieldwork.evidence")
async def add_note(actor: Actor, input: AddNote) -> TicketResult:
    """Adds a note of the work. It does not change the ticket's version."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    await add_message(actor, ticket, "note", input.body)
    await note_change(actor, ticket)
    return result(ticket)


class Finish(Struct, frozen=True):
    """The technician's report: what came of it, why it failed, what was done."""

    ticket: TicketId
    result: Literal["repaired", "not_reproduced", "not_repairable", "depot", "condemnation_advised"]
    cause: Text
    action: Text
    advice: Annotated[str, Meta(max_length=4000)] = ""
    work_minutes: Annotated[int, Meta(ge=0, le=60 * 24 * 30)] | None = None
    next_maintenance_on: date | None = None


@command("fieldwork.finish", "fieldwork.work")
async def finish(actor: Actor, input: Finish) -> TicketResult:
    """Ends the work of this attempt; quality checks and acceptance follow."""
    ticket = await job_of(actor, input.ticket)
    moment = work().occurred_at
    await move(actor, ticket, eta_at=None, completion_at=None)
    reported = {name: getattr(input, name) for name in Finish.__struct_fields__ if name != "ticket"}
    await rows.change(TicketQuality, ticket.tenant_id, ticket.id, **reported, finished_at=moment)
    await rows.insert(
        ServiceReport(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=actor.organisation,
            technician_id=actor.id,
            attempt=ticket.attempt,
            finished_at=moment,
            **reported,
        )
    )
    await _visit(actor, ticket, arrived_at=moment, left_at=moment)
    emit(JobFinished(tenant=ticket.tenant_id, ticket=ticket.id, attempt=ticket.attempt))
    return result(ticket)
