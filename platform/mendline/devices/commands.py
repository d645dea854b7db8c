"""Keeping the registry: models, units and contracts are put by their own numbers, so that imports may repeat."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from mendline.devices.contracts import Contract, ContractDevice
from mendline.devices.moving import ROLES_OF_DEPARTMENTS, assign, department, note_move
from mendline.devices.records import unit_of
from mendline.devices.registry import Device, DeviceModel, worse
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.retiring import require_retirable
from mendline.devices.timeline import change_state, changed, note
from mendline.kernel import (
    CalendarId,
    ContractId,
    DeviceId,
    DomainError,
    ExternalNumber,
    ExternalSystem,
    ModelId,
    OrganisationId,
    PlaceId,
    command,
    find_by_reference,
    opaque,
    parse_opaque,
    rows,
    told,
)
from mendline_tenants import Actor, Organisation, Partner, Place, own_calendar

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Words = Annotated[dict[Literal["zh", "en"], Name], Meta(min_length=1)]

MANY = 1000
"""How many devices or classes one contract may name in one command."""


# A GTIN-14, a PPN, what HIBCC, ICCBBA and AHM give (a letter is always in it), or MA's with its dots.
DeviceIdentifierText = Annotated[
    str,
    Meta(
        pattern=r"^(?:[0-9]{14}|11[0-9]{10}|(?!MA\.)(?=[0-9]*[A-Z])[0-9A-Z.\-]{6,30}"
        r"|MA\.[0-9]{3}\.M[0-9]\.[0-9]{6}\.[0-9][0-9A-Za-z]{6,14}[0-9])\Z"
    ),
]


class UpsertModel(Struct, frozen=True):
    """A device model, found again by its external reference, else by its device identifier or its model number.

    authorised_only: the maker lets only those service it whom it has authorised.
    """

    name: Words
    model_number: Name
    manufacturer: Words
    device_class: Name
    device_identifier: DeviceIdentifierText | None = None
    manufacturer_id: OrganisationId | None = None
    function: Literal["life_support", "therapeutic", "monitoring", "diagnostic", "laboratory", "other"] = "other"
    risk_nmpa: Literal["I", "II", "III"] | None = None
    risk_fda: Literal["I", "II", "III"] | None = None
    risk_eu: Literal["I", "IIa", "IIb", "III"] | None = None
    mandatory_verification: bool = False
    authorised_only: bool = False
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class ModelResult(Struct, frozen=True):
    """The model that was put."""

    model: ModelId


@command("devices.upsert_model", "devices.manage")
async def upsert_model(actor: Actor, input: UpsertModel) -> ModelResult:
    """Puts a model into the registry. Raises not_found for a manufacturer who is no partner."""
    maker = parse_opaque("or", input.manufacturer_id).id if input.manufacturer_id else None
    if maker is not None and maker != actor.organisation:
        await rows.get(Partner, actor.organisation, maker)
    values: dict[str, Any] = {
        "name": input.name,
        "manufacturer": input.manufacturer,
        "manufacturer_id": maker,
        **{
            f: getattr(input, f)
            for f in ("model_number", "device_class", "device_identifier", "function", "risk_nmpa", "risk_fda")
        },
        **{f: getattr(input, f) for f in ("risk_eu", "mandatory_verification", "authorised_only", "system", "number")},
    }
    await _alone(actor)
    known = await find_by_reference(DeviceModel, actor.organisation, input.system, input.number)
    known = known or await rows.first(
        DeviceModel,
        "tenant_id = $1 AND (device_identifier = $2 OR ($2::text IS NULL AND model_number = $3))",
        actor.organisation,
        input.device_identifier,
        input.model_number,
    )
    if known is None:
        known = DeviceModel(tenant_id=actor.organisation, **values)
        await rows.insert(known)
    else:
        await rows.update(known, **values)
    told(model=str(known.id), model_number=input.model_number)
    return ModelResult(opaque("md", actor.organisation, known.id))


class UpsertDevice(Struct, frozen=True):
    """A unit, found again by its external reference, else by its asset number.

    Where it stands, its departments, its owner, its software and whether it is under mandatory verification stay as
    they are when nothing is said of them: they have commands of their own, and imports know less of them.
    """

    asset_number: Name
    model: ModelId
    serial: Name | None = None
    lot: Name | None = None
    place: PlaceId | None = None
    state: Literal["in_service", "restricted", "out_of_service", "awaiting_return", "retired"] | None = None
    manufactured_on: date | None = None
    purchased_on: date | None = None
    warranty_until: date | None = None
    backup_available: bool = False
    software_version: Name | None = None
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None
    owning: PlaceId | None = None
    using: PlaceId | None = None
    storing: PlaceId | None = None
    owner: OrganisationId | None = None
    mandatory_verification: bool | None = None


OF_IMPORTS = (
    *("asset_number", "serial", "lot", "manufactured_on", "purchased_on", "warranty_until", "backup_available"),
    *("system", "number"),
)
"""Columns that are taken as they are given."""


@command("devices.upsert_device", "devices.manage")
async def upsert_device(actor: Actor, input: UpsertDevice) -> DeviceResult:
    """Puts a unit into the registry. A unit may become less usable here; it comes back through acceptance alone.

    What is a second record of a unit leads to that one, which stays as it is. Raises not_found, not_a_department,
    return_to_service_needed, and what speaks against retiring it (see `devices.retire`).
    """
    values = await _values(actor, input)
    known = await find_by_reference(Device, actor.organisation, input.system, input.number)
    known = known or await _unit(actor, input.asset_number)
    if known is not None and known.merged_into is not None:
        known = await unit_of(known)
    elif known is None:
        known = Device(tenant_id=actor.organisation, state=input.state or "in_service", **values)
        await rows.insert(known)
        await note(known, "registered", asset_number=known.asset_number, state=known.state)
    else:
        await _put_again(known, values, input.state)
    told(device=str(known.id), asset_number=input.asset_number)
    return device_result(known)


async def _values(actor: Actor, input: UpsertDevice) -> dict[str, Any]:
    """The columns that are given, each of them checked to be the organisation's own."""
    model = await rows.get(DeviceModel, actor.organisation, parse_opaque("md", input.model).id)
    values: dict[str, Any] = {"model_id": model.id, **{f: getattr(input, f) for f in OF_IMPORTS}}
    if input.place is not None:
        values["place_id"] = (await rows.get(Place, actor.organisation, parse_opaque("pl", input.place).id)).id
    for role in ROLES_OF_DEPARTMENTS:
        if (given := getattr(input, role)) is not None:
            values[f"{role}_id"] = await department(actor, given)
    if input.owner is not None:
        owner = parse_opaque("or", input.owner).id
        own = owner == actor.organisation
        values["owner_id"] = None if own else (await rows.get(Partner, actor.organisation, owner)).id
    told_only = ("software_version", "mandatory_verification")
    return values | {f: given for f in told_only if (given := getattr(input, f)) is not None}


async def _put_again(device: Device, values: dict[str, Any], state: str | None) -> None:
    """Changes a unit that is known, and tells its history what of that happened to the unit itself."""
    if state is not None and worse(state, device.state) != state:
        raise DomainError("return_to_service_needed", asset_number=device.asset_number)
    if state == "retired" != device.state:
        await require_retirable(device)
    place, software = device.place_id, device.software_version
    departments = {role: values.pop(f"{role}_id") for role in ROLES_OF_DEPARTMENTS if f"{role}_id" in values}
    await rows.update(device, **values)
    await assign(device, departments)
    if device.place_id != place:
        await note_move(device, place)
    if device.software_version != software:
        await note(device, "software", **changed(software, device.software_version))
    if state is not None:
        await change_state(device, state)


Minutes = Annotated[int, Meta(gt=0, le=60 * 24 * 365)]


class PriorityLevel(Struct, frozen=True):
    """What holds for tickets of one priority (1 is the highest), in minutes; what is not named is as for all."""

    priority: Annotated[int, Meta(ge=1, le=4)]
    response: Minutes | None = None
    arrival: Minutes | None = None
    restoration: Minutes | None = None


class UpsertContract(Struct, frozen=True):
    """A service contract, found again by its external reference, else by its title.

    service_level: minutes for response, arrival, restoration, for all priorities; by_priority: what holds for one of
    them instead. tier: of the service; it counts in the priority of tickets. calendar: when the minutes
    count; without one day and night.
    """

    title: Name
    provider: OrganisationId
    starts_on: date
    ends_on: date
    device_classes: Annotated[tuple[Name, ...], Meta(max_length=MANY)] = ()
    devices: Annotated[tuple[DeviceId, ...], Meta(max_length=MANY)] = ()
    service_level: dict[Literal["response", "arrival", "restoration"], Minutes] = {}
    by_priority: Annotated[tuple[PriorityLevel, ...], Meta(max_length=4)] = ()
    calendar: CalendarId | None = None
    tier: Literal["basic", "standard", "premium"] | None = None
    direct: bool = False
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class ContractResult(Struct, frozen=True):
    """The contract that was put."""

    contract: ContractId


@command("devices.upsert_contract", "devices.manage")
async def upsert_contract(actor: Actor, input: UpsertContract) -> ContractResult:
    """Puts a contract with a provider who is a partner.

    Raises invalid_input when it ends before it starts, not_found for a calendar that is not one's own.
    """
    if input.ends_on < input.starts_on:
        raise DomainError("invalid_input", field="ends_on", problem="ends_before")
    provider = parse_opaque("or", input.provider).id
    await rows.get(Partner, actor.organisation, provider)
    values: dict[str, Any] = {
        "title": input.title,
        "provider_id": provider,
        "starts_on": input.starts_on,
        "ends_on": input.ends_on,
        "device_classes": list(input.device_classes),
        "service_level": {**input.service_level, **_by_priority(input)},
        "calendar_id": (await own_calendar(actor.organisation, input.calendar)).id if input.calendar else None,
        "tier": input.tier,
        "direct": input.direct,
        "system": input.system,
        "number": input.number,
    }
    await _alone(actor)
    known = await find_by_reference(Contract, actor.organisation, input.system, input.number)
    known = known or await rows.first(Contract, "tenant_id = $1 AND title = $2", actor.organisation, input.title)
    if known is None:
        known = Contract(tenant_id=actor.organisation, **values)
        await rows.insert(known)
    else:
        await rows.update(known, **values)
    for device in input.devices:
        await _name_device(actor, known, parse_opaque("dv", device).id)
    told(contract=str(known.id), title=input.title)
    return ContractResult(opaque("ct", actor.organisation, known.id))


async def _alone(actor: Actor) -> None:
    """Nobody else of the organisation puts a model or a contract now: no unique key holds two of them apart."""
    await rows.lock(Organisation, actor.organisation, actor.organisation)


async def _unit(actor: Actor, asset_number: str) -> Device | None:
    where = "tenant_id = $1 AND asset_number = $2 FOR NO KEY UPDATE"
    return next(iter(await rows.select(Device, where, actor.organisation, asset_number)), None)


def _by_priority(input: UpsertContract) -> dict[str, dict[str, int]]:
    clocks = ("response", "arrival", "restoration")
    return {
        str(level.priority): {clock: minutes for clock in clocks if (minutes := getattr(level, clock)) is not None}
        for level in input.by_priority
    }


async def _name_device(actor: Actor, contract: Contract, device: Any) -> None:
    await rows.get(Device, actor.organisation, device)
    named = await rows.first(
        ContractDevice,
        "tenant_id = $1 AND contract_id = $2 AND device_id = $3",
        actor.organisation,
        contract.id,
        device,
    )
    if named is None:
        await rows.insert(ContractDevice(tenant_id=actor.organisation, contract_id=contract.id, device_id=device))
