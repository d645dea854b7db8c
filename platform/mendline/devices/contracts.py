"""Service contracts: who answers for which devices, until when, and how fast."""

from collections.abc import Mapping
from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table

TIER_CHECK = "tier IN ('basic', 'standard', 'premium')"


@table(Kind.OWN, references={"calendar_id": "service_calendar"}, checks={"tier": TIER_CHECK})
class Contract(Record):
    """A contract of the user facility with a provider.

    device_classes: the classes it covers (empty: the devices listed in contract_device). service_level: minutes
    (see `agreed_minutes`). tier: of the service, an input of priority. calendar_id: when the minutes
    count; None: day and night. direct: reports go straight to the
    provider. `system`/`number` is an external reference.
    """

    provider_id = fields.UUIDField()
    title = fields.TextField()
    device_classes = ArrayField("text", default=list)
    starts_on = fields.DateField()
    ends_on = fields.DateField()
    service_level = fields.JSONField[dict[str, Any]](default=dict)
    tier = fields.TextField(null=True)
    calendar_id = fields.UUIDField(null=True)
    direct = fields.BooleanField(default=False)
    recorded_at = fields.DatetimeField(default=now)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "contract"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "provider_id"), ("tenant_id", "title"))


@table(
    Kind.OWN,
    key=("tenant_id", "contract_id", "device_id"),
    references={"contract_id": "contract", "device_id": "device"},
)
class ContractDevice(Record):
    """A device that a contract names."""

    contract_id = fields.UUIDField()
    device_id = fields.UUIDField()

    class Meta:
        table = "contract_device"
        indexes = (("tenant_id", "device_id"),)


def agreed_minutes(service_level: Mapping[str, Any], priority: int, clock: str) -> int | None:
    """Minutes within which a clock must stop for a ticket of this priority; None when nothing was agreed.

    A service level holds `response`, `arrival` and `restoration` for all priorities, and under "1" to "4" what holds
    for that priority instead.
    """
    own = service_level.get(str(priority))
    minutes = own.get(clock) if isinstance(own, Mapping) else None
    chosen = service_level.get(clock) if minutes is None else minutes
    return chosen if isinstance(chosen, int) else None
