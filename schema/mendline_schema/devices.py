"""GraphQL over devices: the registry, its models and contracts, and the card of a device on a ticket."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from mendline.devices import DeviceIdentifier, parse_certain
from mendline.kernel import DomainError
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import BelongsAs, DeviceFunction, DevicePool, DeviceState, SlaTier
from mendline_schema.declarations.fields import (
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
from mendline_schema.declarations.filters import (
    ExternalReference,
    among,
    before,
    by_id,
    by_reference,
    condition,
    equal,
    external,
    refers,
)
from mendline_schema.kernel import Node, Words
from mendline_schema.registry import OF_UNIT, DeviceEvent, DeviceLoan, DevicePart, RegulatoryDocument
from mendline_schema.tenants import OrganisationCard, Place, ServiceCalendar, known_organisation

LazyDevice = Annotated["Device", strawberry.lazy("mendline_schema.devices")]
LazyTicket = Annotated["Ticket", strawberry.lazy("mendline_schema.tickets")]  # type: ignore[name-defined]  # noqa: F821


def scanned(text: str) -> DeviceIdentifier | None:
    """The likeliest meaning of what was scanned or typed; None for what cannot be read, which finds nothing.

    Raises DomainError barcode_check_digit, which tells that a digit was misread, and barcode_unverified, where nobody
    can tell.
    """
    try:
        return parse_certain(text)[0]
    except DomainError as refusal:
        if refusal.code in ("barcode_check_digit", "barcode_unverified"):
            raise
        return None


UNIT = (
    "{{o}}.tenant_id = {{organisation}} AND {{o}}.id IN (SELECT coalesce(l.merged_into, l.id) FROM device l"
    " WHERE l.tenant_id = {{organisation}} AND {found})"
)
"""SQL: the unit that a record which is found leads to; a duplicate that was merged leads to the one that counts."""

BY_ASSET_NUMBER = Where(UNIT.format(found="l.asset_number = {value}"))
BY_REFERENCE = replace(by_reference(), sql=UNIT.format(found="l.system = {value.system} AND l.number = {value.number}"))
BY_CODE = Where(
    UNIT.format(
        found="(({value.asset}::text IS NOT NULL AND l.asset_number = {value.asset}::text"
        " AND ({value.organisation}::text IS NULL OR EXISTS (SELECT FROM organisation own WHERE own.tenant_id ="
        " {organisation} AND own.id = {organisation} AND own.code = {value.organisation}::text)))"
        " OR ({value.asset}::text IS NULL AND {value.serial}::text IS NOT NULL AND l.serial = {value.serial}::text"
        " AND ({value.device_identifier}::text IS NULL OR EXISTS (SELECT FROM device_model dm"
        " WHERE dm.tenant_id = l.tenant_id AND dm.id = l.model_id"
        " AND dm.device_identifier = {value.device_identifier}::text))))"
    ),
    scanned,
)
"""A unit by our sticker (not another hospital's), its asset number, or its maker's code with a serial number in it."""


@part
class DeviceCard:
    """What every participant may know of the device: the snapshot on the ticket."""

    asset_number: str | None = column()
    serial: str | None = masked("serial")
    name: Words | None = parts()
    manufacturer: Words | None = parts()
    model_number: str | None = column()
    device_identifier: str | None = column(description="UDI-DI: a GTIN-14, or as HIBCC, ICCBBA, MA or IFA give it.")
    device_class: str | None = column()
    function: DeviceFunction | None = column()
    software_version: str | None = column()
    mandatory_verification: bool | None = column()
    authorised_only: bool | None = column(description="Whether its maker lets only whom it has authorised service it.")


@over("device_model", needs="read.devices", kind="md")
class DeviceModel(Node):
    """A type of device. The three risk classes never convert into each other."""

    name: Words | None = parts()
    manufacturer: Words | None = parts()
    model_number: str = column()
    device_identifier: str | None = column(description="UDI-DI: a GTIN-14, or as HIBCC, ICCBBA, MA or IFA give it.")
    device_class: str = column()
    function: DeviceFunction = column()
    risk_nmpa: str | None = column()
    risk_fda: str | None = column()
    risk_eu: str | None = column()
    mandatory_verification: bool = column()
    authorised_only: bool = column(description="Whether its maker lets only whom it has authorised service it.")
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")
    documents: list[RegulatoryDocument] | None = many({"model_id": "id"}, order=Order(("id",)))


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
    owning_department: Place | None = one({"id": "owning_id"}, description="Who answers for it.")
    using_department: Place | None = one({"id": "using_id"}, description="Who works with it.")
    storing_department: Place | None = one({"id": "storing_id"}, description="Who keeps it when it is not used.")
    owner: OrganisationCard | None = parts(
        known_organisation("{t}.owner_id"), description="Whose a rented or placed unit is; null: one's own."
    )
    mandatory_verification: bool | None = column(
        "coalesce({t}.mandatory_verification, (SELECT m.mandatory_verification FROM device_model m"
        " WHERE m.tenant_id = {t}.tenant_id AND m.id = {t}.model_id))",
        description="Whether the law wants it verified: as is said of the unit, else of its model.",
    )
    verified_on: date | None = column(description="By its latest verification certificate in force.")
    verification_due_at: datetime | None = column(description="When that certificate ends.")
    parent: LazyDevice | None = one({"id": "parent_id"}, description="The unit that it belongs to.")
    belongs_as: BelongsAs | None = column()
    belongings: list[LazyDevice] | None = many(
        {"parent_id": "id"}, order=Order(("id",)), description="Its components and accessories."
    )
    pool: DevicePool | None = column(description="Whether it may be lent.")
    loan: DeviceLoan | None = one({"id": "loan_id"}, description="The loan that it is out on.")
    loans: Connection[DeviceLoan] | None = connection(
        where=OF_UNIT, order=Order(("out_at", "id"), descending=True), description="Every loan of it."
    )
    merged_into: LazyDevice | None = one({"id": "merged_into"}, description="The unit that this is a duplicate of.")
    duplicates: list[LazyDevice] | None = many({"merged_into": "id"}, order=Order(("id",)))
    open_tickets: Connection[LazyTicket] | None = connection(
        {"device_id": "id"},
        where="{o}.phase <> 'closed'",
        order=Order(("opened_at", "id"), descending=True),
        description="What is under way on this device; look here before reporting.",
    )
    fitted_parts: Connection[DevicePart] | None = connection(
        {"device_id": "id"},
        order=Order(("fitted_at", "id"), descending=True),
        description="The parts that are or were in it.",
    )
    documents: list[RegulatoryDocument] | None = many({"device_id": "id"}, order=Order(("id",)))
    timeline: Connection[DeviceEvent] | None = connection(
        where=OF_UNIT,
        order=Order(("occurred_at", "id"), descending=True),
        description="Whatever happened to it, the newest first.",
    )
    history: Connection[LazyTicket] | None = connection(
        where=OF_UNIT,
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
    devices: Connection[ContractDevice] | None = connection({"contract_id": "id"}, order=Order(("device_id",)))
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
    owning_department: strawberry.ID | None = refers("owning_id", "pl", tenant="tenant_id")
    using_department: strawberry.ID | None = refers("using_id", "pl", tenant="tenant_id")
    storing_department: strawberry.ID | None = refers("storing_id", "pl", tenant="tenant_id")
    parent: strawberry.ID | None = refers("parent_id", "dv", tenant="tenant_id")
    pool: list[DevicePool] | None = among("pool")
    available: bool | None = condition(
        "{o}.pool IS NOT NULL AND ({o}.loan_id IS NULL AND {o}.state = 'in_service') = {value}", column="pool"
    )
    verification_due_before: datetime | None = before("verification_due_at")


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
            "asset_number": (str, BY_ASSET_NUMBER),
            "code": (str, BY_CODE),
            "external": (ExternalReference, BY_REFERENCE),
        }
    )
    devices: Connection[Device] | None = connection(tenant=VIEWER, order=DEVICE_ORDERS, filter=DeviceFilter)
    models: Connection[DeviceModel] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=DeviceModelFilter)
    contracts: Connection[Contract] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=ContractFilter)
