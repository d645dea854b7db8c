"""Service reports: what each attempt found and did, kept beside those that followed."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table
from mendline.tickets import RESULTS


@table(
    Kind.CHILD,
    references={"ticket_id": "ticket"},
    group="quality",
    update=(),
    checks={"result": f"result IN {RESULTS}"},
)
class ServiceReport(Record):
    """The technician's report of one attempt; never changed. The latest one also stands in `ticket_quality`."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    technician_id = fields.UUIDField()
    attempt = fields.IntField()
    result = fields.TextField()
    cause = fields.TextField()
    action = fields.TextField()
    advice = fields.TextField(default="")
    work_minutes = fields.IntField(null=True)
    next_maintenance_on = fields.DateField(null=True)
    finished_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "service_report"
        unique_together = (("tenant_id", "ticket_id", "attempt"),)
