"""The words of a ticket's life: its states with their phases, its kinds, and what a ward says of its device."""

from typing import Literal, get_args

PHASES = {
    "reported": "open",
    "triaged": "open",
    "quotation": "waiting",
    "offered": "open",
    "accepted": "open",
    "en_route": "open",
    "on_site": "working",
    "waiting": "waiting",
    "at_depot": "working",
    "remote_fix": "working",
    "finished": "acceptance",
    "checked": "acceptance",
    "rework": "open",
    "approved": "acceptance",
    "condemned": "closed",
    "cancelled": "closed",
    "duplicate": "closed",
    "archived": "closed",
}
"""Every state, with the coarse phase that clients may rely on."""

HELD = ("accepted", "en_route")
"""States in which somebody has taken the job and is not there yet."""

THERE = ("on_site", "at_depot")
"""States in which whoever has the job is at the device."""

TAKEN = (*HELD, "waiting", *THERE)
"""States in which a job may be somebody's; what waits for another provider is nobody's."""

ENDINGS = {"approved": "completed", "condemned": "condemned", "cancelled": "cancelled", "duplicate": "duplicate"}
"""The states in which a ticket has ended, each with its outcome; archiving changes it no more."""

TICKET_OUTCOMES = (*ENDINGS.values(), "passed_on")
"""How a ticket ended. passed_on: accepted because the work of its child was."""

VOID_OUTCOMES = ("cancelled", "duplicate")
"""How a ticket ended that told of nothing of its own: it is no lesson, no repeat, no failure."""

TicketKind = Literal[
    "fault",
    "preventive_maintenance",
    "inspection_round",
    "installation",
    "mandatory_verification",
    "recall",
    "depot_repair",
    "condemnation_appraisal",
]
"""All kinds share one table of steps; some steps are not for all."""

KINDS: tuple[str, ...] = get_args(TicketKind)

WAITING_FOR = ("parts", "customer", "access", "decontamination", "provider", "quotation")
"""What the work may wait for."""

PARTS = ("user_facility", "service_provider", "manufacturer", "testing_body", "participant")
"""The parts that organisations have in a ticket."""

RESULTS = ("repaired", "not_reproduced", "not_repairable", "depot", "condemnation_advised")
"""What may come of the work."""

UseState = Literal["unknown", "down", "degraded", "patient_affected"]
"""How far the ward can use the device."""

Decontamination = Literal["unknown", "not_needed", "clean", "contaminated"]
"""Whether somebody may work on the device."""


def not_void(ticket: str) -> str:
    """The condition that a ticket is under way, or was one of its own. ticket: the table's alias."""
    return f"({ticket}.outcome IS NULL OR {ticket}.outcome NOT IN {VOID_OUTCOMES})"


def one_of(column: str, words: object) -> str:
    """The condition of a CHECK: the column holds one of the words of a Literal, a tuple or a mapping."""
    listed = words if isinstance(words, dict | tuple) else get_args(words)
    return f"{column} IN ({', '.join(repr(word) for word in listed)})"
