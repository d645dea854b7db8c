"""Keys that expire: administrators are told a fortnight before, so that no portal falls silent overnight."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from mendline.kernel import Timer, command, emit, event, now, opaque, parse_opaque, rows, run, set_timer, timer, told
from mendline_tenants.actor import Actor, system_actor
from mendline_tenants.members import ApiKey

AHEAD = timedelta(days=14)
"""How long before its end a key is spoken of."""


@event("tenants.key_expires_soon")
class KeyExpiresSoon(Struct, frozen=True):
    """A key in force ends at this moment; its administrators may make the next one."""

    tenant: UUID
    key: UUID
    name: str
    expires_at: datetime


class WarnOfKey(Struct, frozen=True):
    """The key to speak of."""

    key: str


async def warn_before(key: ApiKey) -> None:
    """Sees to it, in the current transaction, that the key's end is told of in time."""
    if key.expires_at is not None:
        due = max(key.expires_at - AHEAD, now())
        await set_timer(key.tenant_id, "tenants.warn_of_key", f"api_key:{key.id}", due, api_key=str(key.id))


@timer("tenants.warn_of_key")
async def key_ends_soon(due: Timer) -> None:
    """Tells of a key whose end is near, in the name of the organisation's system."""
    given = WarnOfKey(opaque("ak", due.tenant_id, UUID(due.payload["api_key"])))
    key = f"timer:{due.id}:{due.due_at.isoformat()}"
    await run(system_actor(due.tenant_id), "tenants.warn_of_key", given, key=key)


@command("tenants.warn_of_key", "tenants.operate")
async def warn_of_key(actor: Actor, input: WarnOfKey) -> None:
    """Tells of a key that will end; one that was revoked meanwhile, or has ended, is not worth a word."""
    key = await rows.get(ApiKey, actor.organisation, parse_opaque("ak", input.key).id)
    told(key=str(key.id), name=key.name)
    if key.revoked_at is None and key.expires_at is not None and key.expires_at > now():
        emit(KeyExpiresSoon(key.tenant_id, key.id, key.name, key.expires_at))
