"""Tombstones: what an organisation that no longer sees a ticket is told of it in its feed, and for how long."""

from datetime import timedelta

from tortoise import fields

from mendline.kernel import Kind, Record, definer, execute, gateway, now, recurring, table

TOMBSTONE_LIFETIME = timedelta(days=90)
"""How long whoever follows the feed may stay away and still be told of everything that was taken from it."""

GRACE = timedelta(days=1)
"""A tombstone is kept so much longer: clocks differ, and it may be committed some time after its `gone_at`."""

POSITION = "pg_current_xact_id()::text::bigint"
"""SQL: the running transaction's place in every feed. See `mendline.tickets.feed`."""


@table(Kind.WORKLIST, key=("tenant_id", "owner_id", "ticket_id"))
class Tombstone(Record):
    """A ticket that the organisation saw once and sees no more: its ids, when it went, and nothing else of it.

    owner_id: the ticket's tenant. changed_in: the id of the transaction that took it, its place in the feed. Written
    by the definer functions of sharing and of the worklist alone; a ticket that is shared again loses its tombstone.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    changed_in = fields.BigIntField()
    gone_at = fields.DatetimeField()

    class Meta:
        table = "tombstone"
        indexes = (("tenant_id", "changed_in", "owner_id", "ticket_id"), ("gone_at",))


BURY = f"""
  INSERT INTO public.tombstone (tenant_id, id, owner_id, ticket_id, changed_in, gone_at)
  SELECT viewer, of_ticket, of_tenant, of_ticket, {POSITION}, clock_timestamp() FROM {{viewers}} AS gone(viewer)
  ON CONFLICT (tenant_id, owner_id, ticket_id) DO UPDATE SET changed_in = excluded.changed_in, gone_at = excluded.gone_at"""  # noqa: S608, E501 - no value is in it
"""SQL of a definer function: tombstones for these viewers of the ticket `of_ticket` of `of_tenant`."""

FORGET_TOMBSTONES = definer(
    "forget_tombstones(timestamptz)",
    f"""
CREATE OR REPLACE FUNCTION forget_tombstones(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM public.tombstone
   WHERE gone_at < least(before, clock_timestamp() - interval '{TOMBSTONE_LIFETIME.days} days')
$$""",  # noqa: S608 - no value is in it
    {"tombstone": "SELECT, INSERT, UPDATE, DELETE"},
    roles=("gateway",),
)
"""Deletes old tombstones of every organisation; never one that a cursor may still have to be told of."""


@recurring("forget_tombstones", every=timedelta(hours=6))
async def forget_tombstones() -> None:
    """Deletes tombstones that no cursor still in force can have missed."""
    async with gateway():
        await execute("SELECT forget_tombstones($1)", now() - TOMBSTONE_LIFETIME - GRACE)
