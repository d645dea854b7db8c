"""One ticket among a thousand technicians: the command's own weighing beside its one statement, and the command."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import structlog
from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

from mendline.dispatch import Job, Match, technicians_for
from mendline.dispatch.matching import suggesting
from mendline.dispatch.matching.matching import statement
from mendline.kernel import fetchval, parse_opaque, session, transaction
from mendline.tickets import Ticket
from mendline_tenants import Actor
from support.cast import Cast, make_cast
from support.database import administrator
from support.own_house import own_house

HOSPITAL = (31.2304, 121.4737)

GOAL = 5
"""How many times the time of the statement the weighing may take."""

_PEOPLE = """
INSERT INTO member (tenant_id, id, login, name, phone, roles, unit_account, status, recorded_at)
SELECT $1, md5($1 || 'bench' || n)::uuid, 'bench' || n, '技师' || n, '', ARRAY['technician'], false,
  CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, now() FROM generate_series(3, $2) n"""

_TECHNICIANS = """
INSERT INTO technician (tenant_id, id, member_id, home_latitude, home_longitude, timezone, shifts, ready)
SELECT $1, md5($1 || 'bench' || n)::uuid, md5($1 || 'bench' || n)::uuid, 31.0 + (n * 7919 % 1000) / 2000.0,
  121.2 + (n * 104729 % 1000) / 2000.0, 'Asia/Shanghai',
  CASE WHEN n % 10 = 0 THEN '[{"days": [1], "from": "22:00", "to": "22:01"}]'::jsonb
    ELSE '[{"days": [1, 2, 3, 4, 5], "from": "00:00", "to": "24:00"}, {"days": [6, 7], "from": "00:00", "to": "24:00"}]'
  END, n % 40 <> 0 FROM generate_series(3, $2) n"""

_QUALIFICATIONS = """
INSERT INTO qualification (tenant_id, id, technician_id, device_class, model_number, level, expires_on, recorded_at)
SELECT $1, gen_random_uuid(), md5($1 || 'bench' || n)::uuid,
  CASE WHEN k = 1 AND n % 10 < 7 THEN 'infusion_pump' ELSE 'class ' || (n * 13 + k * 37) % 450 END,
  CASE WHEN k = 1 AND n % 3 = 0 THEN 'IP-200' END, 1 + (n + k) % 3,
  CASE n % 20 WHEN 0 THEN current_date - 5 WHEN 1 THEN NULL ELSE current_date + 200 END, now()
FROM generate_series(3, $2) n, generate_series(1, 5) k"""

_JOBS = """
INSERT INTO worklist (tenant_id, id, owner_id, ticket_id, part, number, kind, state, phase, priority, provider_id,
  assignee_id, version, opened_at, changed_at, card)
SELECT $1, id, CASE WHEN j % 12 = 0 THEN $3 ELSE md5('hospital' || j % 12)::uuid END, id, 'service_provider',
  'RJ-' || j, 'fault', CASE WHEN j <= 3 * $2 THEN 'en_route' ELSE 'archived' END,
  CASE WHEN j <= 3 * $2 THEN 'open' ELSE 'closed' END, CASE WHEN j % 60 = 0 THEN 1 ELSE 3 END, $1,
  md5($1 || 'bench' || 3 + j % ($2 - 2))::uuid, 1, now(), now() - (j % 360) * interval '1 day', '{}'
FROM (SELECT j, gen_random_uuid() AS id FROM generate_series(1, $2 * 33) j) made"""

_TERRITORIES = """
INSERT INTO territory (tenant_id, id, code, name, areas, version, recorded_at)
SELECT $1, md5($1 || 'territory' || n)::uuid, 'T' || n, '{"zh": "片区"}', jsonb_build_array(jsonb_build_object(
  'centre', CASE WHEN n % 2 = 0 THEN '[31.2, 121.5]'::jsonb ELSE '[40, 116]' END, 'radius_km', 80)), 1, now()
FROM generate_series(1, 20) n"""

_SERVED = """
INSERT INTO territory_technician (tenant_id, id, territory_id, technician_id)
SELECT $1, gen_random_uuid(), md5($1 || 'territory' || 1 + (n * 7 + k) % 20)::uuid, md5($1 || 'bench' || n)::uuid
FROM generate_series(3, $2) n, generate_series(1, 2) k WHERE n % 5 <> 0"""

_PLAN = """
INSERT INTO day_plan (tenant_id, id, day, edition, state, cause, cause_number, asked_by, afresh, automatic, timezone,
  epoch, begins_at, relaxed, distances, fallback, figures, unserved, moves, failure, asked_at)
SELECT $1, md5($1 || 'plan')::uuid, current_date::text, 1, 'published', 'asked', '', $1, false, false,
  'Asia/Shanghai', now(), now(), '{}', '', '', '{}', '[]', '[]', '', now()"""

_STOPS = """
INSERT INTO day_plan_stop (tenant_id, id, plan_id, technician_id, technician_name, sequence, kind, progress, owner_id,
  ticket_id, number, place, device, travel, arrives_at, begins_at, ends_at, windows, locked)
SELECT $1, gen_random_uuid(), md5($1 || 'plan')::uuid, assignee_id, '技师', turn, 'visit', 'planned', owner_id,
  ticket_id, number, '{}', '{}', 600, now() + turn * interval '70 minutes', now() + turn * interval '80 minutes',
  now() + turn * interval '130 minutes', '[]', turn = 3
FROM (SELECT w.*, row_number() OVER (PARTITION BY assignee_id ORDER BY ticket_id) AS turn FROM worklist w
  WHERE tenant_id = $1 AND state = 'en_route') w"""

_OTHERS = ("territory_technician", "day_plan_stop")


async def main(report: Report, technicians: int, rounds: int) -> list[str]:
    """One vendor: its technicians, the territories of most, three planned jobs for each, a year's tickets.

    Answers what is not as it must be, in words.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with own_house():
        cast = await make_cast()
        await _load(cast, technicians)
        given = {"ticket": await _ticket(cast)}
        watch = Watch()

        async def suggest() -> None:
            await cast.run("dispatcher_v", "dispatch.suggest", given)

        with watch.watching():
            took = [await _timed(suggest) - watch.apart for _ in range(rounds)]
        async with transaction(cast["vendor_v"]):
            plan = await _executed(watch.job)
    found, alone, weighed = watch.found, median(watch.alone) * 1e3, median(watch.weighed) * 1e3
    report.add("technicians", "weighed", len(found.fit) + len(found.excluded), "people")
    report.add("technicians", "could go", len(found.fit), "people")
    report.add("the statement", "p50", alone, "ms", "its execution in the database", plan)
    report.add("weigh, as the command calls it", "p50", weighed, "ms", f"the statement alone (goal {GOAL})", alone)
    report.add("weigh, as the command calls it", "for all technicians", watch.most_for_all, "statements", "wanted", 1)
    report.add("weigh, as the command calls it", "with what the ticket asks for", watch.most, "statements")
    report.add("dispatch.suggest, stored", "p50", median(took) * 1e3, "ms", "the statement alone", alone)
    wrong = [f"weigh takes {weighed / alone:.1f} times the statement"] if weighed > GOAL * alone else []
    if watch.most_for_all != 1:
        wrong.append(f"{watch.most_for_all} statements for all technicians")
    return wrong


class Watch:
    """Times the command's own `weigh` within the command, and the statement alone beside it in the same transaction.

    Which of the two comes first changes from time to time, so that neither always finds what the other has warmed.
    apart: seconds of the last command that were none of its own, because the statement was measured in it.
    """

    def __init__(self) -> None:
        self.weighed: list[float] = []
        self.alone: list[float] = []
        self.most = self.most_for_all = 0
        self.apart = 0.0
        self.job: Job
        self.found: Match

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Puts itself where the command looks for `weigh` and `match`."""
        weigh, match = suggesting.weigh, suggesting.match
        for_all: list[int] = []

        async def counted(job: Job, *more: Any) -> Match:
            self.job, before = job, session().statements
            found = await match(job, *more)
            for_all.append(session().statements - before)
            return found

        async def timed(actor: Actor, ticket: Ticket) -> Match:
            first = len(self.weighed) % 2 == 0 and bool(self.weighed)
            self.apart = await self._alone() if first else 0.0
            before, began = session().statements, time.perf_counter()
            self.found = await weigh(actor, ticket)
            self.weighed.append(time.perf_counter() - began)
            self.most = max(self.most, session().statements - before)
            self.most_for_all = max(self.most_for_all, sum(for_all))
            for_all.clear()
            if not first:
                self.apart = await self._alone()
            return self.found

        suggesting.weigh, suggesting.match = timed, counted
        try:
            yield
        finally:
            suggesting.weigh, suggesting.match = weigh, match

    async def _alone(self) -> float:
        self.alone.append(await _timed(lambda: technicians_for(self.job)))
        return self.alone[-1]


async def _load(cast: Cast, technicians: int) -> None:
    tenant = cast["vendor_v"]
    async with administrator().acquire() as connection:
        await connection.execute(_TERRITORIES.replace("$1 ||", "$1::uuid ||"), tenant)
        for sql in (_PEOPLE, _TECHNICIANS, _QUALIFICATIONS):
            await connection.execute(sql.replace("$1 ||", "$1::uuid ||"), tenant, technicians)
        await connection.execute(_JOBS.replace("$1 ||", "$1::uuid ||"), tenant, technicians, cast["hospital_a"])
        await connection.execute(_SERVED.replace("$1 ||", "$1::uuid ||"), tenant, technicians)
        for sql in (_PLAN, _STOPS):
            await connection.execute(sql.replace("$1 ||", "$1::uuid ||"), tenant)
        for table in ("member", "technician", "qualification", "worklist", *_OTHERS):
            await connection.execute(f"ANALYZE {table}")


async def _ticket(cast: Cast) -> str:
    """The vendor's ticket for a pump of hospital A whose place is known, reported a moment ago."""
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    ticket: str = (await cast.run("nurse_a", "tickets.report", given)).ticket
    tenant, id_ = parse_opaque("tk", ticket)
    await administrator().execute(
        "UPDATE ticket_people SET latitude = $3, longitude = $4 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id_,
        *HOSPITAL,
    )
    return ticket


async def _timed(call: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def _executed(job: Job) -> float:
    """Milliseconds that the database says it needs for the statement, under row-level security."""
    text, parameters = statement()
    sql = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}"
    plans = [await fetchval(sql, *(getattr(job, name) for name in parameters)) for _ in range(5)]
    return median(json.loads(plan)[0]["Execution Time"] for plan in plans)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--technicians", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    figures = Report("Matching")
    wrong = asyncio.run(main(figures, options.technicians, options.rounds))
    figures.finish(options.json)
    for line in wrong:
        print("FAILED:", line)
    sys.exit(1 if wrong else 0)
