"""Estimates: when the technician is expected and when the device will work again, each with all its revisions."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.fieldwork.events import EstimateSlipped
from mendline.fieldwork.job import require_assignee
from mendline.kernel import (
    DomainError,
    Kind,
    Record,
    TicketId,
    command,
    emit,
    now,
    parse_opaque,
    rows,
    table,
    work,
)
from mendline.tickets import Ticket, TicketResult, change, lock_ticket, require_part, result
from mendline_tenants import Actor

Estimated = Literal["arrival", "completion"]

SLIP = timedelta(minutes=15)
"""What is later by no more than this is told on the cards alone."""


@table(
    Kind.CHILD,
    append_only=True,
    references={"ticket_id": "ticket"},
    group="progress",
    checks={"estimated": "estimated IN ('arrival', 'completion')"},
)
class Estimate(Record):
    """One revision: what is expected when, what was expected before (None: nothing), and why it changed."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    estimated = fields.TextField()
    expected_at = fields.DatetimeField()
    before_at = fields.DatetimeField(null=True)
    reason = fields.TextField(default="")
    attempt = fields.IntField(default=1)
    occurred_at = fields.DatetimeField(default=now)
    claimed = fields.BooleanField(default=False)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "estimate"
        indexes = (("tenant_id", "ticket_id", "recorded_at"),)


class EstimateCompletion(Struct, frozen=True):
    """When the device is expected to work again: in so many minutes, or at a time.

    reason: read by every participant.
    """

    ticket: TicketId
    minutes: Annotated[int, Meta(ge=0, le=60 * 24 * 365)] | None = None
    at: datetime | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


@command("fieldwork.estimate_completion", "fieldwork.work")
async def estimate_completion(actor: Actor, input: EstimateCompletion) -> TicketResult:
    """The technician says when; a slip is told to everyone who has the ticket.

    Raises invalid_input when no time or a past one is given, not_your_job, and nothing_to_estimate when no work is
    under way.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    await require_assignee(actor, ticket)
    if ticket.phase not in ("open", "working", "waiting"):
        raise DomainError("nothing_to_estimate", number=ticket.number, state=ticket.state)
    expected = expected_at(input.at, input.minutes)
    await revise(actor, ticket, "completion", expected, input.reason)
    await change(actor, ticket, completion_at=expected)
    return result(ticket)


def expected_at(at: datetime | None, minutes: int | None) -> datetime:
    """The time that was given. Raises DomainError invalid_input when there is none or it has passed."""
    moment = work().occurred_at
    expected = at or (moment + timedelta(minutes=minutes) if minutes is not None else None)
    if expected is None or expected < moment - timedelta(minutes=1):
        raise DomainError("invalid_input", field="at", problem="not_ahead")
    return expected


async def revise(actor: Actor, ticket: Ticket, estimated: Estimated, expected: datetime, reason: str = "") -> None:
    """Keeps a revision of a locked ticket's estimate, and says so when it slips; the ticket's column is not written."""
    before = ticket.eta_at if estimated == "arrival" else ticket.completion_at
    if before == expected:
        return
    await rows.insert(
        Estimate(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=actor.organisation,
            estimated=estimated,
            expected_at=expected,
            before_at=before,
            reason=reason,
            attempt=ticket.attempt,
            occurred_at=work().occurred_at,
            claimed=work().claimed,
        )
    )
    if before is not None and expected - before > SLIP:
        emit(
            EstimateSlipped(
                tenant=ticket.tenant_id,
                ticket=ticket.id,
                number=ticket.number,
                estimated=estimated,
                before=before,
                expected=expected,
                reason=reason,
            )
        )
