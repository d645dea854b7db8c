"""Which place is meant: offered as buttons, the likeliest first, or typed in either language."""

from uuid import UUID

from mendline.devices import Device
from mendline.kernel import fetchval, rows
from mendline_tenants import Place

OFFERED = 6
"""Places that are offered for a choice; others are typed."""

_AREA = "kind IN ('department', 'unit', 'depot')"
_BESIDE = (
    f"tenant_id = $1 AND {_AREA} AND id IS DISTINCT FROM $2"
    " ORDER BY id = $3 DESC NULLS LAST, parent_id IS NOT DISTINCT FROM $4 DESC, name->>'zh', name->>'en', id LIMIT 6"
)
_LAST = (
    "SELECT facts->'from'->>'id' FROM device_event WHERE tenant_id = $1 AND device_id = $2 AND happened = 'moved'"
    " ORDER BY occurred_at DESC, id DESC LIMIT 1"
)
_NAMED = (
    "tenant_id = $1 AND (position($2 IN lower(name->>'zh')) > 0 OR position($2 IN lower(name->>'en')) > 0"
    " OR lower(number) = $2) ORDER BY $2 IN (lower(name->>'zh'), lower(name->>'en'), lower(number)) DESC NULLS LAST,"
    " name->>'zh', name->>'en', id LIMIT 7"
)


async def places_beside(device: Device) -> list[Place]:
    """Where a unit may go: first where it last came from, then the neighbours of where it stands, then the others.

    In the current transaction.
    """
    here = await rows.find(Place, device.tenant_id, device.place_id) if device.place_id else None
    last = await fetchval(_LAST, device.tenant_id, device.id)
    return await rows.select(
        Place,
        _BESIDE,
        device.tenant_id,
        device.place_id,
        UUID(last) if last else None,
        here.parent_id if here else None,
    )


async def places_named(tenant: UUID, words: str) -> list[Place]:
    """The places that a typed name or number means, one where it is exactly one's; in the current transaction."""
    wanted = words.strip().lower()
    found = await rows.select(Place, _NAMED, tenant, wanted) if wanted else []
    exact = [place for place in found if wanted in _spellings(place)]
    return exact if len(exact) == 1 else found


def _spellings(place: Place) -> set[str]:
    return {str(word).lower() for word in (*place.name.values(), place.number) if word}
