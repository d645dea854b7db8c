"""The provider's own book of day plans: each edition of a day, its stops, and what a visit needs to be planned."""

from typing import Any

from tortoise import fields

from mendline.kernel import Kind, Record, now, table

STATES = ("asked", "solving", "proposed", "published", "superseded", "failed")
"""A plan is asked for, solved by a worker, proposed, published; a later edition supersedes it."""

CAUSES = ("asked", "urgent", "declined", "late", "absence", "moved")
"""Why an edition was made: somebody asked, an event, or a visit moved by hand."""

PROGRESS = ("planned", "under_way", "done")
KINDS = ("visit", "pickup", "rest")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, words))})"


@table(
    Kind.OWN,
    checks={"state": _one_of("state", STATES), "cause": _one_of("cause", CAUSES)},
)
class DayPlan(Record):
    """One edition of one day's plan of a provider; editions count for each day.

    day: ISO date in the organisation's zone (text, so that lists keep their index). based_on: the published edition
    whose visits it moves as little as it can. problem: what the solvers were given, by which a stored plan is judged at
    any time. epoch: the moment that its seconds count from. relaxed: the windows without the SLA of visits whose
    windows in it end with their SLA moment. distances: where travel times came from (`great_circle`, `osrm`,
    `valhalla`); fallback: why not from where they should. figures: solver, solving seconds, visits served and left,
    travel and work in seconds, visits moved, crew and solver faults. unserved: [{owner, ticket, number, why}]. moves:
    [{ticket, number, before, after}], each {technician, name, begins_at} or null. broken_locks: [{owner, ticket,
    number, technician, name, why, minutes}], the locks that it does not keep as they were made, or None. told_at: when
    arrivals and offers went out.
    """

    day = fields.TextField()
    edition = fields.BigIntField()
    state = fields.TextField(default="asked")
    cause = fields.TextField(default="asked")
    cause_number = fields.TextField(default="")
    asked_by = fields.UUIDField()
    based_on = fields.UUIDField(null=True)
    afresh = fields.BooleanField(default=False)
    automatic = fields.BooleanField(default=False)
    timezone = fields.TextField()
    epoch = fields.DatetimeField()
    begins_at = fields.DatetimeField()
    problem = fields.BinaryField(null=True)
    relaxed = fields.JSONField[dict[str, Any]](default=dict)
    distances = fields.TextField(default="")
    fallback = fields.TextField(default="")
    figures = fields.JSONField[dict[str, Any]](default=dict)
    unserved = fields.JSONField[list[Any]](default=list)
    moves = fields.JSONField[list[Any]](default=list)
    broken_locks = fields.JSONField[list[Any] | None](null=True)
    failure = fields.TextField(default="")
    asked_at = fields.DatetimeField(default=now)
    solved_at = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "day_plan"
        unique_together = (("tenant_id", "day", "edition"),)
        indexes = (
            ("tenant_id", "asked_at", "id"),
            ("tenant_id", "state", "day"),
        )


@table(
    Kind.OWN,
    references={"plan_id": "day_plan", "technician_id": "technician"},
    update=("locked", "locked_for"),
    checks={"kind": _one_of("kind", KINDS), "progress": _one_of("progress", PROGRESS)},
)
class DayPlanStop(Record):
    """One stop of a technician's day: a visit, parts fetched for one, or a rest.

    (owner_id, ticket_id) names the ticket. place and device are words {zh, en} as the provider may see them. travel:
    seconds of the way here. due_at: the SLA moment by which it ought to begin. locked: whether the next edition must
    leave it with this technician at about the time that it was locked at, locked_for.
    """

    plan_id = fields.UUIDField()
    technician_id = fields.UUIDField()
    technician_name = fields.TextField()
    sequence = fields.BigIntField()
    kind = fields.TextField(default="visit")
    progress = fields.TextField(default="planned")
    owner_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    number = fields.TextField(default="")
    priority = fields.IntField(null=True)
    place = fields.JSONField[dict[str, Any]](default=dict)
    device = fields.JSONField[dict[str, Any]](default=dict)
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    travel = fields.IntField(default=0)
    arrives_at = fields.DatetimeField()
    begins_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    windows = fields.JSONField[list[Any]](default=list)
    locked = fields.BooleanField(default=False)
    locked_for = fields.DatetimeField(null=True)

    class Meta:
        table = "day_plan_stop"
        unique_together = (("tenant_id", "plan_id", "technician_id", "sequence"),)
        indexes = (("tenant_id", "owner_id", "ticket_id"), ("tenant_id", "begins_at", "id"))


@table(Kind.OWN)
class VisitTerms(Record):
    """What a dispatcher has said of the visit for a ticket: how long it takes, and where its parts are fetched first.

    minutes: None for what its kind takes. (pickup_latitude, pickup_longitude): None where nothing is fetched.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    minutes = fields.IntField(null=True)
    pickup_name = fields.TextField(default="")
    pickup_latitude = fields.FloatField(null=True)
    pickup_longitude = fields.FloatField(null=True)
    pickup_minutes = fields.IntField(default=10)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "visit_terms"
        unique_together = (("tenant_id", "owner_id", "ticket_id"),)
