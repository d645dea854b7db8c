"""The device registry: models, units and where they are, as one hospital keeps them."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table

FUNCTION_CHECK = "function IN ('life_support', 'therapeutic', 'monitoring', 'diagnostic', 'laboratory', 'other')"
STATES = ("in_service", "restricted", "awaiting_return", "out_of_service", "retired")
"""From the most usable to the least."""

STATE_CHECK = f"state IN {STATES}"
POOLS = ("spare", "loaner")
"""A spare unit (备用机) stands in for the own wards' devices; a loaner (借用机) is lent to somebody else's."""

PARTS_OF = ("component", "accessory")
"""What a unit is to the one it belongs to: a part of the system, or something used with it."""


def worse(state: str, other: str) -> str:
    """The less usable of two states."""
    return max(state, other, key=STATES.index)


@table(Kind.OWN, checks={"function": FUNCTION_CHECK})
class DeviceModel(Record):
    """A type of device as the registry knows it.

    device_identifier: the UDI-DI as `DeviceIdentifier` has it. device_class: the word that qualifications and contracts
    use, such as `infusion_pump`. The three risk classes are separate fields that never convert into each other.
    authorised_only: whether the maker lets only those service it whom it has authorised.
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
    authorised_only = fields.BooleanField(default=False, db_default=False)
    system = fields.TextField(null=True)
    number = fields.TextField(null=True)

    class Meta:
        table = "device_model"
        unique_together = (("tenant_id", "system", "number"),)
        indexes = (("tenant_id", "device_identifier"), ("tenant_id", "model_number"), ("tenant_id", "device_class"))


@table(
    Kind.OWN,
    references={
        "model_id": "device_model",
        "place_id": "place",
        "owning_id": "place",
        "using_id": "place",
        "storing_id": "place",
        "parent_id": "device",
        "merged_into": "device",
    },
    checks={"state": STATE_CHECK, "pool": f"pool IN {POOLS}", "belongs_as": f"belongs_as IN {PARTS_OF}"},
)
class Device(Record):
    """One unit. `asset_number` is what wards call it by; `system`/`number` is an external reference.

    owning_id, using_id, storing_id: the departments that answer for it, work with it, and keep it when it is not used;
    place_id: where it stands now. owner_id: the partner whose it is, of a rented or placed unit; None: the
    organisation's own. mandatory_verification: whether this unit is under it; None: as its model.
    verified_on, verification_due_at: by its latest verification certificate. parent_id, belongs_as: the unit that it is
    a component or an accessory of. pool: whether it may be lent; loan_id: the loan that it is out on. merged_into: the
    unit that this is a second record of; that one is never merged itself (decision 0028).
    duplicates: its second records.
    """

    model_id = fields.UUIDField()
    asset_number = fields.TextField()
    serial = fields.TextField(null=True)
    lot = fields.TextField(null=True)
    place_id = fields.UUIDField(null=True)
    owning_id = fields.UUIDField(null=True)
    using_id = fields.UUIDField(null=True)
    storing_id = fields.UUIDField(null=True)
    owner_id = fields.UUIDField(null=True)
    parent_id = fields.UUIDField(null=True)
    belongs_as = fields.TextField(null=True)
    pool = fields.TextField(null=True)
    loan_id = fields.UUIDField(null=True)
    merged_into = fields.UUIDField(null=True)
    duplicates = ArrayField("uuid", null=True)
    mandatory_verification = fields.BooleanField(null=True)
    verified_on = fields.DateField(null=True)
    verification_due_at = fields.DatetimeField(null=True)
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
            ("tenant_id", "owning_id"),
            ("tenant_id", "using_id"),
            ("tenant_id", "storing_id"),
            ("tenant_id", "parent_id"),
            ("tenant_id", "pool", "asset_number"),
            ("tenant_id", "merged_into"),
            ("tenant_id", "verification_due_at", "id"),
        )
