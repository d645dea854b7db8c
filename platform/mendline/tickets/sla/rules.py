"""The one table of what a ticket's moves do to its clocks."""

from collections.abc import Collection
from typing import NamedTuple

from mendline.tickets.sla.clock import CLOCKS, ClockEventKind, ClockName, ClockState
from mendline.tickets.states import HELD, PHASES

_ENDED = tuple(state for state, phase in PHASES.items() if phase in ("acceptance", "closed"))
_HELD_UP = tuple(state for state, phase in PHASES.items() if phase == "waiting")


class Rule(NamedTuple):
    """In one of these states of the ticket this happens to these clocks.

    sources: only where the ticket comes from one of these (empty: from anywhere). unmet: only while nobody has been
    there. reason: of the event, where it is neither the state nor what is waited for.
    """

    kind: ClockEventKind
    clocks: tuple[ClockName, ...]
    states: tuple[str, ...]
    sources: tuple[str, ...] = ()
    unmet: bool = False
    reason: str = ""


RULES: tuple[Rule, ...] = (
    # The first qualified action; a report that is passed on has been dealt with by the first line.
    Rule("stopped", ("response",), ("accepted", "en_route", "on_site", "waiting", "at_depot", "remote_fix")),
    Rule("stopped", ("arrival",), ("on_site", "at_depot", "remote_fix")),
    Rule("stopped", CLOCKS, _ENDED),
    Rule("reopened", ("restoration",), ("rework",)),
    # Somebody is coming: that is the response. Whoever hands the job back, or has it taken from them, comes no more.
    Rule("reopened", ("response",), ("triaged", "offered"), sources=HELD, unmet=True, reason="handed_back"),
    Rule("reopened", ("response",), ("offered",), sources=("waiting",), unmet=True, reason="handed_back"),
    Rule("paused", CLOCKS, _HELD_UP),
)
"""What is not here leaves a clock alone. A clock is held back only by what the organisation's policy says pauses, and
goes on as soon as the ticket waits for that no more."""

DEFAULT_PAUSES = ("customer", "access", "decontamination", "quotation")
"""What holds clocks back where an organisation says nothing else: what lies with the user facility. Parts do not."""

_FROM: dict[ClockEventKind, tuple[ClockState, ...]] = {
    "stopped": ("running", "paused"),
    "reopened": ("stopped",),
    "paused": ("running",),
}


def what_happens(
    clock: ClockName,
    shows: ClockState,
    state: str,
    waiting_for: str | None,
    pauses: Collection[str],
    *,
    source: str = "",
    visited: bool = False,
) -> tuple[ClockEventKind, str] | None:
    """The event of a clock that shows this when its ticket comes to this state, and the event's reason.

    waiting_for: what the ticket then waits for. source: the state it comes from. visited: whether somebody has been
    there. The reason of a pause is what is waited for, of any other the rule's or the state.
    """
    held_back = waiting_for is not None and waiting_for in pauses
    for rule in RULES:
        if (rule.sources and source not in rule.sources) or (rule.unmet and visited):
            continue
        if clock in rule.clocks and state in rule.states and shows in _FROM[rule.kind]:
            if rule.kind != "paused":
                return rule.kind, rule.reason or state
            if held_back:
                return "paused", str(waiting_for)
    if shows == "paused" and not (held_back and state in _HELD_UP):
        return "resumed", state
    return None
