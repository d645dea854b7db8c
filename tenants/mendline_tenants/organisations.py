"""Organisations: the tenants, their places in the world, and the partners each one knows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise import fields

from mendline.kernel import Kind, Record, now, rows, table


class OrganisationKind(StrEnum):
    """The four kinds of organisation."""

    HOSPITAL = "hospital"
    MANUFACTURER = "manufacturer"
    VENDOR = "vendor"
    TESTING_BODY = "testing_body"


KIND_CHECK = "kind IN ('hospital', 'manufacturer', 'vendor', 'testing_body')"


@table(
    Kind.OWN,
    update=("name", "locale", "timezone", "policies", "stewarded_by", "ticket_counter"),
    checks={"kind": KIND_CHECK},
)
class Organisation(Record):
    """A tenant: its own row (id = tenant_id), with its policies.

    policies: choices that switch guarded steps, such as {"triage": "direct"}. stewarded_by: who keeps it until it is
    claimed (stewardship.py). ticket_counter: the last number given.
    """

    code = fields.TextField()
    kind = fields.TextField()
    name = fields.JSONField[dict[str, Any]]()
    locale = fields.TextField(default="zh")
    timezone = fields.TextField(default="Asia/Shanghai")
    country = fields.TextField(default="CN")
    policies = fields.JSONField[dict[str, Any]](default=dict)
    stewarded_by = fields.UUIDField(null=True)
    ticket_counter = fields.BigIntField(default=0)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "organisation"


@table(Kind.OWN, checks={"kind": KIND_CHECK})
class Partner(Record):
    """Another organisation as this one knows it (id = that organisation): names come from here, never across.

    system/number: the external reference, such as the vendor number in an ERP.
    """

    code = fields.TextField()
    kind = fields.TextField()
    name = fields.JSONField[dict[str, Any]]()
    phone = fields.TextField(null=True)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "partner"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "code"), ("tenant_id", "kind", "code"))


@table(Kind.GATEWAY, key=("code",))
class OrganisationSlug(Record):
    """The short code that a person types at login, and whose it is."""

    code = fields.TextField()

    class Meta:
        table = "organisation_slug"


PLACE_CHECK = "kind IN ('campus', 'department', 'unit', 'bed', 'depot')"


@table(Kind.OWN, references={"parent_id": "place"}, checks={"kind": PLACE_CHECK})
class Place(Record):
    """Campus, department, nursing unit or bed of a hospital; depot of a vendor. Coordinates in degrees (WGS 84)."""

    kind = fields.TextField()
    parent_id = fields.UUIDField(null=True)
    name = fields.JSONField[dict[str, Any]]()
    timezone = fields.TextField(null=True)
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    clinical_weight = fields.IntField(default=0)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "place"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "parent_id"), ("tenant_id", "kind"))


def day_at(organisation: Organisation, moment: datetime) -> date:
    """The day that a moment is in where the organisation is: what it promises begins and ends with its own days."""
    return moment.astimezone(ZoneInfo(organisation.timezone)).date()


async def own_organisation(tenant: UUID) -> Organisation:
    """The bound organisation's own row."""
    return await rows.get(Organisation, tenant, tenant)


async def partner_card(tenant: UUID, organisation: UUID) -> dict[str, object]:
    """How `tenant` names `organisation`: {id, code, kind, name}; itself included. Raises not_found for strangers."""
    if organisation == tenant:
        return card_of(await own_organisation(tenant))
    return card_of(await rows.get(Partner, tenant, organisation))


def card_of(known: Organisation | Partner) -> dict[str, object]:
    """What participants are told of an organisation: {id, code, kind, name}."""
    return {"id": str(known.id), "code": known.code, "kind": known.kind, "name": known.name}
