"""Mutants: a sample of what `./deploy/bench mutants` does with every protection of the database."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.database import administrator
from support.isolation.battery import Battery
from support.isolation.hunt import BEHAVIOUR, DECLARED, EQUIVALENT, NOTHING, Hunter, equivalent, make_hunter
from support.isolation.mutants import Mutant, mutants
from support.isolation.stage import borrowed

EVERY = 120
"""One of so many mutants is looked for here; of each kind at least one."""


@pytest_asyncio.fixture(scope="module")
async def hunter(battery: Battery) -> AsyncIterator[Hunter]:
    """Looks for mutants; it has made sure that without any the battery finds nothing."""
    async with borrowed(administrator()) as stage:
        yield await make_hunter(stage, battery)


async def test_a_sample_of_mutants_is_caught(world, hunter):
    found = [mutant for mutant in await mutants(administrator(), world.shapes) if not equivalent(mutant)]
    first = {mutant.kind: mutant for mutant in found}
    assert len(found) > 1000
    assert {"policy", "FORCE", "ENABLE", "grant", "wider grant", "key", "foreign key", "trigger"} <= set(first)
    caught = await hunter.hunt([*first.values(), *found[::EVERY]])
    assert [one.mutant.name for one in caught if one.by == NOTHING] == []
    # That a search path is pinned shows in no call.
    assert [one.mutant.name for one in caught if one.by == DECLARED and one.mutant.kind != "definer"] == []


async def test_no_reason_to_leave_a_mutant_out_is_out_of_date(world):
    made = [mutant for mutant in await mutants(administrator(), world.shapes) if equivalent(mutant)]
    assert {equivalent(mutant) for mutant in made} == set(EQUIVALENT.values())


@pytest.mark.parametrize(
    ("sql", "by"),
    [
        ("ALTER POLICY app_select ON member USING (true)", BEHAVIOUR),
        ("CREATE POLICY spare ON member FOR SELECT TO app USING (tenant_id = cur())", DECLARED),
        ("CREATE INDEX spare ON member (tenant_id, name)", NOTHING),
        ("SELECT 1", NOTHING),
    ],
)
async def test_what_caught_a_mutant_is_told_apart(hunter, sql, by):
    (caught,) = await hunter.hunt([Mutant("policy", "made for this test", sql, "member")])
    assert caught.by == by
