"""The catalogue's state: policies, grants, constraints, triggers and functions as texts that can be compared."""

import asyncpg

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

State = dict[str, list[tuple[object, ...]]]


async def catalogue_state(connection: asyncpg.Connection) -> State:
    """What the catalogue says now."""
    return {what: [tuple(row) for row in await connection.fetch(sql)] for what, sql in STATE.items()}


def differences(before: State, after: State) -> list[str]:
    """What was taken away (-) and what has come (+)."""
    return [
        f"{what}: {sign} {row}"
        for what in before
        for sign, rows in (("-", set(before[what]) - set(after[what])), ("+", set(after[what]) - set(before[what])))
        for row in sorted(rows, key=str)
    ]
