"""Qualifying: what a technician may work on, how well, by which proof, until when; warned of before it ends."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from mendline.devices import stored_proof
from mendline.dispatch.events import QualificationExpiresSoon
from mendline.dispatch.people import Qualification, Technician
from mendline.kernel import (
    MemberId,
    ProofId,
    Timer,
    cancel_timer,
    command,
    emit,
    new_id,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    told,
    work,
)
from mendline_tenants import Actor, system_actor

TIMER = "dispatch.warn_of_qualification"
AHEAD = (timedelta(days=60), timedelta(days=14))
"""How long before its last day a qualification is spoken of: time to book a course, and a last word."""

MORNING = time(9)

QualificationId = Annotated[
    str, Meta(description="The opaque id of a qualification.", extra={"id": "qa"}, max_length=80)
]


class QualificationInput(Struct, frozen=True):
    """That the technician may work on a class of device, or on one model of it.

    level: proficiency, 1 (under guidance) to 5 (teaches others). proof: the number of the certificate, or the address
    of the document in the organisation's own archive. expires_on: its last day. scan: of the certificate, which has
    been uploaded; without one the scan that is known stays, unless the last day is another now.
    """

    device_class: Annotated[str, Meta(min_length=1, max_length=60)]
    model_number: Annotated[str, Meta(max_length=120)] | None = None
    level: Literal[1, 2, 3, 4, 5] = 1
    expires_on: date | None = None
    proof: Annotated[str, Meta(max_length=500)] | None = None
    scan: ProofId | None = None


class PutQualification(Struct, frozen=True):
    """One qualification of a technician, found again by its class and model."""

    technician: MemberId
    qualification: QualificationInput


class QualificationSaved(Struct, frozen=True):
    """The qualification that was put."""

    qualification: QualificationId


@command("dispatch.put_qualification", "dispatch.people")
async def put_qualification(actor: Actor, input: PutQualification) -> QualificationSaved:
    """Gives or renews one qualification; the others stay. Raises not_found for who is no technician, proof_awaited."""
    technician = await rows.lock(Technician, actor.organisation, parse_opaque("mb", input.technician).id)
    wanted = input.qualification
    known = await rows.first(
        Qualification,
        "tenant_id = $1 AND technician_id = $2 AND device_class = $3 AND model_number IS NOT DISTINCT FROM $4"
        " ORDER BY id",
        actor.organisation,
        technician.id,
        wanted.device_class,
        wanted.model_number,
    )
    saved = await put(technician, wanted, known)
    told(technician=str(technician.id), device_class=wanted.device_class, model_number=wanted.model_number)
    return QualificationSaved(opaque("qa", actor.organisation, saved.id))


async def put(technician: Technician, wanted: QualificationInput, known: Qualification | None) -> Qualification:
    """Makes a qualification, or changes the one that is known, and sees to it that its end is told of in time."""
    values: dict[str, Any] = {"level": wanted.level, "expires_on": wanted.expires_on, "proof": wanted.proof}
    if wanted.scan is not None:
        values["proof_id"] = await stored_proof(technician.tenant_id, wanted.scan)
    elif known is not None and known.expires_on != wanted.expires_on:
        values["proof_id"] = None
    if known is None:
        known = Qualification(
            tenant_id=technician.tenant_id,
            id=new_id(),
            technician_id=technician.id,
            device_class=wanted.device_class,
            model_number=wanted.model_number,
            **values,
        )
        await rows.insert(known)
    else:
        await rows.update(known, **values)
    await _warn_before(known, technician.timezone)
    return known


async def end(technician: Technician, held: Qualification, last: date) -> None:
    """The qualification holds no longer than this day; nobody is warned of what was ended on purpose."""
    if held.expires_on is None or held.expires_on > last:
        await rows.update(held, expires_on=last)
    await cancel_timer(technician.tenant_id, _key(held))


async def _warn_before(held: Qualification, zone: str) -> None:
    moment = next_warning(held.expires_on, zone, work().occurred_at)
    if moment is None:
        await cancel_timer(held.tenant_id, _key(held))
    else:
        await set_timer(held.tenant_id, TIMER, _key(held), moment, qualification=str(held.id))


def next_warning(last: date | None, zone: str, after: datetime) -> datetime | None:
    """When a qualification is spoken of next, in the morning of the technician's zone; None: no more.

    One that is given with less time left is spoken of at the warning that is still ahead.
    """
    if last is None:
        return None
    mornings = (datetime.combine(last - ahead, MORNING, ZoneInfo(zone)) for ahead in AHEAD)
    return min((morning for morning in mornings if morning > after), default=None)


def _key(held: Qualification) -> str:
    return f"qualification:{held.id}"


class WarnOfQualification(Struct, frozen=True):
    """The qualification to speak of."""

    qualification: QualificationId


@command("dispatch.warn_of_qualification", "dispatch.watch")
async def warn_of_qualification(actor: Actor, input: WarnOfQualification) -> None:
    """Tells of a qualification that will end, and sets the next warning; one that was renewed is not spoken of."""
    held = await rows.get(Qualification, actor.organisation, parse_opaque("qa", input.qualification).id)
    technician = await rows.get(Technician, actor.organisation, held.technician_id)
    today = work().occurred_at.astimezone(ZoneInfo(technician.timezone)).date()
    told(qualification=str(held.id), technician=str(technician.id))
    await _warn_before(held, technician.timezone)
    if held.expires_on is not None and today <= held.expires_on <= today + max(AHEAD):
        emit(
            QualificationExpiresSoon(
                held.tenant_id, technician.id, held.id, held.device_class, held.model_number, held.expires_on
            )
        )


@timer(TIMER)
async def qualification_ends_soon(due: Timer) -> None:
    """Rings a while before the last day."""
    given = WarnOfQualification(opaque("qa", due.tenant_id, UUID(due.payload["qualification"])))
    key = f"timer:{due.id}"
    await run(system_actor(due.tenant_id), "dispatch.warn_of_qualification", given, key=key)
