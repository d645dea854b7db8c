"""The house's own functions in the database: whether each does what its calls say, and who may execute it."""

import re

from mendline.kernel import TABLES, Function
from mendline_tenants import functions
from support.isolation import calls_of_acting, calls_of_books, calls_of_sharing
from support.isolation.battery import Check
from support.isolation.calls import CALLS, wrong
from support.isolation.rules import ROLES
from support.isolation.stage import Borrowed
from support.isolation.world import World

LOADED = (calls_of_sharing, calls_of_acting, calls_of_books)
"""Where what each function must do is said."""


def name_of(function: Function) -> str:
    """A function's name without its arguments."""
    return function.signature.partition("(")[0]


def tables_of(function: Function) -> set[str]:
    """The tables that a function needs or names."""
    return {*function.needs, *re.findall(r"public\.(\w+)", function.sql)} & TABLES.keys()


async def function_findings(stage: Borrowed, world: World, function: Function, enough: int = 10**6) -> list[str]:
    """In words, what a function does that it must not. enough: how many faults are sought."""
    make = CALLS.get(name_of(function))
    if make is None:
        return [
            f"{function.signature}: nobody says what it must do; add its calls to tests/support/isolation/calls_of_…"
        ]
    found: list[str] = []
    for call in make(world):
        found += await wrong(stage, world, call, {"ticket", *tables_of(function)})
        if len(found) >= enough:
            break
    return found


def execution_checks() -> list[Check]:
    """Who may execute each function."""
    checks = []
    for function in functions():
        given = function.signature.partition("(")[2].rstrip(")")
        nulls = ", ".join(f"NULL::{argument}" for argument in given.split(", ") if argument)
        sql = f"SELECT {name_of(function)}({nulls})"
        # With the tables that it names granted, a refusal speaks of the function itself.
        tables = ", ".join(f'"{name}"' for name in sorted(tables_of(function)))
        for role in (*ROLES, "owner"):
            may = role in function.roles
            granted = f"GRANT SELECT, UPDATE ON {tables} TO {role}" if tables else "SELECT"
            checks.append(Check("", role, None, sql, "denied", prepare=granted, but_not="denied" if may else None))
    return checks
