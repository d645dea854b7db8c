"""Visits: a technician's way to the device and time at it."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table


@table(Kind.CHILD, references={"ticket_id": "ticket"}, group="progress", writer="author")
class Visit(Record):
    """One visit of one attempt: when it is expected, when it began and ended."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    technician_id = fields.UUIDField()
    attempt = fields.IntField(default=1)
    eta_at = fields.DatetimeField(null=True)
    arrived_at = fields.DatetimeField(null=True)
    left_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "visit"
        indexes = (("tenant_id", "ticket_id", "recorded_at"),)
