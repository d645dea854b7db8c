"""People who cannot be reached: their identity is suspended, another chat of theirs is tried, an administrator told."""

from uuid import UUID

from mendline.kernel import fetch, gateway, log, rows, say, transaction, wake
from mendline_bots.administrators import tell_administrators
from mendline_bots.cards import ChatCard, show_card
from mendline_bots.channel import Address
from mendline_bots.people import private_chat
from mendline_bots.sends import Priority
from mendline_tenants import Member

_SUSPEND = """
UPDATE chat_identity SET status = 'suspended' WHERE channel = $1 AND workspace = $2 AND ($3 = '' OR chat = $3)
AND status = 'active' RETURNING tenant_id, member_id"""


async def chat_lost(to: Address, why: str) -> None:
    """Nothing more is sent to this chat (with an empty chat: to this workspace) until its people write again."""
    async with gateway():
        gone = await fetch(_SUSPEND, *to)
    log.warning("chat_lost", channel=to.channel, why=why, people=len(gone))
    for person in gone:
        await _tell_administrators(person["tenant_id"], person["member_id"], to)


async def card_elsewhere(card: ChatCard) -> None:
    """The card goes to another chat of its member, where there is one."""
    async with transaction(card.tenant_id):
        elsewhere = await private_chat(card.tenant_id, card.member_id)
        if elsewhere:
            await show_card(
                card.tenant_id, elsewhere[0], card.ticket, card.member_id, private=True, priority=Priority.PUSH
            )
    wake()


async def _tell_administrators(tenant: UUID, lost: UUID, to: Address) -> None:
    async with transaction(tenant):
        name = (await rows.get(Member, tenant, lost)).name

    def text(locale: str) -> str:
        return say("push.unreachable", locale, person=name, channel=to.channel.capitalize())

    await tell_administrators(tenant, f"lost:{to.channel}:{lost}", text, but=lost)
