"""Every id that any command takes, given as another organisation's: the answer is that for an id that nobody has.

Commands and their inputs come from the registry, ids from the types of their fields. A new command is called too.
"""

import pytest

from mendline.kernel import COMMANDS, new_id, opaque, parse_input
from mendline_schema.schema import build_schema
from mendline_tenants import system_actor
from support.database import unchanged
from support.isolation.inputs import ids_of, replaced, sample_input
from support.isolation.outcomes import PERSONS, everybody_of, id_of, outcome_of

CALLERS = ("hospital_a", "vendor_v", "manufacturer_m")
STRANGER = "testing_t"
"""Shares its tickets with the first two organisations; of its private ticket and its books nobody knows."""

TAKEN_AS_GIVEN = {
    ("tenants.upsert_partner", "organisation"): "whether an organisation is here is not told: its id is noted as given",
    ("tenants.take_into_care", "hospital"): "the hospital was founded a moment ago by the very errand that says so",
    ("tickets.note_grant", "facility"): "a consumer writes what the event says into the organisation's own book",
    ("tickets.note_grant", "ticket"): "as above",
    ("tickets.note_end", "facility"): "as above",
    ("tickets.note_end", "ticket"): "as above",
}
"""Ids that are accepted though they are another's, and why; what comes of them is one's own alone."""

REFUSED_BEFORE = {
    ("tickets.ask_subcontract", "subcontractor"): "wrong_part",
    ("dispatch.share_busy_times", "organisation"): "no_chat_account",
}
"""What is refused before the id is looked at: the samples' tickets are repaired by their own hospital, its
people have no chat."""


@pytest.fixture(scope="module")
def kinds(database):
    """Prefix of an opaque id -> the table that it names a row of."""
    bindings = build_schema().execution_context_class.statements.bindings
    return {kind: bound.over.table for kind, bound in bindings.kinds.items()}


def foreign(world, kinds, kind):
    """The id of a row that only the stranger sees, and one of no row at all."""
    tenant = world[STRANGER]
    if kind == "or":
        missing = new_id()
        return opaque("or", tenant, tenant), opaque("or", missing, missing)
    return id_of(world, kinds, tenant, kind), opaque(kind, tenant, new_id())


def test_every_input_has_a_sample(world, kinds):
    for name, command in COMMANDS.items():
        given = sample_input(name, command.input, lambda kind: id_of(world, kinds, world["hospital_a"], kind))
        assert parse_input(command, given), f"{name}: give it sample values in tests/support/isolation/inputs.py"
        for where in ids_of(command.input):
            assert where.kind in kinds, f"{name}.{where.path}: no type of the schema has ids of the kind {where.kind}"


async def told_apart(actor, name, own, where, targets):
    """In words, what tells an id that is hidden from one that nobody has; nothing where neither is told nor stored."""
    heard, stored = [], ""
    try:
        async with unchanged():
            heard = [await outcome_of(actor, name, replaced(own, where.path, target)) for target in targets]
    except AssertionError as error:
        stored = str(error)
    expected = REFUSED_BEFORE.get((name, ".".join(where.path)), "not_found")
    if heard[0] == heard[1] and heard[0][0] == expected and not stored:
        return None
    return f"{name}.{'.'.join(where.path)}: {heard[0]} for another's, {heard[1]} for nobody's; {stored}"


def given_ids(name, command):
    """The ids of a command that must be looked up."""
    return [where for where in ids_of(command.input) if (name, ".".join(where.path)) not in TAKEN_AS_GIVEN]


@pytest.mark.parametrize("caller", CALLERS)
async def test_anothers_id_is_answered_as_one_that_nobody_has(world, kinds, caller):
    actor, wrong, asked = everybody_of(world, caller), [], 0
    for name, command in sorted(COMMANDS.items()):
        own = sample_input(name, command.input, lambda kind: id_of(world, kinds, actor.organisation, kind))
        for where in given_ids(name, command) if command.permission in PERSONS else ():
            wrong.append(await told_apart(actor, name, own, where, foreign(world, kinds, where.kind)))
            asked += 1
    assert [line for line in wrong if line] == [], "\n".join(filter(None, wrong))
    assert asked > 50


async def test_what_only_the_system_does_no_person_does(world, kinds):
    actor = everybody_of(world, "hospital_a")
    for name, command in COMMANDS.items():
        if command.permission not in PERSONS:
            own = sample_input(name, command.input, lambda kind: id_of(world, kinds, actor.organisation, kind))
            async with unchanged():
                assert (await outcome_of(actor, name, own))[0] == "forbidden", name


async def test_an_errand_tells_no_more_than_its_asker_may_know(world, kinds):
    """The other's system does it, and finds its own rows: the asker hears of those that it cannot see as of none."""
    tenant = world[STRANGER]
    actor = system_actor(tenant, asked_by=world["hospital_a"])
    wrong = []
    for name, command in sorted(COMMANDS.items()):
        if command.permission == "tenants.errand":
            given = sample_input(name, command.input, lambda kind: id_of(world, kinds, tenant, kind))
            wrong += [
                await told_apart(actor, name, given, where, foreign(world, kinds, where.kind))
                for where in given_ids(name, command)
            ]
    assert [line for line in wrong if line] == [], "\n".join(filter(None, wrong))
