"""Reads per second through GraphQL, beside one hand-written statement, data loaders, and PostGraphile."""

import asyncio
import json
import socket
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from report import Report, arguments

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parent / "reading")]  # for `support`, and what is read

from operations import OPERATIONS, Asker, Operation
from postgraphile_parts import postgraphile

from mendline.app.memory import proportional_bytes
from mendline.kernel import settings
from support.bench_house import UNLIMITED, House, Server, bench_house, look_into
from support.crowd import Crowd
from support.load import Driver, Sent, Told, driver, post

CONNECTIONS = 8
ROWS_ASKED_FOR = 100
"""Different tickets and devices that each connection asks for in turn."""

PAGES_ASKED_FOR = 10
"""Pages of its feed that each connection asks for in turn."""

READING = Path(__file__).parent / "reading"


@dataclass(frozen=True)
class Contender:
    """A server that answers the operations."""

    name: str
    server: Server

    def sent(self, operation: Operation, askers: Sequence[Asker]) -> list[Sent]:
        """What each connection asks for: one connection for each organisation."""
        return [
            Sent(tuple(self.request(operation, asker, one) for one in self._variables(operation, asker)))
            for asker in askers
        ]

    def request(self, operation: Operation, asker: Asker, variables: Mapping[str, Any]) -> bytes:
        """One request for an operation, as this server takes it."""
        if self.name == "postgraphile":
            tenant = {"x-tenant": str(asker.organisation.id)}
            return post({"query": operation.by_postgraphile, "variables": variables}, tenant)
        token = {"authorization": f"Bearer {asker.organisation.token()}"}
        return post({"query": operation.document, "variables": variables}, token, self._path(operation))

    def _variables(self, operation: Operation, asker: Asker) -> list[dict[str, Any]]:
        return (operation.postgraphile_variables if self.name == "postgraphile" else operation.variables)(asker)

    def _path(self, operation: Operation) -> str:
        if not self.name.startswith("limit"):
            return "/graphql"
        return f"/{operation.name}-unrecorded" if self.name != "limit" and operation.recorded else f"/{operation.name}"


def main() -> None:
    """One database; the contenders take turns on it."""
    parser = arguments(__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round of each contender")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000, help="after which the memory is looked at; 0: not")
    parser.add_argument("--operations", nargs="+", choices=[one.name for one in OPERATIONS], default=None)
    options = parser.parse_args()
    chosen = [one for one in OPERATIONS if options.operations is None or one.name in options.operations]
    report = Report("Reads")
    with bench_house(Crowd(20, 5, options.tickets, 0.5)) as house, driver() as load:
        contenders = _contenders(house)
        askers = asyncio.run(_askers(house))
        for asker in askers:
            _walk(contenders, asker)
        for operation in chosen:
            _compare(operation, contenders, askers)
        print("every server answers the same", file=sys.stderr, flush=True)
        for operation in chosen:
            told = _rounds(operation, contenders, askers, load, options.rounds, options.seconds)
            _report(report, operation, told)
            statements = asyncio.run(_statements(contenders[0], operation, askers))
            report.add(operation.title, "statements", statements, "per request")
        if options.requests:
            _memory(report, house, chosen, askers, load, options.requests)
    report.finish(options.json)


def _contenders(house: House) -> list[Contender]:
    limit = house.serve("limit", sys.executable, str(READING / "limit.py"))
    found = [
        Contender("mendline", house.web(**UNLIMITED)),
        Contender("limit", limit),
        Contender("limit, unrecorded", limit),
        Contender("loaders", house.serve("loaders", sys.executable, str(READING / "loaders.py"))),
    ]
    command = postgraphile(house.folder)
    if isinstance(command, str):
        print(f"without PostGraphile: {command}", file=sys.stderr, flush=True)
    else:
        node = {**house.environment, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        node["APP_DATABASE_URL"] = settings().role_url("app")
        found.append(Contender("postgraphile", house.serve("postgraphile", *command, environment=node)))
    return found


async def _askers(house: House) -> list[Asker]:
    hospitals = [one for one in house.organisations if one.kind == "hospital"][:CONNECTIONS]
    found = []
    for one in hospitals:
        rows = [
            [
                row["id"]
                for row in await look_into(
                    f"SELECT id FROM {table} WHERE tenant_id = $1 ORDER BY md5(id::text) LIMIT {ROWS_ASKED_FOR}", one.id
                )
            ]
            for table in ("ticket", "device")
        ]
        found.append(Asker(one, *rows))
    return found


def _walk(contenders: Sequence[Contender], asker: Asker) -> None:
    """Follows the feed of one organisation for some pages, to have cursors to ask with."""
    changes = next(one for one in OPERATIONS if one.name == "changes")
    for contender in contenders:
        if contender.name in ("mendline", "postgraphile"):
            found: list[str] = []
            for _ in range(PAGES_ASKED_FOR):
                variables = {"tenant": str(asker.organisation.id), "since": found[-1] if found else None}
                data = _ask(contender.server.port, contender.request(changes, asker, variables))["data"]
                found.append(data["changes"]["cursor"] if "changes" in data else _end_of(data["allWorklists"]))
            asker.cursors[contender.name] = found


def _end_of(page: dict[str, Any]) -> str:
    cursor: str = page["pageInfo"]["endCursor"]
    return cursor


def _compare(operation: Operation, contenders: Sequence[Contender], askers: Sequence[Asker]) -> None:
    """Every contender answers, and those that speak our language answer the same. Raises AssertionError."""
    for place in range(len(askers)):
        first = None
        for one in contenders:
            answer = _ask(one.server.port, one.sent(operation, askers)[place].requests[0])
            assert answer.get("data") and not answer.get("errors"), f"{one.name} answers {operation.name}: {answer}"
            if one.name == "postgraphile":  # the same rows under other names
                continue
            told = _plain(answer["data"])
            first = first or told
            assert told == first, f"{one.name} answers {operation.name} otherwise:\n{first}\n{told}"


def _plain(value: Any, key: str = "") -> Any:
    """The answer without what may differ: moments in their spelling, cursors in their making."""
    if isinstance(value, dict):
        return {name: _plain(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, key) for item in value]
    if key in ("cursor", "endCursor"):
        return value is not None
    if isinstance(value, str) and (key.endswith(("At", "at"))):
        return datetime.fromisoformat(value).isoformat()
    return value


def _ask(port: int, request: bytes) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        link.sendall(request.replace(b"\r\nhost:", b"\r\nconnection: close\r\nhost:", 1))
        received = b"".join(iter(lambda: link.recv(1 << 16), b""))
    answer: dict[str, Any] = json.loads(received.partition(b"\r\n\r\n")[2])
    return answer


def _rounds(
    operation: Operation,
    contenders: Sequence[Contender],
    askers: Sequence[Asker],
    load: Driver,
    rounds: int,
    seconds: float,
) -> Mapping[str, list[Told]]:
    told: dict[str, list[Told]] = defaultdict(list)
    for contender in contenders:  # statements prepared, plans chosen, documents parsed
        load.drive(contender.server.port, contender.sent(operation, askers), min(seconds, 2.0))
    for number in range(rounds):
        order = contenders if number % 2 == 0 else list(reversed(contenders))
        for contender in order:
            sent = contender.sent(operation, askers)  # anew, since tokens last ten minutes
            told[contender.name].append(load.drive(contender.server.port, sent, seconds))
    return told


def _report(report: Report, operation: Operation, told: Mapping[str, Sequence[Told]]) -> None:
    rates = {name: statistics.median(one.rate for one in each) for name, each in told.items()}
    for name in rates:
        if name != "mendline":
            report.add(operation.title, "requests_per_second", rates["mendline"], "1/s", name, rates[name])
    for metric, share in (("p50", 0.5), ("p99", 0.99)):
        times = {name: statistics.median(one.share(share) for one in each) * 1e3 for name, each in told.items()}
        for name in times:
            if name != "mendline":
                report.add(operation.title, metric, times["mendline"], "ms", name, times[name])


async def _statements(ours: Contender, operation: Operation, askers: Sequence[Asker]) -> float:
    """Statements of one request besides the tenant's binding, BEGIN and COMMIT."""
    requests = 50
    asked = ours.sent(operation, askers)[0].requests[0]
    _ask(ours.server.port, asked)  # who shows a token for the first time is asked for by itself
    await look_into("SELECT pg_stat_statements_reset()")
    for _ in range(requests):
        _ask(ours.server.port, asked)
    rows = await look_into(
        "SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
        " WHERE r.rolname IN ('app', 'gateway') AND query !~* '^(begin|commit|set local)|set_config'"
    )
    return float(rows[0]["calls"]) / requests


def _memory(
    report: Report,
    house: House,
    operations: Sequence[Operation],
    askers: Sequence[Asker],
    load: Driver,
    requests: int,
) -> None:
    """A new web process, looked at when it has answered a tenth, a half and all of the requests."""
    web = Contender("mendline", house.web(**UNLIMITED))
    pid = web.server.child.pid
    assert pid is not None
    report.add("web process, at its start", "memory", (proportional_bytes([pid]) or 0) / 1e6, "MB")
    answered, marks = 0, [requests // 10, requests // 2, requests]
    while marks:
        for operation in operations:
            answered += len(load.drive(web.server.port, web.sent(operation, askers), 1.0).seconds)
        if answered >= marks[0]:
            marks.pop(0)
            size = (proportional_bytes([pid]) or 0) / 1e6
            report.add(f"web process after {answered:,} requests", "memory", size, "MB", "goal", 180.0)


if __name__ == "__main__":
    main()
