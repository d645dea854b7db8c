"""Who is who in a chat: the actor behind an account, and the account of a member."""

from uuid import UUID

import msgspec

from mendline.kernel import DomainError, rows, transaction
from mendline_bots.channel import Address
from mendline_bots.incoming import Incoming
from mendline_tenants import Actor, ChatIdentity, actor_for_chat, actor_of_member, identities, set_locale


async def actor_behind(incoming: Incoming, organisation: UUID | None = None) -> Actor:
    """Who did this, in the organisation chosen last or in the one named.

    Raises DomainError not_linked, member_suspended.
    """
    account = (incoming.channel, incoming.workspace, incoming.account)
    actor = await actor_for_chat(*account, incoming.locale, organisation)
    known = await identities(*account)
    chosen = next((identity.locale for identity in known if identity.tenant_id == actor.organisation), None)
    if chosen is None:  # cards are drawn when nobody writes: they speak as we answer now
        await set_locale(*account, actor.locale)
    return _speaking(actor, chosen)


async def in_private_chat(incoming: Incoming, actor: Actor) -> Incoming:
    """The same, said in the person's own chat with us."""
    known = await identities(incoming.channel, incoming.workspace, incoming.account)
    chat = next((identity.chat for identity in known if identity.tenant_id == actor.organisation), incoming.chat)
    return msgspec.structs.replace(incoming, chat=chat, private=True)


async def organisations_of(incoming: Incoming) -> list[UUID]:
    """The organisations that know this account, the one chosen last first."""
    known = await identities(incoming.channel, incoming.workspace, incoming.account)
    return [identity.tenant_id for identity in known]


async def member_actor(tenant: UUID, member: UUID, channel: str) -> Actor:
    """A member as the actor whose card is drawn. Raises DomainError not_linked, member_suspended."""
    async with transaction(tenant):
        identity = await rows.first(
            ChatIdentity,
            "tenant_id = $1 AND member_id = $2 AND channel = $3 AND status <> 'unlinked' ORDER BY chosen_at DESC",
            tenant,
            member,
            channel,
        )
    return _speaking(await actor_of_member(tenant, member, channel), identity.locale if identity else None)


def _speaking(actor: Actor, locale: str | None) -> Actor:
    """The language chosen in this chat goes before the one of the member's file."""
    return msgspec.structs.replace(actor, locale=locale or actor.locale)


async def private_chat(tenant: UUID, member: UUID) -> tuple[Address, ChatIdentity] | None:
    """Where a member is told of things: the chat linked last that can be reached; in the current transaction."""
    identity = await rows.first(
        ChatIdentity,
        "tenant_id = $1 AND member_id = $2 AND status = 'active' ORDER BY chosen_at DESC, id DESC",
        tenant,
        member,
    )
    return (Address(identity.channel, identity.workspace, identity.chat), identity) if identity else None


async def reachable(tenant: UUID, member: UUID) -> tuple[Address, Actor] | None:
    """Where a member is told of things, and as whom they read it.

    None for who has no chat that can be reached, and for who was unlinked or suspended meanwhile: of several people
    that are told the others are told all the same.
    """
    async with transaction(tenant):
        known = await private_chat(tenant, member)
    if known is None:
        return None
    to, identity = known
    try:
        return to, await member_actor(tenant, member, identity.channel)
    except DomainError:
        return None
