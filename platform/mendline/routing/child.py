"""The child process: reads one problem from standard input, says when it begins, and writes the plan."""

import sys

import msgspec

from mendline.routing.plan import Plan
from mendline.routing.problem import Problem

READY = b"ready\n"
"""What the child writes when its libraries are loaded and it begins to solve."""


class Order(msgspec.Struct, frozen=True):
    """What the child is asked for: a problem, how many seconds of solving, which seed."""

    problem: Problem
    seconds: float
    seed: int = 0


def main() -> None:
    """Solves the order on standard input."""
    from mendline.routing.solve import solve  # noqa: PLC0415 - loading the solvers belongs to the time before READY

    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    plan: Plan = solve(order.problem, order.seconds, order.seed)
    sys.stdout.buffer.write(msgspec.msgpack.encode(plan))


if __name__ == "__main__":
    main()
