"""The life of a ticket as one table: from which state, by which command, to which, for whom."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from mendline.devices import Device, note, unit_of
from mendline.kernel import DomainError, Reference, emit, execute, expect, fetchrow, now, rows, touch, work
from mendline.tickets.events import BecameUrgent, CalledOff, TicketChanged
from mendline.tickets.guards import (
    decontamination_known,
    nothing_lent,
    passed_to_nobody,
    quotation_approved,
    waits_for_nobody,
)
from mendline.tickets.sla.clocks import follow
from mendline.tickets.states import ENDINGS, HELD, PHASES, TAKEN
from mendline.tickets.ticket import Ticket
from mendline_tenants import Actor

MOST_URGENT = 1
"""The highest priority."""

Guard = Callable[[Actor, Ticket], Awaitable[None]]


class Step(NamedTuple):
    """One move: the states it starts from, where it leads (None: as the command decides), whose move it is.

    part: `facility`, `provider`, or `either`. kinds: for which kinds of ticket (empty: all).
    """

    command: str
    sources: tuple[str, ...]
    target: str | None
    part: str
    guards: tuple[Guard, ...] = ()
    kinds: tuple[str, ...] = ()


_BEFORE_WORK = ("reported", "triaged", "quotation", "offered", "accepted", "en_route")
_BEFORE_HANDS = (decontamination_known, quotation_approved)
"""What holds wherever somebody may lay hands on the device, by whichever way they come to it."""
_TO_SEND = (passed_to_nobody, quotation_approved)
_TO_QUOTE = ("reported", "triaged", "quotation", "accepted", "waiting", "on_site")
_TO_OFFER = ("reported", "triaged", "rework")
_ASKED = ("offered", *HELD, "quotation")
"""States in which somebody may be asked or on the way: a quotation is made in the middle of the work, too."""

STEPS: tuple[Step, ...] = (
    Step("tickets.triage", ("reported", "triaged"), None, "either"),
    Step("tickets.pass_on", ("reported", "triaged"), "waiting", "either"),
    Step("tickets.take_back", ("waiting",), "triaged", "facility", (waits_for_nobody,)),
    Step("tickets.ask_quotation", ("reported", "triaged"), "quotation", "provider"),
    Step("tickets.quote", _TO_QUOTE, "quotation", "provider", (passed_to_nobody,)),
    Step("tickets.answer_quotation", ("quotation",), None, "facility"),
    Step("tickets.drop_quotation", ("quotation",), None, "provider"),
    Step("tickets.decide_entitlement", ("quotation",), None, "either"),
    Step("tickets.answer_dispute", ("quotation",), None, "either"),
    Step(
        "tickets.fix_remotely",
        ("reported", "triaged", "offered", "accepted"),
        "remote_fix",
        "provider",
        (quotation_approved,),
    ),
    Step("tickets.mark_duplicate", ("reported", "triaged"), "duplicate", "either", (nothing_lent,)),
    Step("tickets.cancel", _BEFORE_WORK, "cancelled", "facility", (nothing_lent,)),
    Step("dispatch.offer_job", (*_TO_OFFER, "offered", *TAKEN), "offered", "provider", _TO_SEND),
    Step("dispatch.offer_next", _TO_OFFER, "offered", "provider", (quotation_approved,)),
    Step("dispatch.ask_group", (*_TO_OFFER, "offered", *TAKEN), "offered", "provider", _TO_SEND),
    Step("dispatch.withdraw_offers", ("offered", *HELD), "triaged", "provider"),
    Step("dispatch.expire_offers", ("offered",), "triaged", "provider"),
    Step("dispatch.accept_job", ("offered",), "accepted", "provider"),
    Step("dispatch.decline_job", ("offered", *HELD), "triaged", "provider"),
    Step("fieldwork.set_eta", ("accepted", "en_route", "rework"), "en_route", "provider"),
    Step("fieldwork.arrive", ("accepted", "en_route", "rework"), "on_site", "provider", _BEFORE_HANDS),
    Step("fieldwork.wait", ("accepted", "en_route", "on_site", "at_depot"), "waiting", "provider"),
    Step("fieldwork.resume", ("waiting",), "on_site", "provider", _BEFORE_HANDS),
    Step("fieldwork.send_to_depot", ("on_site", "waiting"), "at_depot", "provider", _BEFORE_HANDS),
    Step("fieldwork.return_from_depot", ("at_depot",), "on_site", "provider"),
    Step("fieldwork.finish", ("on_site", "remote_fix"), "finished", "provider"),
    Step("quality.check", ("finished",), "checked", "facility"),
    Step("quality.sign", ("checked",), None, "facility"),
    Step("quality.conclude", ("waiting",), "approved", "facility"),
    Step("quality.reject", ("checked",), "rework", "facility"),
    Step("quality.condemn", ("checked", "approved"), "condemned", "facility", (nothing_lent,)),
    Step(
        "quality.archive",
        ("approved", "condemned", "cancelled", "duplicate"),
        "archived",
        "facility",
        (nothing_lent,),
    ),
)
"""Every move there is. GraphQL, chat buttons, the audit's words and the documentation come from here."""

_BY_COMMAND = {step.command: step for step in STEPS}


def steps_from(state: str, kind: str, part: str) -> list[str]:
    """The commands that `part` (facility or provider) may use on a ticket of this kind in this state."""
    return [
        step.command
        for step in STEPS
        if state in step.sources and step.part in (part, "either") and (not step.kinds or kind in step.kinds)
    ]


def require_part(actor: Actor, ticket: Ticket, part: str) -> None:
    """Raises DomainError wrong_part unless the actor's organisation holds this part in the ticket."""
    holders = {
        "facility": {ticket.tenant_id},
        "provider": {ticket.provider_id},
        "either": {ticket.tenant_id, ticket.provider_id},
    }[part]
    if actor.organisation not in holders:
        raise DomainError("wrong_part", part=part, number=ticket.number)


async def lock_ticket(reference: Reference) -> Ticket:
    """The ticket, held until the transaction ends: the first thing that every ticket command does.

    Raises DomainError not_found (absent or hidden), and stale_version with the current one and who made it.
    """
    ticket = await rows.lock(Ticket, *reference)
    try:
        expect(ticket)
    except DomainError as stale:
        raise DomainError(stale.code, **{**stale.facts, "by": await last_writer(ticket)}) from None
    return ticket


async def last_writer(ticket: Ticket) -> str | dict[str, str]:
    """A colleague by name, anybody else by the name of the organisation: no name crosses a border."""
    latest = await fetchrow(
        "SELECT e.author_org, m.name FROM audit_entry e"
        " LEFT JOIN member m ON m.tenant_id = cur() AND e.author_org = cur() AND m.id = e.actor"
        " WHERE e.tenant_id = $1 AND e.ticket_id = $2 ORDER BY e.seq DESC LIMIT 1",
        ticket.tenant_id,
        ticket.id,
    )
    if latest is None:
        return ticket.changed_by
    if latest["name"]:
        return str(latest["name"])
    card = ticket.facility_card if latest["author_org"] == ticket.tenant_id else ticket.provider_card
    return card.get("name") or ticket.changed_by


def may_step(actor: Actor, ticket: Ticket, command: str | None = None) -> Step:
    """The step that the running command is for this ticket; command: whose step it takes, when not its own.

    Raises DomainError wrong_part, or wrong_state with the state it is in and what can be done there.
    """
    step = _BY_COMMAND[command or work().command]
    require_part(actor, ticket, step.part)
    if ticket.state not in step.sources or (step.kinds and ticket.kind not in step.kinds):
        part = "facility" if actor.organisation == ticket.tenant_id else "provider"
        raise DomainError(
            "wrong_state",
            number=ticket.number,
            state=ticket.state,
            command=step.command,
            possible=steps_from(ticket.state, ticket.kind, part),
        )
    return step


async def move(
    actor: Actor, ticket: Ticket, target: str | None = None, *, step: str | None = None, **changes: Any
) -> Ticket:
    """Takes the step of the running command (or of `step`): checks it, changes state and columns, tells everyone."""
    taken = may_step(actor, ticket, step)
    for guard in taken.guards:
        await guard(actor, ticket)
    return await change(actor, ticket, taken.target or target or ticket.state, **changes)


async def change(actor: Actor, ticket: Ticket, state: str | None = None, **changes: Any) -> Ticket:
    """Changes columns of a locked ticket, gives it its next version, and tells everyone who may know.

    Its clocks follow its state, what it waits for and its priority.
    """
    before, after = ticket.state, state or ticket.state
    waiting_for, priority = changes.get("waiting_for", ticket.waiting_for), changes.get("priority", ticket.priority)
    risen = priority == MOST_URGENT < ticket.priority
    if (after, waiting_for, priority) != (before, ticket.waiting_for, ticket.priority):
        changes |= await follow(ticket, after, waiting_for, priority)
    changes |= {"changed_at": work().occurred_at, "changed_by": actor.role}
    if after != before:
        changes |= {"state": after, "phase": PHASES[after]}
        if after in ENDINGS:
            changes.setdefault("outcome", ENDINGS[after])
        if PHASES[after] == "closed" and ticket.closed_at is None:
            changes["closed_at"] = work().occurred_at
    await rows.update(ticket, **changes)
    if after != before and PHASES[after] == "closed":
        await _tell_device(actor, ticket)
    if before in _ASKED and nobody_goes(ticket):
        _call_off(actor, ticket)
    if risen and ticket.phase != "closed":
        emit(BecameUrgent(tenant=ticket.tenant_id, ticket=ticket.id, provider=ticket.provider_id))
    tell(ticket, **({"from": before, "to": after} if after != before else {}))
    return ticket


def nobody_goes(ticket: Ticket) -> bool:
    """Whether a ticket is past sending somebody: closed, or dealt with from afar."""
    return ticket.phase == "closed" or ticket.state == "remote_fix"


def _call_off(actor: Actor, ticket: Ticket) -> None:
    card = ticket.facility_card if actor.organisation == ticket.tenant_id else ticket.provider_card
    emit(
        CalledOff(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            provider=ticket.provider_id,
            state=ticket.state,
            who=card.get("name") or {},
        )
    )


async def _tell_device(actor: Actor, ticket: Ticket) -> None:
    """The history of the device says how its ticket ended; only its own organisation can write there."""
    if ticket.device_id is not None and ticket.tenant_id == actor.organisation:
        device = await unit_of(await rows.get(Device, ticket.tenant_id, ticket.device_id))
        await note(device, "ticket", Reference(ticket.tenant_id, ticket.id), number=ticket.number, to=ticket.state)


async def note_change(actor: Actor, ticket: Ticket, **facts: Any) -> None:
    """Something was added beside the ticket (a comment, a photo): its version stays, its time and audit move."""
    await execute(
        "UPDATE ticket SET changed_at = $3, changed_by = $4 WHERE tenant_id = $1 AND id = $2",
        ticket.tenant_id,
        ticket.id,
        work().occurred_at,
        actor.role,
    )
    tell(ticket, **facts)


def tell(ticket: Ticket, **facts: Any) -> None:
    """Audit, worklists and consumers hear that the running command touched this ticket."""
    touch(Reference(ticket.tenant_id, ticket.id), **facts)
    emit(
        TicketChanged(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            version=ticket.version,
            state=ticket.state,
            phase=ticket.phase,
            command=work().command,
            at=now(),
        )
    )
