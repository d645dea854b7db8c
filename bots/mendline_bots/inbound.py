"""Updates from chats: stored under a unique key before they are answered, understood by a worker afterwards."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tortoise import fields

from mendline.kernel import (
    NIL,
    Kind,
    Later,
    Queued,
    correlation_id,
    fetchval,
    gateway,
    handles,
    log,
    new_id,
    now,
    rows,
    table,
    wake,
)
from mendline_bots.channel import channel_of
from mendline_bots.conversation import converse, say_failed
from mendline_bots.incoming import merged

TOLD_AFTER = 3
"""Attempts after which the person hears that something is wrong; it is still tried again."""

ALBUM_PAUSE = timedelta(seconds=2)
"""How long we wait for the other photos of an album; channels send each one as an update of its own."""


@table(Kind.QUEUE, role="gateway")
class Inbound(Queued):
    """One update as the channel sent it. It precedes any tenant, so its tenant is NIL.

    key: `tg:<bot>:<update_id>`, `slack:<event_id>` or `slack:int:<sha256 of the payload>`. album: what joins the
    photos of one report.
    """

    channel = fields.TextField()
    key = fields.TextField()
    album = fields.TextField(null=True)
    payload = fields.JSONField[dict[str, Any]]()
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "inbound"
        unique_together = (("tenant_id", "key"),)
        indexes = (("tenant_id", "album"),)


_INSERT = """
INSERT INTO inbound (tenant_id, id, due_at, attempts, correlation, channel, key, album, payload, recorded_at)
VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, key) DO NOTHING RETURNING 1"""


async def store(channel: str, key: str, payload: Mapping[str, Any], album: str | None = None) -> bool:
    """Keeps an update for the workers; False when it was there already. When this returns, it is committed.

    What Postgres cannot store of a text is left out: a refused update would be delivered again for ever, before all
    that follow it.
    """
    moment = now()
    due = moment + ALBUM_PAUSE if album else moment
    async with gateway():
        inserted = await fetchval(
            _INSERT, NIL, new_id(), due, correlation_id(), channel, key, album, _storable(dict(payload)), moment
        )
    if inserted:
        log.info("inbound", channel=channel, key=key)
        wake()
    return inserted is not None


def _storable(value: Any) -> Any:
    """The same without U+0000, and with a question mark for each half of a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


@handles(Inbound)
async def understand(row: Queued) -> None:
    """Gives one update, or the whole album that it begins, to the conversation."""
    assert isinstance(row, Inbound)
    channel = channel_of(row.channel)
    incoming = channel.parse(row.payload)
    if row.album:
        async with gateway():
            parts = await rows.select(Inbound, "tenant_id = $1 AND album = $2 ORDER BY id", NIL, row.album)
        if parts[0].id != row.id:  # the first one speaks for all
            return
        incoming = merged([channel.parse(part.payload) for part in parts])
    try:
        await converse(incoming, row.key)
    except Later:
        raise
    except Exception:
        if row.attempts == TOLD_AFTER:
            await say_failed(incoming, row.key)
        raise
