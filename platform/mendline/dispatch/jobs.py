"""Jobs: the provider's own book of suggestions and offers for the tickets it answers for."""

from typing import Any

from tortoise import fields

from mendline.kernel import Kind, Record, now, table

OFFER_STATES = "state IN ('offered', 'accepted', 'declined', 'withdrawn', 'expired')"


@table(Kind.OWN, update=())
class Suggestion(Record):
    """Who could do the job, best first, with what counted for and against each, and why the others fell out.

    (owner_id, ticket_id) names the ticket. candidates: [{technician, name, score, minutes, reasons}], excluded:
    [{technician, name, why}].
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    ticket_version = fields.BigIntField()
    candidates = fields.JSONField[list[Any]]()
    excluded = fields.JSONField[list[Any]]()
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "suggestion"
        indexes = (("tenant_id", "owner_id", "ticket_id", "recorded_at"),)


@table(Kind.OWN, references={"technician_id": "technician"}, checks={"state": OFFER_STATES})
class JobOffer(Record):
    """One offer of one job to one technician, and the answer."""

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    technician_id = fields.UUIDField()
    technician_name = fields.TextField()
    state = fields.TextField(default="offered")
    reason = fields.TextField(null=True)
    offered_by = fields.UUIDField()
    offered_at = fields.DatetimeField(default=now)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "job_offer"
        indexes = (("tenant_id", "owner_id", "ticket_id"), ("tenant_id", "technician_id", "state"))
