"""Tables: the database holds what the declarations say, every table has row-level security, and no more is granted.

Everything is read from the catalogue, so that a new table is covered without anyone remembering.
"""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from mendline.kernel import TABLES, Kind
from mendline_tenants import GROUP_ROLES, LOGIN_ROLES, function_sql, functions, schema_sql
from support.database import administrator, look
from support.isolation.catalogue_state import STATE, catalogue_state, differences

OUR_ROLES = (*LOGIN_ROLES, *GROUP_ROLES)
BOOKKEEPING = {"tortoise_migrations"}
"""Tables of the migration tool: nobody but owner may touch them."""

WITH_TENANT = {Kind.OWN, Kind.TICKET, Kind.CHILD, Kind.WORKLIST, Kind.QUEUE}


async def apply(connection: asyncpg.Connection) -> None:
    await connection.execute("SET LOCAL ROLE owner")
    for statement in schema_sql():
        await connection.execute(statement)
    await connection.execute("RESET ROLE")
    for statement in function_sql():
        await connection.execute(statement)


@pytest_asyncio.fixture
async def undone(database: None) -> AsyncIterator[asyncpg.Connection]:
    """An administrator's transaction whose changes go away."""
    async with administrator().acquire() as connection:
        change = connection.transaction()
        await change.start()
        yield connection
        await change.rollback()


async def test_every_table_is_declared_and_every_declaration_is_a_table(database):
    stored = {row[0] for row in await look("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert stored - BOOKKEEPING == set(TABLES)
    owners = {row[0] for row in await look("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")}
    assert owners == {"owner"}


async def test_columns_are_those_of_the_models(database):
    stored: dict[str, set[str]] = {}
    for table, column in await look(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    ):
        stored.setdefault(table, set()).add(column)
    assert {name: set(table.columns) for name, table in TABLES.items()} == {name: stored[name] for name in TABLES}


async def test_row_level_security_is_on_and_forced(database):
    rows = await look(STATE["security"])
    assert [row["relname"] for row in rows if row["relname"] in TABLES and not (row[1] and row[2])] == []


async def test_applying_the_declarations_again_changes_nothing(undone):
    before = await catalogue_state(undone)
    await apply(undone)
    assert differences(before, await catalogue_state(undone)) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE member NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE audit_entry DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON organisation_audit",
        "CREATE TRIGGER append_only BEFORE DELETE ON member FOR EACH STATEMENT EXECUTE FUNCTION append_only()",
        "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
        "DROP POLICY app_select ON member",
        "CREATE POLICY more ON member TO app USING (true)",
        "ALTER POLICY app_select ON member USING (true)",
        "GRANT DELETE ON member TO app",
        "GRANT UPDATE (visible_to) ON ticket TO app",
        "GRANT INSERT ON audit_entry TO app",
        "GRANT SELECT ON outbox TO relay",
        "DROP TRIGGER child_of_ticket ON ticket_people",
        "ALTER TABLE ticket_people DROP CONSTRAINT ticket_people_ticket_id_fkey",
        "CREATE OR REPLACE FUNCTION cur() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid'",
        "ALTER FUNCTION share(uuid, uuid, uuid, text[]) RESET ALL",
        "ALTER FUNCTION share(uuid, uuid, uuid, text[]) OWNER TO owner",
        "GRANT EXECUTE ON FUNCTION audit_append(uuid, uuid, uuid, jsonb) TO PUBLIC",
    ],
)
async def test_a_change_behind_our_back_is_noticed(undone, change):
    await undone.execute(change)
    before = await catalogue_state(undone)
    await apply(undone)
    assert differences(before, await catalogue_state(undone)) != []


async def test_only_our_roles_hold_grants_and_none_may_truncate_or_reference(database):
    held = [row for row in await look(STATE["table grants"]) if row["grantee"] != "owner"]
    assert {row["grantee"] for row in held} <= set(OUR_ROLES)
    assert {row["privilege_type"] for row in held} <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert not [row for row in held if row["is_grantable"]]
    assert not [row for row in held if row["relname"] in BOOKKEEPING]


async def granted(role: str, table: str, privilege: str) -> set[str]:
    """The columns of a table on which a role holds a privilege, by table or by column."""
    rows = await look(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $2"
        " AND has_column_privilege($1, quote_ident($2), column_name, $3)",
        role,
        table,
        privilege,
    )
    return {row[0] for row in rows}


async def test_app_changes_only_what_is_declared(database):
    for name, table in TABLES.items():
        writable = table.kind in {Kind.OWN, Kind.TICKET, Kind.CHILD} or (
            table.kind is Kind.GATEWAY and table.key[0] == "tenant_id"
        )
        queue = table.kind is Kind.QUEUE and table.role == "app"
        expected = set(table.updatable) if writable else set(table.columns) if queue else set()
        assert await granted("app", name, "UPDATE") == expected, name
        if not queue:
            assert not expected & {"tenant_id", "id", "ticket_id", "visible_to", "audience", "author_org"}, name
        deletes = await look("SELECT has_table_privilege('app', quote_ident($1), 'DELETE')", name)
        assert deletes[0][0] == (table.kind is Kind.OWN and table.delete), name


async def test_what_only_definer_functions_write(database):
    for name in ("audit_entry", "worklist"):
        assert await granted("app", name, "INSERT") | await granted("app", name, "UPDATE") == set()
    for column in ("visible_to", "audience", "audit_seq", "audit_head"):
        assert column not in await granted("app", "ticket", "UPDATE")


async def test_the_relay_reads_routing_alone(database):
    for name, table in TABLES.items():
        read = await granted("relay", name, "SELECT")
        assert read <= ({"tenant_id", "id", "due_at", "completed_at"} if table.kind is Kind.QUEUE else set()), name


async def test_every_key_begins_with_the_tenant(database):
    keys = await look(
        "SELECT c.relname AS table, i.indexrelid::regclass::text AS name, a.attname AS first FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"
    )
    stray = [(key["table"], key["name"]) for key in keys if key["first"] != "tenant_id" and _has_tenant(key["table"])]
    assert stray == []
    foreign = await look(
        "SELECT k.conname, c.relname AS table, a.attname AS here, b.attname AS there FROM pg_constraint k"
        " JOIN pg_class c ON c.oid = k.conrelid"
        " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
        " WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace"
    )
    assert [row["conname"] for row in foreign if (row["here"], row["there"]) != ("tenant_id", "tenant_id")] == []
    assert len(foreign) == sum(len(table.references) for table in TABLES.values())


def _has_tenant(name: str) -> bool:
    return name in TABLES and TABLES[name].kind in WITH_TENANT


async def test_primary_keys_are_those_declared(database):
    rows = await look(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY k.n) FROM pg_constraint p"
        " JOIN pg_class c ON c.oid = p.conrelid CROSS JOIN unnest(p.conkey) WITH ORDINALITY AS k(column_number, n)"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.column_number"
        " WHERE p.contype = 'p' AND c.relnamespace = 'public'::regnamespace GROUP BY 1"
    )
    assert {row[0]: tuple(row[1]) for row in rows if row[0] in TABLES} == {
        name: table.key for name, table in TABLES.items()
    }


async def test_policies_keep_to_what_citus_accepts(database):
    for row in await look(STATE["policies"]):
        for clause in filter(None, (row["qual"], row["with_check"])):
            assert not re.search(r"\bselect\b", clause, re.IGNORECASE), row
            assert set(re.findall(r"(\w+)\(", clause)) <= {"cur"}, row
        assert row["roles"].strip("{}") in OUR_ROLES, row


async def test_children_are_bound_to_their_ticket(database):
    triggers = await look(
        "SELECT tgrelid::regclass::text AS table, encode(tgargs, 'escape') AS group, tgenabled FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgfoid = 'child_of_ticket'::regproc"
    )
    found = {row["table"]: row["group"].removesuffix("\\000") for row in triggers if row["tgenabled"] == b"O"}
    assert found == {name: table.group for name, table in TABLES.items() if table.kind is Kind.CHILD}
    assert all(table.group for table in TABLES.values() if table.kind is Kind.CHILD)


async def test_append_only_tables_refuse_every_change(database):
    triggers = await look(
        "SELECT tgrelid::regclass::text AS table, pg_get_triggerdef(oid) AS said, tgenabled FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgfoid = 'append_only'::regproc"
    )
    assert {row["table"] for row in triggers} == {name for name, table in TABLES.items() if table.append_only}
    for row in triggers:
        assert row["tgenabled"] == b"O"
        assert "BEFORE DELETE OR UPDATE OF" in row["said"] and "OR TRUNCATE" in row["said"], row["said"]
        watched = set(re.search(r"UPDATE OF (.+?) OR", row["said"]).group(1).replace('"', "").split(", "))
        assert watched == set(TABLES[row["table"]].columns) - {"visible_to"}, row["table"]
    for name, table in TABLES.items():
        if table.append_only:
            for role in LOGIN_ROLES:
                assert await granted(role, name, "UPDATE") == set(), (role, name)
            keepers = await granted("keeper", name, "UPDATE")
            assert keepers <= {"visible_to"}, (name, keepers)


async def test_no_role_of_ours_stands_above_row_level_security(database):
    rows = await look(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
        " WHERE rolname = ANY ($1)",
        list(OUR_ROLES),
    )
    assert {row["rolname"] for row in rows} == set(OUR_ROLES)
    for row in rows:
        assert not (row["rolsuper"] or row["rolbypassrls"] or row["rolcreaterole"] or row["rolcreatedb"]), row
        assert row["rolcanlogin"] == (row["rolname"] in LOGIN_ROLES), row
    climbs = [row for row in await look(STATE["members"]) if row["member"] in OUR_ROLES]
    assert [(row["roleid"], row["member"], row["inherit_option"]) for row in climbs] == [("keeper", "owner", False)]


async def test_functions_are_keepers_with_a_pinned_path(database):
    rows = await look(
        "SELECT oid::regprocedure::text AS name, proowner::regrole::text AS owner, prosecdef, proconfig,"
        " has_function_privilege('public', oid, 'EXECUTE') AS open FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace"
    )
    stored = {row["name"].replace(",", ", "): row for row in rows}
    expected = {re.sub("timestamptz", "timestamp with time zone", function.signature) for function in functions()}
    assert {name for name, row in stored.items() if row["prosecdef"]} <= expected
    for name in expected:
        row = stored[name]
        assert row["owner"] == "keeper", name
        assert row["proconfig"] == ["search_path=pg_catalog, public, pg_temp"], name
        assert not row["open"], name


async def test_nothing_else_shows_rows(database):
    """No views, which would read with their owner's rights; no sequences, which count across organisations."""
    rows = await look(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('v', 'm', 'f', 'S', 'p')"
    )
    assert [row["relname"] for row in rows if not row["relname"].startswith("tortoise_migrations")] == []
    assert await look("SELECT 1 FROM pg_default_acl") == []
