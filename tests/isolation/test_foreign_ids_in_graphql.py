"""Every argument of GraphQL that takes an id or a text, given another organisation's: the answer is that for nobody's.

Roots, arguments and their types come from the schema; whatever is added to it is asked here too.
"""

import json

import pytest
from graphql import GraphQLObjectType

from mendline.kernel import COMMANDS, new_id, opaque
from mendline_schema.schema import build_schema
from support.database import unchanged
from support.isolation.documents import (
    Argument,
    answer_to,
    arguments,
    as_graphql,
    camel,
    document,
    graphql_schema,
    required,
    sample,
)
from support.isolation.inputs import ids_of, sample_input
from support.isolation.outcomes import anonymous, everybody_of, id_of

STRANGER = "testing_t"
TAKEN_AS_GIVEN = {("upsertPartner", "organisation")}
"""As in test_foreign_ids.py."""
NOTES = ("read_log",)
"""What a read may write: who looked at people's names, in one's own book."""


FOUND_BY_NO_SAMPLE = {
    ("handover", "rota"): "as for the worklist's device: the samples' rotas are of units",
    ("devices", "parent"): "the samples' units belong to no other",
    ("places", "parent"): "the samples' places lie in no other",
    ("worklist", "device"): "the samples' lists begin with another hospital's tickets",
    ("readLog", "ticket"): "the samples' reads name no ticket",
    ("witnessedCheckpoints", "organisation"): "the samples' checkpoints are of nobody here",
}
"""Arguments by which one's own samples are not found either, and why."""


def bound():
    """Prefix of an opaque id -> the GraphQL type that it names."""
    return build_schema().execution_context_class.statements.bindings.kinds


@pytest.fixture(scope="module")
def kinds(database):
    """Prefix of an opaque id -> the table that it names a row of."""
    return {kind: type_.over.table for kind, type_ in bound().items()}


def ids(world, kinds, tenant):
    """An id of every kind, of this organisation's rows; of organisations its own and a partner's."""
    found = {kind: id_of(world, kinds, tenant, kind) for kind in kinds}
    return found | {"or, itself": opaque("or", tenant, tenant)}


def texts(world, tenant):
    """Texts by which an organisation's rows may be asked for: numbers, codes, serials, logins."""
    found = set()
    for name in ("ticket", "device", "member", "organisation", "place", "device_model"):
        row = next(row for row in world.rows[name] if row["tenant_id"] == tenant)
        found |= {value for value in row.values() if isinstance(value, str) and tenant.hex and ":" in value}
    return sorted(found)


async def asked(actor, argument: Argument, value, of=None):
    given = required("query", argument.root) | argument.variables(value)
    text = document("query", argument.root, given, depth=1, of=of)
    return anonymous(await answer_to(actor, text, given))


def test_only_roots_take_ids(database):
    """An id asked for deeper down would not be tried here."""
    schema = graphql_schema()
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and type_ not in roots:
            assert list(arguments(type_, "ID")) == [], f"{name}: try it in this file"


async def test_a_query_finds_nothing_of_anothers(world, kinds):
    """First every kind of id in every place; then, as others, the kinds that are found there."""
    fitting = None
    for caller in ("hospital_a", "vendor_v", "manufacturer_m"):
        async with unchanged(*NOTES):
            fitting = await nothing_found(world, kinds, everybody_of(world, caller), fitting)


async def nothing_found(world, kinds, actor, fitting):
    """Nothing of the stranger's is found; answers in which places which kinds of one's own ids find something."""
    own, theirs = ids(world, kinds, actor.organisation), ids(world, kinds, world[STRANGER])
    wrong, found = [], {}
    for argument in arguments(graphql_schema().query_type, "ID"):
        for kind in theirs if fitting is None else fitting.get(argument, ()):
            of = bound()[kind[:2]].name
            missing = await asked(actor, argument, opaque(kind[:2], world[STRANGER], new_id()), of)
            hidden = await asked(actor, argument, theirs[kind], of)
            if hidden != missing:
                wrong.append(f"{argument}: {hidden[:300]}, but for nobody's {missing[:300]}")
            if await asked(actor, argument, own[kind], of) != missing:
                found.setdefault(argument, []).append(kind)
    assert wrong == [], "\n".join(wrong)
    blind = [one for one in arguments(graphql_schema().query_type, "ID") if one not in found]
    assert {(one.root, one.path[-1]) for one in blind} <= set(FOUND_BY_NO_SAMPLE), f"own ids find nothing here: {blind}"
    return found


async def test_no_text_finds_anothers(world):
    actor = everybody_of(world, "hospital_a")
    wrong = []
    for argument in arguments(graphql_schema().query_type, "String"):
        nothing = await asked(actor, argument, "no such text")
        for text in texts(world, world[STRANGER]):
            heard = await asked(actor, argument, text)
            if heard.replace(text, "no such text") != nothing:
                wrong.append(f"{argument} {text}: {heard[:300]}, but for nonsense {nothing[:300]}")
    assert wrong == [], "\n".join(wrong)


def sample_of(name, world, kinds, tenant):
    """The variables of a mutation that holds one's own ids."""
    field = graphql_schema().mutation_type.fields[name]
    command = build_schema().execution_context_class.calls[name].command
    if command in COMMANDS:
        given = sample_input(command, COMMANDS[command].input, lambda kind: id_of(world, kinds, tenant, kind))
        return {"input": as_graphql(given, field.args["input"].type)} if "input" in field.args else {}
    return {argument: sample(one.type) for argument, one in field.args.items()}


def kinds_of(argument):
    """The kinds of id to try: the right one where the command says it, every kind where it does not."""
    command = COMMANDS.get(build_schema().execution_context_class.calls[argument.root].command)
    if command is None:
        return [*bound(), "or, itself"]
    named = {tuple(camel(name) for name in where.path): where.kind for where in ids_of(command.input)}
    kind = named[tuple(argument.path[1:])]
    return ["or, itself" if kind == "or" else kind]


async def test_a_mutation_is_refused_anothers_id_as_nobodys(world, kinds):
    actor = everybody_of(world, "hospital_a")
    theirs, wrong, called = ids(world, kinds, world[STRANGER]), [], set()
    for argument in arguments(graphql_schema().mutation_type, "ID"):
        if (argument.root, argument.path[-1]) in TAKEN_AS_GIVEN:
            continue
        given = sample_of(argument.root, world, kinds, actor.organisation)
        for kind in kinds_of(argument):
            heard = []
            for target in (theirs[kind], opaque(kind[:2], world[STRANGER], new_id())):
                variables = put(given, argument.path, target)
                text = document("mutation", argument.root, variables, depth=1)
                try:
                    async with unchanged():
                        heard.append(anonymous(await answer_to(actor, text, variables)))
                except AssertionError as stored:
                    heard.append(str(stored))
            codes = {error["extensions"]["code"] for error in json.loads(heard[0])["errors"]}
            called.add(argument.root)
            if heard[0] != heard[1] or not codes or "internal" in codes:
                wrong.append(f"{argument}: {heard[0][:300]}, but for nobody's {heard[1][:300]}")
    assert wrong == [], "\n".join(wrong)
    assert len(called) > 40


def put(given, path, value):
    """The variables with another value at a path, in the first place of a list."""
    first, *rest = path
    inner = given.get(first)
    if isinstance(inner, list):
        return {**given, first: [value]}
    return {**given, first: put(inner or {}, rest, value) if rest else value}
