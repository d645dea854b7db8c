"""Jobs: the provider's own book of suggestions and offers for the tickets it answers for."""

from typing import Annotated, Any, Literal

from msgspec import Meta
from tortoise import fields

from mendline.kernel import Kind, Record, now, table

JobOfferId = Annotated[str, Meta(description="The opaque id of a job offer.", extra={"id": "jo"}, max_length=80)]

OFFER_STATES = "state IN ('offered', 'accepted', 'declined', 'withdrawn', 'expired', 'taken')"

Asked = Literal["one", "group"]
"""How a technician was asked: alone, or as one of a group of which the first to answer gets the job."""


@table(Kind.OWN, update=())
class Suggestion(Record):
    """Who could do the job, best first, with what counted for and against each, and why the others fell out.

    (owner_id, ticket_id) names the ticket. candidates: the best of them, [{technician, name, score, minutes, reasons:
    [{criterion, value, points}]}], fit: how many there are. excluded: [{technician, name, why, value}], those first who
    came furthest, fallen_out: how many for each reason. weights: the points of each criterion that were used, and
    weights_version: a digest of them.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    ticket_version = fields.BigIntField()
    candidates = fields.JSONField[list[Any]]()
    excluded = fields.JSONField[list[Any]]()
    fit = fields.IntField(null=True)
    fallen_out = fields.JSONField[dict[str, Any]](null=True)
    weights = fields.JSONField[dict[str, Any]](null=True)
    weights_version = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "suggestion"
        indexes = (("tenant_id", "owner_id", "ticket_id", "recorded_at"),)


@table(
    Kind.OWN,
    references={"technician_id": "technician"},
    checks={"state": OFFER_STATES, "asked": "asked IN ('one', 'group')"},
)
class JobOffer(Record):
    """One offer of one job to one technician, and the answer.

    round_id: what all who were asked at once have in common, one technician or a group. attempt: the ticket's.
    automatic: whether the next one is asked when nobody of the round takes it. answer_by: when it passes on; without
    it the offer waits. taken_by_name: who was faster, where the state is `taken`; answered_at says when. ended_why: of
    one that was withdrawn, `passed` (others are asked instead), `withdrawn`, `reassigned` (it had been accepted, and is
    given to another), or what the ticket has become; ended_by: whose doing that was, by the organisation's name
    {zh, en}.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    technician_id = fields.UUIDField()
    technician_name = fields.TextField()
    round_id = fields.UUIDField(null=True)
    asked = fields.TextField(default="one", db_default="one")
    attempt = fields.IntField(default=1, db_default=1)
    automatic = fields.BooleanField(default=False, db_default=False)
    answer_by = fields.DatetimeField(null=True)
    state = fields.TextField(default="offered")
    reason = fields.TextField(null=True)
    taken_by_name = fields.TextField(null=True)
    ended_why = fields.TextField(null=True)
    ended_by = fields.JSONField[dict[str, Any]](null=True)
    offered_by = fields.UUIDField()
    offered_at = fields.DatetimeField(default=now)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "job_offer"
        indexes = (("tenant_id", "owner_id", "ticket_id"), ("tenant_id", "technician_id", "state"))
