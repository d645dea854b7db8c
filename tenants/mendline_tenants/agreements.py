"""Standing agreements: what a user facility shares of its tickets with a partner, without being asked each time."""

from datetime import date
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, rows, table

PART_CHECK = "part IN ('service_provider', 'manufacturer', 'testing_body', 'participant')"


@table(Kind.OWN, references={"partner_id": "partner"}, checks={"part": PART_CHECK})
class Agreement(Record):
    """The user facility's word: `partner` takes this part in its tickets and holds these field groups.

    device_classes: the classes it covers, empty for all. own_models: only models that the partner makes.
    """

    partner_id = fields.UUIDField()
    part = fields.TextField()
    groups = ArrayField("text")
    device_classes = ArrayField("text", default=list)
    own_models = fields.BooleanField(default=False)
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "agreement"


async def agreed(tenant: UUID, day: date, device_class: str | None, manufacturer: UUID | None) -> list[Agreement]:
    """The agreements of `tenant` in force on `day` for a device of this class and maker, in a stable order."""
    return await rows.select(
        Agreement,
        "tenant_id = $1 AND starts_on <= $2 AND (ends_on IS NULL OR ends_on >= $2)"
        " AND (device_classes = '{}' OR $3 = ANY (device_classes))"
        " AND (NOT own_models OR partner_id = $4) ORDER BY id",
        tenant,
        day,
        device_class,
        manufacturer,
    )
