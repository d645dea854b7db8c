"""The device registry: models, units and where they are, as one hospital keeps them."""

from typing import Any

from tortoise import fields

from mendline.kernel import Kind, Record, now, table

FUNCTION_CHECK = "function IN ('life_support', 'therapeutic', 'monitoring', 'diagnostic', 'laboratory', 'other')"
STATES = ("in_service", "restricted", "awaiting_return", "out_of_service", "retired")
"""From the most usable to the least."""

STATE_CHECK = f"state IN {STATES}"


def worse(state: str, other: str) -> str:
    """The less usable of two states."""
    return max(state, other, key=STATES.index)


@table(Kind.OWN, checks={"function": FUNCTION_CHECK})
class DeviceModel(Record):
    """A type of device as the registry knows it.

    device_identifier: the UDI-DI as `DeviceIdentifier` has it. device_class: the word that qualifications and contracts
    use, such as `infusion_pump`. The three risk classes are separate fields that never convert into each other.
    `system`/`number` is an external reference.
    """

    manufacturer_id = fields.UUIDField(null=True)
    manufacturer = fields.JSONField[dict[str, Any]]()
    name = fields.JSONField[dict[str, Any]]()
    model_number = fields.TextField()
    device_identifier = fields.TextField(null=True)
    device_class = fields.TextField()
    function = fields.TextField(default="other")
    risk_nmpa = fields.TextField(null=True)
    risk_fda = fields.TextField(null=True)
    risk_eu = fields.TextField(null=True)
    mandatory_verification = fields.BooleanField(default=False)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "device_model"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "device_identifier"), ("tenant_id", "model_number"), ("tenant_id", "device_class"))


@table(Kind.OWN, references={"model_id": "device_model", "place_id": "place"}, checks={"state": STATE_CHECK})
class Device(Record):
    """One unit. `asset_number` is what wards call it by; `system`/`number` is an external reference."""

    model_id = fields.UUIDField()
    asset_number = fields.TextField()
    serial = fields.TextField(null=True)
    lot = fields.TextField(null=True)
    place_id = fields.UUIDField(null=True)
    state = fields.TextField(default="in_service")
    version = fields.BigIntField(default=1)
    manufactured_on = fields.DateField(null=True)
    purchased_on = fields.DateField(null=True)
    warranty_until = fields.DateField(null=True)
    backup_available = fields.BooleanField(default=False)
    software_version = fields.TextField(null=True)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)
    last_repair = fields.JSONField[dict[str, Any]](null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "device"
        unique_together = (("tenant_id", "asset_number"), ("tenant_id", "system", "number"))
        indexes = (
            ("tenant_id", "serial"),
            ("tenant_id", "place_id"),
            ("tenant_id", "model_id"),
            ("tenant_id", "state", "asset_number"),
            ("tenant_id", "recorded_at", "id"),
        )
