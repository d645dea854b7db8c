"""Policies: each kind of table as the SQL of its keys, row-level security, grants and triggers."""

from collections.abc import Iterable, Iterator

from mendline.kernel import FUNCTIONS, NIL, ROUTING, TABLES, Function, Kind, Table
from mendline_tenants.partnership.masking import MASKING_FUNCTIONS
from mendline_tenants.partnership.sharing import sharing_functions

AUDITED = (
    *("audit_entry", "organisation_audit", "read_log", "outbox", "dead_letter"),
    *("audit_checkpoint", "audit_leaf", "witnessed_checkpoint", "witnessed_ticket"),
)
"""Tables of which `auditor` reads every organisation's rows."""

TENANT = "tenant_id = cur()"
VISIBLE = "visible_to @> ARRAY[cur()]"
SEARCH_PATH = "pg_catalog, public, pg_temp"
"""pg_temp comes last: a temporary table must never stand in for one of ours."""

CUR = """
CREATE OR REPLACE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.tenant', true), '')::uuid $$"""

OPAQUE = """
CREATE OR REPLACE FUNCTION opaque(kind text, tenant uuid, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT kind || '_'
    || replace(replace(left(encode(uuid_send(tenant) || uuid_send(id), 'base64'), 43), '+', '-'), '/', '_')
$$"""
"""Of 32 bytes in base64 the last of 44 letters is padding. `translate` and `rtrim` say the same in twice the time."""

CHILD_OF_TICKET = """
CREATE OR REPLACE FUNCTION child_of_ticket() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE viewers uuid[]; groups jsonb;
BEGIN
  SELECT visible_to, audience INTO viewers, groups FROM public.ticket
   WHERE tenant_id = new.tenant_id AND id = new.ticket_id FOR NO KEY UPDATE;
  IF viewers IS NULL THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'P0002'; END IF;
  IF tg_argv[0] <> 'progress' THEN
    viewers := ARRAY(SELECT viewer FROM unnest(viewers) AS viewer WHERE groups->tg_argv[0] ? viewer::text);
  END IF;
  new.narrowed := new.visible_to IS NOT NULL;
  new.visible_to := CASE WHEN new.visible_to IS NULL THEN viewers
    ELSE ARRAY(SELECT viewer FROM unnest(new.visible_to) AS viewer WHERE viewer = ANY (viewers)) END;
  RETURN new;
END $$"""
"""Reads the ticket as the caller, so that row-level security decides: hidden and missing raise the same error.

A child is seen by the viewers that hold its field group, never by more. A row for which its author named who sees it
is `narrowed` and stays so: it does not follow its group when the ticket is shared.
"""

BESIDE_TICKET = """
CREATE OR REPLACE FUNCTION beside_ticket() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE other uuid := to_jsonb(new)->>tg_argv[1]; held jsonb;
BEGIN
  SELECT audience->tg_argv[0] INTO held FROM public.ticket
   WHERE tenant_id = new.tenant_id AND id = other FOR SHARE SKIP LOCKED;
  new.narrowed := true;
  new.visible_to := ARRAY(SELECT viewer FROM unnest(new.visible_to) AS viewer
    WHERE viewer = new.tenant_id OR held ? viewer::text);
  RETURN new;
END $$"""
"""After `child_of_ticket`, for a row that names a second ticket: only who holds the group there too sees it, for ever.

The lock puts it before or after an unshare of the second ticket. It is not waited for, because the caller holds the
first ticket already: while the second one is being changed, the row is kept for the user facility alone.
"""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: rows are added, never changed or removed', tg_table_name USING ERRCODE = '42501';
END $$"""
"""Refuses whoever has got past the grants: the owner of the table, or a grant that somebody made by hand."""

BASE_FUNCTIONS = (CUR, OPAQUE, CHILD_OF_TICKET, BESIDE_TICKET, APPEND_ONLY, *MASKING_FUNCTIONS)


def _shows_own_rows(table: Table) -> bool:
    """Whether `app` works with its own rows of a gateway table: only where no key reaches across organisations."""
    return table.key[0] == "tenant_id"


def _policies(table: Table) -> Iterator[tuple[str, str, str, str]]:
    """(name, verb, role, clause) of each policy of a table."""
    match table.kind:
        case Kind.OWN:
            yield "app_select", "SELECT", "app", f"USING ({TENANT})"
            yield "app_insert", "INSERT", "app", f"WITH CHECK ({TENANT})"
            yield "app_update", "UPDATE", "app", f"USING ({TENANT}) WITH CHECK ({TENANT})"
            yield "app_delete", "DELETE", "app", f"USING ({TENANT})"
        case Kind.TICKET:
            yield "app_select", "SELECT", "app", f"USING ({VISIBLE})"
            yield "app_insert", "INSERT", "app", f"WITH CHECK ({TENANT} AND {VISIBLE})"
            yield "app_update", "UPDATE", "app", f"USING ({VISIBLE}) WITH CHECK ({VISIBLE})"
        case Kind.CHILD:
            yield "app_select", "SELECT", "app", f"USING ({VISIBLE})"
            yield "app_insert", "INSERT", "app", f"WITH CHECK (author_org = cur() AND {VISIBLE})"
            writer = {"viewers": VISIBLE, "author": f"author_org = cur() AND {VISIBLE}", "facility": TENANT}[
                table.writer
            ]
            yield "app_update", "UPDATE", "app", f"USING ({writer}) WITH CHECK ({writer})"
        case Kind.WORKLIST:
            yield "app_select", "SELECT", "app", f"USING ({TENANT})"
        case Kind.CATALOGUE:
            yield "app_select", "SELECT", "app", "USING (true)"
        case Kind.GATEWAY:
            yield "gateway_all", "ALL", "gateway", "USING (true) WITH CHECK (true)"
            if _shows_own_rows(table):
                yield "app_select", "SELECT", "app", f"USING ({TENANT})"
                yield "app_update", "UPDATE", "app", f"USING ({TENANT}) WITH CHECK ({TENANT})"
        case Kind.QUEUE:
            own = "USING (true) WITH CHECK (true)" if table.role == "gateway" else None
            yield "worker_select", "SELECT", table.role, "USING (true)" if own else f"USING ({TENANT})"
            yield "worker_insert", "INSERT", table.role, "WITH CHECK (true)" if own else f"WITH CHECK ({TENANT})"
            yield "worker_update", "UPDATE", table.role, own or f"USING ({TENANT}) WITH CHECK ({TENANT})"
            yield "relay_select", "SELECT", "relay", "USING (true)"
            yield "relay_update", "UPDATE", "relay", "USING (true) WITH CHECK (true)"
            yield "relay_delete", "DELETE", "relay", "USING (completed_at IS NOT NULL AND error IS NULL)"
    if table.name in AUDITED:
        yield "auditor_select", "SELECT", "auditor", "USING (true)"
    if table.name == "dead_letter":
        yield "gateway_nil", "ALL", "gateway", f"USING (tenant_id = '{NIL}'::uuid)"
    yield "keeper_all", "ALL", "keeper", "USING (true) WITH CHECK (true)"


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _grants(table: Table) -> Iterator[str]:
    name = f'"{table.name}"'
    changeable = f"UPDATE ({_listed(table.updatable)})" if table.updatable else None
    match table.kind:
        case Kind.OWN | Kind.TICKET | Kind.CHILD:
            verbs = ["SELECT", changeable] if table.name == "audit_entry" else ["SELECT", "INSERT", changeable]
            if table.delete and table.kind is Kind.OWN:
                verbs.append("DELETE")
            yield f"GRANT {', '.join(verb for verb in verbs if verb)} ON {name} TO app"
        case Kind.WORKLIST | Kind.CATALOGUE:
            yield f"GRANT SELECT ON {name} TO app"
        case Kind.GATEWAY:
            yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO gateway"
            if _shows_own_rows(table):
                yield f"GRANT SELECT{', ' + changeable if changeable else ''} ON {name} TO app"
        case Kind.QUEUE:
            yield f"GRANT SELECT, INSERT, UPDATE ON {name} TO {table.role}"
            yield f"GRANT SELECT ({_listed(ROUTING)}), UPDATE (due_at), DELETE ON {name} TO relay"
    if table.name in AUDITED:
        yield f"GRANT SELECT ON {name} TO auditor"
    if table.name == "dead_letter":
        yield f"GRANT SELECT, INSERT, UPDATE ON {name} TO gateway"


def table_sql(table: Table) -> list[str]:
    """Every statement that makes a table what its kind says; may be run again at any time."""
    name = f'"{table.name}"'
    sql = [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"REVOKE ALL ON {name} FROM PUBLIC, app, gateway, relay, auditor, keeper",
        f"DO $$ DECLARE p text; BEGIN FOR p IN SELECT policyname FROM pg_policies WHERE schemaname = 'public'"  # noqa: S608
        f" AND tablename = '{table.name}' LOOP EXECUTE format('DROP POLICY %I ON {name}', p); END LOOP; END $$",
    ]
    sql += [f"CREATE POLICY {p} ON {name} FOR {verb} TO {role} {clause}" for p, verb, role, clause in _policies(table)]
    sql += _grants(table)
    if table.kind is Kind.QUEUE:
        sql += [
            f'CREATE INDEX IF NOT EXISTS "{table.name}_due" ON {name} (due_at) WHERE completed_at IS NULL',
            f'CREATE INDEX IF NOT EXISTS "{table.name}_turn" ON {name} (tenant_id, due_at) WHERE completed_at IS NULL',
        ]
    if table.kind is Kind.CHILD:
        sql.append(
            f"CREATE OR REPLACE TRIGGER child_of_ticket BEFORE INSERT ON {name}"
            f" FOR EACH ROW EXECUTE FUNCTION child_of_ticket('{table.group}')"
        )
    if table.beside is not None:  # triggers fire in the order of their names
        sql.append(
            f"CREATE OR REPLACE TRIGGER child_of_ticket_beside BEFORE INSERT ON {name}"
            f" FOR EACH ROW EXECUTE FUNCTION beside_ticket('{table.group}', '{table.beside}')"
        )
    if table.append_only:
        # One statement-level trigger: an unshare of a thousand entries costs nothing, for visible_to is not in it.
        kept = tuple(column for column in table.columns if column != "visible_to")
        sql.append(
            f"CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OF {_listed(kept)} OR DELETE OR TRUNCATE ON {name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    else:
        sql.append(f"DROP TRIGGER IF EXISTS append_only ON {name}")
    return sql


def constraint_sql(table: Table) -> list[str]:
    """Composite foreign keys and checks, added when they are missing."""
    sql = []
    for column, target in table.references.items():
        sql.append(
            _constraint(
                table.name,
                f"{table.name}_{column}_fkey",
                f'FOREIGN KEY (tenant_id, "{column}") REFERENCES "{target}" (tenant_id, id)',
            )
        )
    for label, clause in table.checks.items():
        sql.append(_constraint(table.name, f"{table.name}_{label}_check", f"CHECK ({clause})", replace=True))
    return sql


def _constraint(table: str, name: str, clause: str, replace: bool = False) -> str:
    drop = f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"; ' if replace else ""
    missing = f"NOT EXISTS (SELECT FROM pg_constraint WHERE conname = '{name}' AND conrelid = '\"{table}\"'::regclass)"
    add = f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {clause}'
    return f"DO $do$ BEGIN {drop}IF {missing} THEN {add}; END IF; END $do$"


def schema_sql() -> list[str]:
    """What `owner` applies after the migrations, from data: nothing else makes policies and grants."""
    sql = ["GRANT USAGE ON SCHEMA public TO app, gateway, relay, auditor, keeper", *BASE_FUNCTIONS]
    ordered = sorted(TABLES.values(), key=lambda table: table.name)
    for table in ordered:
        sql += table_sql(table)
    for table in ordered:
        sql += constraint_sql(table)
    for function in functions():
        sql += [f'GRANT {privileges} ON "{table}" TO keeper' for table, privileges in function.needs.items()]
    return sql


def functions() -> list[Function]:
    """Every function of ours that keeper owns; those of sharing are made from the tables declared by now."""
    return [*FUNCTIONS.values(), *sharing_functions()]


def function_sql(of: Iterable[Function] | None = None) -> list[str]:
    """What the administrator applies last: the functions, their search path pinned, handed to `keeper`.

    of: these alone, not all of them.
    """
    sql = []
    for function in functions() if of is None else of:
        sql += [
            function.sql,
            f"ALTER FUNCTION {function.signature} SET search_path = {SEARCH_PATH}",
            f"ALTER FUNCTION {function.signature} OWNER TO keeper",
            f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {function.signature} TO {', '.join(function.roles)}",
        ]
    return sql
