"""Hand-over: when the turn changes on a rota, the incoming people are owed the list of what is open."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mendline.devices import devices_at
from mendline.dispatch.duty.handover_record import record_handover
from mendline.dispatch.duty.on_duty import DutyRota, RotaId, duty_of, load_rota
from mendline.dispatch.duty.rota import turns
from mendline.dispatch.events import DutyHandedOver
from mendline.kernel import (
    Timer,
    cancel_timer,
    command,
    emit,
    fetchval,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    told,
    work,
)
from mendline.tickets import WorklistRow
from mendline_tenants import Actor, system_actor

TIMER = "dispatch.hand_over"
JUST_BEFORE = timedelta(seconds=1)
LISTED = 30
"""How many tickets a hand-over list names; of the rest it tells the number."""


class OpenTickets(NamedTuple):
    """What is open: the most urgent tickets, oldest first among equals, and how many there are in all."""

    listed: list[WorklistRow]
    total: int


_OPEN = "tenant_id = $1 AND phase IN ('open', 'working', 'waiting', 'acceptance')"


async def open_tickets(rota: DutyRota) -> OpenTickets:
    """The open tickets that a rota answers for, each with its last events on its card. In the current transaction.

    Of a unit those of the devices in it, of a vendor's desk those that it provides, of the others all of the house's.
    """
    match rota.kind:
        case "unit":
            assert rota.place_id is not None
            near = [device.id for device in await devices_at(rota.tenant_id, rota.place_id)]
            return await _open(rota.tenant_id, "owner_id = $1 AND device_id = ANY ($2)", near)
        case "desk":
            return await _open(rota.tenant_id, "provider_id = $2", rota.tenant_id)
        case _:
            return await _open(rota.tenant_id, "owner_id = $2", rota.tenant_id)


async def _open(tenant: UUID, which: str, value: object) -> OpenTickets:
    where = f"{_OPEN} AND {which}"
    listed = await rows.select(
        WorklistRow, f"{where} ORDER BY priority, opened_at, ticket_id LIMIT {LISTED}", tenant, value
    )
    total = await fetchval(f"SELECT count(*) FROM worklist WHERE {where}", tenant, value)  # noqa: S608 - our own words
    return OpenTickets(listed, total)


async def watch_handover(rota: DutyRota, after: datetime) -> None:
    """Sets the timer of a rota's next handover, in the current transaction; takes it back when none is to come."""
    reckoned = await load_rota(rota, after, after + timedelta(days=rota.cycle_days + 1))
    begins = max(after, datetime.combine(rota.starts_on, datetime.min.time(), after.tzinfo) - timedelta(days=2))
    horizon = begins + timedelta(days=rota.cycle_days + 3)
    coming = next((turn.begins for turn in turns(reckoned, begins, horizon) if turn.begins > after), None)
    key = f"handover:{rota.id}"
    if coming is None:
        await cancel_timer(rota.tenant_id, key)
    else:
        await set_timer(rota.tenant_id, TIMER, key, coming, rota=str(rota.id), at=coming.isoformat())


class HandOver(Struct, frozen=True):
    """The rota on which the turn has changed, and when."""

    rota: RotaId
    at: datetime


@command("dispatch.hand_over", "dispatch.watch")
async def hand_over(actor: Actor, input: HandOver) -> None:
    """Tells of a change of turn, where another person takes over and is to confirm it; sets the next timer."""
    rota = await rows.lock(DutyRota, actor.organisation, parse_opaque("ro", input.rota).id)
    moment = max(input.at, work().occurred_at)
    before, after = await duty_of(rota, input.at - JUST_BEFORE), await duty_of(rota, moment)
    outgoing, incoming = before.primary if before else None, after.primary if after else None
    told(rota=str(rota.id), at=input.at.isoformat(), outgoing=outgoing, incoming=incoming)
    if incoming is not None and incoming != outgoing:
        made = await record_handover(rota, input.at, outgoing, incoming, *await open_tickets(rota))
        emit(DutyHandedOver(actor.organisation, rota.id, input.at, outgoing, incoming, made.id))
    await watch_handover(rota, moment)


@timer(TIMER)
async def turn_changes(due: Timer) -> None:
    """Rings at a handover; the timer's own due time moves while somebody works at it."""
    at = datetime.fromisoformat(due.payload["at"])
    given = HandOver(opaque("ro", due.tenant_id, UUID(due.payload["rota"])), at)
    await run(system_actor(due.tenant_id), TIMER, given, key=f"timer:{due.id}")
