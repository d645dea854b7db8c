"""The log of a ticket's entitlement: what was found, decided, disputed and answered, by whom and why; never changed."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table

ENTRY_KINDS = ("found", "decided", "disputed", "upheld", "granted")


@table(
    Kind.CHILD,
    append_only=True,
    references={"ticket_id": "ticket"},
    group="commercial",
    checks={"kind": f"kind IN {ENTRY_KINDS}", "entitlement": "entitlement IN ('warranty', 'contract', 'outside')"},
)
class EntitlementEntry(Record):
    """One entry. entitlement, misuse: what was found, decided, or is wanted by who disputes.

    kind: `found` by the rules at intake, `decided` by a person, `disputed`, and the other side's answer: `upheld`,
    which leaves the decision as it was, or `granted`. found: the rules' own words {zh, en}; reason: a person's.
    service_level: of the contract, as it then was: {title, tier, minutes}.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    author_id = fields.UUIDField()
    author_role = fields.TextField()
    seq = fields.IntField()
    kind = fields.TextField()
    entitlement = fields.TextField()
    misuse = fields.BooleanField(default=False)
    contract_id = fields.UUIDField(null=True)
    service_level = fields.JSONField[dict[str, Any]](default=dict)
    found = fields.JSONField[dict[str, Any]](default=dict)
    reason = fields.TextField(default="")
    occurred_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "entitlement_entry"
        unique_together = (("tenant_id", "ticket_id", "seq"),)
