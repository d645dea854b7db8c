"""What is to be written into chats: rows per chat, made in the cause's transaction and sent by workers."""

from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec
from tortoise import fields

from mendline.kernel import Kind, Queued, correlation_id, execute, in_transaction, new_id, now, table, transaction, wake
from mendline_bots.channel import Address
from mendline_bots.messages import Message


class Priority(IntEnum):
    """What goes first where several messages wait for one chat."""

    ANSWER = 0
    DIALOG = 1
    PUSH = 2
    EDIT = 3
    BROADCAST = 4


@table(Kind.QUEUE)
class ChatSend(Queued):
    """One message to one chat, or one look at a card that may need drawing.

    key: unique for the organisation, so that a cause that is understood twice speaks once. card_id without content:
    bring that card up to date. card_id with content: a message that answers the card. tried_at: when it was last
    given to the channel; while `message` (the channel's id of it) is missing, its outcome is unknown.
    """

    key = fields.TextField()
    channel = fields.TextField()
    workspace = fields.TextField()
    chat = fields.TextField()
    priority = fields.IntField()
    card_id = fields.UUIDField(null=True)
    reply_to = fields.TextField(default="")
    content = fields.JSONField[dict[str, Any]](null=True)
    message = fields.TextField(null=True)
    tried_at = fields.DatetimeField(null=True)

    class Meta:
        table = "chat_send"
        unique_together = (("tenant_id", "key"),)
        indexes = (
            ("tenant_id", "channel", "workspace", "chat", "completed_at"),
            ("tenant_id", "channel", "workspace", "chat", "message"),
            ("tenant_id", "card_id"),
        )


_INSERT = """
INSERT INTO chat_send (tenant_id, id, due_at, attempts, correlation, key, channel, workspace, chat, priority, card_id,
  reply_to, content)
VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (tenant_id, key) DO NOTHING"""

# An edit that waits will draw what is true when it is sent: a second one beside it would draw the same. A row that a
# worker has taken counts its attempt, so one without attempts has drawn nothing yet.
_REFRESH = """
INSERT INTO chat_send (tenant_id, id, due_at, attempts, correlation, key, channel, workspace, chat, priority, card_id,
  reply_to)
SELECT $1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, '' WHERE NOT EXISTS (
  SELECT 1 FROM chat_send WHERE tenant_id = $1 AND card_id = $10 AND content IS NULL AND completed_at IS NULL
  AND attempts = 0 AND tried_at IS NULL AND priority <= $9)"""


async def say(
    tenant: UUID,
    to: Address,
    message: Message,
    *,
    key: str,
    priority: Priority = Priority.ANSWER,
    reply_to: str = "",
    card: UUID | None = None,
) -> None:
    """Queues a message, once for each key; in the current transaction, or in one of its own."""
    values = (
        *(tenant, new_id(), now(), correlation_id(), key, *to, int(priority), card, reply_to),
        msgspec.to_builtins(message),
    )
    if in_transaction():
        await execute(_INSERT, *values)
        return
    async with transaction(tenant):
        await execute(_INSERT, *values)
    wake()


async def refresh(tenant: UUID, to: Address, card: UUID, priority: Priority = Priority.EDIT) -> None:
    """Queues a look at a card, in the current transaction; looks that wait already are enough."""
    await execute(_REFRESH, tenant, new_id(), now(), correlation_id(), f"card:{new_id()}", *to, int(priority), card)


async def arrived_by_press(tenant: UUID, to: Address, token: str, message: str) -> None:
    """A button was pressed on a message of unknown outcome: it has arrived. In the current transaction."""
    await execute(
        "UPDATE chat_send SET message = $6, completed_at = $7 WHERE tenant_id = $1 AND channel = $2 AND workspace = $3"
        " AND chat = $4 AND completed_at IS NULL AND tried_at IS NOT NULL AND message IS NULL"
        " AND position($5 IN content::text) > 0",
        tenant,
        *to,
        token,
        message,
        now(),
    )
