"""What the database keeps of a ticket's SLA clocks: the log of what happened to them, and what each one shows."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table
from mendline.tickets.sla.clock import ClockEventKind, ClockName, ClockState
from mendline.tickets.states import one_of

_OF_TICKET = {"ticket_id": "ticket"}


@table(
    Kind.CHILD,
    append_only=True,
    references=_OF_TICKET,
    group="progress",
    checks={"clock": one_of("clock", ClockName), "kind": one_of("kind", ClockEventKind)},
)
class TicketClockEvent(Record):
    """One event of a ticket's clocks, as `clock.ClockEvent`; clock: which one, None for all of them.

    seq counts per ticket. occurred_at: the moment that counts; claimed: whether it was told from outside.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    seq = fields.BigIntField()
    clock = fields.TextField(null=True)
    kind = fields.TextField()
    occurred_at = fields.DatetimeField()
    claimed = fields.BooleanField(default=False)
    minutes = fields.IntField(null=True)
    reason = fields.TextField(default="")
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "ticket_clock_event"
        unique_together = (("tenant_id", "ticket_id", "seq"),)


READING = (
    *("state", "started_at", "target", "used", "due_at", "stopped_at", "met", "provisional", "claimed"),
    *("warn_at", "reckoned_at"),
)
"""The columns that are worked out from the log."""


@table(
    Kind.CHILD,
    references=_OF_TICKET,
    group="progress",
    update=(*READING, "warned_at", "escalated_at"),
    checks={"state": one_of("state", ClockState)},
)
class TicketClock(Record):
    """One clock of a ticket: what was agreed when it was opened, and what it showed when it last changed.

    calendar: when it counts (`WorkingCalendar`). telling: inside whose hours people are told of it. minutes: the target
    for each priority ("1" to "4"). pauses: what a ticket may wait for while it is held back. state to claimed: as in
    `clock.ClockReading`, at `reckoned_at`. warn_at: when most of the target is used. warned_at, escalated_at: when
    people were told, once each for a breach (see `forget_marks`).
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    clock = fields.TextField()
    calendar = fields.JSONField[dict[str, Any]]()
    telling = fields.JSONField[dict[str, Any]]()
    minutes = fields.JSONField[dict[str, Any]]()
    pauses = fields.JSONField[list[Any]]()
    state = fields.TextField()
    started_at = fields.DatetimeField(null=True)
    target = fields.BigIntField(null=True)
    used = fields.BigIntField(default=0)
    due_at = fields.DatetimeField(null=True)
    warn_at = fields.DatetimeField(null=True)
    stopped_at = fields.DatetimeField(null=True)
    met = fields.BooleanField(null=True)
    provisional = fields.BooleanField(default=False)
    claimed = fields.BooleanField(default=False)
    reckoned_at = fields.DatetimeField()
    warned_at = fields.DatetimeField(null=True)
    escalated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "ticket_clock"
        unique_together = (("tenant_id", "ticket_id", "clock"),)
