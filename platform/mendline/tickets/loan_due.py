"""Loans that are due: the lender is told, once, when a unit should be back; one that came back is not spoken of."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mendline.devices import Device, DeviceLoan
from mendline.kernel import (
    DeviceId,
    Timer,
    cancel_timer,
    command,
    emit,
    event,
    now,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    told,
)
from mendline_tenants import Actor, system_actor

TIMER = "tickets.tell_loan_due"


@event("tickets.loan_due")
class LoanDue(Struct, frozen=True):
    """A unit that was lent until this moment is not back. number: of the ticket for which it went out."""

    tenant: UUID
    device: UUID
    asset_number: str
    number: str | None
    due_at: datetime


async def watch_loan(loan: DeviceLoan) -> None:
    """Sees to it, in the current transaction, that the end of a loan is told of."""
    if loan.due_at is not None:
        await set_timer(loan.tenant_id, TIMER, f"loan:{loan.id}", loan.due_at, device=str(loan.device_id))


async def forget_loan(loan: DeviceLoan) -> None:
    """The unit is back: nobody is told any more."""
    await cancel_timer(loan.tenant_id, f"loan:{loan.id}")


class TellLoanDue(Struct, frozen=True):
    """The unit whose loan is over."""

    device: DeviceId


@timer(TIMER)
async def loan_ends(due: Timer) -> None:
    """Tells of a loan that is over, in the name of the lender's system."""
    given = TellLoanDue(opaque("dv", due.tenant_id, UUID(due.payload["device"])))
    await run(system_actor(due.tenant_id), TIMER, given, key=f"timer:{due.id}")


@command(TIMER, "tenants.operate")
async def tell_loan_due(actor: Actor, input: TellLoanDue) -> None:
    """Tells of a unit that should be back by now; of one that is back, or may stay out longer, nothing is told."""
    device = await rows.get(Device, actor.organisation, parse_opaque("dv", input.device).id)
    told(device=str(device.id), asset_number=device.asset_number)
    if device.loan_id is None:
        return
    loan = await rows.get(DeviceLoan, device.tenant_id, device.loan_id)
    if loan.due_at is not None and loan.due_at <= now():
        emit(LoanDue(device.tenant_id, device.id, device.asset_number, loan.ticket_number, loan.due_at))
