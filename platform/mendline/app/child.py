"""A child process: started with a log of its own, bound to its parent's life, stopped by its id."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Process:
    """A process as data: what to run and how to end it.

    `env` is added to the environment of the parent. `stop` asks it to end; after `grace` seconds it is killed.
    `orphaned` is the signal it gets from the kernel when its parent dies without stopping it.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop: signal.Signals = signal.SIGTERM
    orphaned: signal.Signals = signal.SIGTERM
    grace: float = 10


class Child:
    """One running `Process`. Each leads a session of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self.log = log
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its id while it runs."""
        return self._running.pid if self.alive and self._running else None

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended: its exit code, or minus the signal; None while it runs or was never started."""
        return self._running.poll() if self._running else None

    def start(self) -> int:
        """Start it and give its id. Raises RuntimeError off the main thread: the kernel ends it with that thread."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread: a child ends with the thread that started it")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._running = subprocess.Popen(
                self.process.argv,
                env={**os.environ, **self.process.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(self.process.orphaned),
            )
        return self._running.pid

    def ask_to_stop(self) -> None:
        """Send the signal that ends it, without waiting."""
        if self.alive and self._running:
            self._running.send_signal(self.process.stop)

    def stop(self) -> None:
        """End it and wait: ask, wait `grace` seconds, then kill it with whatever it has started in its session."""
        if not self._running:
            return
        self.ask_to_stop()
        try:
            self._running.wait(self.process.grace)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return last_lines(self.log, count)


def last_lines(log: Path, count: int = 15) -> str:
    """The last `count` lines of a log file; empty when there is none."""
    if not log.exists():
        return ""
    with log.open(errors="replace") as file:
        return "".join(deque(file, maxlen=count)).rstrip()


def wait_until(check: Callable[[], bool], timeout: float, interval: float = 0.03) -> bool:
    """Call `check` until it is true; False when `timeout` seconds have passed."""
    deadline = time.monotonic() + timeout
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def _die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child does between fork and exec: ask the kernel for a signal at its parent's death.

    Only Linux has this. Elsewhere the next start ends what `run.json` says was left behind.
    """
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, int(with_signal))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return bind
