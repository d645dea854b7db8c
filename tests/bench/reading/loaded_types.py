"""The types of ordinary Strawberry: a resolver for each field, over rows that data loaders read."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from mendline.kernel import opaque

Key = tuple[UUID, UUID]


def same(kind: Any, key: str | None = None, make: Callable[[Any], Any] = lambda value: value) -> Any:
    """A field that is the row's column of that name."""

    def resolve(root: Any, info: strawberry.Info) -> Any:
        value = root.row[key or info.python_name]
        return None if value is None else make(value)

    resolve.__annotations__["return"] = kind
    return strawberry.field(resolver=resolve)


upper = str.upper


class Over:
    """A type over a row, or over a JSON object."""

    def __init__(self, row: Any) -> None:
        self.row = row


def over(cls: Any) -> Any:
    """A Strawberry type that is made from its row alone."""
    cls = strawberry.type(cls)
    cls.__init__ = Over.__init__
    return cls


@over
class Words(Over):
    @strawberry.field
    def text(self) -> str | None:
        return self.row.get("zh")


def words(key: str) -> Any:
    """Words in a JSON column."""
    return same(Words | None, key, Words)


@over
class DeviceCard(Over):
    asset_number: str | None = same(str | None)
    serial: str | None = same(str | None)
    model_number: str | None = same(str | None)
    device_identifier: str | None = same(str | None)
    name: Words | None = words("name")
    manufacturer: Words | None = words("manufacturer")


@over
class OrganisationCard(Over):
    code: str | None = same(str | None)
    name: Words | None = words("name")


@over
class Event(Over):
    seq: int = same(int)
    command: str = same(str)
    role: str = same(str, "actor_role")
    at: datetime = same(datetime, "occurred_at")


@over
class People(Over):
    reporter_name: str = same(str)
    contact_name: str = same(str)
    contact_phone: str = same(str)
    location: Words | None = words("location")
    assignee_name: str | None = same(str | None)
    assignee_phone: str | None = same(str | None)


@over
class Reason(Over):
    input: str | None = same(str | None)
    value: str | None = same(str | None)
    points: int | None = same(int | None)


@over
class Clinical(Over):
    symptom: str = same(str)
    use_state: str = same(str, make=upper)
    happened_at: datetime = same(datetime)
    isolation: bool = same(bool)
    decontamination: str = same(str, make=upper)
    priority_reasons: list[Reason] = same(list[Reason], make=lambda found: [Reason(one) for one in found])


@over
class Quality(Over):
    result: str | None = same(str | None, make=upper)
    cause: str = same(str)
    action: str = same(str)
    work_minutes: int | None = same(int | None)
    finished_at: datetime | None = same(datetime | None)


@over
class Commercial(Over):
    entitlement: str = same(str, make=upper)
    reason: Words | None = words("reason")


@over
class Participant(Over):
    organisation: OrganisationCard | None = same(OrganisationCard | None, "card", OrganisationCard)
    part: str = same(str, make=upper)
    groups: list[str] = same(list[str], make=lambda found: [one.upper() for one in found])
    starts_at: datetime = same(datetime)


@over
class Report(Over):
    attempt: int = same(int)
    result: str = same(str, make=upper)
    cause: str = same(str)
    action: str = same(str)
    work_minutes: int | None = same(int | None)
    finished_at: datetime = same(datetime)


@over
class Visit(Over):
    attempt: int = same(int)
    arrived_at: datetime | None = same(datetime | None)
    left_at: datetime | None = same(datetime | None)


@over
class Slot(Over):
    position: int = same(int)
    role: str = same(str)
    meaning: str = same(str)
    state: str = same(str, make=upper)
    signer_name: str | None = same(str | None)
    signed_at: datetime | None = same(datetime | None)


@over
class Message(Over):
    kind: str = same(str)
    body: str = same(str)
    author_name: str = same(str)
    occurred_at: datetime = same(datetime)


@over
class Evidence(Over):
    kind: str = same(str, make=upper)
    filename: str = same(str)
    media_type: str = same(str)
    size: int = same(int)
    sha256: str = same(str)
    recorded_at: datetime = same(datetime)


@over
class Entry(Over):
    seq: int = same(int)
    command: str = same(str)
    actor_role: str = same(str)
    channel: str = same(str)
    occurred_at: datetime = same(datetime)


@strawberry.type
class Messages:
    nodes: list[Message]


@strawberry.type
class Visits:
    nodes: list[Visit]


@strawberry.type
class Evidences:
    nodes: list[Evidence]


@strawberry.type
class Entries:
    nodes: list[Entry]


def loaded(kind: Any, loader: str, make: Callable[[Any], Any]) -> Any:
    """A field that a loader reads by the row's key."""

    async def resolve(root: Any, info: strawberry.Info) -> Any:
        key = root.row["tenant_id"], root.row["id"]
        found = await getattr(info.context, loader).load(key)
        return None if found is None else make(found)

    resolve.__annotations__["return"] = kind
    return strawberry.field(resolver=resolve)


def each(kind: Any, loader: str) -> Any:
    """A field with the rows that a loader reads."""
    return loaded(list[kind], loader, lambda rows: [kind(row) for row in rows])


@over
class Ticket(Over):
    number: str = same(str)
    kind: str = same(str, make=upper)
    state: str = same(str, make=upper)
    phase: str = same(str, make=upper)
    version: int = same(int)
    attempt: int = same(int)
    priority: int = same(int)
    opened_at: datetime = same(datetime)
    changed_at: datetime = same(datetime)
    closed_at: datetime | None = same(datetime | None)
    device_card: DeviceCard | None = same(DeviceCard | None, make=DeviceCard)
    facility: OrganisationCard | None = same(OrganisationCard | None, "facility_card", OrganisationCard)
    provider: OrganisationCard | None = same(OrganisationCard | None, "provider_card", OrganisationCard)
    people: People | None = loaded(People | None, "ticket_people", People)
    clinical: Clinical | None = loaded(Clinical | None, "ticket_clinical", Clinical)
    quality: Quality | None = loaded(Quality | None, "ticket_quality", Quality)
    commercial: Commercial | None = loaded(Commercial | None, "ticket_commercial", Commercial)
    participants: list[Participant] = each(Participant, "participants")
    reports: list[Report] = each(Report, "reports")
    visits: Visits = loaded(Visits, "visits", lambda rows: Visits(nodes=[Visit(row) for row in rows]))
    signature_slots: list[Slot] = each(Slot, "slots")
    messages: Messages = loaded(Messages, "messages", lambda rows: Messages(nodes=[Message(row) for row in rows]))
    evidence: Evidences = loaded(Evidences, "evidence", lambda rows: Evidences(nodes=[Evidence(row) for row in rows]))
    audit: Entries = loaded(Entries, "audit", lambda rows: Entries(nodes=[Entry(row) for row in rows]))

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(opaque("tk", self.row["tenant_id"], self.row["id"]))


@strawberry.type
class Tickets:
    nodes: list[Ticket]


@over
class Model(Over):
    name: Words | None = words("name")
    manufacturer: Words | None = words("manufacturer")
    model_number: str = same(str)
    device_identifier: str | None = same(str | None)


@over
class Place(Over):
    name: Words | None = words("name")


@over
class Device(Over):
    asset_number: str = same(str)
    serial: str | None = same(str | None)
    state: str = same(str, make=upper)
    software_version: str | None = same(str | None)
    warranty_until: date | None = same(date | None)

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(opaque("dv", self.row["tenant_id"], self.row["id"]))

    @strawberry.field
    async def model(self, info: strawberry.Info) -> Model | None:
        return Model(await info.context.device_model.load((self.row["tenant_id"], self.row["model_id"])))

    @strawberry.field
    async def place(self, info: strawberry.Info) -> Place | None:
        return Place(await info.context.place.load((self.row["tenant_id"], self.row["place_id"])))

    @strawberry.field
    async def history(self, info: strawberry.Info, first: int = 50) -> Tickets:
        rows = await info.context.history.load((self.row["tenant_id"], self.row["id"]))
        return Tickets(nodes=[Ticket(row) for row in rows[:first]])


@over
class WorklistItem(Over):
    number: str = same(str)
    state: str = same(str, make=upper)
    priority: int = same(int)
    opened_at: datetime = same(datetime)
    changed_at: datetime = same(datetime)
    due_at: datetime | None = same(datetime | None)

    @property
    def key(self) -> Key:
        return self.row["owner_id"], self.row["ticket_id"]

    @strawberry.field
    async def device(self, info: strawberry.Info) -> DeviceCard | None:
        return DeviceCard((await info.context.ticket.load(self.key))["device_card"])

    @strawberry.field
    async def assignee(self, info: strawberry.Info) -> str | None:
        name: str | None = (await info.context.ticket_people.load(self.key))["assignee_name"]
        return name

    @strawberry.field
    async def events(self, info: strawberry.Info) -> list[Event]:
        return [Event(row) for row in await info.context.events.load(self.key)]

    @strawberry.field
    def ticket_id(self) -> strawberry.ID:
        return strawberry.ID(opaque("tk", *self.key))
