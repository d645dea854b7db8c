"""A whole running system for stories and fault tests: `mendline up` in a home of its own, ended by its id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

START_SECONDS = 120
"""A first start loads the demo; on a busy machine with two cores that takes half a minute."""


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class System:
    """`mendline up` as a child process. `more` are further MENDLINE_ settings."""

    def __init__(self, home: Path, **more: str) -> None:
        self.home = home
        self.port = free_port()
        # Settings of this test run must not leak into the system: it makes its own parts.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MENDLINE_")}
        self.env = {**clean, "MENDLINE_HOME": str(home), "MENDLINE_PORT": str(self.port), **more}
        self._log = home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "System":
        """Starts it and waits until it is ready. Raises AssertionError with the end of its log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mendline.app.cli", "up"], env=self.env, stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while not self.record().get("ready"):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"the system did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.2)
        return self

    def stop(self) -> None:
        """Ends it as Ctrl-C does."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def record(self) -> dict[str, Any]:
        """What the system says of itself: processes, addresses, whether it is ready."""
        try:
            told: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return told

    @property
    def url(self) -> str:
        """Where GraphQL is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def standins_url(self) -> str:
        """Where the chat simulator is."""
        return str(self.record()["settings"]["standins_url"])

    def kill(self, name: str) -> None:
        """`kill -9` of one of its processes or parts; the supervisor starts it again."""
        os.kill(self.record()["processes"][name], signal.SIGKILL)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command line beside the running system."""
        return subprocess.run(
            [sys.executable, "-m", "mendline.app.cli", *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
