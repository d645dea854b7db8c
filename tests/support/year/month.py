"""A month of one hospital in which the script does people's acts alone: all else the house does by its own queues.

Nobody calls a consumer or a timer here. After every act, and whenever a row of a queue is due, what is due is performed
as a worker performs it: the vendor's offers are made by its policy and pass on when nobody answers, finished work is
checked, accepted work archived, clocks warn. People are led by what they find: an offer, a signature that is due.
"""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mendline.kernel import QUEUES, DomainError, frozen, opaque, rows, run, transaction
from mendline_tenants import Actor, Organisation
from support.database import look
from support.queues import drain
from support.year.acts import minutes
from support.year.town import Town

NEVER = 0.3
"""The share of technicians who do not answer an offer."""

PATIENCE = timedelta(days=45)
"""After the last report: what is open by then is stuck."""

RETRY = timedelta(hours=1)
"""After which the desk sees to a ticket for which nobody is left to be asked."""


@dataclass
class Told:
    """What came of it: people's commands and refusals by name, rows done, tickets that are not archived."""

    commands: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    open: int = 0


class Month:
    """Acts of people in the order of time, each done when all that was due before it has been done."""

    def __init__(self, draw: random.Random, town: Town) -> None:
        self._draw, self._town, self._told = draw, town, Told()
        (self._hospital,) = town.hospitals
        self._tenants = [town.vendor.id, town.subcontractor.id, self._hospital.id]
        self._acts: list[tuple[datetime, int, Actor, str, dict[str, Any]]] = []
        self._number = 0
        self._seen: set[UUID] = set()
        self._at_desk: set[str] = set()
        self._technicians = {actor.id: actor for actor in town.vendor.technicians.values()}

    async def run(self, moments: Sequence[datetime]) -> Told:
        """One report at each moment, of a device under contract. Raises AssertionError when a row of a queue fails."""
        async with transaction(self._town.vendor.id):
            vendor = await rows.get(Organisation, self._town.vendor.id, self._town.vendor.id)
            await rows.update(vendor, policies=vendor.policies | {"auto_offer": {"mode": "next"}})
        devices = [device for device, cover in self._hospital.cover.items() if cover == "contract"]
        for moment in moments:
            fault = {"device": self._draw.choice(devices), "symptom": "开机报警,无法使用 alarm at start"}
            self._later(moment, timedelta(), self._hospital.nurse, "tickets.report", fault)
        moment, last = moments[0], moments[-1] + PATIENCE
        while moment <= last and (self._acts or await self._open()):
            if (due := await self._due()) is None and not self._acts:
                break
            moment = min(when for when in (due, self._acts[0][0] if self._acts else None) if when is not None)
            if self._acts and self._acts[0][0] <= moment:
                await self._act()
            self._told.rows += await drain(self._tenants, at=moment)
            await self._find(moment)
        self._told.open = await self._open()
        return self._told

    def _later(self, moment: datetime, after: timedelta, who: Actor, command: str, given: dict[str, Any]) -> None:
        self._number += 1
        heapq.heappush(self._acts, (moment + after, self._number, who, command, given))

    def _soon(self, moment: datetime, least: float, most: float, who: Actor, command: str, **given: Any) -> None:
        self._later(moment, minutes(self._draw, least, most), who, command, given)

    async def _act(self) -> None:
        moment, _, who, command, given = heapq.heappop(self._acts)
        with frozen(moment):
            try:
                answer = await run(who, command, given)
            except DomainError as refused:  # too late: the offer has passed on, or somebody was faster
                self._told.refusals[f"{command}: {refused.code}"] += 1
                if who is self._town.vendor.desk:
                    self._at_desk.discard(given["ticket"])
                return
        self._told.commands[command] += 1
        self._follow(moment, who, command, given, answer)

    def _follow(self, moment: datetime, who: Actor, command: str, given: dict[str, Any], answer: Any) -> None:
        """What the same person does next of its own accord."""
        match command:
            case "tickets.report":
                named = {"ticket": answer.ticket, "status": "clean"}
                self._later(moment, timedelta(minutes=1), who, "tickets.record_decontamination", named)
                if self._draw.random() < 0.04:
                    self._soon(moment, 5, 60, who, "tickets.cancel", ticket=answer.ticket)
            case "tickets.cancel":
                self._soon(moment, 5, 60, self._hospital.engineer, "quality.archive", ticket=answer.ticket)
            case "dispatch.accept_job":
                self._soon(moment, 2, 40, who, "fieldwork.set_eta", ticket=given["ticket"], minutes=45)
            case "fieldwork.set_eta":
                self._soon(moment, 20, 200, who, "fieldwork.arrive", ticket=given["ticket"])
            case "fieldwork.arrive":
                done = {"result": "repaired", "cause": "部件老化 worn part", "action": "更换 replaced"}
                self._soon(moment, 20, 240, who, "fieldwork.finish", ticket=given["ticket"], **done)
            case "dispatch.offer_job":
                self._at_desk.discard(given["ticket"])
            case "dispatch.suggest":
                offer = {"ticket": given["ticket"], "technician": answer.best}
                if answer.best is not None:
                    self._soon(moment, 1, 5, who, "dispatch.offer_job", **offer)
                else:
                    self._later(moment, RETRY, who, command, given)

    async def _find(self, moment: datetime) -> None:
        """What people find: offers to answer, signatures that are due, tickets for which nobody is left."""
        for offer in await self._new("job_offer", "state = 'offered'", self._town.vendor.id):
            if (way := self._draw.random()) >= NEVER:
                ticket = opaque("tk", offer["owner_id"], offer["ticket_id"])
                who = self._technicians[offer["technician_id"]]
                if way < NEVER + 0.1:
                    self._soon(moment, 1, 60, who, "dispatch.decline_job", ticket=ticket, reason="路太远 too far")
                else:
                    self._soon(moment, 1, 90, who, "dispatch.accept_job", ticket=ticket)
        for slot in await self._new("signature_slot", "state = 'open'", self._hospital.id):
            who = self._hospital.manager if slot["role"] == "ward_manager" else self._hospital.engineer
            self._soon(moment, 10, 600, who, "quality.sign", slot=opaque("sl", slot["tenant_id"], slot["id"]))
        sql = "SELECT id FROM ticket WHERE tenant_id = $1 AND state IN ('reported', 'triaged')"
        for row in await look(sql, self._hospital.id):
            named = opaque("tk", self._hospital.id, row["id"])
            if named not in self._at_desk:
                self._at_desk.add(named)
                self._later(moment, RETRY, self._town.vendor.desk, "dispatch.suggest", {"ticket": named})

    async def _new(self, table: str, where: str, tenant: UUID) -> list[Any]:
        """Rows that nobody has found yet."""
        found = await look(f"SELECT * FROM {table} q WHERE q.tenant_id = $1 AND q.{where}", tenant)
        new = [row for row in found if row["id"] not in self._seen]
        self._seen |= {row["id"] for row in new}
        return new

    async def _due(self) -> datetime | None:
        """When the next row of a queue is due."""
        sql = "SELECT min(due_at) AS due FROM {} WHERE completed_at IS NULL AND tenant_id = ANY ($1)"
        found = [(await look(sql.format(queue), self._tenants))[0]["due"] for queue in QUEUES]
        return min((due for due in found if due is not None), default=None)

    async def _open(self) -> int:
        sql = "SELECT count(*) AS count FROM ticket WHERE tenant_id = $1 AND state <> 'archived'"
        return int((await look(sql, self._hospital.id))[0]["count"])
