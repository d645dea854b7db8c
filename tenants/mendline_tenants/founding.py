"""Founding: how an organisation comes to be, with its code, before it has anyone who could act for it."""

from typing import Any
from uuid import UUID

from mendline.kernel import DomainError, fetchval, gateway, new_id, rows, transaction
from mendline_tenants.actor import system_actor
from mendline_tenants.audit import note
from mendline_tenants.organisations import Organisation, OrganisationKind


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
    stewarded_by: UUID | None = None,
) -> UUID:
    """Founds an organisation and answers its id; the operator's act (migration, demo), never a tenant's.

    code: what people type at login and what ticket numbers begin with. The code is claimed first, so that the same
    call after a crash completes what was begun. Raises DomainError code_taken.
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
                    stewarded_by=stewarded_by,
                )
            )
            system = system_actor(owner)
            await note(owner, system.id, system.name, system.channel, "tenants.found", code=code)
    found: UUID = owner
    return found


async def _founded(tenant: UUID) -> bool:
    async with transaction(tenant):
        return await rows.find(Organisation, tenant, tenant) is not None
