"""The child process: reads one problem from standard input and writes the plan."""

import sys
from types import ModuleType

import msgspec

from mendline.routing.plan import Plan
from mendline.routing.problem import Problem


class Order(msgspec.Struct, frozen=True):
    """What the child is asked for: a problem, how many seconds of solving, which seed.

    until: the moment, by the monotonic clock that all processes share, at which the child is killed. improve: whether
    PyVRP improves the first plan. begin: a plan of the problem where it begins.
    """

    problem: Problem
    seconds: float
    seed: int = 0
    until: float | None = None
    improve: bool = True
    begin: Plan | None = None


def main() -> None:
    """Solves the order on standard input."""
    _spare_pandas()
    from mendline.routing.solve import solve  # noqa: PLC0415 - after pandas was spared

    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    plan = solve(order.problem, order.seconds, order.seed, until=order.until, improve=order.improve, begin=order.begin)
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
