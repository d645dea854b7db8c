"""Agreements: what a user facility has promised to share with a partner before any ticket exists."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import (
    DomainError,
    ExternalNumber,
    ExternalSystem,
    Kind,
    OrganisationId,
    Record,
    command,
    find_by_reference,
    new_id,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
)
from mendline_tenants.actor import Actor
from mendline_tenants.organisations import Partner, card_of, day_at, own_organisation
from mendline_tenants.partnership.errands import ask
from mendline_tenants.partnership.received_agreements import SHARED_PART_CHECK, TellAgreement
from mendline_tenants.partnership.sharing import field_groups
from mendline_tenants.permissions import refusal

PROVIDER_GROUPS = ("progress", "people", "clinical", "quality", "commercial", "messages")
"""What a service provider needs for its work; vigilance stays with the user facility unless an agreement shares it."""

PART_NEEDS = {
    "service_provider": PROVIDER_GROUPS,
    "manufacturer": ("progress", "clinical", "quality"),
    "testing_body": ("progress", "quality"),
    "participant": ("progress",),
}
"""Part -> the field groups without which its work cannot be done: all that a steward may promise (decision 0039)."""

AgreementId = Annotated[str, Meta(description="The opaque id of an agreement.", extra={"id": "ag"}, max_length=80)]


@table(Kind.OWN, references={"partner_id": "partner"}, checks={"part": SHARED_PART_CHECK})
class Agreement(Record):
    """A standing promise of the user facility: this partner shall have this part in new tickets, with these groups.

    device_classes: only devices of these classes (empty: of every class). own_models: only models that the partner
    makes. subcontracting: a service provider may pass its tickets on without asking each time. ends_on: the last day
    on which new tickets are shared. system/number: the external reference.
    """

    partner_id = fields.UUIDField()
    part = fields.TextField()
    groups = ArrayField("text")
    device_classes = ArrayField("text", default=list)
    own_models = fields.BooleanField(default=False)
    subcontracting = fields.BooleanField(default=False, db_default=False)
    version = fields.BigIntField(default=1, db_default=1)
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    recorded_at = fields.DatetimeField(default=now)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "agreement"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "partner_id"),)


async def agreed(
    tenant: UUID, on: date, device_class: str | None = None, manufacturer: UUID | None = None
) -> list[Agreement]:
    """The agreements that hold on a day for a device of this class and maker, in a stable order.

    Call it inside a transaction of the user facility.
    """
    return await rows.select(
        Agreement,
        "tenant_id = $1 AND starts_on <= $2 AND (ends_on IS NULL OR ends_on >= $2)"
        " AND (cardinality(device_classes) = 0 OR $3 = ANY (device_classes))"
        " AND (NOT own_models OR partner_id = $4) ORDER BY recorded_at, id",
        tenant,
        on,
        device_class,
        manufacturer,
    )


async def serves(tenant: UUID, provider: UUID, on: date) -> bool:
    """Whether some agreement of the user facility names this partner as its service provider on a day."""
    found = await rows.first(
        Agreement,
        "tenant_id = $1 AND partner_id = $2 AND part = 'service_provider' AND starts_on <= $3"
        " AND (ends_on IS NULL OR ends_on >= $3)",
        tenant,
        provider,
        on,
    )
    return found is not None


_A_DAY = timedelta(days=1)


class UpsertAgreement(Struct, frozen=True, kw_only=True):
    """Makes an agreement, or changes the one that is named, by its id or by its external reference.

    A manufacturer gets its own models, unless told otherwise.
    """

    organisation: OrganisationId
    part: Literal["service_provider", "manufacturer", "testing_body", "participant"]
    groups: Annotated[list[str], Meta(min_length=1, max_length=10)]
    device_classes: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=200)] = []
    own_models: bool | None = None
    subcontracting: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    agreement: AgreementId | None = None
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class AgreementSaved(Struct, frozen=True):
    """The agreement that was made, changed or ended."""

    agreement: AgreementId


@command("tenants.upsert_agreement", "tenants.agree")
async def upsert_agreement(actor: Actor, input: UpsertAgreement) -> AgreementSaved:
    """Shares new tickets with a partner by itself. Tickets that exist already stay as they are.

    Days are those of the organisation's own zone. Raises not_found for an organisation that is not a partner,
    unknown_group, agreement_ends_early, invalid_input for subcontracting by another than a service provider, and, for
    a steward, steward_promises_more.
    """
    if strangers := set(input.groups) - set(field_groups()):
        raise DomainError("unknown_group", groups=", ".join(sorted(strangers)), known=", ".join(field_groups()))
    if input.subcontracting and input.part != "service_provider":
        raise DomainError("invalid_input", field="subcontracting", problem="for_providers")
    if input.subcontracting and actor.kind == "steward":  # it would consent to its own requests
        raise DomainError("forbidden", permission="tickets.triage", why=refusal("tickets.triage"))
    if actor.kind == "steward" and (more := set(input.groups) - set(PART_NEEDS[input.part])):
        raise DomainError("steward_promises_more", part=input.part, groups=", ".join(sorted(more)))
    starts_on = input.starts_on or await _today(actor)
    if input.ends_on is not None and input.ends_on < starts_on:
        raise DomainError("agreement_ends_early", starts_on=starts_on.isoformat(), ends_on=input.ends_on.isoformat())
    partner = await rows.get(Partner, actor.organisation, parse_opaque("or", input.organisation).id)
    groups = [group for group in field_groups() if group == "progress" or group in input.groups]
    values = {
        "partner_id": partner.id,
        "part": input.part,
        "groups": groups,
        "device_classes": input.device_classes,
        "own_models": input.part == "manufacturer" if input.own_models is None else input.own_models,
        "subcontracting": input.subcontracting,
        "starts_on": starts_on,
        "ends_on": input.ends_on,
        "system": input.system,
        "number": input.number,
    }
    known = await find_by_reference(Agreement, actor.organisation, input.system, input.number)
    if input.agreement is not None:
        known = await _own(actor, input.agreement)
    if known is None:
        agreement = Agreement(tenant_id=actor.organisation, id=new_id(), **values)
        await rows.insert(agreement)
    else:
        agreement, before = known, known.partner_id
        await rows.update(agreement, **values)
        if before != partner.id:
            await _tell(actor, agreement, before, ends_on=await _today(actor) - _A_DAY)
    await _tell(actor, agreement, partner.id, ends_on=agreement.ends_on)
    told(partner=str(partner.id), part=input.part, groups=groups, device_classes=input.device_classes)
    return AgreementSaved(opaque("ag", agreement.tenant_id, agreement.id))


class EndAgreement(Struct, frozen=True):
    """Ends an agreement: yesterday was its last day, unless a day that is not over is given.

    One that has not begun never will.
    """

    agreement: AgreementId
    ends_on: date | None = None


@command("tenants.end_agreement", "tenants.agree")
async def end_agreement(actor: Actor, input: EndAgreement) -> AgreementSaved:
    """Stops sharing new tickets by itself; what was shared stays shared until tickets.unshare.

    Raises not_found, agreement_ends_already for one that ends no later anyhow, agreement_ends_early for a day before
    it starts, and agreement_held for a day that is over: what was promised for it has been given.
    """
    agreement = await _own(actor, input.agreement)
    yesterday = await _today(actor) - _A_DAY
    ends_on = input.ends_on or max(yesterday, agreement.starts_on - _A_DAY)
    if agreement.ends_on is not None and agreement.ends_on <= ends_on:
        raise DomainError("agreement_ends_already", ends_on=agreement.ends_on.isoformat())
    if input.ends_on is not None and input.ends_on < agreement.starts_on:
        started = agreement.starts_on.isoformat()
        raise DomainError("agreement_ends_early", starts_on=started, ends_on=input.ends_on.isoformat())
    if ends_on < yesterday:
        raise DomainError("agreement_held", ends_on=ends_on.isoformat(), until=yesterday.isoformat())
    await end(actor, agreement, ends_on)
    told(partner=str(agreement.partner_id), part=agreement.part, ends_on=ends_on.isoformat())
    return AgreementSaved(opaque("ag", agreement.tenant_id, agreement.id))


async def end(actor: Actor, agreement: Agreement, ends_on: date) -> None:
    """A locked agreement ends with this day; its partner is told."""
    await rows.update(agreement, ends_on=ends_on)
    await _tell(actor, agreement, agreement.partner_id, ends_on=ends_on)


async def end_beyond(actor: Actor) -> tuple[list[Agreement], list[Agreement]]:
    """Of a hospital's standing agreements: those that go on, and those that promised more than a part needs, now ended.

    What a partner's own work needs goes on, so that no repair stops; consent to subcontracting is the hospital's alone.
    """
    today = await _today(actor)
    standing = await rows.select(
        Agreement,
        "tenant_id = $1 AND (ends_on IS NULL OR ends_on >= $2) ORDER BY recorded_at, id FOR UPDATE",
        actor.organisation,
        today,
    )
    beyond = [one for one in standing if one.subcontracting or set(one.groups) - set(PART_NEEDS[one.part])]
    for one in beyond:
        await end(actor, one, max(today, one.starts_on) - _A_DAY)
    return [one for one in standing if one not in beyond], beyond


async def _today(actor: Actor) -> date:
    return day_at(await own_organisation(actor.organisation), now())


async def _tell(actor: Actor, agreement: Agreement, partner: UUID, ends_on: date | None) -> None:
    """The partner keeps a copy and a line in its book; nobody waits for that."""
    terms = TellAgreement(
        agreement=agreement.id,
        version=agreement.version,
        card=card_of(await own_organisation(actor.organisation)),
        part=agreement.part,
        groups=list(agreement.groups),
        device_classes=list(agreement.device_classes),
        own_models=agreement.own_models,
        subcontracting=agreement.subcontracting,
        starts_on=agreement.starts_on,
        ends_on=ends_on,
    )
    await ask(actor, partner, "tenants.tell_agreement", terms, waits=False)


async def _own(actor: Actor, id: str) -> Agreement:
    return await rows.lock(Agreement, actor.organisation, parse_opaque("ag", id).id)
