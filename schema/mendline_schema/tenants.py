"""GraphQL over tenants: who I am, organisations, partners, places, members, keys, sessions and the audit."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import ErrandState, FieldGroup, OrganisationType, Part, Role
from mendline_schema.declarations.fields import VIEWER, Order, column, either, find, one, over, part, parts, root
from mendline_schema.declarations.filters import (
    ExternalReference,
    among,
    before,
    by_id,
    by_reference,
    equal,
    external,
    refers,
    since,
)
from mendline_schema.declarations.groups import KNOWN, OWN
from mendline_schema.kernel import Node, Words


def known_organisation(id: str) -> str:
    """SQL: an organisation as the reader knows it (its own row or a partner's), as JSON; `id` is an SQL expression."""
    facts = "jsonb_build_object('id', k.id, 'code', k.code, 'kind', k.kind, 'name', k.name)"
    return (
        f"(SELECT {facts} FROM partner k WHERE k.tenant_id = {{organisation}} AND k.id = {id} UNION ALL"  # noqa: S608
        f" SELECT {facts} FROM organisation k WHERE k.tenant_id = {{organisation}} AND k.id = {id} LIMIT 1)"
    )


def own_member_name(id: str) -> str:
    """SQL: the name of a member of the reader's own organisation; names cross no border."""
    return f"(SELECT m.name FROM member m WHERE m.tenant_id = {{organisation}} AND m.id = {id})"  # noqa: S608


@part
class OrganisationCard:
    """An organisation as it is named on a ticket or among partners."""

    id: strawberry.ID | None = column("opaque('or', ({t}.v->>'id')::uuid, ({t}.v->>'id')::uuid)")
    code: str | None = column()
    kind: OrganisationType | None = column()
    name: Words | None = parts()


@part
class Quota:
    """What an organisation may ask: units of cost that flow back per second and that it may spend at once, open
    sockets, and whether only trusted documents are answered. The operator sets it."""

    per_second: int = column()
    burst: int = column()
    sockets: int = column()
    trusted_documents: bool = column()


@over("audit_checkpoint", needs="read.audit", kind="cp")
class Checkpoint(Node):
    """What this organisation wrote in one minute, as one signed Merkle root that links to the checkpoint before it."""

    number: int = column()
    size: int = column(description="How many tickets and rows of the book it covers.")
    root: str = column("encode({t}.root, 'hex')")
    statement: str = column(description="A JWS; the keys are at /.well-known/jwks.json.")
    key_id: str = column()
    taken_at: datetime = column()


@over("organisation", needs="read.progress", kind="or")
class Organisation(Node):
    """The reader's own organisation."""

    code: str = column()
    kind: OrganisationType = column()
    name: Words | None = parts()
    locale: str = column()
    timezone: str = column()
    country: str = column()
    policies: JSON = column()
    quota: Quota | None = parts("{viewer}->'quota'")
    checkpoint: Checkpoint | None = one(
        {"tenant_id": "id"}, order=Order(("number",), descending=True), description="The latest of its audit."
    )
    steward: OrganisationCard | None = parts(
        known_organisation("{t}.stewarded_by"), description="Who keeps it until it is claimed."
    )


@over("partner", needs="read.progress")
class Partner:
    """Another organisation as this one knows it."""

    id: strawberry.ID = column("opaque('or', {t}.id, {t}.id)")
    code: str = column()
    kind: OrganisationType = column()
    name: Words | None = parts()
    phone: str | None = column(needs="read.people")
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@over("place", needs="read.devices", kind="pl")
class Place(Node):
    """A campus, department, nursing unit, bed or depot. Coordinates in degrees (WGS 84)."""

    kind: str = column()
    name: Words | None = parts()
    parent: "Place | None" = one({"id": "parent_id"})
    timezone: str | None = column()
    latitude: float | None = column()
    longitude: float | None = column()
    clinical_weight: int = column()
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@part
class CalendarWindow:
    """Hours or a break on some weekdays (1 Monday to 7 Sunday); an end that is not later is the next day's."""

    days: list[int] | None = column()
    begins: str | None = column()
    ends: str | None = column()


@over("service_calendar", needs="read.devices", kind="cl")
class ServiceCalendar(Node):
    """When contracts count time: weekly hours less breaks, a country's holidays, and single days of its own."""

    code: str = column()
    name: Words | None = parts()
    zone: str = column(description="IANA; a site's own zone goes before it.")
    hours: list[CalendarWindow] = parts()
    breaks: list[CalendarWindow] = parts()
    country: str | None = column(description="Whose holidays are free and whose make-up workdays are worked.")
    opened: list[date] = column()
    closed: list[date] = column()
    always: bool = column(description="Day and night; nothing else counts then.")
    version: int = column()
    recorded_at: datetime = column()


@over("member", needs="read.members", kind="mb")
class Member(Node):
    """A person, or a nursing unit's shared account."""

    login: str = column()
    name: str = column()
    name_en: str | None = column()
    phone: str | None = column(needs="read.people")
    locale: str | None = column()
    roles: list[Role] = column()
    unit_account: bool = column()
    status: str = column()
    place: Place | None = one({"id": "place_id"})
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@over("api_key", needs="tenants.manage", kind="ak")
class ApiKey(Node):
    """A partner portal's key; the key itself was shown once, when it was made."""

    name: str = column()
    scopes: list[str] = column()
    trusted_documents: bool = column()
    recorded_at: datetime = column()
    expires_at: datetime | None = column()
    expires_soon: bool = column(
        "{t}.revoked_at IS NULL AND coalesce({t}.expires_at BETWEEN statement_timestamp()"
        " AND statement_timestamp() + interval '14 days', false)",
        description="In force, and over within a fortnight.",
    )
    used_at: datetime | None = column()
    revoked_at: datetime | None = column()


ONESELF = "{o}.id = {actor}"


@part
class Viewer:
    """Who asks: a member, an API key or the organisation's system, and what it may do."""

    kind: str = column()
    name: str = column()
    roles: list[str] = column()
    permissions: list[str] = column()
    channel: str = column()
    locale: str = column()
    unit_account: bool = column()
    quota: Quota | None = parts(description="What its organisation may ask.")
    organisation: Organisation | None = one(
        tenant=VIEWER, where="{o}.id = {organisation}", description="The organisation it acts for."
    )
    member: Member | None = one(tenant=VIEWER, where=ONESELF, description="The member, if it is one.")
    identity: Annotated[Member | ApiKey, strawberry.union("Identity")] | None = either(
        {"Member": one(tenant=VIEWER, where=ONESELF), "ApiKey": one(tenant=VIEWER, where=ONESELF)},
        group=OWN,
        needs=KNOWN,
        description="The member or the key that asks; null for the organisation's system.",
    )


@over("login_session", needs="tenants.manage", kind="se")
class Session(Node):
    """One login of one member. `network` names no machine."""

    member: Member | None = one({"id": "member_id"})
    channel: str = column()
    network: str | None = column()
    agent: str | None = column(description="What the program that uses it calls itself.")
    recorded_at: datetime = column()
    used_at: datetime = column()
    expires_at: datetime = column()
    revoked_at: datetime | None = column()


@over("login_session", needs="tenants.self")
class OwnSession:
    """One login of the reader: from where and with what it was used last. `network` names no machine."""

    id: strawberry.ID = column("opaque('se', {t}.tenant_id, {t}.id)")
    channel: str = column()
    network: str | None = column()
    agent: str | None = column(description="What the program that uses it calls itself.")
    current: bool = column("{t}.id IS NOT DISTINCT FROM {session}", description="The one that asks.")
    recorded_at: datetime = column()
    used_at: datetime = column()
    expires_at: datetime = column()


@over("agreement", needs="read.devices", kind="ag")
class Agreement(Node):
    """What this organisation has promised to share with a partner before any ticket exists."""

    partner: OrganisationCard | None = parts(known_organisation("{t}.partner_id"))
    part: Part = column()
    groups: list[FieldGroup] = column()
    device_classes: list[str] = column()
    own_models: bool = column()
    subcontracting: bool = column(description="Whether a service provider may subcontract without asking each time.")
    starts_on: date = column()
    ends_on: date | None = column()
    external_system: str | None = column("{t}.system")
    external_number: str | None = column("{t}.number")


@over("stewardship", needs="tenants.steward")
class Stewardship:
    """A hospital that this organisation keeps, or has kept until it was claimed."""

    hospital: OrganisationCard | None = parts(known_organisation("{t}.id"))
    recorded_at: datetime = column()
    ended_at: datetime | None = column()


@over("organisation_audit", needs="read.audit")
class OrganisationAuditEntry:
    """A command of this organisation that touched no ticket."""

    command: str = column()
    actor_name: str = column()
    channel: str = column()
    facts: JSON = column()
    occurred_at: datetime = column()
    recorded_at: datetime = column()
    correlation: str = column()


@over("received_agreement", needs="read.devices")
class ReceivedAgreement:
    """What another organisation has promised to share with this one, as it last told."""

    giver: OrganisationCard | None = parts("{t}.card")
    part: Part = column()
    groups: list[FieldGroup] = column()
    device_classes: list[str] = column()
    own_models: bool = column()
    subcontracting: bool = column()
    starts_on: date = column()
    ends_on: date | None = column()
    told_at: datetime = column()


@over("errand", needs="read.audit", kind="er")
class Errand(Node):
    """What this organisation has asked of another, and what came of it."""

    asked_of: OrganisationCard | None = parts(known_organisation("{t}.asked_of"))
    command: str = column(description="What the other's system was asked to do.")
    state: ErrandState = column()
    refusal: str | None = column("CASE {t}.state WHEN 'refused' THEN {t}.outcome->>'code' END")
    recorded_at: datetime = column()
    answered_at: datetime | None = column()
    correlation: str = column()


@strawberry.input(description="Which members.")
class MemberFilter:
    """Which members."""

    place: strawberry.ID | None = refers("place_id", "pl", tenant="tenant_id")
    login: str | None = equal("login")
    status: str | None = equal("status")
    external: ExternalReference | None = external()


@strawberry.input(description="Which places.")
class PlaceFilter:
    """Which places."""

    parent: strawberry.ID | None = refers("parent_id", "pl", tenant="tenant_id")
    kind: str | None = equal("kind")
    external: ExternalReference | None = external()


@strawberry.input(description="Which partners.")
class PartnerFilter:
    """Which partners."""

    code: str | None = equal("code")
    kind: list[OrganisationType] | None = among("kind")
    external: ExternalReference | None = external()


@strawberry.input(description="Which agreements.")
class AgreementFilter:
    """Which agreements."""

    partner: strawberry.ID | None = refers("partner_id", "or")
    external: ExternalReference | None = external()


@strawberry.input(description="Which sessions.")
class SessionFilter:
    """Which sessions."""

    member: strawberry.ID | None = refers("member_id", "mb", tenant="tenant_id")


@strawberry.input(description="Which rows of the book. Times are when they were recorded.")
class OrganisationAuditFilter:
    """Which rows of the book."""

    since: datetime | None = since("recorded_at")
    before: datetime | None = before("recorded_at")
    command: str | None = equal("command")
    actor: strawberry.ID | None = refers("actor", "mb")
    channel: str | None = equal("channel")


@root
class TenantQueries:
    """Queries over tenants."""

    me: Viewer | None = parts("{viewer}", group=OWN, needs=KNOWN, description="Who asks.")
    organisation: Organisation | None = one(
        tenant=VIEWER, where="{o}.id = {organisation}", description="The reader's own organisation."
    )
    partners: Connection[Partner] | None = connection(tenant=VIEWER, order=Order(("code", "id")), filter=PartnerFilter)
    places: Connection[Place] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=PlaceFilter)
    place: Place | None = find({"id": (strawberry.ID, by_id("pl")), "external": (ExternalReference, by_reference())})
    calendars: Connection[ServiceCalendar] | None = connection(tenant=VIEWER, order=Order(("code", "id")))
    members: Connection[Member] | None = connection(tenant=VIEWER, order=Order(("login", "id")), filter=MemberFilter)
    member: Member | None = find({"id": (strawberry.ID, by_id("mb")), "external": (ExternalReference, by_reference())})
    agreements: Connection[Agreement] | None = connection(tenant=VIEWER, order=Order(("id",)), filter=AgreementFilter)
    received_agreements: Connection[ReceivedAgreement] | None = connection(tenant=VIEWER, order=Order(("id",)))
    stewardships: Connection[Stewardship] | None = connection(tenant=VIEWER, order=Order(("id",), descending=True))
    api_keys: Connection[ApiKey] | None = connection(tenant=VIEWER, order=Order(("id",), descending=True))
    sessions: Connection[Session] | None = connection(
        tenant=VIEWER, order=Order(("id",), descending=True), filter=SessionFilter
    )
    my_sessions: Connection[OwnSession] | None = connection(
        tenant=VIEWER,
        where="{o}.member_id = {actor} AND {o}.revoked_at IS NULL AND {o}.expires_at > statement_timestamp()",
        order=Order(("id",), descending=True),
        description="The reader's own open sessions, the newest first.",
    )
    errands: Connection[Errand] | None = connection(
        tenant=VIEWER,
        order=Order(("recorded_at", "id"), descending=True),
        description="What was asked of other organisations in the last fortnight.",
    )
    organisation_audit: Connection[OrganisationAuditEntry] | None = connection(
        tenant=VIEWER, order=Order(("recorded_at", "id"), descending=True), filter=OrganisationAuditFilter
    )
    checkpoints: Connection[Checkpoint] | None = connection(
        tenant=VIEWER, order=Order(("number",), descending=True), description="Of this organisation's audit."
    )
