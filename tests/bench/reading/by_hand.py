"""Each operation as the statement that a good engineer would write by hand, with the very answer that ours gives.

Pages: $1 is the organisation that asks, then the state, then who asks. A row: ($1, $2) names it, then the organisation
and the member who ask. Of a feed: the organisation, and the place it goes on from.
"""

_ITEM = """json_build_object('number', w.number, 'state', upper(w.state), 'priority', w.priority,
    'openedAt', w.opened_at, 'dueAt', w.due_at,
    'device', json_build_object('assetNumber', w.card->'device'->'asset_number', 'serial', w.card->'device'->'serial',
      'modelNumber', w.card->'device'->'model_number',
      'name', json_build_object('text', w.card->'device'->'name'->'zh')),
    'assignee', w.card->'assignee',
    'events', (SELECT json_agg(json_build_object('seq', e->'seq', 'command', e->'command', 'role', e->'role',
      'at', e->'at')) FROM jsonb_array_elements(w.card->'events') e),
    'ticketId', opaque('tk', w.owner_id, w.ticket_id))"""

_CURSOR = (
    "translate(encode(convert_to(json_build_array(w.changed_at, w.ticket_id)::text, 'UTF8'), 'base64'), E'\\n', '')"
)

_LOGGED = """, logged AS (
  INSERT INTO read_log (tenant_id, id, actor, actor_kind, actor_role, actor_name, channel, operation, document_hash,
    groups, owners, tickets, arguments, correlation, recorded_at)
  SELECT %(reader)s, uuidv7(), %(actor)s, 'member', '', '', 'graphql', '%(name)s', '', ARRAY[%(groups)s],
    array_agg(%(owner)s), array_agg(%(ticket)s), '{}', '', clock_timestamp()
  FROM %(rows)s HAVING count(*) > 0
)"""
"""The row of the read log, which whoever reads people's names has to write."""

_PAGE = f"""
WITH page AS (
  SELECT w.*, row_number() OVER () AS n FROM (
    SELECT * FROM worklist WHERE tenant_id = $1 %(where)s ORDER BY changed_at DESC, ticket_id DESC LIMIT 51) w
)%(logged)s
SELECT json_build_object('data', json_build_object('worklist', json_build_object(
  'nodes', (SELECT coalesce(json_agg({_ITEM} ORDER BY w.n), '[]') FROM page w WHERE w.n <= 50),
  'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > 50 FROM page),
    'endCursor', (SELECT {_CURSOR} FROM page w WHERE w.n <= 50 ORDER BY w.n DESC LIMIT 1)))))
"""

_LISTED = {"groups": "'people'", "owner": "owner_id", "ticket": "ticket_id", "rows": "page WHERE n <= 50"}


def _page(name: str, where: str, actor: str, recorded: bool) -> str:
    logged = _LOGGED % {"reader": "$1", "actor": actor, "name": name, **_LISTED} if recorded else ""
    return _PAGE % {"where": where, "logged": logged}


WORKLIST = _page("Worklist", "", "$2", True)
WORKLIST_UNRECORDED = _page("Worklist", "", "$2", False)
FILTERED = _page("Filtered", "AND state = $2", "$3", True)
FILTERED_UNRECORDED = _page("Filtered", "AND state = $2", "$3", False)

_TICKET = """
WITH t AS (SELECT * FROM ticket WHERE tenant_id = $1 AND id = $2)%(logged)s
SELECT json_build_object('data', json_build_object('ticket', (SELECT json_build_object(
  'id', opaque('tk', t.tenant_id, t.id), 'number', t.number, 'kind', upper(t.kind), 'state', upper(t.state),
  'phase', upper(t.phase), 'version', t.version, 'attempt', t.attempt, 'priority', t.priority,
  'openedAt', t.opened_at, 'changedAt', t.changed_at, 'closedAt', t.closed_at,
  'deviceCard', json_build_object('assetNumber', t.device_card->'asset_number', 'serial', t.device_card->'serial',
    'name', json_build_object('text', t.device_card->'name'->'zh'),
    'manufacturer', json_build_object('text', t.device_card->'manufacturer'->'zh'),
    'modelNumber', t.device_card->'model_number', 'deviceIdentifier', t.device_card->'device_identifier'),
  'facility', json_build_object('code', t.facility_card->'code',
    'name', json_build_object('text', t.facility_card->'name'->'zh')),
  'provider', json_build_object('code', t.provider_card->'code',
    'name', json_build_object('text', t.provider_card->'name'->'zh')),
  'people', (SELECT json_build_object('reporterName', p.reporter_name, 'contactName', p.contact_name,
      'contactPhone', p.contact_phone, 'location', json_build_object('text', p.location->'zh'),
      'assigneeName', p.assignee_name, 'assigneePhone', p.assignee_phone)
    FROM ticket_people p WHERE p.tenant_id = t.tenant_id AND p.id = t.id),
  'clinical', (SELECT json_build_object('symptom', c.symptom, 'useState', upper(c.use_state),
      'happenedAt', c.happened_at, 'isolation', c.isolation, 'decontamination', upper(c.decontamination),
      'priorityReasons', (SELECT coalesce(json_agg(json_build_object('input', r->'input', 'value', r->'value',
        'points', r->'points')), '[]') FROM jsonb_array_elements(c.priority_reasons) r))
    FROM ticket_clinical c WHERE c.tenant_id = t.tenant_id AND c.id = t.id),
  'quality', (SELECT json_build_object('result', upper(q.result), 'cause', q.cause, 'action', q.action,
      'workMinutes', q.work_minutes, 'finishedAt', q.finished_at)
    FROM ticket_quality q WHERE q.tenant_id = t.tenant_id AND q.id = t.id),
  'commercial', (SELECT json_build_object('entitlement', upper(m.entitlement),
      'reason', json_build_object('text', m.reason->'zh'))
    FROM ticket_commercial m WHERE m.tenant_id = t.tenant_id AND m.id = t.id),
  'participants', (SELECT coalesce(json_agg(json_build_object('organisation', json_build_object(
        'code', p.card->'code', 'name', json_build_object('text', p.card->'name'->'zh')), 'part', upper(p.part),
      'groups', (SELECT json_agg(upper(g)) FROM unnest(p.groups) g), 'startsAt', p.starts_at)
      ORDER BY p.starts_at, p.id), '[]')
    FROM ticket_participant p WHERE p.tenant_id = t.tenant_id AND p.ticket_id = t.id),
  'reports', (SELECT coalesce(json_agg(json_build_object('attempt', r.attempt, 'result', upper(r.result),
      'cause', r.cause, 'action', r.action, 'workMinutes', r.work_minutes, 'finishedAt', r.finished_at)
      ORDER BY r.attempt), '[]')
    FROM service_report r WHERE r.tenant_id = t.tenant_id AND r.ticket_id = t.id),
  'visits', json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('attempt', v.attempt,
      'arrivedAt', v.arrived_at, 'leftAt', v.left_at) ORDER BY v.recorded_at, v.id), '[]')
    FROM (SELECT * FROM visit v WHERE v.tenant_id = t.tenant_id AND v.ticket_id = t.id
      ORDER BY v.recorded_at, v.id LIMIT 50) v)),
  'signatureSlots', (SELECT coalesce(json_agg(json_build_object('position', s.position, 'role', s.role,
      'meaning', s.meaning, 'state', upper(s.state), 'signerName', s.signer_name, 'signedAt', s.signed_at)
      ORDER BY s.attempt, s.position), '[]')
    FROM signature_slot s WHERE s.tenant_id = t.tenant_id AND s.ticket_id = t.id),
  'messages', json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('kind', m.kind, 'body', m.body,
      'authorName', m.author_name, 'occurredAt', m.occurred_at) ORDER BY m.recorded_at, m.id), '[]')
    FROM (SELECT * FROM ticket_message m WHERE m.tenant_id = t.tenant_id AND m.ticket_id = t.id
      ORDER BY m.recorded_at, m.id LIMIT 50) m)),
  'evidence', json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('kind', upper(e.kind),
      'filename', e.filename, 'mediaType', e.media_type, 'size', e.size, 'sha256', e.sha256,
      'recordedAt', e.recorded_at) ORDER BY e.recorded_at, e.id), '[]')
    FROM (SELECT * FROM evidence e WHERE e.tenant_id = t.tenant_id AND e.ticket_id = t.id
      ORDER BY e.recorded_at, e.id LIMIT 50) e)),
  'audit', json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('seq', a.seq, 'command', a.command,
      'actorRole', a.actor_role, 'channel', a.channel, 'occurredAt', a.occurred_at) ORDER BY a.seq), '[]')
    FROM (SELECT * FROM audit_entry a WHERE a.tenant_id = t.tenant_id AND a.ticket_id = t.id
      ORDER BY a.seq LIMIT 50) a))
) FROM t)))
"""

TICKET = _TICKET % {
    "logged": _LOGGED
    % {
        "reader": "$3",
        "actor": "$4",
        "name": "Ticket",
        "groups": "'people', 'clinical'",
        "owner": "tenant_id",
        "ticket": "id",
        "rows": "t",
    }
}
TICKET_UNRECORDED = _TICKET % {"logged": ""}

DEVICE = """
SELECT json_build_object('data', json_build_object('device', (SELECT json_build_object(
  'id', opaque('dv', d.tenant_id, d.id), 'assetNumber', d.asset_number, 'serial', d.serial, 'state', upper(d.state),
  'softwareVersion', d.software_version, 'warrantyUntil', d.warranty_until,
  'model', (SELECT json_build_object('name', json_build_object('text', m.name->'zh'),
      'manufacturer', json_build_object('text', m.manufacturer->'zh'), 'modelNumber', m.model_number,
      'deviceIdentifier', m.device_identifier)
    FROM device_model m WHERE m.tenant_id = d.tenant_id AND m.id = d.model_id),
  'place', (SELECT json_build_object('name', json_build_object('text', p.name->'zh'))
    FROM place p WHERE p.tenant_id = d.tenant_id AND p.id = d.place_id),
  'history', json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('number', t.number,
      'state', upper(t.state), 'openedAt', t.opened_at, 'closedAt', t.closed_at,
      'quality', (SELECT json_build_object('result', upper(q.result), 'cause', q.cause, 'action', q.action)
        FROM ticket_quality q WHERE q.tenant_id = t.tenant_id AND q.id = t.id))
      ORDER BY t.opened_at DESC, t.id DESC), '[]')
    FROM (SELECT * FROM ticket t WHERE t.tenant_id = d.tenant_id AND t.device_id = d.id
      ORDER BY t.opened_at DESC, t.id DESC LIMIT 50) t))
) FROM device d WHERE d.tenant_id = $1 AND d.id = $2)))
"""

_CHANGED = f"""json_build_object('__typename', 'TicketChanged', 'ticketId', opaque('tk', w.owner_id, w.ticket_id),
      'item', {_ITEM.replace("'assignee', w.card->'assignee',", "'changedAt', w.changed_at,")})"""

CHANGES = f"""
WITH page AS (
  SELECT f.*, row_number() OVER () AS n FROM (
    (SELECT changed_in, owner_id, ticket_id, {_CHANGED} AS change FROM worklist w
     WHERE tenant_id = $1 AND (changed_in, owner_id, ticket_id) > ($2, $3, $4)
       AND changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
     ORDER BY changed_in, owner_id, ticket_id LIMIT 101)
    UNION ALL
    (SELECT changed_in, owner_id, ticket_id, json_build_object('__typename', 'TicketGone',
       'ticketId', opaque('tk', b.owner_id, b.ticket_id), 'goneAt', b.gone_at) FROM tombstone b
     WHERE tenant_id = $1 AND (changed_in, owner_id, ticket_id) > ($2, $3, $4)
       AND changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
     ORDER BY changed_in, owner_id, ticket_id LIMIT 101)
    ORDER BY changed_in, owner_id, ticket_id LIMIT 101) f
)
SELECT json_build_object('data', json_build_object('changes', json_build_object(
  'nodes', (SELECT coalesce(json_agg(change ORDER BY n), '[]') FROM page WHERE n <= 100),
  'cursor', (SELECT translate(encode(convert_to(json_build_array(changed_in, owner_id, ticket_id)::text, 'UTF8'),
     'base64'), E'\n', '') FROM page WHERE n <= 100 ORDER BY n DESC LIMIT 1),
  'hasMore', (SELECT count(*) > 100 FROM page))))
"""
