"""What the audit costs: an entry with its indexes, a round over all organisations, a checkpoint, a verification."""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import asyncpg

from mendline.app.database.migrate import migrate
from mendline.app.parts import start_parts
from mendline.app.start import install
from mendline.kernel import Settings, new_id, parse_opaque, settings
from mendline_tenants import LOGIN_ROLES, Checked, make_checkpoints, request_checkpoints, verify
from support.cast import make_cast
from support.database import administrator, opened_pools

_ENTRY = (
    '{"command": "tickets.comment", "actor": "%s", "actor_role": "nurse", "channel": "graphql", "facts": {"a": 1},'
    ' "occurred_at": "2026-01-01T00:00:00Z", "claimed": false, "correlation": "x"}'
)
_INDEXES = (
    "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'audit_entry'::regclass AND NOT indisunique"
)


async def main(report: Report, organisations: int, tickets: int, entries: int) -> None:
    """Everything on a database of its own, one connection at work at a time unless it says otherwise."""
    async with _house():
        cast = await make_cast()
        tenant = cast["hospital_a"]
        made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "x"})
        await _append(report, tenant, parse_opaque("tk", made.ticket).id)
        await _book(report, tenant)
        await _minute(report, tenant, made.ticket)
        await _rounds(report, organisations)
        await _history(tenant, parse_opaque("tk", made.ticket).id, tickets, entries)
        await _whole(report, tenant)


async def _append(report: Report, tenant: UUID, ticket: UUID) -> None:
    """audit_append, with the indexes of the search and without them, in turns."""
    link = await asyncpg.connect(settings().role_url("app"))
    definitions = [row[0] for row in await administrator().fetch(_INDEXES)]
    create = [await administrator().fetchval("SELECT pg_get_indexdef($1::regclass)", name) for name in definitions]

    async def hundred() -> float:
        began = time.perf_counter()
        for _ in range(100):
            await link.execute(f"BEGIN; SET LOCAL app.tenant = '{tenant}'")
            await link.fetch("SELECT audit_append($1, $2, $3, $4)", tenant, ticket, new_id(), _ENTRY % tenant)
            await link.execute("COMMIT")
        return (time.perf_counter() - began) / 100

    with_them, without = [], []
    for _ in range(5):
        with_them.append(await hundred())
        for name in definitions:
            await administrator().execute(f"DROP INDEX {name}")
        without.append(await hundred())
        for sql in create:
            await administrator().execute(sql)
    await link.close()
    reference = statistics.median(without) * 1e3
    report.add("append an entry", "p50", statistics.median(with_them) * 1e3, "ms", "without search indexes", reference)


async def _book(report: Report, tenant: UUID) -> None:
    """Eight commands at a time that write the organisation's book: free, and as links of one chain."""

    async def rate(before: str) -> float:
        links = [await asyncpg.connect(settings().role_url("administrator")) for _ in range(8)]

        async def work(link: asyncpg.Connection) -> None:
            for _ in range(60):
                async with link.transaction():
                    await link.execute("SELECT 1")  # what the command does by itself
                    await link.execute(before)
                    await link.execute(
                        "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts,"
                        " occurred_at, recorded_at, correlation) VALUES ($1, gen_random_uuid(), 'bench', $1, '',"
                        " 'system', '{}', now(), clock_timestamp(), '')",
                        tenant,
                    )
                    await link.execute("SELECT 1")  # events and the key's answer come after the entry

        began = time.perf_counter()
        await asyncio.gather(*map(work, links))
        took = time.perf_counter() - began
        for link in links:
            await link.close()
        return 8 * 60 / took

    chained = f"SELECT 1 FROM organisation WHERE tenant_id = '{tenant}' FOR NO KEY UPDATE"
    free, bound = [], []
    for _ in range(5):
        free.append(await rate("SELECT 1"))
        bound.append(await rate(chained))
    reference = statistics.median(bound)
    report.add("commands without a ticket", "8 at a time", statistics.median(free), "1/s", "one chain", reference)


async def _minute(report: Report, tenant: UUID, ticket: str) -> None:
    """A checkpoint of one busy minute: what the bench has written so far, then one row each."""
    await _timed(report, "checkpoint of all so far", lambda: make_checkpoints(tenant), 1)

    async def one() -> None:
        await administrator().execute(
            "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at,"
            " recorded_at, correlation) VALUES ($1, gen_random_uuid(), 'bench', $1, '', 'system', '{}', now(),"
            " clock_timestamp(), '')",
            tenant,
        )
        await make_checkpoints(tenant)

    await _timed(report, "checkpoint of one row", one, 20)


async def _rounds(report: Report, organisations: int) -> None:
    """The look over all organisations, of which none has written."""
    await administrator().execute(
        "INSERT INTO organisation (tenant_id, id, code, kind, name, locale, timezone, country, policies,"
        " ticket_counter, recorded_at) SELECT id, id, 'B' || n, 'hospital', '{}', 'zh', 'UTC', 'CN', '{}', 0, now()"
        " FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, $1) n) o",
        organisations,
    )
    await administrator().execute("ANALYZE")
    await request_checkpoints()
    await _timed(report, f"round over {organisations:,} silent organisations", request_checkpoints, 10)


async def _history(tenant: UUID, like: UUID, tickets: int, entries: int) -> None:
    """Tickets like one that there is, each with so many entries."""
    await administrator().execute(
        "INSERT INTO ticket SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'number',"
        " 'B-' || n, 'audit_seq', 0, 'audit_head', null))).* FROM ticket t, generate_series(1, $3) n"
        " WHERE t.tenant_id = $1 AND t.id = $2",
        tenant,
        like,
        tickets,
    )
    async with administrator().acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL app.tenant = '{tenant}'")
        for _ in range(entries):
            await connection.execute(
                "SELECT audit_append($1, id, gen_random_uuid(), $2) FROM ticket"
                " WHERE tenant_id = $1 AND number LIKE 'B-%'",
                tenant,
                json.loads(_ENTRY % tenant),
                timeout=900,
            )
    await administrator().execute("ANALYZE")


async def _whole(report: Report, tenant: UUID) -> None:
    began = time.perf_counter()
    made = await make_checkpoints(tenant)
    report.add("checkpoints of the whole history", "time", time.perf_counter() - began, "s")
    report.add("checkpoints of the whole history", "checkpoints", made, "checkpoints")
    began = time.perf_counter()
    checked = await verify(tenant, Checked(), copies=False)
    took = time.perf_counter() - began
    assert not checked.findings, checked.findings[:3]
    report.add("verification", "entries", checked.entries, "entries")
    report.add("verification", "rate", checked.entries / took, "1/s")


async def _timed(report: Report, case: str, call: Callable[[], Awaitable[object]], times: int) -> None:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        await call()
        seconds.append(time.perf_counter() - began)
    report.add(case, "p50", statistics.median(seconds) * 1e3, "ms")


@asynccontextmanager
async def _house() -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        given = Settings(home=Path(folder) / "home", s3_endpoint_url="http://127.0.0.1:9")
        with start_parts(given) as parts:
            os.environ.update(parts.environment())
            settings.cache_clear()
            chosen = settings()
            passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}
            await migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords)
            install()
            async with opened_pools():
                yield


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--organisations", type=int, default=5000)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--entries", type=int, default=13, help="for each ticket")
    options = parser.parse_args()
    figures = Report("Audit")
    asyncio.run(main(figures, options.organisations, options.tickets, options.entries))
    figures.finish(options.json)
