"""The command line as an operator meets it: a process of its own, its exit code and what it says."""

import asyncio
import sys


async def mendline(*arguments: str) -> tuple[int, str]:
    """Runs `mendline` with these arguments on the test's own parts; answers its exit code and all its output."""
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
