"""Founding: how an organisation comes to be, with its code, before it has anyone who could act for it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mendline.kernel import DomainError, fetchval, gateway, new_id, rows, transaction
from mendline_tenants.actor import system_actor
from mendline_tenants.auditing.book import note
from mendline_tenants.organisations import Organisation, OrganisationKind, Partner


async def bootstrap(
    code: str,
    kind: OrganisationKind | str,
    name: dict[str, str],
    *,
    id: UUID | None = None,
    locale: str = "zh",
    timezone: str = "Asia/Shanghai",
    country: str = "CN",
    policies: dict[str, Any] | None = None,
    steward: Mapping[str, Any] | None = None,
) -> UUID:
    """Founds an organisation and answers its id; the operator's act (migration, demo), or an errand of its steward.

    code: what people type at login and what ticket numbers begin with. The code is claimed first, so that the same
    call after a crash completes what was begun. steward: the card {id, code, kind, name} of the organisation that keeps
    it, and is its first partner. Raises DomainError code_taken.
    """
    tenant = id or new_id()
    async with gateway():
        await fetchval(
            "INSERT INTO organisation_slug (tenant_id, id, code) VALUES ($1, $1, $2) ON CONFLICT (code) DO NOTHING",
            tenant,
            code,
        )
        owner = await fetchval("SELECT tenant_id FROM organisation_slug WHERE code = $1", code)
    if owner != tenant and (id is not None or await _founded(owner)):
        raise DomainError("code_taken", code=code)
    async with transaction(owner):
        if await rows.find(Organisation, owner, owner) is None:
            await rows.insert(
                Organisation(
                    tenant_id=owner,
                    id=owner,
                    code=code,
                    kind=str(OrganisationKind(kind)),
                    name=name,
                    locale=locale,
                    timezone=timezone,
                    country=country,
                    policies=policies or {},
                    stewarded_by=UUID(steward["id"]) if steward else None,
                )
            )
            if steward:
                await rows.insert(_partner(owner, steward))
            system, told = system_actor(owner), {"asked_by": steward["id"]} if steward else {}
            await note(owner, system.id, system.name, system.channel, "tenants.found", code=code, **told)
    found: UUID = owner
    return found


def _partner(owner: UUID, card: Mapping[str, Any]) -> Partner:
    return Partner(tenant_id=owner, id=UUID(card["id"]), code=card["code"], kind=card["kind"], name=card["name"])


async def _founded(tenant: UUID) -> bool:
    async with transaction(tenant):
        return await rows.find(Organisation, tenant, tenant) is not None
