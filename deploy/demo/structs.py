"""What the demo consists of, as plain frozen structs: whoever loads it turns them into commands.

Everything refers to other things by their `key`, which is unique within its kind. Times are aware, coordinates WGS 84
in degrees, money in minor units (fen) of CNY, durations in minutes.
"""

from datetime import date, datetime, time
from typing import Literal

import msgspec

OrganisationKind = Literal["hospital", "manufacturer", "vendor", "testing_body"]
PlaceKind = Literal["campus", "department", "nursing_unit", "bed"]
Setting = Literal["intensive", "operating", "emergency", "ward", "outpatient", "support"]
Role = Literal[
    "reporter",
    "ward_manager",
    "clinical_engineer",
    "service_desk",
    "dispatcher",
    "technician",
    "storekeeper",
    "quality",
    "analyst",
    "admin",
]
Function = Literal["life_support", "therapeutic", "monitoring", "diagnostic", "laboratory", "other"]
AgreementKind = Literal["service", "maker", "authorisation", "verification"]
UseState = Literal["down", "degraded", "patient_affected"]
Entitlement = Literal["warranty", "contract", "outside", "in_house"]
FieldGroup = Literal["progress", "people", "clinical", "quality", "commercial", "messages", "vigilance"]
OpenState = Literal["reported", "offered", "en_route", "working", "waiting_parts", "finished"]


class Record(msgspec.Struct, frozen=True):
    """What all structs of the demo are: immutable, with named fields."""


class Text(Record, frozen=True, kw_only=True):
    """Words in both languages."""

    zh: str
    en: str


class Organisation(Record, frozen=True, kw_only=True):
    """A tenant. `code` begins its ticket numbers and stands in its stickers' links."""

    key: str
    code: str
    kind: OrganisationKind
    name: Text
    locale: Literal["zh", "en"] = "zh"
    zone: str = "Asia/Shanghai"
    phone: str
    mail_domain: str
    slack_team: str | None = None


class Place(Record, frozen=True, kw_only=True):
    """A place of a hospital, or a vendor's depot (a campus). Campuses have coordinates, the rest lies in its parent."""

    key: str
    organisation: str
    kind: PlaceKind
    name: Text
    parent: str | None = None
    setting: Setting | None = None
    address: Text | None = None
    latitude: float | None = None
    longitude: float | None = None


class ChatIdentity(Record, frozen=True, kw_only=True):
    """How a person is known in a chat. Telegram: numbers, the private chat has the person's number. Slack: text ids."""

    channel: Literal["telegram", "slack"]
    user_id: str
    chat_id: str
    team_id: str | None = None
    username: str


class Member(Record, frozen=True, kw_only=True):
    """A person, or a ward's shared phone (`unit_account`), which reports and never signs.

    `password_login`: the person may log in on GraphQL with e-mail and password (the loader makes the password).
    `latitude` and `longitude` are a technician's home, where the day starts.
    """

    key: str
    organisation: str
    name: Text
    roles: tuple[Role, ...]
    title: Text
    email: str
    phone: str
    locale: Literal["zh", "en"] = "zh"
    place: str | None = None
    unit_account: bool = False
    password_login: bool = False
    chats: tuple[ChatIdentity, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


class Qualification(Record, frozen=True, kw_only=True):
    """A technician's proof for one model, or for a whole class of devices. `level` 1 (assisted) to 3 (specialist)."""

    member: str
    model: str | None = None
    device_class: str | None = None
    level: int
    certificate: str
    issued_by: Text
    expires: date


class Shift(Record, frozen=True, kw_only=True):
    """A weekly shift in the organisation's zone; one that ends at or before its start ends on the next day.

    `weekdays` are those on which it starts, Monday is 0.
    """

    member: str
    weekdays: tuple[int, ...]
    starts: time
    ends: time


class ApiKey(Record, frozen=True, kw_only=True):
    """A key the loader makes for a partner's portal; `scopes` are permissions or bundles of them."""

    key: str
    organisation: str
    name: Text
    scopes: tuple[str, ...]


class Model(Record, frozen=True, kw_only=True):
    """A device model. The three risk classes are separate facts and never converted into each other.

    `maker` is the key of a manufacturer on the platform, or None where the maker has no account.
    `maintenance_months` is the interval of planned maintenance, `verification_months` that of 强制检定, if any.
    """

    key: str
    maker: str | None
    maker_name: Text
    name: Text
    number: str
    gtin: str
    device_class: str
    function: Function
    nmpa_class: Literal["I", "II", "III"]
    fda_class: Literal["I", "II", "III"]
    eu_class: Literal["I", "IIa", "IIb", "III"]
    registration: str
    maintenance_months: int
    verification_months: int | None = None
    life_years: int
    price: int


class Device(Record, frozen=True, kw_only=True):
    """One unit in a hospital. `label_text` is what a scanner sends for its DataMatrix, FNC1 included.

    `backup_available`: the unit has another of the same kind at hand, which lowers the urgency of a fault.
    """

    key: str
    hospital: str
    asset: str
    model: str
    place: str
    serial: str
    lot: str | None
    manufactured: date
    purchased: date
    in_service: date
    warranty_until: date
    backup_available: bool
    price: int
    label_text: str
    link: str


class Contract(Record, frozen=True, kw_only=True):
    """A service contract for `devices`, all of them of the `device_classes`.

    With `straight_to_vendor` a report goes to the vendor without the hospital's triage.
    """

    key: str
    number: str
    title: Text
    hospital: str
    vendor: str
    device_classes: tuple[str, ...]
    devices: tuple[str, ...]
    starts: date
    ends: date
    straight_to_vendor: bool
    response_minutes: int
    arrival_minutes: int
    restoration_minutes: int
    calendar: Literal["24x7", "workdays"]
    uptime_percent: float
    price: int


class Agreement(Record, frozen=True, kw_only=True):
    """What `grantor` lets `grantee` see of tickets, and why the two work together.

    Kinds: `service` (hospital to vendor), `maker` (hospital to the maker of its devices), `authorisation` (a maker lets
    a vendor repair its models), `verification` (hospital to testing body). Without `models` it holds for all devices.
    """

    key: str
    kind: AgreementKind
    grantor: str
    grantee: str
    groups: tuple[FieldGroup, ...]
    models: tuple[str, ...] = ()
    starts: date
    ends: date


class ClosedTicket(Record, frozen=True, kw_only=True):
    """A repair of the past year, from report to archive; `provider` is the hospital itself for its own repairs.

    `symptom` is in the reporter's words and `locale`. `repeat_of` is the key of the ticket with the same fault on the
    same device shortly before.
    """

    key: str
    hospital: str
    device: str
    reporter: str
    symptom: str
    locale: Literal["zh", "en"]
    use_state: UseState
    entitlement: Entitlement
    provider: str
    engineer: str
    ward_signatory: str
    technical_signatory: str
    occurred_at: datetime
    triaged_at: datetime
    accepted_at: datetime
    arrived_at: datetime
    finished_at: datetime
    ward_signed_at: datetime
    technical_signed_at: datetime
    closed_at: datetime
    fault: str
    cause: Text
    action: Text
    parts: tuple[Text, ...]
    result: Literal["repaired", "not_reproduced", "condemnation_advised"]
    work_minutes: int
    travel_minutes: int
    repeat_of: str | None = None
    rating: int | None = None


class OpenTicket(Record, frozen=True, kw_only=True):
    """A repair under way, with the times of what has happened so far; `note` is the last word on it.

    `cause` and `work_minutes` are what the engineer reports of a repair that is finished.
    """

    key: str
    hospital: str
    device: str
    reporter: str
    symptom: str
    locale: Literal["zh", "en"]
    use_state: UseState
    state: OpenState
    entitlement: Entitlement | None = None
    provider: str | None = None
    engineer: str | None = None
    occurred_at: datetime
    offered_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    paused_at: datetime | None = None
    finished_at: datetime | None = None
    cause: Text | None = None
    work_minutes: int | None = None
    note: Text | None = None


class Story(Record, frozen=True, kw_only=True):
    """Who and what plays in `mendline play`; keys of members, devices, keys and organisations."""

    hospital: str
    device: str
    nurse: str
    caption: str
    ward_manager: str
    clinical_engineer: str
    vendor: str
    dispatcher: str
    manufacturer: str
    manufacturer_key: str
    other_hospital: str
    other_hospital_member: str
    other_vendor: str
    other_vendor_member: str


class Demo(Record, frozen=True, kw_only=True):
    """The whole demo as of `today`."""

    today: date
    organisations: tuple[Organisation, ...]
    places: tuple[Place, ...]
    members: tuple[Member, ...]
    qualifications: tuple[Qualification, ...]
    shifts: tuple[Shift, ...]
    api_keys: tuple[ApiKey, ...]
    models: tuple[Model, ...]
    devices: tuple[Device, ...]
    contracts: tuple[Contract, ...]
    agreements: tuple[Agreement, ...]
    closed: tuple[ClosedTicket, ...]
    open: tuple[OpenTicket, ...]
    story: Story
