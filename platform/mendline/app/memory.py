"""Memory of a running system: the proportional set size, in which shared pages are counted once."""

import contextlib
from pathlib import Path

import psutil


def family(root: int) -> list[psutil.Process]:
    """A process and everything it has started, directly or not."""
    leader = psutil.Process(root)
    return [leader, *leader.children(recursive=True)]


def proportional_bytes(pids: list[int]) -> int | None:
    """The sum over these processes; None where the kernel does not tell (only Linux does).

    A process that ends meanwhile counts as nothing.
    """
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = rollup.read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total or None


def by_process(processes: dict[str, int]) -> dict[str, int]:
    """Bytes of each named process together with what it has started."""
    sizes = {}
    for name, pid in processes.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            sizes[name] = proportional_bytes([process.pid for process in family(pid)]) or 0
    return sizes
