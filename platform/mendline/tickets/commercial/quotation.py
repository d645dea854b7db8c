"""Quotations: what a provider asks for its work on a ticket, each revision kept, and what became of it."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table

OUTCOMES = ("expired", "approved", "refused", "withdrawn", "replaced")
"""What may become of a quotation; one that has none of these is open."""


@table(
    Kind.CHILD,
    append_only=True,
    references={"ticket_id": "ticket"},
    group="commercial",
    checks={"amount": "amount >= 0", "currency": "currency ~ '^[A-Z]{3}$'"},
)
class Quotation(Record):
    """One offer of the ticket's provider, which is never changed; seen by it and the user facility alone.

    amount: minor units of `currency` (ISO 4217), the sum of the lines; lines: [{text, quantity, unit_amount}].
    valid_until: until when it may be approved. resumes: the state to which the ticket goes back on approval.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    author_id = fields.UUIDField()
    revision = fields.IntField()
    currency = fields.TextField()
    amount = fields.BigIntField()
    lines = fields.JSONField[list[Any]](default=list)
    remark = fields.TextField(default="")
    valid_until = fields.DatetimeField()
    resumes = fields.TextField()
    occurred_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "quotation"
        unique_together = (("tenant_id", "ticket_id", "revision"),)


@table(
    Kind.CHILD,
    append_only=True,
    references={"ticket_id": "ticket"},
    group="commercial",
    checks={
        "outcome": f"outcome IN {OUTCOMES}",
        # Whoever the commands are asked by: no provider approves its own quotation.
        "answer": "outcome NOT IN ('approved', 'refused') OR author_org = tenant_id",
    },
)
class QuotationOutcome(Record):
    """What became of a quotation, once: the user facility's answer, or the provider's word that it stands no more.

    Its id is the quotation's, so that there is one at most.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    author_id = fields.UUIDField()
    outcome = fields.TextField()
    reason = fields.TextField(default="")
    occurred_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "quotation_outcome"
        indexes = (("tenant_id", "ticket_id"),)
