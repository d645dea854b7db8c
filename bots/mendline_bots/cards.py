"""Cards: the one message per ticket per chat that always shows the current state, and who has one."""

from uuid import UUID

from tortoise import fields

from mendline.kernel import Kind, Record, Reference, execute, fetchrow, new_id, now, rows, table
from mendline_bots.channel import Address
from mendline_bots.sends import Priority, refresh


@table(Kind.OWN)
class ChatCard(Record):
    """One ticket's card in one chat, drawn for one member of this organisation.

    (owner_id, ticket_id) names the ticket. message: the channel's id of it, None until it is known. digest: of what was
    drawn last. expanded: whether the rest of the buttons shows.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    channel = fields.TextField()
    workspace = fields.TextField()
    chat = fields.TextField()
    private = fields.BooleanField(default=True)
    member_id = fields.UUIDField()
    message = fields.TextField(null=True)
    digest = fields.TextField(null=True)
    expanded = fields.BooleanField(default=False)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "chat_card"
        unique_together = (("tenant_id", "channel", "workspace", "chat", "owner_id", "ticket_id"),)
        indexes = (
            ("tenant_id", "owner_id", "ticket_id"),
            ("tenant_id", "channel", "workspace", "chat", "message"),
            ("tenant_id", "member_id"),
        )

    @property
    def address(self) -> Address:
        """The chat it hangs in."""
        return Address(self.channel, self.workspace, self.chat)

    @property
    def ticket(self) -> Reference:
        """The ticket it shows."""
        return Reference(self.owner_id, self.ticket_id)


_INSERT = """
INSERT INTO chat_card (tenant_id, id, owner_id, ticket_id, channel, workspace, chat, private, member_id, expanded,
  recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, $10)
ON CONFLICT (tenant_id, channel, workspace, chat, owner_id, ticket_id) DO NOTHING RETURNING id"""


async def show_card(
    tenant: UUID, to: Address, ticket: Reference, member: UUID, *, private: bool, priority: Priority
) -> tuple[ChatCard, bool]:
    """The card of this ticket in this chat, and whether it is new; either way it will be brought up to date.

    In the current transaction.
    """
    new = await fetchrow(_INSERT, tenant, new_id(), *ticket, *to, private, member, now())
    await execute(
        "UPDATE chat_card SET expanded = false WHERE tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4"
        " AND owner_id = $5 AND ticket_id = $6 AND expanded",
        tenant,
        *to,
        *ticket,
    )
    card = await rows.first(
        ChatCard,
        "tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4 AND owner_id = $5 AND ticket_id = $6",
        tenant,
        *to,
        *ticket,
    )
    assert card is not None
    await refresh(tenant, to, card.id, priority)
    return card, new is not None


async def cards_of(tenant: UUID, ticket: Reference) -> list[ChatCard]:
    """Every card of a ticket in this organisation's chats, in the current transaction."""
    return await rows.select(
        ChatCard, "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 ORDER BY id", tenant, *ticket
    )


async def card_at(tenant: UUID, to: Address, message: str) -> ChatCard | None:
    """The card that is this message, in the current transaction."""
    return await rows.first(
        ChatCard,
        "tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4 AND message = $5",
        tenant,
        *to,
        message,
    )


async def answered_card(tenant: UUID, to: Address, message: str) -> ChatCard | None:
    """The card that this message of ours answered: a reply to a short notice speaks to the ticket too."""
    found = await fetchrow(
        "SELECT card_id FROM chat_send WHERE tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4"
        " AND message = $5 AND card_id IS NOT NULL",
        tenant,
        *to,
        message,
    )
    return await rows.find(ChatCard, tenant, found["card_id"]) if found else None


async def adopt(tenant: UUID, card: UUID, message: str) -> None:
    """A press, a reply or an echo shows which message a card is that we lost sight of; in the current transaction."""
    await execute(
        "UPDATE chat_card SET message = $3 WHERE tenant_id = $1 AND id = $2 AND message IS NULL", tenant, card, message
    )
    await execute(
        "UPDATE chat_send SET message = $3, completed_at = $4 WHERE tenant_id = $1 AND card_id = $2"
        " AND content IS NULL AND tried_at IS NOT NULL AND message IS NULL AND completed_at IS NULL",
        tenant,
        card,
        message,
        now(),
    )
