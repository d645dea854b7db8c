"""Worklists: each viewer's own list of the tickets it can see, one row per (viewer, ticket)."""

from typing import Any
from uuid import UUID

from tortoise import fields

from mendline.kernel import Kind, Reference, Work, definer, fetchval, new_id, table
from mendline.kernel import Record as _Record
from mendline.tickets.states import PARTS, PHASES, TICKET_OUTCOMES, TicketKind, one_of
from mendline.tickets.ticket import GROUPS
from mendline_tenants import BURY, POSITION, entry_of, note_command, require_stewardship


@table(
    Kind.WORKLIST,
    key=("tenant_id", "owner_id", "ticket_id"),
    checks={
        "part": one_of("part", PARTS),
        "kind": one_of("kind", TicketKind),
        "state": one_of("state", PHASES),
        "phase": one_of("phase", dict.fromkeys(PHASES.values())),
        "outcome": one_of("outcome", TICKET_OUTCOMES),
    },
)
class WorklistRow(_Record):
    """A ticket as one organisation may see it. Lists are found, filtered and ordered on this table alone.

    owner_id: the ticket's tenant. part: the viewer's, as it was given (`TicketParticipant`). card: device, assignee and
    the last three events, names and serials masked for who does not hold their group; and the field groups that are
    withheld from this viewer. changed_in: the id of the transaction that changed the row last, its place in the
    viewer's feed (`feed.py`).
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    part = fields.TextField()
    number = fields.TextField()
    kind = fields.TextField()
    state = fields.TextField()
    phase = fields.TextField()
    outcome = fields.TextField(null=True)
    priority = fields.BigIntField()
    provider_id = fields.UUIDField()
    device_id = fields.UUIDField(null=True)
    assignee_id = fields.UUIDField(null=True)
    parent_id = fields.UUIDField(null=True)
    version = fields.BigIntField()
    opened_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    card = fields.JSONField[dict[str, Any]]()
    changed_in = fields.BigIntField(db_default=0)

    class Meta:
        table = "worklist"
        indexes = (
            ("tenant_id", "changed_in", "owner_id", "ticket_id"),
            ("tenant_id", "changed_at", "ticket_id"),
            ("tenant_id", "phase", "changed_at", "ticket_id"),
            ("tenant_id", "state", "changed_at", "ticket_id"),
            ("tenant_id", "assignee_id", "changed_at"),
            ("tenant_id", "number"),
            ("tenant_id", "opened_at", "ticket_id"),
            ("tenant_id", "priority", "opened_at", "ticket_id"),
            ("tenant_id", "provider_id", "changed_at", "ticket_id"),
            ("tenant_id", "device_id", "changed_at"),
            ("tenant_id", "kind", "changed_at", "ticket_id"),
            ("tenant_id", "part", "changed_at", "ticket_id"),
            ("tenant_id", "phase", "priority", "opened_at", "ticket_id"),
        )
        # And by coalesce(due_at, 'infinity'), with and without the phase: 0014 makes the indexes in SQL.


_SHOWN = (
    "part",
    "kind",
    "state",
    "phase",
    "outcome",
    "priority",
    "provider_id",
    "device_id",
    "assignee_id",
    "parent_id",
    "version",
    "changed_at",
    "closed_at",
    "due_at",
    "card",
)
"""What may change in a row."""

_HELD = ", ".join(f"w.{column}" for column in _SHOWN)
_PUT = ", ".join(f"excluded.{column}" for column in _SHOWN)
_GROUPS = ", ".join(f"'{group}'" for group in GROUPS)

WORKLIST_PUT = definer(
    "worklist_put(uuid, uuid)",
    f"""
CREATE OR REPLACE FUNCTION worklist_put(of_tenant uuid, of_ticket uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE t public.ticket;
BEGIN
  SELECT * INTO t FROM public.ticket
   WHERE tenant_id = of_tenant AND id = of_ticket AND visible_to @> ARRAY[public.cur()] FOR NO KEY UPDATE;
  WITH p AS (
    SELECT * FROM public.ticket_people WHERE tenant_id = of_tenant AND id = of_ticket
  ), latest AS (
    SELECT jsonb_agg(jsonb_build_object('seq', e.seq, 'command', e.command, 'role', e.actor_role,
        'organisation', e.author_org, 'at', e.occurred_at) ORDER BY e.seq DESC) AS events
    FROM (SELECT * FROM public.audit_entry a WHERE a.tenant_id = of_tenant AND a.ticket_id = of_ticket
          ORDER BY a.seq DESC LIMIT 3) e
  ), unlisted AS (
    DELETE FROM public.worklist w USING public.ticket_participant once
    WHERE once.tenant_id = of_tenant AND once.ticket_id = of_ticket AND once.organisation <> ALL (t.visible_to)
      AND w.tenant_id = once.organisation AND w.owner_id = of_tenant AND w.ticket_id = of_ticket
    RETURNING w.tenant_id
  ), buried AS ({BURY.format(viewers="unlisted")}
  ), back AS (
    DELETE FROM public.tombstone b
    WHERE b.tenant_id = ANY (t.visible_to) AND b.owner_id = of_tenant AND b.ticket_id = of_ticket
  )
  INSERT INTO public.worklist AS w (tenant_id, id, owner_id, ticket_id, part, number, kind, state, phase, outcome,
    priority, provider_id, device_id, assignee_id, parent_id, version, opened_at, changed_at, closed_at, due_at, card,
    changed_in)
  SELECT viewer, t.id, t.tenant_id, t.id,
    CASE viewer WHEN t.tenant_id THEN 'user_facility' WHEN t.provider_id THEN 'service_provider' ELSE coalesce(
      (SELECT q.part FROM public.ticket_participant q
       WHERE q.tenant_id = of_tenant AND q.ticket_id = of_ticket AND q.organisation = viewer), 'participant') END,
    t.number, t.kind, t.state, t.phase, t.outcome, t.priority, t.provider_id, t.device_id,
    CASE WHEN t.audience->'people' ? viewer::text THEN (SELECT p.assignee_id FROM p) END,
    t.parent_id, t.version, t.opened_at, t.changed_at, t.closed_at, t.restoration_due_at,
    jsonb_build_object('device', CASE WHEN t.audience->'quality' ? viewer::text THEN t.device_card ELSE t.device_card
        || jsonb_strip_nulls(jsonb_build_object('serial', masked_serial(t.device_card->>'serial'))) END,
      'facility', t.facility_card, 'provider', t.provider_card,
      'eta_at', t.eta_at, 'events', coalesce((SELECT events FROM latest), '[]'::jsonb),
      'withheld', (SELECT coalesce(jsonb_agg(g), '[]'::jsonb) FROM unnest(ARRAY[{_GROUPS}]) AS g
                   WHERE (t.audience->g ? viewer::text) IS NOT TRUE))
    || CASE WHEN t.audience->'people' ? viewer::text
       THEN (SELECT jsonb_build_object('assignee', p.assignee_name, 'location', p.location) FROM p)
       ELSE (SELECT jsonb_build_object('assignee', masked_name(p.assignee_name)) FROM p) END
    || CASE WHEN t.audience->'clinical' ? viewer::text
       THEN (SELECT jsonb_build_object('symptom', left(c.symptom, 200), 'use_state', c.use_state,
               'isolation', c.isolation)
             FROM public.ticket_clinical c WHERE c.tenant_id = of_tenant AND c.id = of_ticket)
       ELSE '{{}}'::jsonb END,
    {POSITION}
  FROM unnest(t.visible_to) AS viewer ORDER BY viewer
  ON CONFLICT (tenant_id, owner_id, ticket_id) DO UPDATE SET ({", ".join(_SHOWN)}, changed_in) =
    ROW ({_PUT}, excluded.changed_in)
  WHERE ({_HELD}) IS DISTINCT FROM ({_PUT}) OR w.changed_in > excluded.changed_in;
END $$""",  # noqa: S608 - no value is in it
    {
        "ticket": "SELECT, UPDATE (audit_seq)",  # to lock it
        "ticket_people": "SELECT",
        "ticket_clinical": "SELECT",
        "ticket_participant": "SELECT",
        "audit_entry": "SELECT",
        "worklist": "SELECT, INSERT, UPDATE, DELETE",
        "tombstone": "SELECT, INSERT, UPDATE, DELETE",
    },
)
"""Writes every viewer's row of a ticket, in viewer order; of viewers gone only a tombstone stays.

The ticket is locked first: whoever rebuilds the lists while a share ends must read who sees it after that. Of one that
is hidden from the caller there are no viewers, so that nothing is written.

A row that is as it was keeps its place in the feed, so that rebuilding the lists is no news. Each command writes an
audit entry, which every viewer's card shows: there is no change that no row shows. Viewers gone are looked for among
the participants, because no index begins with the ticket; a row's place may lie ahead of us only in a database that
was carried to another cluster.

PL/pgSQL keeps its plan: 0.38 ms a call against 0.45 for the same as an SQL function.
"""


# The inner SELECT is done first, so that the worklists' cards show the new entry.
_RECORD = """
SELECT seen, worklist_put($1, $2) FROM (SELECT audit_append($1, $2, $3, $4) AS seen OFFSET 0) AS entry
"""


async def record(work: Work) -> dict[Reference | None, list[UUID]]:
    """The runner's last step: the audit, and the worklists of each ticket touched; answers who sees each ticket.

    Who sees one ticket of a command need not see the other. Under None: who may know of a command that touched none.
    """
    await require_stewardship(work.actor)
    if not work.touched:
        await note_command(work)
        return {None: [work.actor.organisation]}
    return {
        ticket: sorted(await fetchval(_RECORD, ticket.tenant, ticket.id, new_id(), entry_of(work, ticket)))
        for ticket in sorted(work.touched)
    }
