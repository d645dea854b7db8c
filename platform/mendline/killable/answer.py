"""What a child answers: it takes its memory along when it ends, and a library that hangs costs its own time alone."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress


class ChildFailed(Exception):
    """No answer: the child was killed or died. The message says which.

    killed_after: seconds from its start to the moment at which it was killed; None when it ended by itself.
    """

    def __init__(self, message: str, killed_after: float | None = None) -> None:
        super().__init__(message)
        self.killed_after = killed_after


async def answer_of(command: Sequence[str], given: bytes, seconds: float) -> bytes:
    """What the command writes to its standard output when it gets these bytes on its standard input.

    seconds: from its start, loading included. Raises ChildFailed when it takes longer or ends with an error, of which
    the last line is told; whoever is cancelled meanwhile takes the child along.
    """
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(began + seconds - time.monotonic()):
            answer, told = await process.communicate(given)
    except TimeoutError:
        raise ChildFailed(f"killed: no answer within {seconds:g} s", _kill(process, began)) from None
    finally:
        _kill(process, began)  # also when whoever waits for it has been cancelled
        await process.wait()
    if process.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        raise ChildFailed("the child died: " + "".join(last)[-300:])
    return answer


def _kill(process: asyncio.subprocess.Process, began: float) -> float:
    """Ends a child that is still there; the seconds since it began."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    return time.monotonic() - began
