"""What was handed over, and whether the one who comes has said so: a row for each change of turn to another person."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields

from mendline.dispatch.duty.on_duty import DutyRota, duty_of
from mendline.dispatch.events import HandoverUnconfirmed
from mendline.kernel import (
    DomainError,
    Kind,
    Record,
    Timer,
    cancel_timer,
    command,
    emit,
    now,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    table,
    timer,
    told,
    work,
)
from mendline.tickets import WorklistRow
from mendline_tenants import Actor, Member, system_actor

TIMER = "dispatch.remind_handover"

REMINDERS = (timedelta(minutes=15), timedelta(minutes=30))
"""How long after a change of turn somebody is reminded: who comes, then everybody on duty and who went, too."""

HANDOVER_STATES = ("waiting", "confirmed", "missed")

HandoverId = Annotated[str, Meta(description="The opaque id of a hand-over.", extra={"id": "ho"}, max_length=80)]


@table(
    Kind.OWN,
    references={"rota_id": "duty_rota", "incoming": "member"},
    update=("state", "reminded", "confirmed_by", "confirmed_at", "note", "version"),
    checks={"state": f"state IN {HANDOVER_STATES}"},
)
class DutyHandover(Record):
    """That somebody has taken over on a rota at a moment.

    listed: the tickets that were named, as [{owner, ticket, number}], of `total` that were open. state: `waiting` until
    it is confirmed, `missed` when the next one has taken over before that. reminded: how often somebody was. note: what
    the one who comes has to say.
    """

    rota_id = fields.UUIDField()
    at = fields.DatetimeField()
    outgoing = fields.UUIDField(null=True)
    incoming = fields.UUIDField()
    listed = fields.JSONField[list[Any]](default=list)
    total = fields.BigIntField(default=0)
    state = fields.TextField(default="waiting")
    reminded = fields.BigIntField(default=0)
    confirmed_by = fields.UUIDField(null=True)
    confirmed_at = fields.DatetimeField(null=True)
    note = fields.TextField(default="")
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "duty_handover"
        unique_together = (("tenant_id", "rota_id", "at"),)
        indexes = (("tenant_id", "at", "id"), ("tenant_id", "rota_id", "state"), ("tenant_id", "state", "at"))


async def record_handover(
    rota: DutyRota, at: datetime, outgoing: UUID | None, incoming: UUID, listed: list[WorklistRow], total: int
) -> DutyHandover:
    """Writes down that somebody has taken over on the locked rota; what waited before that was missed."""
    for before in await _waiting(rota):
        await rows.update(before, state="missed")
        await cancel_timer(rota.tenant_id, _key(before))
    named = [{"owner": str(r.owner_id), "ticket": str(r.ticket_id), "number": r.number} for r in listed]
    made = DutyHandover(
        tenant_id=rota.tenant_id,
        rota_id=rota.id,
        at=at,
        outgoing=outgoing,
        incoming=incoming,
        listed=named,
        total=total,
    )
    await rows.insert(made)
    await _watch(made, work().occurred_at + REMINDERS[0])
    return made


async def _waiting(rota: DutyRota) -> list[DutyHandover]:
    return await rows.select(
        DutyHandover,
        "tenant_id = $1 AND rota_id = $2 AND state = 'waiting' ORDER BY at, id FOR NO KEY UPDATE",
        rota.tenant_id,
        rota.id,
    )


async def handover_to_confirm(tenant: UUID, rota: UUID) -> DutyHandover | None:
    """What waits on a rota to be confirmed, in the current transaction."""
    where = "tenant_id = $1 AND rota_id = $2 AND state = 'waiting' ORDER BY at DESC, id"
    return await rows.first(DutyHandover, where, tenant, rota)


def _key(handover: DutyHandover) -> str:
    return f"confirm:{handover.id}"


async def _watch(handover: DutyHandover, due: datetime) -> None:
    await set_timer(handover.tenant_id, TIMER, _key(handover), due, handover=str(handover.id))


class ConfirmHandover(Struct, frozen=True):
    """That the actor has read the list and answers for what is open. note: what there is to say of it."""

    handover: HandoverId
    note: Annotated[str, Meta(max_length=1000)] = ""


class HandoverConfirmed(Struct, frozen=True):
    """Who has confirmed, and when."""

    handover: HandoverId
    at: datetime


@command("dispatch.confirm_handover", "dispatch.own_time")
async def confirm_handover(actor: Actor, input: ConfirmHandover) -> HandoverConfirmed:
    """The one who comes, or who stands in by now, takes the list over.

    Raises not_found, not_on_duty with whose it is, handover_confirmed with who and when, and handover_missed when the
    next one has taken over already.
    """
    reference = parse_opaque("ho", input.handover)
    known = await rows.get(DutyHandover, actor.organisation, reference.id)
    rota = await rows.lock(DutyRota, actor.organisation, known.rota_id)
    handover = await rows.lock(DutyHandover, actor.organisation, known.id)
    if handover.confirmed_by is not None:
        by = await rows.get(Member, actor.organisation, handover.confirmed_by)
        raise DomainError("handover_confirmed", by=by.name, at=handover.confirmed_at)
    if handover.state == "missed":
        raise DomainError("handover_missed")
    await _require_turn(actor, rota, handover)
    moment = work().occurred_at
    await rows.update(handover, state="confirmed", confirmed_by=actor.id, confirmed_at=moment, note=input.note)
    await cancel_timer(actor.organisation, _key(handover))
    told(handover=str(handover.id), rota=str(rota.id), open=handover.total)
    return HandoverConfirmed(opaque("ho", handover.tenant_id, handover.id), moment)


async def _require_turn(actor: Actor, rota: DutyRota, handover: DutyHandover) -> None:
    duty = await duty_of(rota, work().occurred_at)
    if actor.id != handover.incoming and (duty is None or actor.id not in duty.members):
        incoming = await rows.get(Member, actor.organisation, handover.incoming)
        raise DomainError("not_on_duty", name=incoming.name)


class RemindOfHandover(Struct, frozen=True):
    """The hand-over that nobody has confirmed."""

    handover: HandoverId


@command("dispatch.remind_handover", "dispatch.watch")
async def remind_handover(actor: Actor, input: RemindOfHandover) -> None:
    """Reminds who comes; the second time everybody on duty and who went as well. What was confirmed is let be."""
    handover = await rows.lock(DutyHandover, actor.organisation, parse_opaque("ho", input.handover).id)
    told(handover=str(handover.id), state=handover.state)
    if handover.state != "waiting" or handover.reminded >= len(REMINDERS):
        return
    rota = await rows.get(DutyRota, actor.organisation, handover.rota_id)
    people = [handover.incoming]
    if handover.reminded:
        duty = await duty_of(rota, work().occurred_at)
        people += [*(duty.members if duty else ()), *([handover.outgoing] if handover.outgoing else [])]
    await rows.update(handover, reminded=handover.reminded + 1)
    emit(HandoverUnconfirmed(handover.tenant_id, rota.id, handover.id, handover.at, tuple(dict.fromkeys(people))))
    if handover.reminded < len(REMINDERS):
        waited = REMINDERS[handover.reminded] - REMINDERS[handover.reminded - 1]
        await _watch(handover, work().occurred_at + waited)


@timer(TIMER)
async def nobody_confirmed(due: Timer) -> None:
    """Rings while a hand-over waits."""
    given = RemindOfHandover(opaque("ho", due.tenant_id, UUID(due.payload["handover"])))
    await run(system_actor(due.tenant_id), TIMER, given, key=f"timer:{due.id}:{due.due_at.isoformat()}")
