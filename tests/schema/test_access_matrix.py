"""The access matrix: a change of it is seen in review, and what it says of each role is what GraphQL does."""

from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from mendline.kernel import DomainError, commands, new_id, now, rows, transaction
from mendline_schema import print_access
from mendline_schema.checks.facts import Fact
from mendline_schema.checks.matrix import letters, matrix, roles_of
from mendline_schema.declarations import calls
from mendline_schema.schema import build_schema, field_facts
from mendline_tenants import ROLES, LoginSession, Member
from mendline_tenants.access.tokens import access_token
from support.schema_paths import arguments, asked, paths

SNAPSHOT = Path(__file__).parents[2] / "schema" / "access.txt"
PEOPLE = tuple(role for role in ROLES if role != "system")


def test_the_snapshot_is_what_the_code_says(database: None) -> None:
    assert SNAPSHOT.read_text() == print_access(), (
        "Who may read what has changed. If that is meant: mendline schema --access > schema/access.txt; read the diff."
    )


def test_a_field_is_one_line_and_every_role_has_a_letter_of_its_own(database: None) -> None:
    found = field_facts(build_schema())
    lines = [line for line in matrix(found).splitlines() if line.startswith(tuple(f"{f.type}." for f in found))]
    assert len(lines) == len(found) == len({(fact.type, fact.field) for fact in found})
    assert len(set(letters().values())) == len(ROLES)


def keys(path: Any) -> tuple[str, ...]:
    """A place in the answer, pages apart."""
    return tuple(key for key in path if key != "nodes")


async def one_of_each_role(portal: Any) -> None:
    """A member of hospital A for every role, logged in under the role's name."""
    tenant = portal.cast["hospital_a"]
    async with transaction(tenant):
        for role in PEOPLE:
            member = Member(tenant_id=tenant, login=f"one {role}", name=role, roles=[role])
            session = LoginSession(tenant_id=tenant, id=new_id(), member_id=member.id, refresh_hash=b"none")
            session.expires_at = now() + timedelta(hours=1)
            await rows.insert(member, session)
            portal.tokens[role] = access_token(tenant, member.id, session.id)


async def test_each_role_reads_what_the_matrix_says(portal: Any) -> None:
    await one_of_each_role(portal)
    schema = build_schema()
    bindings = schema.execution_context_class.statements.bindings  # type: ignore[attr-defined]
    known = {(fact.type, fact.field): fact for fact in field_facts(schema)}
    ways = paths(schema._schema, bindings, {})
    reads = {fact.type for fact in known.values() if fact.type in bindings.types} - {"Subscription"}
    within_payloads = {"KnownDevice"}  # of what a code means
    assert {name for name in reads if not name.endswith(("Payload", "Change"))} - within_payloads <= set(ways)
    compared = 0
    for name, way in ways.items():
        type_ = schema._schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        selection = " ".join(asked(field, key, {}) for key, field in type_.fields.items())
        document = way.document(selection) if way.before else f"{{ {selection} }}"
        for role in PEOPLE:
            answer = await portal.ask(role, document)
            assert set(answer.codes) <= {"forbidden", "invalid_input"}, (name, answer.errors)
            refused = [keys(error["path"]) for error in answer.errors if error["extensions"]["code"] == "forbidden"]
            for key in type_.fields:
                steps = [known[step] for step in (*way.passed, (name, key))]
                denied = any(role not in (roles_of(step) or PEOPLE) for step in steps)
                place = keys((*way.keys, key))
                told = any(place[: len(path)] == path for path in refused)
                assert told is denied, f"{role}: {name}.{key}"
                compared += 1
    assert compared > 2000


async def test_each_role_commands_what_the_matrix_says(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await one_of_each_role(portal)

    @asynccontextmanager
    async def reached(tenant: Any) -> Any:
        raise DomainError("deadline_exceeded")
        yield

    runner = commands._installed()
    monkeypatch.setattr(commands, "_runner", commands.Runner(runner.authorise, reached, runner.record))
    for module in (commands, calls):
        monkeypatch.setattr(module, "parse_input", lambda entry, given: given)
    schema = build_schema()
    mutations = schema._schema.mutation_type
    assert mutations is not None
    known: dict[str, Fact] = {fact.field: fact for fact in field_facts(schema) if fact.type == "Mutation"}
    assert set(known) == set(mutations.fields)
    for name, field in mutations.fields.items():
        if known[name].permission == "anyone":
            continue
        document = f"mutation {{ {name}{arguments(name, field, {})} {{ __typename }} }}"
        for role in PEOPLE:
            answer = await portal.ask(role, document)
            assert answer.codes, (name, role, answer.data)
            may = roles_of(known[name])
            assert may is not None
            assert ("forbidden" in answer.codes) is (role not in may), (name, role, answer.codes)
