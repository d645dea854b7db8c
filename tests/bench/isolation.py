"""Commands and reads of six organisations in any order, beside a model of who may see what: how many foreign rows."""

import argparse
import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import logging

import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from support.database import administrator
from support.isolation.machine import Isolation, Tally
from support.own_house import own_house

STEPS = 150
"""Rules in one run; every run begins with six new organisations."""
RUNS = 10
"""Runs before the total is looked at."""


def main(options: argparse.Namespace, report: Report) -> int:
    """Runs until so many operations are done, or one reads what it must not; answers how many rows were foreign."""
    # A line for each command would be most of the output, and of the time.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with asyncio.Runner() as runner:
        loop, stack = runner.get_loop(), AsyncExitStack()
        loop.run_until_complete(stack.enter_async_context(own_house()))
        tally = Tally()
        machine = type("Run", (Isolation,), {"loop": loop, "tally": tally})
        how = settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        began = time.monotonic()
        try:
            while tally.total < options.operations and not tally.foreign:
                run_state_machine_as_test(machine, settings=how)
                print(f"{tally.total:,} operations, {len(tally.foreign)} foreign rows", flush=True)
        except AssertionError as error:
            print(f"FOREIGN: {error}")
        seconds = time.monotonic() - began
        rows = loop.run_until_complete(
            administrator().fetchval("SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables")
        )
        loop.run_until_complete(stack.aclose())
    report.add("any order", "operations", tally.total, "operations", "wanted", options.operations)
    report.add("any order", "foreign rows", len(tally.foreign), "rows")
    report.add("any order", "rate", tally.total / seconds, "operations/s")
    report.add("any order", "rows in the database", rows or 0, "rows")
    for what, count in tally.operations.most_common():
        report.add(what, "operations", count, "operations")
    return len(tally.foreign)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--operations", type=int, default=200_000, help="commands and reads together")
    chosen = parser.parse_args()
    figures = Report("Isolation")
    foreign = main(chosen, figures)
    figures.finish(chosen.json)
    sys.exit(1 if foreign else 0)
