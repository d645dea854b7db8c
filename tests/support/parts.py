"""The parts of one test run: started once, when a test first asks, by a process of their own that ends with the run.

The process that pytest runs in (under pytest-xdist its controller) keeps a pipe to the holder; when the pipe closes,
however that came, the holder stops the parts. Every test process asks the holder over a socket in the run's folder.
"""

import asyncio
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SOCKET = "MENDLINE_TEST_PARTS"
"""The variable that tells test processes where the holder listens."""


def on_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class Holder:
    """The holder as its owner sees it. `start` costs nothing: parts come up when somebody asks."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mendline-test-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run the holder and tell the environment of this process, which test processes inherit."""
        os.environ[SOCKET] = str(self.folder / "parts.socket")
        if "MENDLINE_DATABASE_URL" not in os.environ:  # else the home that knows its roles' passwords
            os.environ["MENDLINE_HOME"] = str(self.folder / "home")
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )

    def stop(self) -> None:
        """End the parts and remove what they left."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def ask(what: str) -> dict[str, str]:
    """The environment of running parts: `database` (with Valkey, and the template's name in TEMPLATE) or `blobs`."""
    with socket.socket(socket.AF_UNIX) as line:
        _connect(line)
        line.sendall(f"{what}\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    found: dict[str, str] = json.loads(answer or b'{"error": "the holder of the parts ended"}')
    if "error" in found:
        raise RuntimeError(f"the parts of the tests did not start: {found['error']}")
    return found


def _connect(line: socket.socket) -> None:
    for _ in range(200):
        try:
            return line.connect(os.environ[SOCKET])
        except (FileNotFoundError, ConnectionRefusedError):
            selectors.DefaultSelector().select(0.05)
    raise RuntimeError("nobody holds the parts of this test run")


class _Run:
    """Inside the holder: what was started so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[object] = []
        self._known: dict[str, dict[str, str]] = {}
        self._template = ""

    def answer(self, what: str) -> dict[str, str]:
        if what not in self._known:
            try:
                self._known[what] = {"database": self._database, "blobs": self._blobs}[what]()
            except Exception as error:
                return {"error": f"{type(error).__name__}: {error}"}
        return self._known[what]

    def _database(self) -> dict[str, str]:
        from mendline.app.parts import start_parts
        from mendline.kernel import Settings

        # An address keeps the evidence store, the slowest part, from being started for tests that store nothing.
        settings = Settings()
        given = settings.model_copy(update={"s3_endpoint_url": settings.s3_endpoint_url or "http://127.0.0.1:9"})
        parts = start_parts(given, durable=False)
        self._started.append(parts)
        self._template = f"test_{self._folder.name.rpartition('-')[2].lower()}"
        asyncio.run(_make_template(parts.settings, self._template))
        environment = {name: value for name, value in parts.environment().items() if "_S3_" not in name}
        return {**environment, "TEMPLATE": self._template}

    def _blobs(self) -> dict[str, str]:
        from mendline.app.parts import start_parts
        from mendline.kernel import Settings

        base = self.answer("database")
        known = {name: base[f"MENDLINE_{name.upper()}"] for name in ("database_url", "broker_url", "cache_url")}
        parts = start_parts(Settings(**known), durable=False)
        self._started.append(parts)
        return {name: value for name, value in parts.environment().items() if "_S3_" in name}

    def stop(self) -> None:
        if self._template and "MENDLINE_DATABASE_URL" in os.environ:
            asyncio.run(_drop_databases(os.environ["MENDLINE_DATABASE_URL"], self._template))
        for parts in reversed(self._started):
            parts.stop()  # type: ignore[attr-defined]


async def _make_template(settings, name: str) -> None:  # type: ignore[no-untyped-def]
    import asyncpg

    from mendline.app.database.migrate import migrate
    from mendline_tenants import LOGIN_ROLES

    administrator = await asyncpg.connect(settings.database_url)
    try:
        # Roles belong to the whole server: two runs on one server make them one after the other.
        await administrator.execute("SELECT pg_advisory_lock(7204012)")
        await administrator.execute(f'CREATE DATABASE "{name}"')
        made = settings.model_copy(update={"database_url": on_database(settings.database_url, name)})
        passwords = {role: made.role_password(role) or "" for role in LOGIN_ROLES}
        await migrate(made.role_url("administrator"), made.role_url("owner"), passwords)
    finally:
        await administrator.close()
    template = await asyncpg.connect(made.role_url("administrator"))
    try:
        # Reads what was written, for `support.database.unchanged`; among the server's own, where no test looks.
        await template.execute("CREATE EXTENSION pg_walinspect SCHEMA pg_catalog")
    finally:
        await template.close()


async def _drop_databases(url: str, prefix: str) -> None:
    import asyncpg

    administrator = await asyncpg.connect(url)
    try:
        for row in await administrator.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix):
            await administrator.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')
    finally:
        await administrator.close()


def serve(folder: Path) -> None:
    """Answer those who ask until standard input closes."""
    run = _Run(folder)
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as events:
        door.bind(str(folder / "parts.socket"))
        door.listen(64)
        events.register(door, selectors.EVENT_READ)
        events.register(sys.stdin, selectors.EVENT_READ)
        try:
            while all(key.fileobj is door for key, _ in events.select()):
                caller, _ = door.accept()
                with caller:
                    caller.sendall(json.dumps(run.answer(caller.recv(100).decode().strip())).encode())
        finally:
            run.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
