"""The command line as an operator meets it: a process of its own, its exit code and what it says.

Most are forked from a process that has imported what they need, as Python and its imports take longer than any command;
`started` runs one as a shell does. Both work on the test's own parts.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["mendline.app.cli", "mendline.app.start"])


async def mendline(*arguments: str) -> tuple[int, str]:
    """Runs `mendline` with these arguments; answers its exit code and all its output."""
    with TemporaryDirectory() as folder:
        both = Path(folder) / "output"
        return await _forked(arguments, both, both), both.read_text()


async def answered(*arguments: str) -> tuple[int, str, str]:
    """The same with standard output and standard error apart."""
    with TemporaryDirectory() as folder:
        answer, told = Path(folder) / "answer", Path(folder) / "told"
        return await _forked(arguments, answer, told), answer.read_text(), told.read_text()


async def started(*arguments: str) -> tuple[int, str]:
    """As `mendline`, in a Python of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mendline.app.cli",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def _forked(arguments: Sequence[str], answer: Path, told: Path) -> int:
    process = _FORKS.Process(target=_command, args=(arguments, dict(os.environ), answer, told))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode is not None
    return process.exitcode


def _command(arguments: Sequence[str], environment: Mapping[str, str], answer: Path, told: Path) -> None:
    """What the forked process does: becomes `mendline ARGUMENTS…`, as the entry point in pyproject.toml starts it."""
    from mendline.app.cli import main

    os.environ.clear()
    os.environ.update(environment)
    for number, file in ((1, answer), (2, told)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.argv = ["mendline", *arguments]
    main()
