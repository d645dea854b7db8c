"""Requests to subcontract: a provider asks the user facility whether it may pass its ticket on."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table


@table(
    Kind.CHILD,
    references={"ticket_id": "ticket"},
    group="progress",
    update=("state", "answer", "answered_at", "child_id"),
    writer="facility",
    checks={"state": "state IN ('asked', 'approved', 'refused', 'withdrawn')"},
)
class Subcontract(Record):
    """One request of one provider, and the hospital's answer; seen by these two alone.

    Only the user facility's own commands write it, so that no provider can consent for the hospital. asked_by: the
    provider. subcontractor: who shall do the work, card: as the provider (or the hospital, which knows it) names it.
    child_id: the ticket that was made of it.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    asked_by = fields.UUIDField()
    subcontractor = fields.UUIDField()
    card = fields.JSONField[dict[str, Any]]()
    reason = fields.TextField(default="")
    state = fields.TextField(default="asked")
    answer = fields.TextField(default="")
    child_id = fields.UUIDField(null=True)
    asked_at = fields.DatetimeField(default=now)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "subcontract"
        indexes = (
            ("tenant_id", "ticket_id", "asked_at"),
            ("tenant_id", "asked_at"),
            ("tenant_id", "state", "asked_at"),
        )
