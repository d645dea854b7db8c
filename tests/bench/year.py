"""A year's work of one vendor replayed through the commands: is a ticket stuck, is every clock explained, how fast.

The year is scripted: its lives call the clocks' timer and what consumers would do as acts of their own, and offers are
the dispatcher's. Beside it a month of one hospital is run by the house: there the queues' rows alone do all of that.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import structlog

from mendline.app.memory import proportional_bytes
from mendline.kernel import now
from support.database import look
from support.own_house import own_house
from support.year import ledger
from support.year.lives import absence, life, moments
from support.year.month import Month
from support.year.replay import Replay, Replayed
from support.year.town import build

DAYS = 365
LATEST = timedelta(days=60)
"""Before today: the last fault of the year, so that all of its work is done by now."""

ABSENCES = 4
"""Of each technician."""

TELL = 15.0
"""Seconds from one word of progress to the next."""

DEVICES = 400
"""At each hospital, on average."""

TEAM = 12
"""Technicians of the vendor in the house's month: enough that every device class has somebody who knows it."""


async def main(options: argparse.Namespace, report: Report) -> int:
    """Answers how many tickets are stuck or have a clock that is not explained."""
    # A line for each command would be most of the output, and of the time.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    draw = random.Random(options.seed)
    began = now() - LATEST - timedelta(days=DAYS)
    async with own_house():
        town = await build(draw, options.hospitals, options.technicians, DEVICES, began.date())
        weights = [len(hospital.devices) for hospital in town.hospitals]
        lives = [
            (moment, life(random.Random(f"{options.seed} {n}"), town, draw.choices(town.hospitals, weights)[0]))
            for n, moment in enumerate(moments(draw, options.tickets, began, DAYS))
        ]
        lives += [
            (moment, absence(random.Random(f"{options.seed} absence {n}"), town))
            for n, moment in enumerate(moments(draw, ABSENCES * options.technicians, began, DAYS))
        ]
        memory = Memory()
        replay = Replay(lives, options.at_once, memory.look)
        telling = asyncio.create_task(_progress(replay, len(lives), memory))
        replayed = await replay.run()
        telling.cancel()
        _rates(report, replayed, memory, options.tickets)
        for way, count in town.ways.most_common():
            report.add(way, "happened", count, "times")
        wrong = await _judged(report, replayed, [hospital.id for hospital in town.hospitals])
        return wrong + (await _month(report, options, began) if options.month else 0)


class Memory:
    """What this process and Postgres take, looked at again and again: proportional set sizes, in MB."""

    def __init__(self) -> None:
        self.own: list[float] = []
        self.database: list[float] = []

    async def look(self) -> None:
        """Another look."""
        servers = [row["pid"] for row in await look("SELECT pid FROM pg_stat_activity")]
        self.own.append((proportional_bytes([os.getpid()]) or 0) / 1e6)
        self.database.append((proportional_bytes(servers) or 0) / 1e6)


async def _progress(replay: Replay, lives: int, memory: Memory) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(TELL)
        ended, spent = replay.replayed.ended, time.monotonic() - began
        await memory.look()
        left = f", {spent * (lives - ended) / ended / 60:.0f} min to go" if ended else ""
        told = f"{ended:,} of {lives:,} lives in {spent / 60:.1f} min, {memory.own[-1]:.0f} MB{left}"
        print(told, file=sys.stderr, flush=True)


def _rates(report: Report, replayed: Replayed, memory: Memory, tickets: int) -> None:
    commands, seconds = sum(replayed.commands.values()), replayed.seconds[-1]
    report.add("the year", "lives", replayed.ended, "tickets and absences", "tickets wanted", tickets)
    report.add("the year", "commands", commands, "commands")
    report.add("the year", "refused", sum(replayed.refusals.values()), "commands", "commands", commands)
    report.add("the year", "time", seconds / 60, "min")
    report.add("the year", "rate", commands / seconds, "commands/s")
    report.add("a ticket", "time", seconds / tickets * 1e3, "ms")
    report.add("a ticket", "processor, without Postgres", time.process_time() / tickets * 1e3, "ms")
    report.add("a ticket", "commands", commands / tickets, "commands")
    tenths = [after - before for before, after in pairwise([0.0, *replayed.seconds])]
    report.add("last tenth", "time", tenths[-1], "s", "second tenth", tenths[1] if len(tenths) > 1 else tenths[0])
    for name, sizes in (("this process", memory.own), ("Postgres", memory.database)):
        report.add(name, "memory at most", max(sizes), "MB", "at first", sizes[0])
    for name, count in replayed.commands.most_common():
        report.add(name, "commands", count, "commands")
    for name, count in replayed.refusals.most_common():
        report.add(name, "refused", count, "commands")


async def _month(report: Report, options: argparse.Namespace, began: datetime) -> int:
    """One more hospital and vendor, where consumers, timers and offers run as rows of the queues, called by nobody."""
    draw, started = random.Random(f"{options.seed} month"), time.monotonic()
    town = await build(draw, 1, TEAM, DEVICES, began.date(), specialists=0, prefix="M")
    told = await Month(draw, town).run(moments(draw, options.month, began, 30))
    case = "the house's month"
    report.add(case, "reported", options.month, "tickets")
    report.add(case, "time", (time.monotonic() - started) / 60, "min")
    report.add(case, "people's commands", sum(told.commands.values()), "commands")
    report.add(case, "rows of queues done", told.rows, "rows")
    for name, count in [*told.commands.most_common(), *told.refusals.most_common()]:
        report.add(case, name, count, "commands")
    tenants = [town.vendor.id, town.hospitals[0].id]
    for what, sql in HOUSE.items():
        for row in await look(sql, tenants):
            report.add(case, f"{what}: {row['name']}", row["count"], "times")
    clocks = await ledger.clocks([town.hospitals[0].id])
    report.add(case, "clocks not explained", len(clocks.wrong), "clocks", "at most", 0)
    report.add(case, "tickets not archived", told.open, "tickets", "at most", 0)
    return told.open + len(clocks.wrong)


HOUSE = {
    "offers": "SELECT CASE WHEN automatic THEN 'by the house, ' ELSE 'by the desk, ' END || state AS name, count(*)"
    " FROM job_offer WHERE tenant_id = ANY ($1) GROUP BY 1 ORDER BY 2 DESC",
    "command of the house": "SELECT command AS name, count(*) FROM audit_entry WHERE tenant_id = ANY ($1)"
    " AND actor_role = 'system' GROUP BY 1 ORDER BY 2 DESC",
    "consumer": "SELECT consumer AS name, count(*) FROM delivery WHERE tenant_id = ANY ($1)"
    " AND completed_at IS NOT NULL GROUP BY 1 ORDER BY 2 DESC",
}
"""What the house has done by itself, by name."""


async def _judged(report: Report, replayed: Replayed, hospitals: list[UUID]) -> int:
    began = time.monotonic()
    for state, count in (await ledger.by_state()).items():
        report.add("tickets", f"ended as {state}", count, "tickets")
    report.add("tickets", "urgent, reported at night", await ledger.urgent_at_night(), "tickets")
    stuck, clocks = await ledger.stuck(), await ledger.clocks(hospitals)
    report.add("clocks", "looked at", clocks.seen, "clocks")
    report.add("clocks", "met", clocks.met, "clocks", "met and missed", clocks.met + clocks.missed)
    report.add("clocks", "escalated", clocks.escalated, "clocks")
    report.add("clocks", "pauses", clocks.paused, "intervals")
    report.add("clocks", "intervals explained", clocks.intervals, "intervals")
    report.add("clocks", "time to explain them all", time.monotonic() - began, "s")
    report.add("clocks", "not explained", len(clocks.wrong), "clocks")
    report.add("tickets", "stuck", sum(stuck.values()), "tickets")
    (size,) = await look("SELECT pg_database_size(current_database()) AS bytes")
    report.add("database", "size", size["bytes"] / 1e6, "MB")
    for line in (*replayed.failed[:10], *clocks.wrong[:10], *(f"stuck in {state}: {n}" for state, n in stuck.items())):
        print(line)
    return len(replayed.failed) + len(clocks.wrong) + sum(stuck.values())


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--tickets", type=int, default=30_000)
    parser.add_argument("--technicians", type=int, default=150)
    parser.add_argument("--hospitals", type=int, default=12)
    parser.add_argument(
        "--month", type=int, default=200, help="tickets of the month that the house runs itself (0: none)"
    )
    parser.add_argument("--at-once", type=int, default=6, help="commands under way at the same time")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    figures = Report("A year")
    wrong = asyncio.run(main(chosen, figures))
    figures.finish(chosen.json)
    sys.exit(1 if wrong else 0)
