"""Every table x verb x pair of organisations, as the roles that processes log in as.

Tables, columns, keys and references come from the catalogue, sample rows from the columns' types, and what is right
from support/isolation/rules.py, which knows nothing of policies. A new table is covered as soon as it is declared.
"""

from mendline.kernel import TABLES, Kind
from mendline_tenants import functions
from support.database import administrator
from support.isolation.battery import findings
from support.isolation.calls import CALLS
from support.isolation.functions import execution_checks, function_findings, name_of
from support.isolation.rules import NAMES_NO_TICKET, TOLD_OF
from support.isolation.stage import borrowed, logins

LOGINS_CANNOT = ("owner", "keeper", "administrator")
"""Roles without login, and the administrator: they are tried where roles are taken on."""


async def test_no_table_is_empty_for_any_organisation(world):
    for name, table in TABLES.items():
        if not world.shapes[name].of_tenant:
            assert world.rows[name], f"{name}: no sample row"
        else:
            tenants = {row["tenant_id"] for row in world.rows[name]}
            assert tenants >= set(world.organisations.values()), f"{name}: no sample row for some organisation"
        if table.kind is Kind.CHILD:
            authors = {row["author_org"] for row in world.rows[name]}
            assert len(authors) > 1, f"{name}: only owners have written"


async def test_each_role_and_organisation_reaches_its_own_and_nothing_else(battery):
    found = []
    async with logins() as stage:
        for table in battery.book:
            checks = [check for check in battery.of(table) if not check.prepare]
            found += await findings(stage, checks, but=LOGINS_CANNOT)
    assert found == [], "\n".join(found[:20])


async def test_policies_constraints_and_roles_without_login_keep_to_their_part(battery):
    """Also with every right granted: the policies alone still hold."""
    found = []
    async with borrowed(administrator()) as stage:
        for table in battery.book:
            checks = [check for check in battery.of(table) if check.role in LOGINS_CANNOT or check.prepare]
            found += await findings(stage, checks)
    assert found == [], "\n".join(found[:20])


async def test_what_children_show_is_never_more_than_their_ticket_and_group(world):
    """For every row of every child, the samples' and whatever other tests have left."""
    for name, table in TABLES.items():
        if table.kind is Kind.CHILD:
            more = await administrator().fetch(
                f'SELECT c.id FROM "{name}" c JOIN ticket t ON t.tenant_id = c.tenant_id AND t.id = c.ticket_id'
                " CROSS JOIN unnest(c.visible_to) AS viewer WHERE NOT t.visible_to @> ARRAY[viewer]"
                " OR NOT ($1 = 'progress' OR t.audience->$1 ? viewer::text)",
                table.group,
            )
            assert more == [], name


async def test_what_follows_its_group_is_shown_to_all_who_hold_it_and_the_rest_to_fewer(world):
    """So that a row of which a share tells nobody, or more than it should, is seen whatever wrote it."""
    for name, table in TABLES.items():
        if table.kind is Kind.CHILD:
            wrong = await administrator().fetch(
                f'SELECT c.id FROM "{name}" c JOIN ticket t ON t.tenant_id = c.tenant_id AND t.id = c.ticket_id'
                " WHERE NOT c.narrowed AND NOT c.visible_to @> ARRAY(SELECT viewer FROM unnest(t.visible_to) AS viewer"
                " WHERE $1 = 'progress' OR t.audience->$1 ? viewer::text)",
                table.group,
            )
            assert wrong == [], name


async def test_what_names_a_second_ticket_is_shown_to_those_alone_who_hold_both(world):
    beside = {name: table for name, table in TABLES.items() if table.beside}
    assert beside
    for name, table in beside.items():
        assert any(len(row["visible_to"]) > 1 for row in world.rows[name]), f"{name}: no sample row that two may see"
        more = await administrator().fetch(
            f'SELECT c.id FROM "{name}" c LEFT JOIN ticket t ON t.tenant_id = c.tenant_id AND t.id = c."{table.beside}"'
            " CROSS JOIN unnest(c.visible_to) AS viewer WHERE NOT c.narrowed"
            " OR (viewer <> c.tenant_id AND NOT coalesce(t.audience->$1 ? viewer::text, false))",
            table.group,
        )
        assert more == [], name


def test_every_id_in_a_child_says_whether_it_names_a_second_ticket(world):
    for name, table in TABLES.items():
        if table.kind is Kind.CHILD:
            columns = {column.name for column in world.shapes[name].columns.values() if column.type == "uuid"}
            strange = columns - NAMES_NO_TICKET - {table.beside, *(c for named, c in TOLD_OF if named == name)}
            assert not strange, f"{name}: declare `beside`, or say in rules.NAMES_NO_TICKET that it is none: {strange}"


async def test_functions_do_what_they_must_and_for_whom(world):
    found = []
    async with borrowed(administrator()) as stage:
        for function in functions():
            found += await function_findings(stage, world, function)
        found += await findings(stage, execution_checks())
    assert found == [], "\n".join(found[:20])
    assert {name_of(function) for function in functions()} == set(CALLS), "calls of a function that is gone"
