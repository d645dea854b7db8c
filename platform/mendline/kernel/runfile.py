"""`run.json`: what a running system tells the command lines beside it - its addresses and its processes."""

import json
import os
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel, Field

from mendline.kernel.secrets import write_private


class RunningProcess(BaseModel):
    """A process by its id and its start (seconds since the epoch): an id alone may have been given to another."""

    pid: int
    started: float

    def find(self) -> psutil.Process | None:
        """The process while it is alive, else None."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def of(cls, pid: int) -> "RunningProcess":
        """Describe a live process. Raises psutil.NoSuchProcess when it has gone."""
        return cls(pid=pid, started=psutil.Process(pid).create_time())


class RunFile(BaseModel):
    """One system's record in its home. `settings` holds what `mendline play` and `mendline db url` need to reach it."""

    supervisor: RunningProcess
    settings: dict[str, Any] = Field(repr=False)
    processes: dict[str, int] = {}
    starts: dict[str, float] = {}
    ready: bool = False

    def write(self, home: Path) -> None:
        """Store the record, mode 600."""
        write_private(home / "run.json", self.model_dump_json(indent=2))

    @classmethod
    def read(cls, home: Path) -> "RunFile | None":
        """The record left in `home`, whether its system still runs or not; None when there is none."""
        try:
            return cls.model_validate(json.loads((home / "run.json").read_text()))
        except (FileNotFoundError, ValueError):
            return None

    @classmethod
    def running(cls, home: Path) -> "RunFile | None":
        """The record of the system that runs in `home` now; None when it was stopped or killed."""
        record = cls.read(home)
        return record if record and record.supervisor.find() else None

    def note(self, name: str, pid: int) -> None:
        """Remember the process that now bears `name`."""
        self.processes[name] = pid
        self.starts[name] = RunningProcess.of(pid).started

    def leftovers(self) -> list[psutil.Process]:
        """Processes of this record that are still alive, children of a killed supervisor among them."""
        known = (RunningProcess(pid=pid, started=self.starts.get(name, 0)) for name, pid in self.processes.items())
        found = (process.find() for process in known if process.pid != os.getpid())
        return [process for process in found if process]
