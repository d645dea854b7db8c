"""A house for a benchmark: parts of its own in a new home, a migrated database with a crowd, and servers on it."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg

from mendline.app.child import Child, Process, wait_until
from mendline.app.database.migrate import migrate
from mendline.app.parts import start_parts
from mendline.app.plan import mendline
from mendline.app.start import install
from mendline.kernel import Settings, settings
from mendline_tenants import LOGIN_ROLES
from support.crowd import Crowd, Organisation
from support.database import prepare_json
from support.system import free_port

UNLIMITED = {"MENDLINE_QUOTA_PER_SECOND": "10000000", "MENDLINE_QUOTA_BURST": "10000000"}
"""Settings for a web process that is asked for more than any organisation may ask for."""


class House:
    """The running parts, and who lives there: the organisations, the largest first."""

    def __init__(self, folder: Path, environment: Mapping[str, str], organisations: list[Organisation]) -> None:
        self.folder = folder
        self.environment = environment
        self.organisations = organisations
        self._servers = ExitStack()

    def serve(self, name: str, *argv: str, environment: Mapping[str, str] | None = None) -> "Server":
        """Starts a server that takes its port as the last argument. Raises AssertionError when it does not answer."""
        port = free_port()
        process = Process(name, (*argv, str(port)), env=environment or self.environment)
        return self._started(process, port)

    def web(self, **environment: str) -> "Server":
        """Starts the house's own web process."""
        port = free_port()
        return self._started(mendline("web", {**self.environment, "MENDLINE_PORT": str(port), **environment}), port)

    def _started(self, process: Process, port: int) -> "Server":
        child = Child(process, self.folder / f"{process.name}.log")
        child.start()
        self._servers.callback(child.stop)
        server = Server(child, port)
        assert wait_until(server.answers, 60), f"{process.name} does not answer: {child.last_lines()}"
        return server

    def close(self) -> None:
        """Ends the servers."""
        self._servers.close()


class Server:
    """One server and its port."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.port = port

    def answers(self) -> bool:
        """Whether something listens on its port."""
        return any(
            line.split()[1].endswith(f":{self.port:04X}") and line.split()[3] == "0A"
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        )


@contextmanager
def bench_house(crowd: Crowd) -> Iterator[House]:
    """The house, for as long as the block lasts. What protects data at a power cut is off: it delays loading alone."""
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        # No evidence store: nothing that is measured shows a file.
        given = Settings(home=Path(folder) / "home", s3_endpoint_url="http://127.0.0.1:9")
        with start_parts(given, durable=False) as parts:
            os.environ.update(parts.environment())
            settings.cache_clear()
            install()
            print(f"loading {crowd.tickets:,} tickets ...", file=sys.stderr, flush=True)
            house = House(Path(folder), parts.environment(), asyncio.run(_prepared(crowd)))
            try:
                yield house
            finally:
                house.close()


async def _prepared(crowd: Crowd) -> list[Organisation]:
    chosen = settings()
    passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}
    await migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords)
    administrator = await asyncpg.connect(chosen.role_url("administrator"))
    await prepare_json(administrator)
    try:
        await administrator.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        return await crowd.load(administrator)
    finally:
        await administrator.close()


async def look_into(sql: str, *values: object) -> list[asyncpg.Record]:
    """Rows as the administrator sees them."""
    administrator = await asyncpg.connect(settings().role_url("administrator"))
    try:
        return await administrator.fetch(sql, *values)
    finally:
        await administrator.close()
