"""A crowd: organisations with tickets by the hundred thousand, stored by set-based SQL in seconds, for benchmarks.

Half of the tickets are worked on by a vendor, which sees them too. Who acts and who is shown is the same as in life:
`worklist` rows are written as `worklist_put` writes them (`faithful` compares some), field groups lie in their tables,
`visible_to` holds the viewers of each. Triggers and foreign keys are passed over while it is loaded.
"""

import hashlib
from dataclasses import asdict, dataclass
from uuid import UUID

import asyncpg

from mendline.tickets import PHASES
from mendline_tenants.access.tokens import access_token

PROGRESSING = ("reported", "triaged", "offered", "accepted", "on_site", "waiting", "finished", "checked")
"""States of the tickets that are still open: one in eight. All others are archived."""

_ORGANISATIONS = """
CREATE TEMP TABLE crowd AS
WITH weighed AS (
  SELECT n, n <= {hospitals} AS hospital, CASE WHEN n <= {hospitals} THEN n::float8 ^ (-{skew}) ELSE 0 END AS weight
  FROM generate_series(1, {hospitals} + {vendors}) n
)
SELECT n, md5('organisation ' || n)::uuid AS id, CASE WHEN hospital THEN 'hospital' ELSE 'vendor' END AS kind,
  CASE WHEN hospital THEN 'H' ELSE 'V' END || n AS code,
  CASE WHEN hospital THEN greatest(1, round({tickets} * weight / sum(weight) OVER ())::int) ELSE 0 END AS tickets,
  md5('organisation ' || {hospitals} + 1 + n % {vendors})::uuid AS vendor,
  jsonb_build_object('id', md5('organisation ' || n)::uuid, 'code', CASE WHEN hospital THEN 'H' ELSE 'V' END || n,
    'kind', CASE WHEN hospital THEN 'hospital' ELSE 'vendor' END,
    'name', jsonb_build_object('zh', '第' || n || '机构', 'en', 'Organisation ' || n)) AS card
FROM weighed
"""

_PEOPLE = """
INSERT INTO organisation (tenant_id, id, code, kind, name, locale, timezone, country, policies, ticket_counter,
  recorded_at)
SELECT id, id, code, kind, card->'name', 'zh', 'Asia/Shanghai', 'CN', '{}', tickets, now() FROM crowd;

INSERT INTO partner (tenant_id, id, code, kind, name)
SELECT (one).id, (other).id, (other).code, (other).kind, (other).card->'name'
FROM crowd h
JOIN crowd v ON v.id = h.vendor
CROSS JOIN LATERAL (VALUES (h, v), (v, h)) pair (one, other)
WHERE h.kind = 'hospital';

INSERT INTO place (tenant_id, id, kind, name, clinical_weight)
SELECT id, md5(id || ' ward ' || k)::uuid, 'unit', jsonb_build_object('zh', k || '病区', 'en', 'Ward ' || k), 0
FROM crowd, generate_series(1, 5) k WHERE kind = 'hospital';

INSERT INTO member (tenant_id, id, login, name, name_en, phone, roles, unit_account, status, recorded_at)
SELECT id, md5(id || ' member ' || k)::uuid, 'member' || k, '工程师' || k, 'Engineer ' || k, '1380000000' || k,
  CASE WHEN kind = 'vendor' THEN ARRAY['dispatcher', 'technician'] ELSE ARRAY['clinical_engineer', 'quality'] END,
  false, 'active', now()
FROM crowd, generate_series(1, 3) k;

INSERT INTO login_session (tenant_id, id, member_id, refresh_hash, channel, recorded_at, used_at, expires_at)
SELECT id, md5(id || ' session')::uuid, md5(id || ' member 1')::uuid, '\\x00', 'graphql', now(), now(),
  now() + interval '1 day'
FROM crowd;

INSERT INTO device_model (tenant_id, id, manufacturer, name, model_number, device_identifier, device_class, function,
  mandatory_verification)
SELECT id, md5(id || ' model ' || k)::uuid, '{"zh": "迈康医疗", "en": "Maker M"}',
  jsonb_build_object('zh', '输液泵' || k, 'en', 'Infusion pump ' || k), 'IP-' || k, '0692123456789' || k,
  'infusion_pump', 'therapeutic', false
FROM crowd, generate_series(0, 4) k WHERE kind = 'hospital';

INSERT INTO device (tenant_id, id, model_id, asset_number, serial, place_id, state, version, backup_available,
  software_version, warranty_until, recorded_at)
SELECT id, md5(id || ' device ' || k)::uuid, md5(id || ' model ' || k % 5)::uuid, 'SB-' || lpad(k::text, 6, '0'),
  'SN' || n || '-' || k, md5(id || ' ward ' || 1 + k % 5)::uuid, 'in_service', 1, false, '2.1.' || k % 7,
  current_date + k % 900, now()
FROM crowd, generate_series(0, tickets / 12) k WHERE kind = 'hospital';
"""

# Later tickets lie later in the table, whoever's they are: as if all had been reported in the order of time.
_TICKETS = """
INSERT INTO ticket (tenant_id, id, visible_to, audience, number, kind, state, phase, outcome, version, attempt,
  provider_id, device_id, device_card, facility_card, provider_card, priority, opened_at, response_due_at,
  restoration_due_at, closed_at, changed_at, changed_by, audit_seq)
SELECT o.id, uuidv7(opened_at - now()), viewers, jsonb_build_object('progress', viewers, 'people', viewers,
    'clinical', viewers, 'quality', viewers, 'commercial', viewers, 'messages', viewers, 'vigilance', ARRAY[o.id]),
  o.code || '-2026-' || t.n, 'fault', t.state, $2::jsonb->>t.state,
  CASE WHEN t.state = 'archived' THEN 'completed' END, 4, 1,
  CASE WHEN shared THEN v.id ELSE o.id END,
  d.id, jsonb_build_object('asset_number', d.asset_number, 'serial', d.serial, 'name', m.name,
    'manufacturer', m.manufacturer, 'model_number', m.model_number, 'device_identifier', m.device_identifier,
    'device_class', m.device_class, 'function', m.function, 'software_version', d.software_version,
    'mandatory_verification', m.mandatory_verification),
  o.card, CASE WHEN shared THEN v.card ELSE o.card END, 1 + t.n % 4, opened_at, opened_at + interval '30 minutes',
  opened_at + interval '1 day', CASE WHEN t.state = 'archived' THEN opened_at + interval '9 hours' END,
  opened_at + interval '9 hours', 'technician', 4
FROM crowd o
JOIN crowd v ON v.id = o.vendor
CROSS JOIN LATERAL (
  SELECT n, n % 2 = 0 AS shared, CASE WHEN n % 2 = 0 THEN ARRAY[o.id, v.id] ELSE ARRAY[o.id] END AS viewers,
    CASE WHEN n % 8 = 0 THEN ($1::text[])[1 + (n / 8) % cardinality($1::text[])] ELSE 'archived' END AS state,
    now() - interval '700 days' + interval '690 days' * (n::float8 / o.tickets)
      + o.n * interval '7 seconds' AS opened_at
  FROM generate_series(1, o.tickets) n
) t
JOIN device d ON d.tenant_id = o.id AND d.id = md5(o.id || ' device ' || t.n % (o.tickets / 12 + 1))::uuid
JOIN device_model m ON m.tenant_id = o.id AND m.id = d.model_id
ORDER BY opened_at
"""

_GROUPS = """
INSERT INTO ticket_people (tenant_id, id, ticket_id, visible_to, author_org, reporter_name, contact_name,
  contact_phone, location, latitude, longitude, assignee_id, assignee_name, assignee_phone)
SELECT tenant_id, id, id, visible_to, tenant_id, '王护士', '王护士', '13800000001',
  '{"zh": "本部 三病区", "en": "Ward 3"}', 31.23, 121.47,
  md5(provider_id || ' member 2')::uuid, '工程师2', '13800000002'
FROM ticket;

INSERT INTO ticket_clinical (tenant_id, id, ticket_id, visible_to, author_org, symptom, use_state, happened_at,
  spare_needed, isolation, decontamination, access_windows, priority_reasons)
SELECT tenant_id, id, id, visible_to, tenant_id, '输液过程中报警,停机 ' || number, 'down', opened_at, false, false,
  'not_needed', '[]', '[{"input": "use_state", "value": "down", "points": 40}]'
FROM ticket;
"""

_CHILDREN = """
INSERT INTO ticket_quality (tenant_id, id, ticket_id, visible_to, author_org, result, cause, action, advice,
  work_minutes, finished_at)
SELECT tenant_id, id, id, visible_to, tenant_id, 'repaired', '电池老化', '更换电池,测试正常', '', 45, changed_at
FROM ticket;

INSERT INTO ticket_commercial (tenant_id, id, ticket_id, visible_to, author_org, entitlement, reason)
SELECT tenant_id, id, id, visible_to, tenant_id, 'outside', '{"zh": "保外", "en": "Outside"}' FROM ticket;

INSERT INTO ticket_vigilance (tenant_id, id, ticket_id, visible_to, author_org, suspected, words)
SELECT tenant_id, id, id, ARRAY[tenant_id], tenant_id, false, '[]' FROM ticket;

INSERT INTO ticket_participant (tenant_id, id, ticket_id, visible_to, author_org, organisation, part, groups, card,
  starts_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, tenant_id, viewer,
  CASE viewer WHEN tenant_id THEN 'user_facility' ELSE 'service_provider' END, ARRAY['progress', 'people', 'clinical'],
  CASE viewer WHEN tenant_id THEN facility_card ELSE provider_card END, opened_at
FROM ticket, unnest(visible_to) viewer;

INSERT INTO ticket_message (tenant_id, id, ticket_id, visible_to, author_org, author_id, author_name, kind, body,
  channel, occurred_at, recorded_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, tenant_id, md5(tenant_id || ' member 1')::uuid, '工程师1',
  'comment', '第' || k || '条留言:请尽快处理', 'graphql', opened_at + k * interval '1 hour',
  opened_at + k * interval '1 hour'
FROM ticket, generate_series(1, 2) k;

INSERT INTO visit (tenant_id, id, ticket_id, visible_to, author_org, technician_id, attempt, arrived_at, recorded_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, provider_id, md5(provider_id || ' member 2')::uuid, 1,
  opened_at + interval '2 hours', opened_at
FROM ticket;

INSERT INTO service_report (tenant_id, id, ticket_id, visible_to, author_org, technician_id, attempt, result, cause,
  action, advice, work_minutes, finished_at, recorded_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, provider_id, md5(provider_id || ' member 2')::uuid, 1,
  'repaired', '电池老化', '更换电池,测试正常', '', 45, changed_at, changed_at
FROM ticket;

INSERT INTO signature_slot (tenant_id, id, ticket_id, visible_to, author_org, attempt, position, role, meaning, state,
  signer_name, signed_at, recorded_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, tenant_id, 1, k,
  CASE k WHEN 1 THEN 'ward_manager' ELSE 'clinical_engineer' END, 'acceptance', 'signed', '李护士长',
  changed_at, changed_at
FROM ticket, generate_series(1, 2) k WHERE phase = 'closed';

INSERT INTO evidence (tenant_id, id, ticket_id, visible_to, author_org, author_id, author_name, kind, filename,
  media_type, size, sha256, key, caption, state, occurred_at, recorded_at, stored_at)
SELECT tenant_id, uuidv7(opened_at - now()), id, visible_to, tenant_id, md5(tenant_id || ' member 1')::uuid,
  '工程师1', 'photo', 'label.jpg', 'image/jpeg', 120000, repeat('0', 64), 'evidence/' || id, '', 'stored',
  opened_at, opened_at, opened_at
FROM ticket;
"""

_AUDIT = """
INSERT INTO audit_entry (tenant_id, id, ticket_id, visible_to, author_org, seq, command, actor, actor_role, channel,
  facts, occurred_at, claimed, recorded_at, correlation)
SELECT tenant_id, uuidv7(opened_at + k * interval '1 hour' - now()), id, visible_to,
  CASE WHEN k > 1 THEN provider_id ELSE tenant_id END, k,
  (ARRAY['tickets.report', 'dispatch.offer_job', 'dispatch.accept_job', 'fieldwork.finish_job'])[k],
  md5(tenant_id || ' member 1')::uuid, 'clinical_engineer', 'graphql', '{"to": "accepted"}',
  opened_at + k * interval '1 hour', false, opened_at + k * interval '1 hour', ''
FROM ticket, generate_series(1, 4) k;
"""

_EVENTS = """coalesce((SELECT jsonb_agg(jsonb_build_object('seq', e.seq, 'command', e.command, 'role', e.actor_role,
    'organisation', e.author_org, 'at', e.occurred_at) ORDER BY e.seq DESC)
  FROM audit_entry e WHERE e.tenant_id = t.tenant_id AND e.ticket_id = t.id AND e.seq > t.audit_seq - 3), '[]')"""

_NO_AUDIT = """(SELECT jsonb_agg(jsonb_build_object('seq', k, 'command', 'dispatch.accept_job', 'role', 'technician',
    'organisation', t.provider_id, 'at', t.opened_at) ORDER BY k DESC) FROM generate_series(2, 4) k)"""

# The places in the feed are those of transactions of long ago, which wrote some hundred rows each.
_WORKLIST = """
INSERT INTO worklist (tenant_id, id, owner_id, ticket_id, part, number, kind, state, phase, outcome, priority,
  provider_id, device_id, assignee_id, version, opened_at, changed_at, closed_at, due_at, card, changed_in)
SELECT viewer, t.id, t.tenant_id, t.id, CASE viewer WHEN t.tenant_id THEN 'user_facility' ELSE 'service_provider' END,
  t.number, t.kind, t.state, t.phase, t.outcome, t.priority, t.provider_id, t.device_id, p.assignee_id, t.version,
  t.opened_at, t.changed_at, t.closed_at, t.restoration_due_at,
  jsonb_build_object('device', t.device_card, 'facility', t.facility_card, 'provider', t.provider_card,
    'eta_at', t.eta_at, 'events', {events}, 'withheld',
    CASE viewer WHEN t.tenant_id THEN '[]'::jsonb ELSE '["vigilance"]'::jsonb END,
    'assignee', p.assignee_name, 'location', p.location, 'symptom', c.symptom, 'use_state', c.use_state,
    'isolation', c.isolation),
  3 + (500 * percent_rank() OVER (ORDER BY t.changed_at))::bigint
FROM ticket t
JOIN ticket_people p ON p.tenant_id = t.tenant_id AND p.id = t.id
JOIN ticket_clinical c ON c.tenant_id = t.tenant_id AND c.id = t.id
CROSS JOIN LATERAL unnest(t.visible_to) viewer
ORDER BY t.changed_at
"""

_SAMPLE = """
CREATE TEMP TABLE sample AS SELECT * FROM worklist WHERE (owner_id, ticket_id) IN (
  SELECT tenant_id, id FROM ticket ORDER BY md5(id::text) LIMIT 20)
"""
_WRITTEN_ANEW = """
SELECT set_config('app.tenant', owner_id::text, true), worklist_put(owner_id, ticket_id)
FROM (SELECT DISTINCT owner_id, ticket_id FROM sample) s
"""
_DIFFERENCES = """
SELECT count(*) FROM sample s FULL JOIN (
  SELECT w.* FROM worklist w WHERE (w.owner_id, w.ticket_id) IN (SELECT owner_id, ticket_id FROM sample)
) w ON (s.tenant_id, s.owner_id, s.ticket_id) = (w.tenant_id, w.owner_id, w.ticket_id)
WHERE to_jsonb(s) IS DISTINCT FROM to_jsonb(w)
"""


@dataclass(frozen=True)
class Organisation:
    """One organisation of the crowd: how many tickets it owns, and how many it has on its worklist."""

    id: UUID
    code: str
    kind: str
    tickets: int
    listed: int

    def token(self) -> str:
        """An access token of its first member, good for ten minutes."""
        return access_token(self.id, _uuid(f"{self.id} member 1"), _uuid(f"{self.id} session"))


@dataclass(frozen=True)
class Crowd:
    """How many there shall be. skew: how unequal hospitals are; the n-th has tickets in proportion to 1 / n^skew.

    children: whether each ticket also has what a whole life leaves behind; without it lists alone can be read.
    """

    hospitals: int
    vendors: int
    tickets: int
    skew: float
    children: bool = True

    async def load(self, administrator: asyncpg.Connection) -> list[Organisation]:
        """Stores the crowd in an empty migrated database and gathers its statistics; the largest comes first.

        Raises AssertionError when a worklist row is not what the house itself would have written.
        """
        states = list(PROGRESSING)
        async with administrator.transaction():
            await administrator.execute("SET LOCAL session_replication_role = replica")  # no triggers, no foreign keys
            await administrator.execute("SET LOCAL work_mem = '256MB'")
            await administrator.execute(_ORGANISATIONS.format(**asdict(self)))
            await administrator.execute(_PEOPLE)
            await administrator.execute("ANALYZE device, device_model")
            await administrator.execute(_TICKETS, states, {state: PHASES[state] for state in (*states, "archived")})
            await administrator.execute(_GROUPS)
            if self.children:
                await administrator.execute(_CHILDREN)
                await administrator.execute(_AUDIT)
            await administrator.execute("ANALYZE")
            await administrator.execute(_WORKLIST.format(events=_EVENTS if self.children else _NO_AUDIT))
        await administrator.execute("VACUUM (ANALYZE)")
        if self.children:
            await self._compare(administrator)
        rows = await administrator.fetch(
            "SELECT o.id, o.code, o.kind, o.ticket_counter AS tickets, count(w.id) AS listed FROM organisation o"
            " LEFT JOIN worklist w ON w.tenant_id = o.id GROUP BY 1, 2, 3, 4 ORDER BY tickets DESC, code"
        )
        return [Organisation(**row) for row in rows]

    async def _compare(self, administrator: asyncpg.Connection) -> None:
        await administrator.execute(_SAMPLE)
        async with administrator.transaction():
            await administrator.execute(_WRITTEN_ANEW)
            different = await administrator.fetchval(_DIFFERENCES)
        assert different == 0, f"{different} worklist rows differ from what worklist_put writes"


def _uuid(words: str) -> UUID:
    """As Postgres makes it: md5(words)::uuid."""
    return UUID(hashlib.md5(words.encode(), usedforsecurity=False).hexdigest())
