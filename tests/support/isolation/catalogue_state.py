"""The catalogue's state: what declarations make of it, and what it says, as texts that can be compared."""

from collections.abc import Iterable

import asyncpg

from mendline_tenants import function_sql, schema_sql

STATE = {
    "policies": "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies"
    " WHERE schemaname = 'public' ORDER BY 1, 2",
    "security": "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1",
    "table grants": "SELECT relname, a.grantee::regrole::text, a.privilege_type, a.is_grantable FROM pg_class c,"
    " aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1, 2, 3",
    "column grants": "SELECT c.relname, t.attname, a.grantee::regrole::text, a.privilege_type FROM pg_class c"
    " JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a"
    " WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3, 4",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "references and checks": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c') ORDER BY 1, 2",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled FROM pg_trigger"
    " WHERE NOT tgisinternal ORDER BY 1, 2",
    "functions": "SELECT oid::regprocedure::text, proowner::regrole::text, prosecdef, proconfig::text, md5(prosrc),"
    " coalesce(proacl, acldefault('f', proowner))::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " ORDER BY 1",
    "members": "SELECT roleid::regrole::text, member::regrole::text, inherit_option, set_option, admin_option"
    " FROM pg_auth_members ORDER BY 1, 2",
    "roles": "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles ORDER BY 1",
}

DECLARED = (
    *("policies", "security", "table grants", "column grants", "references and checks", "triggers", "functions"),
)
"""What declarations make: tables, keys and indexes come from migrations, roles from the operator's set-up."""

_NOTHING = """
DO $do$ DECLARE one record; BEGIN
  FOR one IN SELECT c.conrelid::regclass AS t, c.conname FROM pg_constraint c
    WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('f', 'c')
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.t, one.conname); END LOOP;
  FOR one IN SELECT oid::regclass AS t FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  LOOP
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY; ALTER TABLE %s NO FORCE ROW LEVEL SECURITY;'
      ' REVOKE ALL ON %s FROM PUBLIC, app, gateway, relay, auditor, keeper', one.t, one.t, one.t);
  END LOOP;
  FOR one IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'
  LOOP EXECUTE format('DROP POLICY %I ON %I', one.policyname, one.tablename); END LOOP;
  FOR one IN SELECT oid::regprocedure AS f FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE format('DROP FUNCTION %s CASCADE', one.f); END LOOP;
END $do$"""
"""Takes away all that declarations make, triggers with their functions."""

State = dict[str, list[tuple[object, ...]]]


async def catalogue_state(connection: asyncpg.Connection, of: Iterable[str] = tuple(STATE)) -> State:
    """What the catalogue says now."""
    return {what: [tuple(row) for row in await connection.fetch(STATE[what])] for what in of}


async def declared_state(connection: asyncpg.Connection) -> State:
    """What the catalogue would say had it been made from the declarations a moment ago; nothing stays of the trial.

    For the administrator, in a transaction.
    """
    await connection.execute(f"SAVEPOINT declaring; {_NOTHING}; SET LOCAL ROLE owner")
    for statement in schema_sql():
        await connection.execute(statement)
    await connection.execute("RESET ROLE")
    for statement in function_sql():
        await connection.execute(statement)
    declared = await catalogue_state(connection, DECLARED)
    await connection.execute("ROLLBACK TO SAVEPOINT declaring; RELEASE SAVEPOINT declaring")
    return declared


def differences(before: State, after: State) -> list[str]:
    """What was taken away (-) and what has come (+)."""
    return [
        f"{what}: {sign} {row}"
        for what in before
        for sign, rows in (("-", set(before[what]) - set(after[what])), ("+", set(after[what]) - set(before[what])))
        for row in sorted(rows, key=str)
    ]
