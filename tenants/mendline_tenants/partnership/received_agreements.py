"""Received agreements: what other organisations have promised this one, as its own copy and in its own book."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, execute, new_id, now, rows, table, told, transaction
from mendline_tenants.actor import Actor
from mendline_tenants.organisations import Organisation
from mendline_tenants.partnership.errands import ASKABLE, Askable, Errand, askable, in_the_others_name

SHARED_PART_CHECK = "part IN ('service_provider', 'manufacturer', 'testing_body', 'participant')"
"""A part that a user facility can share with another organisation."""

_TERMS = ("part", "groups", "device_classes", "own_models", "subcontracting", "starts_on", "ends_on")


@table(Kind.OWN, update=("card", *_TERMS, "version", "told_at"), checks={"part": SHARED_PART_CHECK})
class ReceivedAgreement(Record):
    """An agreement as the organisation that gives it last told of it: a copy, which grants nothing by itself.

    giver, agreement_id: whose it is, and its id there. card: {id, code, kind, name} of the giver. version: the
    agreement's there, so that what is told late never overwrites what is newer.
    """

    giver = fields.UUIDField()
    agreement_id = fields.UUIDField()
    card = fields.JSONField[dict[str, Any]]()
    part = fields.TextField()
    groups = ArrayField("text")
    device_classes = ArrayField("text")
    own_models = fields.BooleanField()
    subcontracting = fields.BooleanField()
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    version = fields.BigIntField()
    told_at = fields.DatetimeField(default=now)

    class Meta:
        table = "received_agreement"
        unique_together = (("tenant_id", "giver", "agreement_id"),)


class TellAgreement(Struct, frozen=True, kw_only=True):
    """An agreement as it now is, with the card of who gives it."""

    agreement: UUID
    version: int
    card: dict[str, Any]
    part: str
    groups: list[str]
    device_classes: list[str]
    own_models: bool
    subcontracting: bool
    starts_on: date
    ends_on: date | None = None


_PUT = f"""
INSERT INTO received_agreement AS r (tenant_id, id, giver, agreement_id, card, version, told_at, {", ".join(_TERMS)})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (tenant_id, giver, agreement_id) DO UPDATE SET card = excluded.card, version = excluded.version,
  told_at = excluded.told_at, {", ".join(f"{term} = excluded.{term}" for term in _TERMS)}
WHERE r.version < excluded.version
"""  # noqa: S608 - names of columns


async def _by_its_giver(actor: Actor, input: TellAgreement) -> None:
    """Whoever promises something to this organisation may say so: the row is named by the giver, and is its own."""


@askable("tenants.tell_agreement", _by_its_giver)
async def tell_agreement(actor: Actor, input: TellAgreement) -> None:
    """In the partner's name: keeps a copy of the agreement, and the partner's book says what was promised."""
    moment: datetime = now()
    terms = [getattr(input, term) for term in _TERMS]
    await execute(
        _PUT,
        actor.organisation,
        new_id(),
        actor.asked_by,
        input.agreement,
        input.card,
        input.version,
        moment,
        *terms,
    )
    told(
        agreement=str(input.agreement),
        part=input.part,
        groups=input.groups,
        subcontracting=input.subcontracting,
        ends_on=input.ends_on.isoformat() if input.ends_on else None,
    )


async def _to_who_is_there(row: Errand) -> None:
    """A partner is named by an id taken as given: where nobody has it nothing is stored, and nothing is said of it."""
    async with transaction(row.asked_of):
        there = await rows.find(Organisation, row.asked_of, row.asked_of)
    if there is not None:
        await in_the_others_name(row)


ASKABLE["tenants.tell_agreement"] = Askable(_to_who_is_there, None)
