"""Mutants: each one protection of the database taken away or opened, as SQL that the administrator can take back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import asyncpg

from mendline.kernel import TABLES, Function, Kind
from mendline_tenants import function_sql, functions
from support.isolation.catalogue import Shape
from support.isolation.functions import name_of
from support.isolation.rules import ROLES
from support.isolation.sql_mutations import mutations


@dataclass(frozen=True)
class Mutant:
    """One change. kind: what was taken away. table, function, role: where it is looked for first."""

    kind: str
    name: str
    sql: str
    table: str | None = None
    function: Function | None = None
    role: str | None = None


async def mutants(administrator: asyncpg.Connection | asyncpg.Pool, shapes: dict[str, Shape]) -> list[Mutant]:
    """Every mutant of the database as it is: what is taken from is read from the catalogue."""
    found = [*_roles(), *_functions()]
    policies = await administrator.fetch("SELECT * FROM pg_policies WHERE schemaname = 'public' ORDER BY 2, 3")
    for row in policies:
        found += _policy(row)
    for name, shape in shapes.items():
        if name in TABLES:
            found += [*_security(name), *_keys(shape), *_references(shape)]
            found += _grants(shape, await _held(administrator, shape))
    triggers = await administrator.fetch(
        "SELECT tgrelid::regclass::text AS table, tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger"
        " WHERE NOT tgisinternal ORDER BY 1, 2"
    )
    for row in triggers:
        found += _trigger(row)
    found += await _trigger_functions(administrator)
    return found


def _roles() -> Iterator[Mutant]:
    for role in (*ROLES, "owner"):
        yield Mutant("role", f"{role} stands above row-level security", f"ALTER ROLE {role} BYPASSRLS")
    for role, into in (("app", "keeper"), ("app", "gateway"), ("gateway", "app"), ("relay", "gateway")):
        yield Mutant("role", f"{role} is a member of {into}", f"GRANT {into} TO {role}")


def _policy(row: asyncpg.Record) -> Iterator[Mutant]:
    name, table = row["policyname"], row["tablename"]
    where = f'{name} ON "{table}"'
    yield Mutant("policy", f"{table}: policy {name} dropped", f"DROP POLICY {where}", table)
    for part, clause in (("USING", row["qual"]), ("WITH CHECK", row["with_check"])):
        if clause not in (None, "true"):
            label = f"{table}: policy {name}, {part} opened"
            yield Mutant("open policy", label, f"ALTER POLICY {where} {part} (true)", table)
    if row["cmd"] != "ALL" and row["roles"] == ["app"]:
        twin = f'CREATE POLICY more ON "{table}" FOR {row["cmd"]} TO app'
        using = " USING (true)" if row["qual"] else ""
        check = " WITH CHECK (true)" if row["with_check"] else ""
        yield Mutant("open policy", f"{table}: another policy beside {name}", f"{twin}{using}{check}", table)


def _security(table: str) -> Iterator[Mutant]:
    yield Mutant("FORCE", f"{table}: not forced", f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY', table)
    yield Mutant("ENABLE", f"{table}: not enabled", f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY', table)


def _grants(shape: Shape, held: set[tuple[str, str, str | None]]) -> Iterator[Mutant]:
    """Each privilege that is held is taken away, each that is not is given; by column where Postgres knows columns."""
    name = shape.name
    for role in ROLES:
        for verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            for column in (None,) if verb == "DELETE" else shape.columns:
                what = f'{verb} ("{column}")' if column else verb
                label = f"{verb} {column or ''}".rstrip()
                if (role, verb, column) in held:
                    lost = _revoke(shape, role, verb, column)
                    yield Mutant("grant", f"{name}: {role} loses {label}", lost, name, role=role)
                else:
                    given = f'GRANT {what} ON "{name}" TO {role}'
                    yield Mutant("wider grant", f"{name}: {role} is granted {label}", given, name, role=role)


async def _held(administrator: asyncpg.Connection | asyncpg.Pool, shape: Shape) -> set[tuple[str, str, str | None]]:
    """(role, verb, column or None) of each privilege that our roles hold on a table."""
    columns = await administrator.fetch(
        "SELECT r, v, c FROM unnest($1::text[]) r, unnest($2::text[]) c,"
        " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) v WHERE has_column_privilege(r, quote_ident($3), c, v)",
        list(ROLES),
        list(shape.columns),
        shape.name,
    )
    removing = await administrator.fetch(
        "SELECT r FROM unnest($1::text[]) r WHERE has_table_privilege(r, quote_ident($2), 'DELETE')",
        list(ROLES),
        shape.name,
    )
    return {(row["r"], row["v"], row["c"]) for row in columns} | {(row["r"], "DELETE", None) for row in removing}


def _revoke(shape: Shape, role: str, verb: str, column: str | None) -> str:
    """A column's privilege is often that of the whole table: that is turned into those of the other columns."""
    table = f'REVOKE {verb} ON "{shape.name}" FROM {role}'
    if column is None:
        return table
    others = ", ".join(f'"{name}"' for name in shape.columns if name != column)
    again = (
        f"IF has_table_privilege('{role}', '\"{shape.name}\"', '{verb}') THEN {table};"
        f' GRANT {verb} ({others}) ON "{shape.name}" TO {role};'
    )
    single = f'REVOKE {verb} ("{column}") ON "{shape.name}" FROM {role};'
    return f"DO $do$ BEGIN {again} ELSE {single} END IF; END $do$"


def _keys(shape: Shape) -> Iterator[Mutant]:
    for key in shape.keys:
        if key.columns[0] != "tenant_id":
            continue
        rest = ", ".join(f'"{column}"' for column in key.columns[1:])
        drop = _drop_index(shape.name, key.name)
        short = f'CREATE UNIQUE INDEX without_tenant ON "{shape.name}" ({rest})'
        yield Mutant("key", f"{shape.name}: {key.name} dropped", drop, shape.name)
        yield Mutant("key", f"{shape.name}: {key.name} without the tenant", f"{drop}; {short}", shape.name)


def _drop_index(table: str, index: str) -> str:
    return (
        f"DO $do$ BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conindid = '{index}'::regclass AND contype <> 'f')"
        f" THEN EXECUTE (SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)"
        f" FROM pg_constraint WHERE conindid = '{index}'::regclass AND contype <> 'f');"
        f" ELSE DROP INDEX {index}; END IF; END $do$"
    )


def _references(shape: Shape) -> Iterator[Mutant]:
    for reference in shape.references:
        drop = f'ALTER TABLE "{shape.name}" DROP CONSTRAINT "{reference.name}"'
        column = reference.columns[-1]
        yield Mutant("foreign key", f"{shape.name}: {reference.name} dropped", drop, shape.name)
        by_id = (
            f'{drop}; CREATE UNIQUE INDEX by_id_alone ON "{reference.target}" (id); ALTER TABLE "{shape.name}"'
            f' ADD FOREIGN KEY ("{column}") REFERENCES "{reference.target}" (id)'
        )
        yield Mutant("foreign key", f"{shape.name}: {reference.name} without the tenant", by_id, shape.name)


def _trigger(row: asyncpg.Record) -> Iterator[Mutant]:
    table, name, definition = row["table"].strip('"'), row["tgname"], row["definition"]
    drop = f'DROP TRIGGER {name} ON "{table}"'
    yield Mutant("trigger", f"{table}: trigger {name} dropped", drop, table)
    disable = f'ALTER TABLE "{table}" DISABLE TRIGGER {name}'
    yield Mutant("trigger", f"{table}: trigger {name} disabled", disable, table)
    group = TABLES[table].group if table in TABLES else None
    if group and group != "progress" and f"'{group}'" in definition:
        text = definition.replace("'" + group + "'", "'progress'")
        yield Mutant("field group", f"{table}: counts as progress, not {group}", f"{drop}; {text}", table)


_SECURITY = {True: "SECURITY DEFINER", False: "SECURITY INVOKER"}
"""What a function is turned into, by whether it runs with its caller's rights."""


def _functions() -> Iterator[Mutant]:
    for function in functions():
        for label, text in mutations(function.sql):
            name = f"{name_of(function)}: {label}"
            made = "; ".join(function_sql([replace(function, sql=text)]))
            yield Mutant("function", name, made, function=function)
        invoker = "SECURITY INVOKER" in function.sql
        for label, change in (
            ("runs with the rights of " + ("keeper" if invoker else "its caller"), _SECURITY[invoker]),
            ("search path not pinned", "RESET search_path"),
            ("owned by owner", "OWNER TO owner"),
        ):
            altered = f"ALTER FUNCTION {function.signature} {change}"
            yield Mutant("definer", f"{name_of(function)}: {label}", altered, function=function)
        for role in sorted({*ROLES, "PUBLIC"} - set(function.roles)):
            grant = f"GRANT EXECUTE ON FUNCTION {function.signature} TO {role}"
            yield Mutant("execute", f"{name_of(function)}: {role} may execute it", grant, function=function)
        for role in function.roles:
            revoke = f"REVOKE EXECUTE ON FUNCTION {function.signature} FROM {role}"
            yield Mutant("execute", f"{name_of(function)}: {role} may not execute it", revoke, function=function)


async def _trigger_functions(administrator: asyncpg.Connection | asyncpg.Pool) -> list[Mutant]:
    """Functions that triggers call, mutated in their text like the definer ones."""
    rows = await administrator.fetch(
        "SELECT p.proname, pg_get_functiondef(p.oid) AS text, array_agg(DISTINCT t.tgrelid::regclass::text) AS tables"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal AND p.pronamespace = 'public'::regnamespace GROUP BY p.oid ORDER BY 1"
    )
    grouped = [name for name, table in TABLES.items() if table.kind is Kind.CHILD and table.group != "progress"]
    return [
        Mutant("trigger function", f"{row['proname']}: {label}", text, next(t for t in grouped if t in row["tables"]))
        for row in rows
        for label, text in mutations(row["text"])
    ]
