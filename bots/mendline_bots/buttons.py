"""Buttons: what an opaque id on a button means, for whom, on which version, and until when."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from tortoise import fields

from mendline.kernel import Kind, Record, execute, new_id, now, rows, table

CONFIRM_LIFETIME = timedelta(minutes=5)


@table(Kind.OWN, update=("used_at",), delete=True)
class ChatButton(Record):
    """One button of one organisation's chats.

    token: the 22 characters that travel (Telegram allows 64 bytes). (owner_id, ticket_id) names the ticket. member_id:
    the only person who may press it; None in a group, where rights alone decide. ticket_version: where the press is
    only good for what was shown. once: a confirmation, worth nothing after its first press.
    """

    token = fields.TextField()
    card_id = fields.UUIDField(null=True)
    owner_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    verb = fields.TextField()
    arguments = fields.JSONField[dict[str, Any]](default=dict)
    member_id = fields.UUIDField(null=True)
    ticket_version = fields.BigIntField(null=True)
    once = fields.BooleanField(default=False)
    expires_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "chat_button"
        unique_together = (("tenant_id", "token"),)


def _short(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def card_token(card: UUID, verb: str, arguments: dict[str, Any], version: int | None) -> str:
    """The same button of a card in the same version has the same id, so that drawing it again changes nothing."""
    meaning = msgspec.json.encode([str(card), verb, arguments, version], order="deterministic")
    return _short(hashlib.sha256(meaning).digest())


def fresh_token() -> str:
    """An id that nobody can guess and that is used for one question only."""
    return _short(secrets.token_bytes(16))


async def keep_buttons(buttons: list[ChatButton]) -> None:
    """Stores buttons in the current transaction; those that are there already stay as they are."""
    for button in buttons:
        await execute(
            "INSERT INTO chat_button (tenant_id, id, token, card_id, owner_id, ticket_id, verb, arguments, member_id,"
            " ticket_version, once, expires_at, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
            " ON CONFLICT (tenant_id, token) DO NOTHING",
            button.tenant_id,
            new_id(),
            button.token,
            button.card_id,
            button.owner_id,
            button.ticket_id,
            button.verb,
            button.arguments,
            button.member_id,
            button.ticket_version,
            button.once,
            button.expires_at,
            now(),
        )


async def find_button(tenant: UUID, token: str) -> ChatButton | None:
    """What a pressed id means to this organisation, in the current transaction; None for another's and unknown ones."""
    return await rows.first(ChatButton, "tenant_id = $1 AND token = $2", tenant, token)


async def use_up(button: ChatButton, moment: datetime) -> None:
    """Marks a confirmation as pressed."""
    await rows.update(button, used_at=moment)
