"""Readiness: a technician says that they can take no job for now, why, and until when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.events import AvailabilityChanged
from mendline.dispatch.people import Technician
from mendline.dispatch.presence.absence import member_meant
from mendline.kernel import (
    DomainError,
    MemberId,
    Timer,
    cancel_timer,
    command,
    emit,
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

TIMER = "dispatch.ready_again"


class SetReady(Struct, frozen=True, kw_only=True):
    """Whether jobs may be offered: to oneself, or to the technician whom a dispatcher names.

    Who is not ready says why; `until` makes them ready again by itself.
    """

    ready: bool
    reason: Annotated[str, Meta(max_length=200)] = ""
    until: datetime | None = None
    technician: MemberId | None = None


class Readiness(Struct, frozen=True):
    """Whether the technician takes jobs, and until when not."""

    technician: MemberId
    ready: bool
    until: datetime | None


@command("dispatch.set_ready", "dispatch.own_time")
async def set_ready(actor: Actor, input: SetReady) -> Readiness:
    """Says whether a technician takes jobs. Jobs in hand stay.

    Raises not_found for who is no technician, and invalid_input for an end that is past or given by who is ready, and
    for who is not ready without a reason.
    """
    member = await member_meant(actor, input.technician)
    technician = await rows.lock(Technician, actor.organisation, member.id)
    if input.ready and input.until is not None:
        raise DomainError("invalid_input", field="until", problem="only_not_ready")
    if input.until is not None and input.until <= work().occurred_at:
        raise DomainError("invalid_input", field="until", problem="not_ahead")
    if not input.ready and not input.reason.strip():
        raise DomainError("invalid_input", field="reason", problem="missing")
    return await put_readiness(technician, ready=input.ready, reason=input.reason, until=input.until)


async def put_readiness(
    technician: Technician, *, ready: bool, reason: str = "", until: datetime | None = None
) -> Readiness:
    """Stores it and sets, moves or takes back the timer that ends it, in the current command."""
    reason_kept = None if ready else reason or None
    await rows.update(technician, ready=ready, not_ready_reason=reason_kept, not_ready_until=until)
    key = f"ready:{technician.id}"
    if until is None:
        await cancel_timer(technician.tenant_id, key)
    else:
        await set_timer(technician.tenant_id, TIMER, key, until, technician=str(technician.id))
    told(technician=str(technician.id), ready=ready, until=until.isoformat() if until else None)
    emit(
        AvailabilityChanged(
            tenant=technician.tenant_id,
            technician=technician.id,
            why="readiness",
            begins=work().occurred_at,
            ends=until,
        )
    )
    return Readiness(opaque("mb", technician.tenant_id, technician.id), ready, until)


class ReadyAgain(Struct, frozen=True):
    """The technician whose time of not being ready is over."""

    technician: MemberId


@command("dispatch.ready_again", "dispatch.watch")
async def ready_again(actor: Actor, input: ReadyAgain) -> None:
    """Makes a technician ready whose time is over; one who has said something else meanwhile stays as they are."""
    technician = await rows.lock(Technician, actor.organisation, parse_opaque("mb", input.technician).id)
    until = technician.not_ready_until
    if not technician.ready and until is not None and until <= work().occurred_at:
        await put_readiness(technician, ready=True)


@timer(TIMER)
async def time_is_over(due: Timer) -> None:
    """Rings at the end that was given."""
    technician = opaque("mb", due.tenant_id, UUID(due.payload["technician"]))
    key = f"timer:{due.id}"
    await run(system_actor(due.tenant_id), "dispatch.ready_again", ReadyAgain(technician), key=key)
