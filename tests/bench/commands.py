"""Whole ticket lives per second through GraphQL, beside the same rows written by bare transactions."""

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import asyncpg

from mendline.app.memory import family, proportional_bytes
from mendline.kernel import settings
from support.bare_rows import Write, Yardstick, settled, snapshot, written
from support.database import administrator, prepare_json
from support.life import STEPS, Client, Life
from support.web_house import web_house

_ROUNDS, _LIVES = 5, 20
_COUNTED = "query !~* '^(begin|commit|rollback|set|notify)'"


async def main(report: Report) -> None:
    """One web process, one client that waits for each answer; the two ways take turns."""
    async with _house() as (client, web, servers):
        for _ in range(5):
            Life(client).live()
        transactions = await _noted(client)
        tables = {write.table for writes in transactions for write in writes}
        await Yardstick.prepare(administrator(), tables)
        bare_link = await asyncpg.connect(settings().role_url("app"))
        await prepare_json(bare_link)
        bare = Yardstick(bare_link, client.cast["hospital_a"], transactions)
        await bare.live()

        through: dict[str, list[float]] = defaultdict(list)
        bare_seconds: list[float] = []
        ours, theirs = _Clock(servers), _Clock(servers)
        for _ in range(_ROUNDS):
            await settled(administrator())
            again = replace(client)  # the web process hangs up on who is silent for five seconds
            with ours:
                for _ in range(_LIVES):
                    for step, seconds in Life(again).live().items():
                        through[step].append(seconds)
            await settled(administrator())
            with theirs:
                for _ in range(_LIVES):
                    bare_seconds += await bare.live()
        await bare_link.close()

        rate, bare_rate = ours.rate(), theirs.rate()
        report.add("whole life", "lives", rate, "1/s", "bare rows (goal 0.35)", bare_rate)
        report.add("whole life", "commands", rate * len(STEPS), "1/s", "bare rows", bare_rate * len(STEPS))
        report.add("whole life", "processor time", ours.busy(), "ms", "bare rows", theirs.busy())
        report.add("whole life", "rows written", sum(len(writes) for writes in transactions), "rows")
        report.add_times("every command", [seconds for each in through.values() for seconds in each])
        report.add_times("every bare transaction", bare_seconds)
        await _count_statements(report, replace(client))
        for step, each in through.items():
            report.add_times(step, each)
        report.add("web process", "memory", (proportional_bytes([web]) or 0) / 1e6, "MB")


class _Clock:
    """Rounds of lives, by the wall and by the processors: the latter tells the same on a busy machine."""

    def __init__(self, servers: list[int]) -> None:
        self._servers = servers
        self._walls: list[float] = []
        self._processors = 0.0
        self._began = (0.0, 0.0)

    def __enter__(self) -> None:
        self._began = time.perf_counter(), self._used()

    def __exit__(self, *_: object) -> None:
        self._walls.append(time.perf_counter() - self._began[0])
        self._processors += self._used() - self._began[1]

    def rate(self) -> float:
        """Lives per second, in the median round."""
        return _LIVES / statistics.median(self._walls)

    def busy(self) -> float:
        """Milliseconds of processor for one life: client, web process, database and Valkey together."""
        return self._processors / (_LIVES * len(self._walls)) * 1e3

    def _used(self) -> float:
        used = time.process_time()
        for server in self._servers:
            for process in family(server):
                times = process.cpu_times()
                used += times.user + times.system
        return used


@asynccontextmanager
async def _house() -> AsyncIterator[tuple[Client, int, list[int]]]:
    async with web_house() as house:
        client = Client(house.cast, house.port)
        await client.log_in()
        yield client, house.web, house.pids


async def _noted(client: Client) -> list[list[Write]]:
    """The rows that each command of one life stores."""
    life, transactions = Life(client), []
    before = await snapshot(administrator())
    for step in STEPS:
        life.step(step)
        after = await snapshot(administrator())
        transactions.append(written(before, after))
        before = after
    return transactions


async def _count_statements(report: Report, client: Client) -> None:
    """Statements of each command besides BEGIN, SET and COMMIT; those inside the house's functions are not counted."""
    try:
        await administrator().execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    except asyncpg.PostgresError:
        return
    life, counts = Life(client), {}
    for step in STEPS:
        await administrator().execute("SELECT pg_stat_statements_reset()")
        life.step(step)
        counts[step] = await administrator().fetchval(
            f"SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
            f" WHERE r.rolname IN ('app', 'gateway') AND {_COUNTED}"
        )
    report.add("every command", "statements", statistics.mean(counts.values()), "statements")
    for step, count in counts.items():
        report.add(step, "statements", count, "statements")


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    figures = Report("Commands")
    asyncio.run(main(figures))
    figures.finish(options.json)
