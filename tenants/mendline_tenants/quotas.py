"""Quotas: how much an organisation may ask of GraphQL, set by the operator, readable by the organisation."""

from typing import Annotated

from msgspec import Meta, Struct
from tortoise import fields

from mendline.kernel import Kind, Rate, Record, command, rows, settings, table, told
from mendline_tenants.actor import Actor, Quota

Positive = Annotated[int, Meta(ge=1, le=10_000_000)]


@table(Kind.OWN)
class QuotaSet(Record):
    """What the operator has set for one organisation (id = tenant_id); NULL: what holds for all."""

    per_second = fields.IntField(null=True)
    burst = fields.IntField(null=True)
    sockets = fields.IntField(null=True)
    trusted_documents = fields.BooleanField(default=False)

    class Meta:
        table = "quota"


def standard_quota() -> Quota:
    """What holds for an organisation for which nothing was set."""
    chosen = settings()
    return Quota(
        Rate(chosen.quota_per_second, chosen.quota_burst),
        chosen.quota_sockets,
        chosen.trusted_documents == "everyone",
    )


def quota_of(per_second: int | None, burst: int | None, sockets: int | None, trusted_documents: bool | None) -> Quota:
    """The quota that follows from what was set."""
    standard = standard_quota()
    return Quota(
        Rate(per_second or standard.rate.per_second, burst or standard.rate.burst),
        sockets or standard.sockets,
        bool(trusted_documents) or standard.trusted_documents,
    )


class SetQuota(Struct, frozen=True, kw_only=True):
    """Units per second and at once, open sockets, and whether only trusted documents are answered.

    None: what holds for all organisations.
    """

    per_second: Positive | None = None
    burst: Positive | None = None
    sockets: Positive | None = None
    trusted_documents: bool = False


class QuotaSaved(Struct, frozen=True):
    """What holds for the organisation from its next operation on."""

    per_second: int
    burst: int
    sockets: int
    trusted_documents: bool


@command("tenants.set_quota", "tenants.operate")
async def set_quota(actor: Actor, input: SetQuota) -> QuotaSaved:
    """Sets what an organisation may ask of GraphQL. The operator's alone: no role of an organisation may."""
    values = {name: getattr(input, name) for name in input.__struct_fields__}
    known = await rows.find(QuotaSet, actor.organisation, actor.organisation)
    if known is None:
        await rows.insert(QuotaSet(tenant_id=actor.organisation, id=actor.organisation, **values))
    else:
        await rows.update(known, **values)
    told(**values)
    quota = quota_of(**values)
    return QuotaSaved(int(quota.rate.per_second), quota.rate.burst, quota.sockets, quota.trusted_documents)
