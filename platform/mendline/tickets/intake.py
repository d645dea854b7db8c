"""Intake: a fault is reported, and at once it has a device, an entitlement, a priority and a provider."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, to_builtins

from mendline.devices import (
    Device,
    DeviceModel,
    Entitlement,
    Location,
    device_card,
    entitlement,
    find_devices,
    location_of,
    lock_unit,
    note,
    parse_identifier,
)
from mendline.kernel import (
    DeviceId,
    DomainError,
    ExternalNumber,
    ExternalSystem,
    PlaceId,
    Reference,
    command,
    emit,
    fetchval,
    find_by_reference,
    new_id,
    parse_opaque,
    rows,
    work,
)
from mendline.tickets.commercial.entitling import found_entry, level_found
from mendline.tickets.device_state import report_use_state
from mendline.tickets.events import ProviderAssigned, TicketReported
from mendline.tickets.faults.proposal import propose
from mendline.tickets.lifecycle import tell
from mendline.tickets.likeness import Fault, keep, likenesses
from mendline.tickets.partners.participants import Part, audience, participants, parts_of
from mendline.tickets.priority import Reason, score
from mendline.tickets.results import TicketResult, result
from mendline.tickets.sla.clocks import opened
from mendline.tickets.sla.terms import terms_of
from mendline.tickets.states import PHASES, Decontamination, TicketKind, UseState
from mendline.tickets.ticket import (
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketGroup,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
)
from mendline.tickets.told import AccessWindows, FaultCode, check_told, stored_windows
from mendline.tickets.vigilance import safety_words
from mendline_tenants import Actor, Member, Organisation, Place, agreed, card_of, own_organisation, partner_card


class ReportFault(Struct, frozen=True):
    """What a ward tells. Without a place, the device's own is taken; without a contact, the reporter is it.

    named: instead of the device's id what is read or scanned on it: asset number, serial number, UDI, our label's link.
    place: a campus, department, unit or bed; place_note: where exactly, in words. access_windows: when the room is
    free. fault_code: in the organisation's own codes; who knows none leaves it out.
    system, number: what a portal calls the report; the same report, sent again, gives the first one's ticket.
    """

    symptom: Annotated[str, Meta(min_length=1, max_length=4000)]
    device: DeviceId | None = None
    named: Annotated[str, Meta(min_length=1, max_length=512)] | None = None
    fault_code: FaultCode | None = None
    use_state: UseState = "unknown"
    happened_at: datetime | None = None
    place: PlaceId | None = None
    place_note: Annotated[str, Meta(max_length=120)] = ""
    contact_name: Annotated[str, Meta(max_length=120)] = ""
    contact_phone: Annotated[str, Meta(max_length=40)] = ""
    spare_needed: bool = False
    isolation: bool = False
    decontamination: Decontamination | None = None
    access_windows: AccessWindows = ()
    kind: TicketKind = "fault"
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class Caller(NamedTuple):
    """Who rang up a vendor's service desk, and from where.

    desk: the vendor, which answers for the ticket. groups: what it holds where clinical engineering sees reports first.
    """

    desk: UUID
    groups: tuple[str, ...]
    name: str
    ward: str


@command("tickets.report", "tickets.report")
async def report(actor: Actor, input: ReportFault) -> TicketResult:
    """Opens a ticket at the actor's own organisation.

    A report whose external reference is known already changes nothing, and answers with its ticket. Raises not_found
    for a device or place that is not its own, device_retired, device_unknown, device_ambiguous for one that is named,
    contact_needed where a shared account does not say who reports, and invalid_input for a fault in the future or a
    window gone by.
    """
    return await open_ticket(actor, input)


async def open_ticket(actor: Actor, input: ReportFault, caller: Caller | None = None) -> TicketResult:
    """A new ticket of the actor's organisation; caller: who told it to a vendor's service desk. Raises as `report`."""
    moment = work().occurred_at
    known = await find_by_reference(Ticket, actor.organisation, input.system, input.number, "external_number")
    if known is not None:
        return result(known)
    check_told(actor, input, moment)
    device, model = await _device(actor, input)
    place = parse_opaque("pl", input.place).id if input.place else (device.place_id if device else actor.place)
    if input.place:
        await rows.get(Place, actor.organisation, place)  # type: ignore[arg-type]
    location = await location_of(actor.organisation, place)
    organisation = await own_organisation(actor.organisation)
    here = at_home(organisation, moment)
    desk = caller.desk if caller else None
    entitled = await entitlement(actor.organisation, device, model, here.date(), desk) if device and model else None
    contract = entitled.contract if entitled else None
    engineering_first = organisation.policies.get("triage") == "clinical_engineering"
    straight = desk or (contract.provider_id if contract and contract.direct else None)
    direct = straight is not None and not engineering_first
    provider = straight if straight and direct else actor.organisation
    priority, reasons = score(
        model,
        device,
        input.use_state,
        location.clinical_weight,
        policy=organisation.policies.get("priority"),
        tier=contract.tier if contract else None,
    )
    standing = [
        Part(a.partner_id, a.part, tuple(a.groups))
        for a in await agreed(
            actor.organisation,
            here.date(),
            model.device_class if model else None,
            model.manufacturer_id if model else None,
        )
        # Who services the device by agreement sees what stays with the hospital; never what another answers for.
        if a.part != "service_provider" or provider in (a.partner_id, actor.organisation)
    ]
    if caller and not direct:
        standing.append(Part(caller.desk, "participant", caller.groups))
    parts = parts_of(actor.organisation, provider, standing)
    viewers, held = audience(parts)
    state = "triaged" if direct else "reported"
    ticket = Ticket(
        id=new_id(),
        tenant_id=actor.organisation,
        visible_to=viewers,
        audience=held,
        number=await next_number(actor.organisation, organisation.code, here),
        kind=input.kind,
        state=state,
        phase=PHASES[state],
        provider_id=provider,
        manufacturer_id=model.manufacturer_id if model else None,
        device_id=device.id if device else None,
        device_card=device_card(device, model) if device and model else {},
        facility_card=card_of(organisation),
        provider_card=await partner_card(actor.organisation, provider) if direct else card_of(organisation),
        priority=priority,
        opened_at=moment,
        changed_at=moment,
        changed_by=actor.role,
        system=input.system,
        external_number=input.number,
    )
    clocks = opened(await terms_of(organisation, contract, location.zone), ticket)
    await rows.insert(ticket)
    groups = await _groups(actor, input, ticket, location, entitled, reasons, device.state if device else None, caller)
    commercial = _commercial(ticket, entitled, organisation)
    first = found_entry(actor, ticket, commercial, level_found(entitled))
    await rows.insert(*await participants(ticket, parts), *groups, commercial, first, *clocks)
    if device and model and input.kind == "fault":
        fault = Fault(device.id, model.id, input.symptom, input.fault_code)
        await keep(ticket, await likenesses(organisation, fault, moment, without=[ticket.id]))
    if device is not None:
        await note(device, "ticket", Reference(ticket.tenant_id, ticket.id), number=ticket.number, to=state)
        await report_use_state(device, input.use_state, ticket)
    route = "call" if caller else "contract" if direct else "facility"
    tell(ticket, to=state, route=route, kind=input.kind)
    emit(
        TicketReported(
            tenant=ticket.tenant_id, ticket=ticket.id, number=ticket.number, provider=provider, device=ticket.device_id
        )
    )
    if direct:
        emit(ProviderAssigned(tenant=ticket.tenant_id, ticket=ticket.id, provider=provider))
    return result(ticket)


def at_home(organisation: Organisation, moment: datetime) -> datetime:
    """A moment by the organisation's own clock: contracts and agreements begin and end with its days."""
    return moment.astimezone(ZoneInfo(organisation.timezone))


async def next_number(tenant: UUID, code: str, moment: datetime) -> str:
    """The next ticket number `<code>-<year>-<n>`, the year by the zone of `moment`; gaps are allowed."""
    count = await fetchval(
        "UPDATE organisation SET ticket_counter = ticket_counter + 1 WHERE tenant_id = $1 AND id = $1"
        " RETURNING ticket_counter",
        tenant,
    )
    return f"{code}-{moment.year}-{count}"


async def _device(actor: Actor, input: ReportFault) -> tuple[Device | None, DeviceModel | None]:
    if input.named is not None:
        found = await find_devices(actor.organisation, parse_identifier(input.named))
        if len(found) > 1:
            raise DomainError("device_ambiguous", count=len(found))
        reference = Reference(found[0].tenant_id, found[0].id)
    elif input.device is not None:
        reference = parse_opaque("dv", input.device)
    else:
        return None, None
    # Held: of two reports of one device the second must see what the first has made of it.
    device = await lock_unit(*reference)
    if device.state == "retired" and input.kind != "recall":  # a recall looks for units that are gone, too
        raise DomainError("device_retired", asset_number=device.asset_number)
    return device, await rows.get(DeviceModel, device.tenant_id, device.model_id)


async def _groups(
    actor: Actor,
    input: ReportFault,
    ticket: Ticket,
    location: Location,
    entitled: Entitlement | None,
    reasons: list[Reason],
    device_state: str | None,
    caller: Caller | None,
) -> list[TicketGroup]:
    anchor: dict[str, Any] = {
        "id": ticket.id,
        "tenant_id": ticket.tenant_id,
        "ticket_id": ticket.id,
        "author_org": ticket.tenant_id,
    }
    reporter = await rows.find(Member, actor.organisation, actor.id) if actor.kind == "member" else None
    suspects = safety_words(input.symptom)
    proposal = await propose(ticket.tenant_id, input.symptom) if input.kind == "fault" else None
    needs_cleaning = input.isolation or input.use_state == "patient_affected"
    return [
        TicketPeople(
            **anchor,
            reporter_id=reporter.id if reporter else None,
            reporter_name=caller.name if caller else reporter.name if reporter else actor.name,
            caller_ward=caller.ward if caller else "",
            contact_name=input.contact_name or (reporter.name if reporter else ""),
            contact_phone=input.contact_phone or (reporter.phone or "" if reporter else ""),
            location=location.words,
            place_note=input.place_note,
            latitude=location.latitude,
            longitude=location.longitude,
        ),
        TicketClinical(
            **anchor,
            symptom=input.symptom,
            fault_code=input.fault_code,
            fault_proposal=to_builtins(proposal),
            use_state=input.use_state,
            happened_at=input.happened_at or work().occurred_at,
            spare_needed=input.spare_needed,
            isolation=input.isolation,
            decontamination=input.decontamination or ("unknown" if needs_cleaning else "not_needed"),
            access_windows=stored_windows(input.access_windows),
            priority_reasons=[reason._asdict() for reason in reasons],
            device_state_before=device_state,
        ),
        TicketQuality(**anchor),
        TicketVigilance(
            **anchor, suspected=bool(suspects) or input.use_state == "patient_affected", words=list(suspects)
        ),
    ]


def _commercial(ticket: Ticket, entitled: Entitlement | None, organisation: Organisation) -> TicketCommercial:
    outside = entitled is None or entitled.kind == "outside"
    return TicketCommercial(
        id=ticket.id,
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        author_org=ticket.tenant_id,
        entitlement=entitled.kind if entitled else "outside",
        contract_id=entitled.contract.id if entitled and entitled.contract else None,
        reason=entitled.reason if entitled else {},
        valid_until=entitled.valid_until if entitled else None,
        quotation_needed=outside and organisation.policies.get("quotation") == "outside",
    )
