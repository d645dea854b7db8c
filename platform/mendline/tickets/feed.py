"""The feed: all that has changed for one organisation since a cursor, in an order that no commit can come before.

A row's place is the id of the transaction that wrote it. Transactions do not commit in the order of their ids, so a
reader goes no further than `pg_snapshot_xmin`: whatever began below it has ended, and what is yet to come lies above.
"""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mendline.kernel import DomainError, definer, now
from mendline_tenants import TOMBSTONE_LIFETIME

SETTLED = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""SQL: below this place of the feed nothing will appear any more."""

CLUSTER = definer(
    "feed_cluster()",
    """
CREATE OR REPLACE FUNCTION feed_cluster() RETURNS text LANGUAGE plpgsql STABLE SECURITY INVOKER AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
    || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
END $$""",
    {},
)
"""Where transaction ids mean what they say: this cluster, on this timeline of its log."""

AFTER = definer(
    "feed_after(text, bigint)",
    """
CREATE OR REPLACE FUNCTION feed_after(of_cluster text, place bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY INVOKER AS $$
BEGIN
  IF of_cluster <> public.feed_cluster() OR place > pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN
    RAISE EXCEPTION 'feed_restarted' USING ERRCODE = 'MD001';
  END IF;
  RETURN place;
END $$""",
    {},
)
"""The place of a cursor; refuses one that another cluster gave, or one from before the database was set back."""


class FeedCursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a cursor of the feed holds: whose it is, and the last row that was told.

    complete_at: the moment (Unix seconds) at which all that had gone before was told. A cursor in the middle of a long
    feed keeps the moment with which its reader began.
    """

    cluster: str
    organisation: UUID
    complete_at: int
    changed_in: int
    owner: UUID
    ticket: UUID


_DECODER = msgspec.json.Decoder(FeedCursor)


def feed_cursor(text: str, organisation: UUID) -> FeedCursor:
    """Reads a cursor that this organisation was given.

    Raises DomainError invalid_input for anything else, and feed_expired for one so old that tombstones may be missing.
    """
    try:
        cursor = _DECODER.decode(base64.b64decode(text, validate=True))
        fits = cursor.organisation == organisation and 0 <= cursor.changed_in < 2**63 and "\0" not in cursor.cluster
        complete_at = datetime.fromtimestamp(cursor.complete_at, UTC)
    except (binascii.Error, ValueError, OverflowError, OSError, msgspec.DecodeError):
        fits = False
    if not fits:
        raise DomainError("invalid_input", field="since", problem="not_a_cursor")
    if complete_at < now() - TOMBSTONE_LIFETIME:
        raise DomainError("feed_expired", days=TOMBSTONE_LIFETIME.days)
    return cursor
