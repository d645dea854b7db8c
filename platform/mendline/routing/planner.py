"""The planner: solves a problem in a child process that is killed when it does not keep its time."""

import sys
import time
from collections.abc import Sequence

import msgspec

from mendline.killable import ChildFailed, answer_of
from mendline.routing.child import Order
from mendline.routing.plan import Plan
from mendline.routing.problem import Problem
from mendline.routing.validate import violations

GRACE = 2.0
"""Seconds over its limit after which the child is killed: a solver can ignore its time limit.

They hold all that is not solving: starting Python and loading the solvers takes 0.5 s of an idle processor. On a busy
one that may take longer; the child then solves for less, so that it still answers in time.
"""

CHILD = (sys.executable, "-m", "mendline.routing.child")


class PlanFailed(Exception):
    """No plan: the child was killed, died, or its plan broke a rule. The message says which.

    killed_after: seconds from its start to the moment at which it was killed; None when it ended by itself.
    """

    def __init__(self, message: str, killed_after: float | None = None) -> None:
        super().__init__(message)
        self.killed_after = killed_after


async def solve_in_child(
    problem: Problem,
    seconds: float,
    seed: int = 0,
    *,
    improve: bool = True,
    begin: Plan | None = None,
    command: Sequence[str] = CHILD,
) -> Plan:
    """The best plan found within `seconds` of solving, checked by our own validator.

    improve: False for the first plan alone, which takes a moment. begin: a plan of the same visits that is improved.
    Raises PlanFailed when the child hangs, loading or solving (it is killed `seconds` + GRACE after its start), dies,
    or breaks a rule.
    """
    until = time.monotonic() + seconds + GRACE
    order = Order(problem, seconds, seed, until=until, improve=improve, begin=begin)
    try:
        answer = await answer_of(command, msgspec.msgpack.encode(order), seconds + GRACE)
    except ChildFailed as failed:
        raise PlanFailed(str(failed), failed.killed_after) from None
    plan = msgspec.msgpack.decode(answer, type=Plan)
    if wrong := violations(problem, plan):
        raise PlanFailed("the plan breaks a rule: " + "; ".join(wrong[:3]))
    return plan
