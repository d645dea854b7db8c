"""Keeping duty rotas: the pattern, who stands in for whom, and turns that two people swap."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.duty.handover import watch_handover
from mendline.dispatch.duty.on_duty import DutyCover, DutyRota, RotaId, load_rota, rota_of
from mendline.dispatch.duty.rota import Rota, on_duty, turn_at, turns
from mendline.dispatch.events import DutyCovered
from mendline.kernel import (
    DomainError,
    MemberId,
    PlaceId,
    command,
    emit,
    new_id,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline_tenants import Actor, Member, Place, refusal, require_zone

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
CoverId = Annotated[str, Meta(description="The opaque id of who stands in.", extra={"id": "dc"}, max_length=80)]
DutyKind = Literal["unit", "engineering", "officer", "desk"]

LEVELS = 5
"""How many people one turn may name, the primary among them."""

LONGEST_COVER = timedelta(days=100)


class HandoverInput(Struct, frozen=True):
    """Who takes over on a day of the cycle (0 is its first) at a local time such as 08:00.

    members: the primary first, then who is told when the primary does not answer; empty: nobody until the next.
    """

    day: Annotated[int, Meta(ge=0, le=365)]
    at: Clock
    members: Annotated[tuple[MemberId, ...], Meta(max_length=LEVELS)] = ()


class PutRota(Struct, frozen=True, kw_only=True):
    """A rota, found again by its code. Its pattern repeats every cycle_days from starts_on; each turn lasts until the
    next handover.

    kind: for a unit (name its place), clinical engineering, the hospital's duty officer, or a vendor's desk. Weekly
    turns of three people are a cycle of 21 days with handovers on days 0, 7 and 14.
    """

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    name: Annotated[dict[Literal["zh", "en"], Annotated[str, Meta(min_length=1, max_length=120)]], Meta(min_length=1)]
    kind: DutyKind
    zone: Annotated[str, Meta(max_length=60)]
    starts_on: date
    cycle_days: Annotated[int, Meta(ge=1, le=366)]
    handovers: Annotated[tuple[HandoverInput, ...], Meta(min_length=1, max_length=400)]
    ends_on: date | None = None
    place: PlaceId | None = None


class RotaSaved(Struct, frozen=True):
    """The rota, and whether its pattern leaves no moment without somebody."""

    rota: RotaId
    covered: bool


@command("dispatch.put_rota", "dispatch.duty")
async def put_rota(actor: Actor, input: PutRota) -> RotaSaved:
    """Puts a rota; who stands in stays.

    Raises not_found for a place or member that is not one's own, and invalid_input for a zone that nobody knows, a unit
    without its place, days out of order or outside the cycle, two handovers at once, and shared accounts.
    """
    require_zone(input.zone)
    if input.ends_on is not None and input.ends_on < input.starts_on:
        raise DomainError("invalid_input", field="endsOn", problem="ends_before")
    if input.kind == "unit" and input.place is None:
        raise DomainError("invalid_input", field="place", problem="missing")
    place = await rows.get(Place, actor.organisation, parse_opaque("pl", input.place).id) if input.place else None
    values: dict[str, Any] = {
        "name": input.name,
        "kind": input.kind,
        "place_id": place.id if place else None,
        "zone": input.zone,
        "starts_on": input.starts_on,
        "ends_on": input.ends_on,
        "cycle_days": input.cycle_days,
        "handovers": await _handovers(actor, input),
    }
    saved = await rows.first(DutyRota, "tenant_id = $1 AND code = $2 FOR NO KEY UPDATE", actor.organisation, input.code)
    if saved is None:
        saved = DutyRota(tenant_id=actor.organisation, id=new_id(), code=input.code, **values)
        await rows.insert(saved)
    else:
        await rows.update(saved, **values)
    await watch_handover(saved, work().occurred_at)
    told(rota=str(saved.id), code=input.code)
    return RotaSaved(opaque("ro", actor.organisation, saved.id), rota_of(saved).covered)


async def _handovers(actor: Actor, input: PutRota) -> list[dict[str, Any]]:
    found: dict[tuple[int, int], list[str]] = {}
    known: dict[str, UUID] = {}
    for n, handover in enumerate(input.handovers):
        minute = int(handover.at[:2]) * 60 + int(handover.at[3:])
        if handover.day >= input.cycle_days:
            raise DomainError("invalid_input", field=f"handovers[{n}].day", problem="outside_cycle")
        if (handover.day, minute) in found:
            raise DomainError("invalid_input", field=f"handovers[{n}].at", problem="two_at_once")
        if len(set(handover.members)) != len(handover.members):
            raise DomainError("invalid_input", field=f"handovers[{n}].members", problem="twice")
        for member in handover.members:
            known[member] = known.get(member) or (await _person(actor, member)).id
        found[handover.day, minute] = [str(known[member]) for member in handover.members]
    return [{"day": day, "minute": minute, "members": found[day, minute]} for day, minute in sorted(found)]


async def _person(actor: Actor, id: str) -> Member:
    """A member who can be on duty. Raises not_found for another's, unit_account_on_duty for a shared account."""
    reference = parse_opaque("mb", id)
    member = await rows.get(Member, *reference)
    if reference.tenant != actor.organisation or member.status == "left":
        raise not_found("member")
    if member.unit_account:
        raise DomainError("unit_account_on_duty", name=member.name)
    return member


class CoverDuty(Struct, frozen=True, kw_only=True):
    """Who stands in on a rota, from when to when, at which level (0: as primary)."""

    rota: RotaId
    member: MemberId
    starts_at: datetime
    ends_at: datetime
    level: Annotated[int, Meta(ge=0, lt=LEVELS)] = 0
    reason: Annotated[str, Meta(max_length=200)] = ""


class CoverSaved(Struct, frozen=True):
    """Who now stands in, or stands in no longer."""

    cover: CoverId


@command("dispatch.cover_duty", "dispatch.own_time")
async def cover_duty(actor: Actor, input: CoverDuty) -> CoverSaved:
    """Lets somebody stand in: for anybody, by who keeps the rotas; for oneself, by who is on duty all that time.

    Raises not_found, not_your_duty, and invalid_input for times out of order, past, or over 100 days.
    """
    rota = await _own_rota(actor, input.rota)
    member = await _person(actor, input.member)
    _require_order(input.starts_at, input.ends_at)
    if not actor.may("dispatch.duty"):
        reckoned = await load_rota(rota, input.starts_at, input.ends_at)
        if not _is_on_duty(reckoned, actor.id, input):
            raise DomainError("not_your_duty", name=rota.code)
    return await _stand_in(actor, rota, member.id, input.starts_at, input.ends_at, input.level, input.reason)


def _require_order(begins: datetime, ends: datetime) -> None:
    if ends <= begins:
        raise DomainError("invalid_input", field="endsAt", problem="ends_before")
    if ends <= work().occurred_at:
        raise DomainError("invalid_input", field="endsAt", problem="not_ahead")
    if ends - begins > LONGEST_COVER:
        raise DomainError("invalid_input", field="endsAt", problem="too_large", most=f"{LONGEST_COVER.days} d")


def _is_on_duty(rota: Rota, member: UUID, asked: CoverDuty) -> bool:
    """Whether the member has this level of the rota during the whole of a span: it only changes at these moments."""
    edges = {asked.starts_at, *(turn.begins for turn in turns(rota, asked.starts_at, asked.ends_at))}
    edges |= {edge for cover in rota.covers for edge in (cover.begins, cover.ends)}
    for moment in edges:
        if asked.starts_at <= moment < asked.ends_at:
            duty = on_duty(rota, moment)
            if duty is None or asked.level >= len(duty.members) or duty.members[asked.level] != member:
                return False
    return True


async def _stand_in(
    actor: Actor, rota: DutyRota, member: UUID, begins: datetime, ends: datetime, level: int, reason: str
) -> CoverSaved:
    cover = DutyCover(
        tenant_id=actor.organisation,
        id=new_id(),
        rota_id=rota.id,
        member_id=member,
        level=level,
        starts_at=begins,
        ends_at=ends,
        reason=reason,
        recorded_by=actor.id,
    )
    await rows.insert(cover)
    told(rota=str(rota.id), member=str(member), level=level, begins=begins.isoformat(), ends=ends.isoformat())
    emit(DutyCovered(actor.organisation, rota.id, member, begins, ends, actor.id))
    return CoverSaved(opaque("dc", actor.organisation, cover.id))


class WithdrawCover(Struct, frozen=True):
    """Who shall not stand in after all."""

    cover: CoverId


@command("dispatch.withdraw_cover", "dispatch.own_time")
async def withdraw_cover(actor: Actor, input: WithdrawCover) -> CoverSaved:
    """The pattern holds again. Raises not_found, and forbidden for who neither keeps the rotas nor wrote it down."""
    cover = await rows.lock(DutyCover, actor.organisation, parse_opaque("dc", input.cover).id)
    if cover.recorded_by != actor.id and not actor.may("dispatch.duty"):
        raise DomainError("forbidden", permission="dispatch.duty", why=refusal("dispatch.duty"))
    await rows.update(cover, withdrawn_at=cover.withdrawn_at or work().occurred_at)
    told(rota=str(cover.rota_id), cover=str(cover.id))
    return CoverSaved(opaque("dc", actor.organisation, cover.id))


class SwapDuty(Struct, frozen=True):
    """Two turns of a rota whose primaries change places, each named by a moment in it."""

    rota: RotaId
    one: datetime
    other: datetime


class DutySwapped(Struct, frozen=True):
    """The rota on which two have changed places."""

    rota: RotaId


@command("dispatch.swap_duty", "dispatch.duty")
async def swap_duty(actor: Actor, input: SwapDuty) -> DutySwapped:
    """Two people change places for one turn each. Raises not_found, nobody_on_duty, and same_turn for turns of one."""
    rota = await _own_rota(actor, input.rota)
    reckoned = await load_rota(rota, min(input.one, input.other), max(input.one, input.other) + timedelta(seconds=1))
    found = []
    for moment in (input.one, input.other):
        turn, duty = turn_at(reckoned, moment), on_duty(reckoned, moment)
        if turn is None or duty is None:
            raise DomainError("nobody_on_duty", name=rota.code)
        if turn.ends <= work().occurred_at:
            raise DomainError("invalid_input", field="other", problem="not_ahead")
        found.append((turn, duty.primary))
    (one, first), (other, second) = found
    if first == second:
        raise DomainError("same_turn", name=rota.code)
    await _stand_in(actor, rota, second, one.begins, one.ends, 0, "")
    await _stand_in(actor, rota, first, other.begins, other.ends, 0, "")
    return DutySwapped(opaque("ro", actor.organisation, rota.id))


async def _own_rota(actor: Actor, id: str) -> DutyRota:
    return await rows.lock(DutyRota, actor.organisation, parse_opaque("ro", id).id)
