"""The supervisor behind `mendline up`: starts one system in order, keeps it running, stops it in reverse."""

import contextlib
import fcntl
import http.client
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from mendline.app.child import Child, Process, wait_until
from mendline.app.parts import PartFailed, Parts, start_parts
from mendline.app.plan import mendline, processes, standins
from mendline.app.ports import Ports, is_free
from mendline.app.screen import Screen
from mendline.kernel import RunFile, RunningProcess, Settings

Plan = Callable[[Settings, Mapping[str, str]], Sequence[Process]]

_STEP_SECONDS = 600
_READY_SECONDS = 90
_SETTLE_SECONDS = 2
_LONGEST_PAUSE = 30.0
_HEALTHY_SECONDS = 60


class StartFailed(Exception):
    """The system did not come up. `excerpt` is the end of the log that tells why."""

    def __init__(self, message: str, excerpt: str = "") -> None:
        super().__init__(message)
        self.excerpt = excerpt


class _StopAsked(BaseException):
    """Raised by SIGINT, SIGTERM and SIGHUP wherever the supervisor is."""


class Supervisor:
    """One system in one home. `prepare` are the commands run once before the processes of `plan` start."""

    def __init__(
        self,
        settings: Settings,
        *,
        prepare: Sequence[str] = ("migrate", "demo load"),
        plan: Plan = processes,
        durable: bool = True,
    ) -> None:
        self._settings = settings
        self._prepare = prepare
        self._plan = plan
        self._durable = durable
        self._screen = Screen()
        self._parts: Parts | None = None
        self._children: list[Child] = []
        self._record: RunFile | None = None
        self._lock: IO[str] | None = None
        self._restarts: dict[str, _Restart] = {}

    def run(self) -> int:
        """Start, watch until asked to stop, stop; gives the exit code of the command."""
        _on_signals(_ask_to_stop)
        try:
            self._start()
            self._watch()
        except _StopAsked:
            self._screen.line("stopping 正在停止")
        except (StartFailed, PartFailed) as failure:
            self._screen.trouble(str(failure), getattr(failure, "excerpt", ""))
            return 1
        finally:
            _on_signals(signal.SIG_IGN)
            self._stop()
        return 0

    def _start(self) -> None:
        self._clear_the_way()
        self._parts = start_parts(self._settings, durable=self._durable, told=self._screen.part)
        chat = standins(self._settings, Ports(self._settings.home))
        settings = self._parts.settings.model_copy(update={"standins_url": chat.get("MENDLINE_STANDINS_URL")})
        self._record = RunFile(
            supervisor=RunningProcess.of(os.getpid()), settings=_for_neighbours(settings, self._parts)
        )
        for child in self._parts.children():
            self._note(child)
        env = self._parts.environment() | chat
        for step in self._prepare:
            self._run_once(step, env)
        for process in self._plan(settings, env):
            child = Child(process, self._log(process.name))
            self._children.append(child)
            child.start()
            self._note(child)
        self._await_ready()
        self._screen.summary(settings, self._record.processes)
        self._record.ready = True
        self._record.write(self._settings.home)

    def _clear_the_way(self) -> None:
        """One system to a home and a port; what a killed supervisor left behind is ended."""
        home, port = self._settings.home, self._settings.port
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (home / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it when we die
        except BlockingIOError:
            raise StartFailed(f"a system is running in {home} already; choose another: MENDLINE_HOME=...") from None
        if killed := RunFile.read(home):
            _end(killed.leftovers())
        if not is_free(port, self._settings.host):
            raise StartFailed(f"port {port} is taken; choose another: MENDLINE_PORT=8090 ./deploy/up")

    def _run_once(self, step: str, env: Mapping[str, str]) -> None:
        """Run one of our commands to its end. Raises StartFailed when it fails."""
        process = mendline(step.replace(" ", "-"), env, *step.split())
        child = Child(process, self._log(process.name))
        child.start()
        try:
            wait_until(lambda: not child.alive, _STEP_SECONDS)
        finally:
            child.stop()
        if child.exit_code != 0:
            raise StartFailed(f"`mendline {step}` failed; the end of {child.log}:", child.last_lines())
        self._screen.line(f"mendline {step}")

    def _await_ready(self) -> None:
        """Wait until the web process says that every part is ready, while none of the processes dies."""
        web = [child for child in self._children if child.process.name == "web"]

        def settled() -> bool:
            return not all(child.alive for child in self._children) or not web or self._answers("/readyz")

        answered = wait_until(settled, _READY_SECONDS, interval=0.1)
        # One that cannot import its own code has not had the time to die yet.
        wait_until(lambda: not all(child.alive for child in self._children), _SETTLE_SECONDS)
        for child in self._children:
            if not child.alive:
                raise StartFailed(
                    f"{child.process.name} ended at its start; the end of {child.log}:", child.last_lines()
                )
        if not answered:
            raise StartFailed(f"not ready after {_READY_SECONDS} s; the end of {web[0].log}:", web[0].last_lines())
        self._screen.line(f"{', '.join(child.process.name for child in self._children)} ready 就绪")

    def _answers(self, path: str) -> bool:
        link = http.client.HTTPConnection(self._settings.host, self._settings.port, timeout=2)
        try:
            link.request("GET", path)
            return link.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def _watch(self) -> None:
        """Start again what dies, after a pause that grows while it keeps dying."""
        assert self._parts is not None
        everything = [*self._parts.children(), *self._children]
        while True:
            for child in everything:
                if not child.alive:
                    self._revive(child)
            time.sleep(0.2)

    def _revive(self, child: Child) -> None:
        assert self._parts is not None
        name, now = child.process.name, time.monotonic()
        restart = self._restarts.setdefault(name, _Restart())
        if restart.due is None:
            restart.plan(now)
            self._screen.trouble(
                f"{name} ended ({child.exit_code}); again in {restart.pause:.0f} s", child.last_lines(5)
            )
        if now < (restart.due or 0):
            return
        restart.done(now)
        try:
            if child in self._parts.children():
                self._parts.restart(name)
            else:
                child.start()
        except PartFailed as failure:
            self._screen.trouble(str(failure))
            return
        self._screen.line(f"{name} runs again", f"process {child.pid}")
        self._note(child)  # last: whoever reads the record may ask us to stop at once

    def _stop(self) -> None:
        """Stop everything in reverse order, by id."""
        for child in reversed(self._children):
            child.stop()
        if self._parts:
            self._parts.stop()
        if self._record:
            (self._settings.home / "run.json").unlink(missing_ok=True)

    def _note(self, child: Child) -> None:
        assert self._record is not None
        if child.pid:
            self._record.note(child.process.name, child.pid)
            self._record.write(self._settings.home)

    def _log(self, name: str) -> Path:
        return self._settings.home / "log" / f"{name}.log"


@dataclass
class _Restart:
    """When a process that died is started again: at once the first time, then after 1, 2, 4 ... 30 s."""

    pause: float = 0
    due: float | None = None
    last: float = -_HEALTHY_SECONDS

    def plan(self, now: float) -> None:
        healthy = now - self.last >= _HEALTHY_SECONDS
        self.pause = 0 if healthy else min(max(1.0, self.pause * 2), _LONGEST_PAUSE)
        self.due = now + self.pause

    def done(self, now: float) -> None:
        self.last, self.due = now, None


def _for_neighbours(settings: Settings, parts: Parts) -> dict[str, object]:
    """What `mendline play` and `mendline db url` are told through `run.json`."""
    own = {"host": settings.host, "port": settings.port, "public_url": settings.public_url}
    return own | parts.known() | ({"standins_url": settings.standins_url} if settings.standins_url else {})


def _end(left: list[psutil.Process]) -> None:
    """End processes that outlived their supervisor: ask, wait a moment, then kill."""
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=3)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=3)


def _ask_to_stop(_: int, __: FrameType | None) -> None:
    _on_signals(signal.SIG_IGN)
    raise _StopAsked


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, handler)
