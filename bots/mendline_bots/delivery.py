"""Writing into chats: one message at a time for each chat, within the channel's rates, and never twice for a doubt."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from mendline.kernel import (
    Later,
    Queued,
    execute,
    fetchval,
    handles,
    log,
    now,
    opaque,
    rows,
    transaction,
    wake,
)
from mendline.tickets import Ticket
from mendline_bots.cards import ChatCard
from mendline_bots.channel import Address, Channel, Gone, MessageGone, Moved, TooFast, Unsure, channel_of
from mendline_bots.drawing import draw
from mendline_bots.messages import Message
from mendline_bots.rates import Lane
from mendline_bots.sends import ChatSend
from mendline_bots.unreachable import card_elsewhere, chat_lost

MARK = "cs"
"""The prefix of the opaque id that names a send inside the message, where a channel can carry one."""


@handles(ChatSend, attempts=12)
async def deliver_message(row: Queued) -> None:
    """Sends one row, or asks to be called again when the chat or its rates are not free."""
    assert isinstance(row, ChatSend)
    channel, to = channel_of(row.channel), Address(row.channel, row.workspace, row.chat)
    await _wait_for_certainty(row, channel)
    if await _others_first(row):
        raise Later(1.0)
    lane = Lane(to)
    if seconds := await lane.enter(channel.limits(to)):
        raise Later(seconds)
    try:
        if row.content is not None:
            called = await _speak(row, channel, to, row.content)
        else:
            called = await _update_card(row, channel, to)
        if not called:
            await lane.refund(channel.limits(to))
    except TooFast as limit:
        await lane.hold(limit.seconds)
        await _not_tried(row)
        raise Later(limit.seconds) from None
    except Unsure:
        log.warning("send_unsure", channel=row.channel, send=str(row.id))
        raise Later(channel.unsure_seconds) from None
    except Gone as gone:
        await _lost(row, to, gone.why)
    except Moved as moved:
        await _not_tried(row)
        await _move(row, to, moved.chat)
        raise Later(0.1) from None
    except Exception:
        await _not_tried(row)  # the channel answered, so nothing was sent
        raise
    finally:
        await lane.leave()
        await _call_next(row, to)


async def _wait_for_certainty(row: ChatSend, channel: Channel) -> None:
    """A send of unknown outcome is left alone for a while: an echo, a press or a reply may show that it arrived."""
    if row.tried_at is None:
        return
    left = channel.unsure_seconds - (now() - row.tried_at).total_seconds()
    if left > 0:
        raise Later(left)


async def _others_first(row: ChatSend) -> bool:
    async with transaction(row.tenant_id):
        return bool(
            await fetchval(
                "SELECT EXISTS (SELECT 1 FROM chat_send WHERE tenant_id = $1 AND channel = $2 AND workspace = $3"
                " AND chat = $4 AND completed_at IS NULL AND tried_at IS NULL"
                " AND (held_until IS NULL OR held_until <= $5) AND (priority, id) < ($6, $7))",
                row.tenant_id,
                row.channel,
                row.workspace,
                row.chat,
                now(),
                row.priority,
                row.id,
            )
        )


async def _call_next(row: ChatSend, to: Address) -> None:
    """The next row of this chat need not wait out its pause."""
    async with transaction(row.tenant_id):
        called = await fetchval(
            "UPDATE chat_send SET due_at = $5, held_until = NULL WHERE tenant_id = $1 AND id = ("
            "SELECT id FROM chat_send WHERE tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4"
            " AND completed_at IS NULL AND attempts = 0 AND tried_at IS NULL AND id <> $6 AND due_at BETWEEN $5 AND $7"
            " ORDER BY priority, id LIMIT 1) RETURNING 1",
            row.tenant_id,
            *to,
            now(),
            row.id,
            now() + timedelta(seconds=2),
        )
    if called:
        wake()


async def _speak(row: ChatSend, channel: Channel, to: Address, content: dict[str, Any]) -> bool:
    """Sends a message; False when it tells of a ticket that this organisation may see no more."""
    reply_to = row.reply_to
    if row.card_id:
        async with transaction(row.tenant_id):
            card = await rows.get(ChatCard, row.tenant_id, row.card_id)
            shared = await rows.find(Ticket, *card.ticket) is not None
        if not shared:
            return False
        reply_to = card.message or reply_to
    await _try(row)
    sent = await channel.send(to, msgspec.convert(content, Message), reply_to=reply_to, mark=_mark(row))
    await _arrived(row, sent)
    return True


async def _update_card(row: ChatSend, channel: Channel, to: Address) -> bool:
    """Sends or edits the card; False when it shows what is true already."""
    assert row.card_id is not None
    async with transaction(row.tenant_id):
        card = await rows.get(ChatCard, row.tenant_id, row.card_id)
        doubtful = card.message is None and await _in_doubt(row)
    if doubtful:  # that row draws what is true when its doubt is over
        return False
    message = await draw(card)
    digest = hashlib.sha256(msgspec.json.encode(message)).hexdigest()[:16]
    if card.message is None:
        await _try(row)
        sent = await channel.send(to, message, reply_to="", mark=_mark(row))
        await _arrived(row, sent, card.id, digest)
        return True
    if digest != card.digest:
        try:
            await channel.edit(to, card.message, message)
        except MessageGone:
            await _forget_message(card)
            raise Later(0.1) from None
        async with transaction(row.tenant_id):
            await rows.update(card, digest=digest)
        return True
    return False


async def _in_doubt(row: ChatSend) -> bool:
    """Whether the card may have arrived already by another row, whose outcome is unknown."""
    return bool(
        await fetchval(
            "SELECT EXISTS (SELECT 1 FROM chat_send WHERE tenant_id = $1 AND card_id = $2 AND content IS NULL"
            " AND completed_at IS NULL AND tried_at IS NOT NULL AND id <> $3)",
            row.tenant_id,
            row.card_id,
            row.id,
        )
    )


def _mark(row: ChatSend) -> str:
    return opaque(MARK, row.tenant_id, row.id)


async def _try(row: ChatSend) -> None:
    """Committed before the channel is called: if we die now, who takes the row up knows that it may have arrived."""
    async with transaction(row.tenant_id):
        await rows.update(row, tried_at=now())


async def _not_tried(row: ChatSend) -> None:
    async with transaction(row.tenant_id):
        await rows.update(row, tried_at=None)


async def _arrived(row: ChatSend, id: str, card: UUID | None = None, digest: str | None = None) -> None:
    async with transaction(row.tenant_id):
        await rows.update(row, message=id, completed_at=now())
        if card is not None:
            await execute(
                "UPDATE chat_card SET message = coalesce(message, $3), digest = $4 WHERE tenant_id = $1 AND id = $2",
                row.tenant_id,
                card,
                id,
                digest,
            )


async def _forget_message(card: ChatCard) -> None:
    async with transaction(card.tenant_id):
        await rows.update(card, message=None, digest=None)


async def _lost(row: ChatSend, to: Address, why: str) -> None:
    """The person shut us out or the chat is gone; a card is shown elsewhere."""
    await chat_lost(to, why)
    if row.card_id is not None and row.content is None:
        async with transaction(row.tenant_id):
            card = await rows.get(ChatCard, row.tenant_id, row.card_id)
        await card_elsewhere(card)


async def _move(row: ChatSend, to: Address, chat: str) -> None:
    """A group became a supergroup: what hangs there and what waits for it follows."""
    async with transaction(row.tenant_id):
        await move_chat(row.tenant_id, to, chat)


async def move_chat(tenant: UUID, to: Address, chat: str) -> None:
    """Rewrites a chat's id on this organisation's cards and waiting messages, in the current transaction.

    The old messages stayed behind in the old chat, so cards are drawn anew.
    """
    where = "WHERE tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4"
    await execute(f"UPDATE chat_card SET chat = $5, message = NULL, digest = NULL {where}", tenant, *to, chat)  # noqa: S608
    await execute(f"UPDATE chat_send SET chat = $5 {where} AND completed_at IS NULL", tenant, *to, chat)  # noqa: S608
