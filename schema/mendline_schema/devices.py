"""GraphQL over devices: the registry, its models and contracts, and the card of a device on a ticket."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from mendline.devices import DeviceIdentifier, parse_identifier
from mendline.kernel import DomainError
from mendline_schema.connections import Connection, connection
from mendline_schema.enums import DeviceFunction, DeviceState, SlaTier
from mendline_schema.fields import (
    VIEWER,
    Order,
    Orders,
    Where,
    column,
    find,
    many,
    masked,
    one,
    over,
    part,
    parts,
    root,
)
from mendline_schema.filters import ExternalReference, among, by_id, by_reference, equal, external, refers
from mendline_schema.kernel import Node, Words
from mendline_schema.tenants import OrganisationCard, Place, ServiceCalendar, known_organisation

LazyTicket = Annotated["Ticket", strawberry.lazy("mendline_schema.tickets")]  # type: ignore[name-defined]  # noqa: F821


def scanned(text: str) -> DeviceIdentifier | None:
    """The likeliest meaning of what was scanned or typed; None for what cannot be read, which finds nothing.

    Raises DomainError barcode_check_digit: the one fault that tells that a digit was misread.
    """
    try:
        return parse_identifier(text)[0]
    except DomainError as refusal:
        if refusal.code == "barcode_check_digit":
            raise
        return None


BY_CODE = Where(
    "{o}.tenant_id = {organisation} AND (({value.asset}::text IS NOT NULL AND {o}.asset_number = {value.asset}::text)"
    " OR ({value.asset}::text IS NULL AND {value.serial}::text IS NOT NULL AND {o}.serial = {value.serial}::text"
    " AND ({value.device_identifier}::text IS NULL OR EXISTS (SELECT FROM device_model dm"
    " WHERE dm.tenant_id = {o}.tenant_id AND dm.id = {o}.model_id"
    " AND dm.device_identifier = {value.device_identifier}::text))))",
    scanned,
)
"""A unit by our sticker, its asset number, or its maker's code with a serial number in it."""


@part
class DeviceCard:
    """What every participant may know of the device: the snapshot on the ticket."""

    asset_number: str | None = column()
    serial: str | None = masked("serial")
    name: Words | None = parts()
    manufacturer: Words | None = parts()
    model_number: str | None = column()
    device_identifier: str | None = column(description="GTIN-14 (UDI-DI).")
    device_class: str | None = column()
    function: DeviceFunction | None = column()
    software_version: str | None = column()
    mandatory_verification: bool | None = column()


@over("device_model", needs="read.devices", kind="md")
class DeviceModel(Node):
    """A type of device. The three risk classes never convert into each other."""

    name: Words | None = parts()
    manufacturer: Words | None = parts()
    model_number: str = column()
    device_identifier: str | None = column(description="GTIN-14 (UDI-DI).")
    device_class: str = column()
    function: DeviceFunction = column()
    risk_nmpa: str | None = column()
    risk_fda: str | None = column()
    risk_eu: str | None = column()
    mandatory_verification: bool = column()
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@over("device", needs="read.devices", kind="dv")
class Device(Node):
    """One unit of the reader's own registry."""

    asset_number: str = column()
    serial: str | None = column()
    lot: str | None = column()
    state: DeviceState = column()
    version: int = column()
    model: DeviceModel | None = one({"id": "model_id"})
    place: Place | None = one({"id": "place_id"})
    manufactured_on: date | None = column()
    purchased_on: date | None = column()
    warranty_until: date | None = column()
    backup_available: bool = column()
    software_version: str | None = column()
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")
    last_repair: JSON | None = column()
    recorded_at: datetime = column()
    open_tickets: list[LazyTicket] | None = many(
        {"device_id": "id"},
        where="{o}.phase <> 'closed'",
        order=Order(("opened_at", "id"), descending=True),
        limit=20,
        description="What is under way on this device; look here before reporting.",
    )
    history: Connection[LazyTicket] | None = connection(
        {"device_id": "id"},
        order=Order(("opened_at", "id"), descending=True),
        description="The tickets of this device, the newest first.",
    )


@over("contract_device", needs="read.devices")
class ContractDevice:
    """A device that a contract names."""

    device: Device | None = one({"id": "device_id"})


@over("contract", needs="read.commercial", kind="ct")
class Contract(Node):
    """A service contract of the user facility with a provider. Service levels in minutes."""

    title: str = column()
    provider: OrganisationCard | None = parts(known_organisation("{t}.provider_id"))
    device_classes: list[str] = column()
    devices: list[ContractDevice] | None = many({"contract_id": "id"}, order=Order(("device_id",)))
    starts_on: date = column()
    ends_on: date = column()
    service_level: JSON = column(description="For all priorities, and under 1 to 4 what holds for one instead.")
    tier: SlaTier | None = column()
    calendar: ServiceCalendar | None = one({"id": "calendar_id"}, description="When they count; null: day and night.")
    direct: bool = column(description="Whether reports go straight to the provider.")
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@strawberry.input(description="Which devices.")
class DeviceFilter:
    """Which devices."""

    place: strawberry.ID | None = refers("place_id", "pl", tenant="tenant_id")
    model: strawberry.ID | None = refers("model_id", "md", tenant="tenant_id")
    state: list[DeviceState] | None = among("state")
    serial: str | None = equal("serial")
    asset_number: str | None = equal("asset_number")
    external: ExternalReference | None = external()


DEVICE_ORDERS = Orders(
    "DeviceOrder",
    {"ASSET_NUMBER": Order(("asset_number", "id")), "RECORDED_AT": Order(("recorded_at", "id"), descending=True)},
)


@strawberry.input(description="Which models.")
class DeviceModelFilter:
    """Which models."""

    device_class: str | None = equal("device_class")
    model_number: str | None = equal("model_number")
    device_identifier: str | None = equal("device_identifier")
    external: ExternalReference | None = external()


@strawberry.input(description="Which contracts.")
class ContractFilter:
    """Which contracts."""

    provider: strawberry.ID | None = refers("provider_id", "or")
    title: str | None = equal("title")
    external: ExternalReference | None = external()


@root
class DeviceQueries:
    """Queries over devices."""

    device: Device | None = find(
        {
            "id": (strawberry.ID, by_id("dv")),
            "asset_number": (str, Where("{o}.tenant_id = {organisation} AND {o}.asset_number = {value}")),
            "code": (str, BY_CODE),
            "external": (ExternalReference, by_reference()),
        }
    )
    devices: Connection[Device] | None = connection(tenant=VIEWER, order=DEVICE_ORDERS, filter=DeviceFilter)
    models: Connection[DeviceModel] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=DeviceModelFilter)
    contracts: Connection[Contract] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=ContractFilter)
