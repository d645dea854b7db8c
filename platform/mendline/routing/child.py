"""The child process: reads one problem from standard input, says when it begins, and writes the plan."""

import sys
from types import ModuleType

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
    _spare_pandas()
    from mendline.routing.solve import solve  # noqa: PLC0415 - loading the solvers belongs to the time before READY

    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    plan: Plan = solve(order.problem, order.seconds, order.seed)
    sys.stdout.buffer.write(msgspec.msgpack.encode(plan))


def _spare_pandas() -> None:
    """Lets VROOM's package load without pandas, which it has for one property that nobody reads here.

    Loading pandas takes longer than all else together, and a day may be solved in three rounds, each by a new child.
    """
    pandas = ModuleType("pandas")
    pandas.DataFrame = object  # type: ignore[attr-defined]  # an empty module so far
    sys.modules["pandas"] = pandas


if __name__ == "__main__":
    main()
