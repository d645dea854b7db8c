"""Bringing closed tickets of another time and system along: one command each, marked as claimed."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mendline.devices import Device, DeviceModel, device_card, entitlement, location_of, lock_unit, note
from mendline.kernel import (
    DeviceId,
    DomainError,
    ExternalNumber,
    ExternalSystem,
    OrganisationId,
    Reference,
    command,
    find_by_reference,
    new_id,
    parse_opaque,
    rows,
    touch,
    work,
)
from mendline.tickets.intake import at_home, next_number
from mendline.tickets.partners.participants import Part, audience, participants, parts_of
from mendline.tickets.priority import score
from mendline.tickets.results import TicketResult, result
from mendline.tickets.states import TicketKind, UseState
from mendline.tickets.ticket import (
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
)
from mendline.tickets.told import FaultCode
from mendline.tickets.vigilance import safety_words
from mendline_tenants import Actor, agreed, own_organisation, partner_card

Text = Annotated[str, Meta(max_length=4000)]
Name = Annotated[str, Meta(max_length=120)]


class ImportClosed(Struct, frozen=True, kw_only=True):
    """A closed ticket as the old system tells of it; `system` and `number` find it again."""

    system: ExternalSystem
    number: ExternalNumber
    device: DeviceId
    provider: OrganisationId
    symptom: Annotated[str, Meta(min_length=1, max_length=4000)]
    fault_code: FaultCode | None = None
    use_state: UseState = "unknown"
    kind: TicketKind = "fault"
    opened_at: datetime
    finished_at: datetime
    closed_at: datetime
    result: Literal["repaired", "not_reproduced", "not_repairable", "depot", "condemnation_advised"] = "repaired"
    cause: Text = ""
    action: Text = ""
    work_minutes: Annotated[int, Meta(ge=0, le=60 * 24 * 365)] | None = None
    reporter_name: Name = ""
    technician_name: Name = ""


@command("tickets.import_closed", "tickets.import")
async def import_closed(actor: Actor, input: ImportClosed) -> TicketResult:
    """Stores a closed ticket of the actor's own organisation; importing it again changes nothing.

    Raises invalid_input when its dates are out of order or lie in the future.
    """
    if not input.opened_at <= input.finished_at <= input.closed_at <= work().occurred_at:
        raise DomainError("invalid_input", field="closed_at", problem="out_of_order")
    # Held: the same history may be imported twice at once.
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    known = await find_by_reference(Ticket, actor.organisation, input.system, input.number, "external_number")
    if known is not None:
        return result(known)
    model = await rows.get(DeviceModel, actor.organisation, device.model_id)
    provider = parse_opaque("or", input.provider).id
    organisation = await own_organisation(actor.organisation)
    here = at_home(organisation, input.opened_at)
    entitled = await entitlement(actor.organisation, device, model, here.date())
    location = await location_of(actor.organisation, device.place_id)
    priority, reasons = score(model, device, input.use_state, location.clinical_weight)
    standing = await agreed(actor.organisation, here.date(), model.device_class, model.manufacturer_id)
    parts = parts_of(
        actor.organisation,
        provider,
        [
            Part(a.partner_id, a.part, tuple(a.groups))
            for a in standing
            if a.part != "service_provider" or a.partner_id == provider
        ],
    )
    viewers, held = audience(parts)
    ticket = Ticket(
        id=new_id(),
        tenant_id=actor.organisation,
        visible_to=viewers,
        audience=held,
        number=await next_number(actor.organisation, organisation.code, here),
        kind=input.kind,
        state="archived",
        phase="closed",
        outcome="completed",
        provider_id=provider,
        manufacturer_id=model.manufacturer_id,
        device_id=device.id,
        device_card=device_card(device, model),
        facility_card=await partner_card(actor.organisation, actor.organisation),
        provider_card=await partner_card(actor.organisation, provider),
        priority=priority,
        opened_at=input.opened_at,
        closed_at=input.closed_at,
        changed_at=input.closed_at,
        changed_by=actor.role,
        system=input.system,
        external_number=input.number,
    )
    await rows.insert(ticket)
    anchor = {"id": ticket.id, "tenant_id": ticket.tenant_id, "ticket_id": ticket.id, "author_org": ticket.tenant_id}
    suspects = safety_words(input.symptom)
    await rows.insert(
        *await participants(ticket, parts, news=False),
        TicketPeople(
            **anchor,
            reporter_name=input.reporter_name,
            contact_name=input.reporter_name,
            location=location.words,
            latitude=location.latitude,
            longitude=location.longitude,
            assignee_name=input.technician_name or None,
        ),
        TicketClinical(
            **anchor,
            symptom=input.symptom,
            fault_code=input.fault_code,
            use_state=input.use_state,
            happened_at=input.opened_at,
            decontamination="not_needed",
            priority_reasons=[reason._asdict() for reason in reasons],
        ),
        TicketQuality(
            **anchor,
            result=input.result,
            cause=input.cause,
            action=input.action,
            work_minutes=input.work_minutes,
            finished_at=input.finished_at,
            returned_at=input.closed_at,
        ),
        TicketCommercial(
            **anchor,
            entitlement=entitled.kind,
            contract_id=entitled.contract.id if entitled.contract else None,
            reason=entitled.reason,
            valid_until=entitled.valid_until,
        ),
        TicketVigilance(**anchor, suspected=bool(suspects), words=list(suspects)),
    )
    await _remember(device, ticket, input)
    await note(
        device, "ticket", Reference(ticket.tenant_id, ticket.id), input.closed_at, number=ticket.number, to="archived"
    )
    # History is no news: it gets its audit entry and its place in the worklists, and no consumer hears of it.
    touch(Reference(ticket.tenant_id, ticket.id), to="archived", imported=input.system)
    return result(ticket)


async def _remember(device: Device, ticket: Ticket, input: ImportClosed) -> None:
    known = device.last_repair
    if known is None or datetime.fromisoformat(known["at"]) < input.closed_at:
        await rows.update(
            device,
            last_repair={
                "number": ticket.number,
                "at": input.closed_at,
                "symptom": input.symptom[:200],
                "action": input.action[:200],
                "result": input.result,
                "provider": ticket.provider_card.get("name"),
            },
        )
