"""Calls: a vendor's service desk opens the ticket of a hospital whose ward has rung up, and says who it was."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from mendline.devices import Device, DeviceIdentifier, DeviceModel, find_devices, parse_certain
from mendline.kernel import DomainError, OrganisationId, command, not_found, opaque, parse_opaque, rows, work
from mendline.tickets.intake import Caller, ReportFault, at_home, open_ticket
from mendline.tickets.results import TicketResult
from mendline.tickets.states import Decontamination, TicketKind, UseState
from mendline.tickets.told import AccessWindows, FaultCode
from mendline_tenants import (
    PROVIDER_GROUPS,
    Actor,
    Agreement,
    Asked,
    Organisation,
    Partner,
    agreed,
    ask,
    askable,
    own_organisation,
    serves,
)


class Call(Struct, frozen=True, kw_only=True):
    """What a caller told. device: its asset number, serial number, UDI or our label's link, as it was read out."""

    symptom: Annotated[str, Meta(min_length=1, max_length=4000)]
    caller_name: Annotated[str, Meta(min_length=1, max_length=120)]
    caller_phone: Annotated[str, Meta(max_length=40)] = ""
    caller_ward: Annotated[str, Meta(max_length=120)] = ""
    device: Annotated[str, Meta(min_length=1, max_length=512)] | None = None
    use_state: UseState = "unknown"
    happened_at: datetime | None = None
    spare_needed: bool = False
    isolation: bool = False
    decontamination: Decontamination | None = None
    access_windows: AccessWindows = ()
    place_note: Annotated[str, Meta(max_length=120)] = ""
    fault_code: FaultCode | None = None
    kind: TicketKind = "fault"


class ReportFor(Call, frozen=True, kw_only=True):
    """The same, and the hospital that has called."""

    hospital: OrganisationId


@command("tickets.report_for", "tickets.report_for")
async def report_for(actor: Actor, input: ReportFor) -> Asked[TicketResult]:
    """Opens a ticket of the hospital that has called; the desk's organisation answers for it.

    Raises not_found for a hospital that is no partner or has no agreement with this organisation as its service
    provider (its steward needs none). Of the devices that the agreement covers: device_unknown when none fits,
    devices_fit when several do, device_needed when none is named and not all are covered.
    """
    hospital = parse_opaque("or", input.hospital).id
    await rows.get(Partner, actor.organisation, hospital)
    told = {name: getattr(input, name) for name in Call.__struct_fields__}
    return await ask(actor, hospital, "tickets.take_call", Call(**told))


async def _by_who_serves(actor: Actor, input: Call) -> None:
    assert actor.asked_by is not None
    there = await rows.find(Organisation, actor.organisation, actor.organisation) is not None
    served = there and await serves(actor.organisation, actor.asked_by, await _today(actor))
    if not (there and (served or await _keeps(actor))):
        raise not_found("partner")


@askable("tickets.take_call", _by_who_serves)
async def take_call(actor: Actor, input: Call) -> TicketResult:
    """In the hospital's name: the ticket of a caller, with the vendor that was called as its provider.

    Where the hospital's policy lets clinical engineering see every report first, the vendor follows it meanwhile.
    """
    assert actor.asked_by is not None
    device = await _device(actor, input.device)
    promised = await _covering(actor, device)
    if not promised and not await _keeps(actor):
        raise DomainError("device_needed")
    groups = {group for agreement in promised for group in agreement.groups} or set(PROVIDER_GROUPS)
    report = ReportFault(
        symptom=input.symptom,
        device=opaque("dv", device.tenant_id, device.id) if device else None,
        use_state=input.use_state,
        happened_at=input.happened_at,
        contact_name=input.caller_name,
        contact_phone=input.caller_phone,
        spare_needed=input.spare_needed,
        isolation=input.isolation,
        decontamination=input.decontamination,
        access_windows=input.access_windows,
        place_note=input.place_note,
        fault_code=input.fault_code,
        kind=input.kind,
    )
    return await open_ticket(actor, report, Caller(actor.asked_by, tuple(groups), input.caller_name, input.caller_ward))


async def _device(actor: Actor, named: str | None) -> Device | None:
    """The one device that was read out, among those that the vendor serves; others are as if they were not there."""
    if named is None:
        return None
    for meaning in parse_certain(named):
        served = [device for device in await _fitting(actor, meaning) if await _serves_device(actor, device)]
        if len(served) > 1:
            raise DomainError("devices_fit", count=len(served))
        if served:
            return served[0]
    raise DomainError("device_unknown", code=named)


async def _fitting(actor: Actor, meaning: DeviceIdentifier) -> list[Device]:
    try:
        return await find_devices(actor.organisation, [meaning])
    except DomainError:  # none fits this meaning of what was read out
        return []


async def _serves_device(actor: Actor, device: Device) -> bool:
    return await _keeps(actor) or bool(await _covering(actor, device))


async def _covering(actor: Actor, device: Device | None) -> list[Agreement]:
    """The agreements by which the vendor serves this device; without one, those that cover every device."""
    model = await rows.get(DeviceModel, device.tenant_id, device.model_id) if device else None
    standing = await agreed(
        actor.organisation,
        await _today(actor),
        model.device_class if model else None,
        model.manufacturer_id if model else None,
    )
    return [a for a in standing if a.part == "service_provider" and a.partner_id == actor.asked_by]


async def _keeps(actor: Actor) -> bool:
    return (await own_organisation(actor.organisation)).stewarded_by == actor.asked_by


async def _today(actor: Actor) -> date:
    return at_home(await own_organisation(actor.organisation), work().occurred_at).date()
