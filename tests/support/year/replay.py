"""The year replayed: every act is a command at the moment when it happened, in the order of time, some at once."""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mendline.kernel import COMMANDS, DomainError, frozen, opaque, parse_opaque, rows, run, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Ticket, TicketClinical, clocks_of
from mendline.tickets.sla.watch import next_look
from mendline_tenants import Asked, outcome, system_actor
from support.year.acts import Act, Life

WAIT = timedelta(minutes=10)
"""Of an act that comes no later than this nobody asks whether a timer has rung before it."""


@dataclass
class Lived:
    """A life under way. moment: when its last act happened; id: its ticket, once it is reported."""

    life: Life
    moment: datetime
    id: str | None = None


@dataclass
class Replayed:
    """What came of it: commands by name, refusals by code, and the seconds that every tenth of the tickets took."""

    commands: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ended: int = 0


class Replay:
    """Runs lives to their end, `at_once` of them in parallel; `tenth` is called after each tenth of them."""

    def __init__(self, lives: list[tuple[datetime, Life]], at_once: int, tenth: Callable[[], Awaitable[None]]) -> None:
        self._due: list[tuple[datetime, int, Lived, Act]] = []
        for number, (moment, life) in enumerate(lives):
            act = next(life)
            self._due.append((moment + act.after, number, Lived(life, moment), act))
        heapq.heapify(self._due)
        self._all, self._at_once, self._tenth = len(lives), at_once, tenth
        self._running = 0
        self._number = len(lives)
        self._began = time.monotonic()
        self.replayed = Replayed()

    async def run(self) -> Replayed:
        """Until every life has ended."""
        self._began = time.monotonic()
        await asyncio.gather(*(self._work() for _ in range(self._at_once)))
        return self.replayed

    async def _work(self) -> None:
        while self._due or self._running:
            if not self._due:
                await asyncio.sleep(0.001)  # what comes next depends on what runs now
                continue
            moment, _, ticket, act = heapq.heappop(self._due)
            self._running += 1
            try:
                await self._take(moment, ticket, act)
            finally:
                self._running -= 1

    async def _take(self, moment: datetime, ticket: Lived, act: Act) -> None:
        answer: Any
        try:
            answer = await self._command(moment, ticket, act)
        except DomainError as refused:
            self.replayed.refusals[f"{act.command}: {refused.code}"] += 1
            answer = refused
        ticket.moment = moment
        try:
            following = ticket.life.throw(answer) if isinstance(answer, DomainError) else ticket.life.send(answer)
        except StopIteration:
            await self._end()
        except DomainError as refused:  # nobody expected this: the ticket is stuck here
            self.replayed.failed.append(f"{act.command}: {refused.code} {refused.facts}")
            await self._end()
        else:
            self._number += 1
            heapq.heappush(self._due, (moment + following.after, self._number, ticket, following))

    async def _ring(self, named: str, since: datetime, until: datetime) -> None:
        """The timer of a ticket's clocks, at every moment before the act at which it would have rung."""
        tenant, id = parse_opaque("tk", named)  # noqa: A001 - the word for it
        while True:
            async with transaction(tenant):
                clocks = await clocks_of(await rows.get(Ticket, tenant, id))
                clinical = await rows.get(TicketClinical, tenant, id)
            since = next_look(clocks, since, urgent=clinical.use_state == "patient_affected") or until
            if since >= until:
                return
            with frozen(since):
                await run(system_actor(tenant), "tickets.check_clocks", {"ticket": named})
            self.replayed.commands["tickets.check_clocks"] += 1

    async def _command(self, moment: datetime, ticket: Lived, act: Act) -> Any:
        given = {name: moment + at if isinstance(at, timedelta) else at for name, at in act.input.items()}
        named = given.pop("ticket", ticket.id)
        if act.after >= WAIT:
            for each in {named, ticket.id} - {None}:  # the parent's, too, while its child is worked on
                await self._ring(each, ticket.moment, moment)
        if named is not None and "ticket" in COMMANDS[act.command].input.__struct_fields__:
            given["ticket"] = named
        with frozen(moment):
            if act.command == "quality.sign":
                given["slot"] = await _open_slot(named)
            result = await run(act.who, act.command, given)
            if isinstance(result, Asked):  # another organisation is asked, and does it right after
                result = await outcome(result)
        self.replayed.commands[act.command] += 1
        if ticket.id is None and act.command == "tickets.report":
            ticket.id = result.ticket
        return result

    async def _end(self) -> None:
        self.replayed.ended += 1
        if self.replayed.ended % max(1, self._all // 10) == 0:
            self.replayed.seconds.append(time.monotonic() - self._began)
            await self._tenth()


async def _open_slot(ticket: str) -> str:
    tenant, id = parse_opaque("tk", ticket)  # noqa: A001 - the word for it
    async with transaction(tenant):
        slot = await rows.first(
            SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open' ORDER BY attempt DESC", tenant, id
        )
    assert slot is not None, "no signature is asked for"
    return opaque("sl", tenant, slot.id)
