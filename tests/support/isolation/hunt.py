"""The hunt: each mutant is put in, looked for by the battery, and taken back, all on one connection."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import asyncpg

from mendline_tenants import functions
from support.isolation.battery import Battery, Check, findings
from support.isolation.catalogue_state import DECLARED as DECLARABLE
from support.isolation.catalogue_state import State, catalogue_state, declared_state, differences
from support.isolation.functions import execution_checks, function_findings
from support.isolation.mutants import Mutant
from support.isolation.stage import Borrowed

BEHAVIOUR, DECLARED, NOTHING = "behaviour", "declarations", "nothing"

UNDECLARED = {"function", "trigger function"}
"""Kinds that change what a declaration itself says: to compare with it would be to compare a text with itself."""

EQUIVALENT = {
    r"(un)?share: \w+: visible_to @> ARRAY\[partner\] -> true": "taking away what is not there changes nothing",
    r"\w+_acting: \w+: \w+\.tenant_id = of_tenant -> true": "runs with its caller's rights: row-level security",
    r"\w+_acting: \w+: o\.id = of_tenant -> true": "an organisation sees one row of this table, its own",
    r"child_of_ticket: \w+: tg_argv\[0\] <> 'progress' -> true": "every viewer holds progress",
}
"""Mutants that change nothing that anyone could see, and why; they are told apart and not counted."""


def equivalent(mutant: Mutant) -> str | None:
    """Why a mutant changes nothing, if it is one of those."""
    return next(
        (why for pattern, why in EQUIVALENT.items() if re.fullmatch(rf"{pattern}( \(\d+\))?", mutant.name)), None
    )


@dataclass(frozen=True)
class Caught:
    """What became of a mutant: caught by what it does, only as no declaration makes it, or not; the first evidence."""

    mutant: Mutant
    by: str
    evidence: str


class Hunter:
    """Looks for mutants. `battery` was made before any of them was put in.

    declared: the catalogue as the declarations alone make it, from nothing.
    """

    def __init__(self, stage: Borrowed, battery: Battery, declared: State) -> None:
        self._stage = stage
        self._battery = battery
        self._declared = declared

    async def hunt(self, mutants: Iterable[Mutant], told: Callable[[Caught], None] | None = None) -> list[Caught]:
        """What became of each, in order."""
        found = []
        for mutant in mutants:
            found.append(await self._one(mutant))
            if told is not None:
                told(found[-1])
        return found

    async def _one(self, mutant: Mutant) -> Caught:
        connection = self._stage.connection
        await connection.execute("SAVEPOINT mutant")
        try:
            if (clash := await self._put_in(mutant)) is not None:
                return Caught(mutant, BEHAVIOUR, clash)
            evidence = await self._behaviour(mutant)
            if evidence is not None:
                return Caught(mutant, BEHAVIOUR, evidence)
            await connection.execute("RESET ROLE")
            if mutant.kind in UNDECLARED:
                return Caught(mutant, NOTHING, "")
            changed = differences(self._declared, await catalogue_state(connection, DECLARABLE))
            return Caught(mutant, DECLARED, changed[0]) if changed else Caught(mutant, NOTHING, "")
        except asyncpg.PostgresError as error:
            raise AssertionError(f"the mutant {mutant.name!r} could not be made or looked for: {error}") from error
        finally:
            await connection.execute("ROLLBACK TO SAVEPOINT mutant; RELEASE SAVEPOINT mutant")

    async def _put_in(self, mutant: Mutant) -> str | None:
        """A key without its tenant may be refused by rows of two organisations that are there already."""
        try:
            await self._stage.connection.execute(mutant.sql)
        except asyncpg.UniqueViolationError as clash:
            if mutant.kind == "key":
                return f"rows of two organisations have the same: {clash}"
            raise
        return None

    async def _behaviour(self, mutant: Mutant) -> str | None:
        """The first thing that goes otherwise, looked for where the mutant was put; a role's everywhere."""
        if mutant.function is not None:
            found = await findings(self._stage, execution_checks(), enough=1)
            found = found or await function_findings(self._stage, self._battery.world, mutant.function, enough=1)
            return found[0] if found else None
        for checks in self._in_turn(mutant):
            if found := await findings(self._stage, checks, enough=1):
                return found[0]
        return None

    def _in_turn(self, mutant: Mutant) -> Iterator[list[Check]]:
        for table in self._battery.book if mutant.table is None else (mutant.table,):
            checks = self._battery.of(table)
            if mutant.role is not None:  # these alone most often tell
                yield [check for check in checks if check.role == mutant.role and check.tenant is None]
            yield checks


async def make_hunter(stage: Borrowed, battery: Battery) -> Hunter:
    """A hunter on this stage. Raises AssertionError when the battery finds something before any mutant is in."""
    for table in battery.book:
        faults = await findings(stage, battery.of(table))
        assert not faults, f"without any mutant: {faults[:5]}"
    for function in functions():
        faults = await function_findings(stage, battery.world, function)
        assert not faults, f"without any mutant: {faults[:5]}"
    declared = await declared_state(stage.connection)
    drifted = differences(declared, await catalogue_state(stage.connection, DECLARABLE))
    assert not drifted, f"the database is not what the declarations make: {drifted[:5]}"
    return Hunter(stage, battery, declared)
