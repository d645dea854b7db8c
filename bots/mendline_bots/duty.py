"""Who is told: the people on duty where an organisation has a rota, everybody with the role where it has none."""

from collections.abc import Sequence
from uuid import UUID

from mendline.dispatch import people_on_duty
from mendline.kernel import now, rows
from mendline_tenants import Member

ROTAS = {
    "clinical_engineer": ("engineering", "officer"),
    "dispatcher": ("desk",),
    "service_desk": ("desk",),
}
"""Role -> the kinds of rota that answer in its place, one after the other."""


async def people_meant(
    tenant: UUID, roles: tuple[str, ...], *, escalated: bool, places: Sequence[UUID] = ()
) -> list[UUID]:
    """Who of an organisation is told of something that these roles answer for, in the current transaction.

    Who is on duty by a rota of the role's kind, the primary first: everybody on it (and on the duty officer's) once it
    is `escalated`, before that the primary alone. A role for which nobody is on duty means all who hold it.
    """
    found: list[UUID] = []
    of_roles: list[str] = []
    for role in roles:
        on_duty = await _on_duty(tenant, ROTAS.get(role, ()), places)
        found += on_duty if escalated else on_duty[:1]
        of_roles += [] if on_duty else [role]
    return list(dict.fromkeys([*found, *await _holders(tenant, of_roles)]))


async def _on_duty(tenant: UUID, kinds: tuple[str, ...], places: Sequence[UUID]) -> list[UUID]:
    found: list[UUID] = []
    for kind in kinds:
        known = await people_on_duty(tenant, kind, now(), places)
        found += known[1].members if known else ()
    return found


async def _holders(tenant: UUID, roles: list[str]) -> list[UUID]:
    """Who holds one of these roles and may be told; shared accounts are no one's pocket."""
    if not roles:
        return []
    found = await rows.select(
        Member,
        "tenant_id = $1 AND roles && $2 AND status = 'active' AND NOT unit_account ORDER BY id LIMIT 50",
        tenant,
        roles,
    )
    return [member.id for member in found]
