"""What lives are made of: single acts, and the same acts on another ticket."""

import random
from collections.abc import Generator
from datetime import timedelta
from typing import Any, NamedTuple

from mendline.kernel import DomainError
from mendline_tenants import Actor


class Act(NamedTuple):
    """One command: how long after the last one, who gives it, its name and input.

    Where the command takes a ticket and the input names none, it is that of the life. A timedelta in the input is the
    moment so much later than the act.
    """

    after: timedelta
    who: Actor
    command: str
    input: dict[str, Any]


Life = Generator[Act, Any, Any]
"""Acts; each is answered with its result, or the refusal is thrown in."""


def on(ticket: str, life: Life) -> Life:
    """The same acts, on this ticket."""
    act = next(life)
    while True:
        refused: DomainError | None = None
        answer = None
        try:
            answer = yield act._replace(input={"ticket": ticket, **act.input})
        except DomainError as error:
            refused = error
        try:
            act = life.throw(refused) if refused else life.send(answer)
        except StopIteration as ended:
            return ended.value


def minutes(draw: random.Random, least: float, most: float) -> timedelta:
    """Mostly short, sometimes long."""
    return timedelta(minutes=min(most, least + draw.expovariate(3 / (most - least))))
