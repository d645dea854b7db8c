"""Technicians as dispatch knows them: where they start, when they work, what they are qualified for."""

from typing import Any

from tortoise import fields

from mendline.kernel import Kind, Record, now, table


@table(Kind.OWN, references={"member_id": "member"})
class Technician(Record):
    """A member who goes out (id = member's id).

    shifts: weekly shifts as [{"days": [1..7], "from": "08:00", "to": "18:00"}], ISO weekdays, local time; they hold on
    the days of no period (shifts.py). not_ready_until: when `ready` comes back by itself (readiness.py).
    Coordinates in degrees; latitude and longitude are the last ones shared, at located_at.
    """

    member_id = fields.UUIDField()
    home_latitude = fields.FloatField(null=True)
    home_longitude = fields.FloatField(null=True)
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    located_at = fields.DatetimeField(null=True)
    timezone = fields.TextField(default="Asia/Shanghai")
    shifts = fields.JSONField[list[Any]](default=list)
    ready = fields.BooleanField(default=True)
    not_ready_reason = fields.TextField(null=True)
    not_ready_until = fields.DatetimeField(null=True)

    class Meta:
        table = "technician"


@table(Kind.OWN, references={"technician_id": "technician", "proof_id": "proof"})
class Qualification(Record):
    """That a technician may work on a device class (or one model of it), until a day.

    level: proficiency, 1 (under guidance) to 5 (teaches others). proof: the certificate's number, or where it lies.
    proof_id: its scan, for the last day that it has now.
    """

    technician_id = fields.UUIDField()
    device_class = fields.TextField()
    model_number = fields.TextField(null=True)
    level = fields.IntField(default=1)
    expires_on = fields.DateField(null=True)
    proof = fields.TextField(null=True)
    proof_id = fields.UUIDField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "qualification"
        indexes = (("tenant_id", "device_class"), ("tenant_id", "technician_id"), ("tenant_id", "expires_on"))
