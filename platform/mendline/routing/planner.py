"""The planner: solves a problem in a child process that is killed when it does not keep its time."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from mendline.routing.child import READY, Order
from mendline.routing.plan import Plan
from mendline.routing.problem import Problem
from mendline.routing.validate import violations

GRACE = 2.0
"""Seconds over its limit after which the child is killed: a solver can ignore its time limit."""

LOADING = 30.0
"""Seconds that the child may take to load the solvers, on a busy machine."""

CHILD = (sys.executable, "-m", "mendline.routing.child")


class PlanFailed(Exception):
    """No plan: the child was killed, died, or its plan broke a rule. The message says which."""


async def solve_in_child(problem: Problem, seconds: float, seed: int = 0, command: Sequence[str] = CHILD) -> Plan:
    """The best plan found within `seconds` of solving, checked by our own validator.

    Raises PlanFailed when the child hangs (it is killed GRACE seconds after its limit), dies, or breaks a rule.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.write(msgspec.msgpack.encode(Order(problem, seconds, seed)))
        process.stdin.close()
        try:
            async with asyncio.timeout(LOADING):
                ready = await process.stdout.readline()
            async with asyncio.timeout(seconds + GRACE):
                answer, told = await asyncio.gather(process.stdout.read(), process.stderr.read())
                await process.wait()  # it has said all, and is not killed for the moment it takes to end
        except TimeoutError:
            raise PlanFailed(f"killed: the solver did not keep its {seconds:g} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()
    if ready != READY or process.returncode:
        raise PlanFailed(f"the solver died: {told.decode(errors='replace')[-300:]}")
    plan = msgspec.msgpack.decode(answer, type=Plan)
    if wrong := violations(problem, plan):
        raise PlanFailed("the plan breaks a rule: " + "; ".join(wrong[:3]))
    return plan
