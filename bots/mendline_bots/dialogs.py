"""Dialogs: what was asked and has not been answered yet, so that any process can continue it."""

from datetime import timedelta
from typing import Any

from tortoise import fields

from mendline.kernel import NIL, Kind, Later, Record, execute, fetchval, gateway, new_id, now, recurring, rows, table
from mendline_bots.incoming import Incoming

LIFETIME = timedelta(minutes=30)


@table(Kind.GATEWAY)
class Dialog(Record):
    """One open question to one account in one chat or thread. It may precede any tenant, so its tenant is NIL.

    verb: whose question it is. state: what the verb knows so far.
    """

    channel = fields.TextField()
    workspace = fields.TextField()
    chat = fields.TextField()
    thread = fields.TextField()
    account = fields.TextField()
    verb = fields.TextField()
    state = fields.JSONField[dict[str, Any]]()
    version = fields.BigIntField(default=1)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "dialog"
        unique_together = (("tenant_id", "channel", "workspace", "chat", "thread", "account"),)


_PLACE = "tenant_id = $1 AND channel = $2 AND workspace = $3 AND chat = $4 AND thread = $5 AND account = $6"

_OPEN = """
INSERT INTO dialog (tenant_id, id, channel, workspace, chat, thread, account, verb, state, version, expires_at)
VALUES ($1, $7, $2, $3, $4, $5, $6, $8, $9, 1, $10)
ON CONFLICT (tenant_id, channel, workspace, chat, thread, account) DO UPDATE
SET verb = excluded.verb, state = excluded.state, version = dialog.version + 1, expires_at = excluded.expires_at
WHERE $11::bigint IS NULL OR dialog.version = $11 RETURNING version"""


def _place(incoming: Incoming) -> tuple[Any, ...]:
    return NIL, incoming.channel, incoming.workspace, incoming.chat, incoming.thread, incoming.account


async def current_dialog(incoming: Incoming) -> Dialog | None:
    """The question that is open where this came from, if it has not expired."""
    async with gateway():
        return await rows.first(Dialog, f"{_PLACE} AND expires_at > $7", *_place(incoming), now())


async def put_dialog(incoming: Incoming, verb: str, state: dict[str, Any], after: Dialog | None = None) -> None:
    """Opens a dialog in place of any other, or takes the one that was read a step on.

    Raises Later when another process has taken it on meanwhile: the message is then understood anew.
    """
    async with gateway():
        kept = await fetchval(
            _OPEN,
            *_place(incoming),
            new_id(),
            verb,
            state,
            now() + LIFETIME,
            after.version if after else None,
        )
    if kept is None:
        raise Later(0.2)


async def close_dialog(incoming: Incoming) -> bool:
    """Ends the open question; False when there was none."""
    async with gateway():
        closed = await execute(f"DELETE FROM dialog WHERE {_PLACE} AND expires_at > $7", *_place(incoming), now())  # noqa: S608 - the place is a constant
    return closed != "DELETE 0"


@recurring("forget_dialogs", every=timedelta(hours=1))
async def forget_dialogs() -> None:
    """Deletes questions that nobody answered."""
    async with gateway():
        await execute("DELETE FROM dialog WHERE expires_at < $1", now() - LIFETIME)
