"""Loads the hospitals' work: a year of closed tickets, and the repairs that are under way."""

from datetime import datetime, timedelta
from typing import Any

from mendline.kernel import run

from .known import Known
from .structs import ClosedTicket, Member, OpenTicket, Text

OLD_SYSTEM = "demo-2025"
"""The name under which the closed tickets are found again: the paper and spreadsheets before Mendline."""


async def load_closed(known: Known, hospital: str) -> None:
    """A hospital's closed tickets, one after another, so that their numbers follow their dates."""
    admin = await known.admin(hospital)
    people = {member.key: member for member in known.demo.members}
    tickets = [each for each in known.demo.closed if each.hospital == hospital]
    for ticket in known.counted("closed tickets", tickets):
        given = _closed(known, ticket, people)
        await run(admin, "tickets.import_closed", given, occurred_at=ticket.closed_at)


def _closed(known: Known, ticket: ClosedTicket, people: dict[str, Member]) -> dict[str, Any]:
    engineer = people[ticket.engineer]
    action = _in(engineer.locale, ticket.action)
    if ticket.parts:
        label = "Parts: " if engineer.locale == "en" else "备件:"
        action += f"; {label}" + ", ".join(_in(engineer.locale, part) for part in ticket.parts)
    return {
        "system": OLD_SYSTEM,
        "number": ticket.key,
        "device": known.devices[ticket.device],
        "provider": known.organisation_id(ticket.provider),
        "symptom": ticket.symptom,
        "use_state": ticket.use_state,
        "opened_at": ticket.occurred_at,
        "finished_at": ticket.finished_at,
        "closed_at": ticket.closed_at,
        "result": ticket.result,
        "cause": _in(engineer.locale, ticket.cause),
        "action": action,
        "work_minutes": ticket.work_minutes,
        "reporter_name": _in(people[ticket.reporter].locale, people[ticket.reporter].name),
        "technician_name": _in(engineer.locale, engineer.name),
    }


def _in(locale: str, text: Text) -> str:
    return text.en if locale == "en" else text.zh


async def load_open(known: Known) -> None:
    """The repairs under way, each step by whoever takes it in the hospital or at the vendor."""
    for ticket in known.counted("open tickets", known.demo.open):
        await _Underway(known, ticket).play()


class _Underway:
    """One repair under way. Every command has a key, so that loading again does nothing twice."""

    def __init__(self, known: Known, ticket: OpenTicket) -> None:
        self._known = known
        self._ticket = ticket
        self._id = ""

    async def play(self) -> None:
        ticket = self._ticket
        reported = await self._step(
            ticket.reporter,
            "tickets.report",
            ticket.occurred_at,
            device=self._known.devices[ticket.device],
            symptom=ticket.symptom,
            use_state=ticket.use_state,
        )
        self._id = reported.ticket
        if ticket.offered_at is None or ticket.engineer is None:
            return
        if reported.state == "reported":
            await self._pass_on(ticket.offered_at - timedelta(minutes=5))
        technician = self._known.members[ticket.engineer]
        await self._step(self._dispatcher(), "dispatch.offer_job", ticket.offered_at, technician=technician)
        if ticket.accepted_at is not None:
            await self._step(ticket.engineer, "dispatch.accept_job", ticket.accepted_at)
            await self._step(ticket.engineer, "fieldwork.set_eta", ticket.accepted_at, minutes=60)
        if ticket.arrived_at is not None:
            await self._step(ticket.engineer, "fieldwork.arrive", ticket.arrived_at)
        if ticket.note is not None and ticket.arrived_at is not None:
            body = _in(ticket.locale, ticket.note)
            await self._step(ticket.engineer, "fieldwork.add_note", ticket.arrived_at, body=body)
        if ticket.paused_at is not None:
            await self._step(ticket.engineer, "fieldwork.wait", ticket.paused_at, reason="parts")
        if ticket.finished_at is not None and ticket.cause is not None and ticket.note is not None:
            await self._step(
                ticket.engineer,
                "fieldwork.finish",
                ticket.finished_at,
                result="repaired",
                cause=_in(ticket.locale, ticket.cause),
                action=_in(ticket.locale, ticket.note),
                work_minutes=ticket.work_minutes,
            )

    async def _pass_on(self, moment: datetime) -> None:
        """The hospital's own engineering decides that the contracted vendor shall come."""
        engineer = self._by_role(self._ticket.hospital, "clinical_engineer")
        assert self._ticket.provider is not None
        await self._step(engineer, "tickets.triage", moment, route="contract")
        child = await self._step(
            engineer, "tickets.pass_on", moment, provider=self._known.organisation_id(self._ticket.provider)
        )
        self._id = child.ticket

    def _dispatcher(self) -> str:
        assert self._ticket.provider is not None
        return self._by_role(self._ticket.provider, "dispatcher")

    def _by_role(self, organisation: str, role: str) -> str:
        return next(m.key for m in self._known.demo.members if m.organisation == organisation and role in m.roles)

    async def _step(self, member: str, command: str, moment: datetime, **given: Any) -> Any:
        person = next(m for m in self._known.demo.members if m.key == member)
        actor = await self._known.actor(member, person.chats[0].channel if person.chats else "graphql")
        if self._id:
            given["ticket"] = self._id
        key = f"demo {self._ticket.key} {self._known.demo.today} {command}"
        return await run(actor, command, given, key=key, occurred_at=moment)
