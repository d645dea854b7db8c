"""Administrators: what they are told in chat because it is theirs to see to."""

from collections.abc import Callable
from uuid import UUID

from mendline.kernel import Envelope, consumer, rows, say, transaction, wake
from mendline_bots.messages import Message
from mendline_bots.people import reachable
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_tenants import KeyExpiresSoon, KeyMade, Member


@consumer("chat.key_expires", KeyExpiresSoon)
async def key_expires(envelope: Envelope) -> None:
    """A key that will end soon is told to every administrator who has a chat."""
    happened: KeyExpiresSoon = envelope.event

    def text(locale: str) -> str:
        return say("push.key_expires", locale, name=happened.name, day=f"{happened.expires_at:%Y-%m-%d}")

    await tell_administrators(happened.tenant, f"event:{envelope.id}", text)
    wake()


@consumer("chat.key_made", KeyMade)
async def key_made(envelope: Envelope) -> None:
    """A new key is told to every other administrator, with what it may do: nobody makes one unseen."""
    happened: KeyMade = envelope.event

    def text(locale: str) -> str:
        scopes = ", ".join(happened.scopes)
        return say("push.key_made", locale, by=happened.made_by_name, name=happened.name, scopes=scopes)

    await tell_administrators(happened.tenant, f"event:{envelope.id}", text, but=happened.made_by)
    wake()


async def tell_administrators(tenant: UUID, key: str, text: Callable[[str], str], *, but: UUID | None = None) -> None:
    """Queues a message to the private chat of each active administrator, once for each `key`."""
    async with transaction(tenant):
        found = await administrators_of(tenant)
    for admin in found:
        known = await reachable(tenant, admin) if admin != but else None
        if known is not None:
            to, actor = known
            message = Message(text=text(actor.locale))
            await queue_message(tenant, to, message, key=f"{key}:{admin}", priority=Priority.PUSH)


async def administrators_of(tenant: UUID) -> list[UUID]:
    """The active administrators of an organisation, in the current transaction."""
    found = await rows.select(Member, "tenant_id = $1 AND 'admin' = ANY (roles) AND status = 'active'", tenant)
    return [admin.id for admin in found]
