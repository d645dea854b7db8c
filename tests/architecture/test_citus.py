"""Beyond one machine: what is in the catalogue, and what the lists ask, is what Citus can spread by `tenant_id`.

Keys and policies are read from the database's catalogue, the lists' statements from the compiler that makes them.
"""

import re
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, get_named_type, get_variable_values, parse

from mendline.kernel import TABLES, Kind
from mendline_schema.reads.statements import Request
from mendline_schema.schema import build_schema
from mendline_tenants import PERMISSIONS, Actor
from support.database import administrator, look
from support.isolation.catalogue import shapes
from support.isolation.documents import document, graphql_schema, required, roots, sample

DISTRIBUTED = {Kind.OWN, Kind.TICKET, Kind.CHILD, Kind.WORKLIST}
LEAKPROOF = {"uuid", "text", "bigint", "integer", "timestamp with time zone", "date"}
"""Types that keep their index under row-level security, compared with their own type; integer and date as far as
they are compared with constants of the very same type."""

NIL = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
async def columns(database):
    """table -> column -> type."""
    return {
        name: {column.name: column.type for column in shape.columns.values()}
        for name, shape in (await shapes(administrator())).items()
    }


def compiled(text, variables=None) -> str:
    """The statement that a query becomes, for who may read everything."""
    actor = Actor(UUID(NIL), UUID(NIL), "member", "x", frozenset(PERMISSIONS), "graphql")
    operation = parse(text).definitions[0]
    given = get_variable_values(graphql_schema(), operation.variable_definitions or (), variables or {})
    assert not isinstance(given, list), given
    statements = build_schema().execution_context_class.statements
    return statements._compile_query(Request(graphql_schema(), operation, {}, given), actor, {}).sql


async def test_every_distributed_table_has_the_distribution_column(columns):
    for name, table in TABLES.items():
        if table.kind in DISTRIBUTED or (table.kind is Kind.QUEUE and table.role == "app"):
            assert columns[name].get("tenant_id") == "uuid", name
    nullable = await look(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
        " AND is_nullable = 'YES'"
    )
    assert nullable == []


async def test_foreign_keys_stay_within_a_tenant(database):
    """Between distributed tables Citus wants the distribution column on both sides, at the same place."""
    foreign = await look(
        "SELECT conname, (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(conkey) WITH ORDINALITY u(c, n)"
        "   JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = c) AS here,"
        " (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(confkey) WITH ORDINALITY u(c, n)"
        "   JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = c) AS there, confdeltype, confupdtype"
        " FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    )
    assert len(foreign) > 10
    for row in foreign:
        assert row["here"][0] == row["there"][0] == "tenant_id", row["conname"]
        assert (row["confdeltype"], row["confupdtype"]) == (b"a", b"a"), "no cascades: SET NULL would touch the tenant"


async def test_nothing_counts_or_excludes_across_shards(database):
    """No sequences or identities (each shard would count anew), no exclusion constraints, no generated keys."""
    assert await look("SELECT conname FROM pg_constraint WHERE contype = 'x'") == []
    assert await look("SELECT attname FROM pg_attribute WHERE attidentity <> ''") == []
    owned = await look(
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
        " AND relname NOT LIKE 'tortoise%'"
    )
    assert owned == []


def sources(sql):
    """(table, alias) of each table that a statement reads."""
    return re.findall(r'FROM "(\w+)" (\w+)', sql) + re.findall(
        r"(?:FROM|JOIN) (partner|organisation|member) (\w+)", sql
    )


def test_every_table_of_every_query_is_bound_by_its_tenant(database):
    """`tenant_id = …` beside each table: to a parameter, or to the tenant of the row it is read for."""
    seen = set()
    for name in roots("query"):
        if name in ("node", "nodes"):
            continue
        given = required("query", name)
        for table, alias in sources(sql := compiled(document("query", name, given, depth=2), given)):
            seen.add(table)
            bound = re.search(rf"\b{alias}\.tenant_id\)? (?:= (?!ANY)|IN)|\({alias}\.tenant_id, {alias}\.", sql)
            assert bound, f"{name}: {table} {alias} is not bound by its tenant in {sql[:2000]}"
    assert len(seen) > 15


LIST = "{ totalCount nodes { number state } edges { cursor } pageInfo { hasNextPage endCursor } }"


def filters(root):
    """Each field of a list's filter, with a sample value."""
    type_ = get_named_type(roots("query")[root].args["filter"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    return {name: sample(field.type) for name, field in type_.fields.items()}


def test_the_worklist_is_found_on_one_table_of_one_tenant(columns):
    """Whatever is filtered and whichever way it is paged: no join, no other table, one tenant given as a parameter."""
    cases = [("{ worklist(first: 5) %s }", {}), ("{ worklist(last: 5, order: ASC) %s }", {})]
    for name, value in filters("worklist").items():
        cases.append(("query($f: WorklistFilter) { worklist(first: 5, filter: $f) %s }", {"f": {name: value}}))
    assert len(cases) > 4
    for text, variables in cases:
        sql = compiled(text % LIST, variables)
        tables = {table for table, _ in sources(sql)}
        assert tables == {"worklist"}, (variables, sql)
        assert not re.search(r"\bJOIN\b|\bEXISTS\b|\bUNION\b", sql), (variables, sql)
        wheres = re.findall(r'FROM "worklist" (\w+) WHERE (.*?)(?: ORDER BY|\)\))', sql)
        assert wheres, sql
        for where in wheres:
            assert re.search(rf"{where[0]}\.tenant_id = \$\d+", where[1]), sql
            compared = set(re.findall(rf'{where[0]}\."?(\w+)"?', where[1]))
            strange = {c: columns["worklist"][c] for c in compared if columns["worklist"][c] not in LEAKPROOF}
            assert strange == {}, (variables, strange)
            assert not re.search(r"ILIKE|~~|@@|->", where[1]), where


def test_lists_are_ordered_and_filtered_by_types_that_keep_their_index(columns):
    """Every list of the schema, by the columns of its order."""
    bindings = build_schema().execution_context_class.statements.bindings
    looked = 0
    for bound in bindings.types.values():
        for field in bound.fields.values():
            order, target = getattr(field.read, "order", None), bindings.types.get(field.target or "")
            if order is not None and target is not None and target.over.table is not None:
                types = {column: columns[target.over.table][column] for column in order.columns}
                assert set(types.values()) <= LEAKPROOF, (bound.name, field.name, types)
                looked += 1
    assert looked > 15
