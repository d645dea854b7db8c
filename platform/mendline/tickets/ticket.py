"""The ticket: one piece of work on a device for which one organisation answers, and its field groups."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, now, table
from mendline.tickets.states import (
    ENDINGS,
    PARTS,
    PHASES,
    RESULTS,
    TICKET_OUTCOMES,
    WAITING_FOR,
    Decontamination,
    TicketKind,
    UseState,
    one_of,
)

GROUPS = ("progress", "people", "clinical", "quality", "commercial", "messages", "vigilance")
"""The field groups; `progress` lies on the ticket itself."""


@table(
    Kind.TICKET,
    references={"device_id": "device"},
    checks={
        "state": one_of("state", PHASES),
        "phase": one_of("phase", dict.fromkeys(PHASES.values())),
        "kind": one_of("kind", TicketKind),
        "waiting_for": one_of("waiting_for", WAITING_FOR),
        "outcome": one_of("outcome", TICKET_OUTCOMES),
        "ended": f"(outcome IS NOT NULL) = ({one_of('state', (*ENDINGS, 'archived'))})",
    },
)
class Ticket(Record):
    """The anchor, owned by the user facility for ever; its columns are the field group `progress`.

    visible_to: organisations that see it. audience: field group -> organisations that hold it (both are written by the
    definer functions of sharing alone). *_card: snapshots of what participants need, never joins into another registry.
    changed_by: the role of the last writer; no name crosses a border here. duplicate_of_id: the ticket of the same user
    facility that tells of the same fault and goes on in this one's stead. outcome: how it ended, once that is decided.
    """

    visible_to = ArrayField("uuid")
    audience = fields.JSONField[dict[str, Any]]()
    number = fields.TextField()
    kind = fields.TextField(default="fault")
    parent_id = fields.UUIDField(null=True)
    duplicate_of_id = fields.UUIDField(null=True)
    state = fields.TextField(default="reported")
    phase = fields.TextField(default="open")
    outcome = fields.TextField(null=True)
    version = fields.BigIntField(default=1)
    attempt = fields.IntField(default=1)
    provider_id = fields.UUIDField()
    manufacturer_id = fields.UUIDField(null=True)
    device_id = fields.UUIDField(null=True)
    device_card = fields.JSONField[dict[str, Any]]()
    facility_card = fields.JSONField[dict[str, Any]]()
    provider_card = fields.JSONField[dict[str, Any]]()
    priority = fields.IntField(default=3)
    opened_at = fields.DatetimeField(default=now)
    response_due_at = fields.DatetimeField(null=True)
    restoration_due_at = fields.DatetimeField(null=True)
    eta_at = fields.DatetimeField(null=True)
    completion_at = fields.DatetimeField(null=True)
    waiting_for = fields.TextField(null=True)
    closed_at = fields.DatetimeField(null=True)
    changed_at = fields.DatetimeField(default=now)
    changed_by = fields.TextField(default="")
    system = fields.TextField(null=True)
    external_number = fields.TextField(null=True)
    audit_seq = fields.BigIntField(default=0)
    audit_head = fields.BinaryField(null=True)

    class Meta:
        table = "ticket"
        unique_together = (("tenant_id", "number"), ("tenant_id", "system", "external_number"))
        indexes = (("tenant_id", "device_id", "opened_at"), ("tenant_id", "parent_id"))


class TicketGroup(Record):
    """The base of a field group with one row per ticket: its id is the ticket's."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()

    class Meta:
        abstract = True


_OF_TICKET = {"ticket_id": "ticket"}


@table(Kind.CHILD, references=_OF_TICKET, group="people")
class TicketPeople(TicketGroup):
    """Who reports, whom to ask at the ward and where, and who comes.

    caller_ward: where a caller said to be. place_note: where exactly the device is, in words (a bed, a corner).
    """

    reporter_id = fields.UUIDField(null=True)
    reporter_name = fields.TextField(default="")
    caller_ward = fields.TextField(default="", db_default="")
    contact_name = fields.TextField(default="")
    contact_phone = fields.TextField(default="")
    location = fields.JSONField[dict[str, Any]](default=dict)
    place_note = fields.TextField(default="", db_default="")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    assignee_id = fields.UUIDField(null=True)
    assignee_name = fields.TextField(null=True)
    assignee_phone = fields.TextField(null=True)

    class Meta:
        table = "ticket_people"


@table(
    Kind.CHILD,
    references=_OF_TICKET,
    group="clinical",
    checks={
        "use_state": one_of("use_state", UseState),
        "decontamination": one_of("decontamination", Decontamination),
    },
)
class TicketClinical(TicketGroup):
    """What the ward says: the symptom, whether the device is usable, and what the technician must know.

    priority_reasons: the inputs of the ticket's priority; they speak of the ward, so they are not `progress`.
    fault_code: what kind of fault it is, in the organisation's own codes; None while nobody has said so.
    fault_proposal: what was found in the symptom at intake (see `fault_proposal`), whatever a person said since.
    device_state_before: the device's state when this was reported, which a cancelled report gives back.
    """

    symptom = fields.TextField()
    fault_code = fields.TextField(null=True)
    fault_proposal = fields.JSONField[dict[str, Any]](null=True)
    use_state = fields.TextField(default="unknown")
    happened_at = fields.DatetimeField(default=now)
    spare_needed = fields.BooleanField(default=False)
    isolation = fields.BooleanField(default=False)
    decontamination = fields.TextField(default="unknown")
    access_windows = fields.JSONField[list[Any]](default=list)
    priority_reasons = fields.JSONField[list[Any]](default=list)
    device_state_before = fields.TextField(null=True)

    class Meta:
        table = "ticket_clinical"


@table(Kind.CHILD, references=_OF_TICKET, group="quality", checks={"result": one_of("result", RESULTS)})
class TicketQuality(TicketGroup):
    """What was found and done: result, cause, action, advice."""

    result = fields.TextField(null=True)
    cause = fields.TextField(default="")
    action = fields.TextField(default="")
    advice = fields.TextField(default="")
    next_maintenance_on = fields.DateField(null=True)
    work_minutes = fields.IntField(null=True)
    finished_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)

    class Meta:
        table = "ticket_quality"


@table(
    Kind.CHILD,
    references=_OF_TICKET,
    group="commercial",
    checks={"entitlement": "entitlement IN ('warranty', 'contract', 'outside')"},
)
class TicketCommercial(TicketGroup):
    """Who pays: the entitlement as it now stands with its reason, and the contract.

    Found at intake, decided anew by people (`entitlement_entry` keeps how). misuse: the warranty does not cover it.
    disputed_by: the side that disputes it and waits for the other's answer. quotation_needed: the provider's work waits
    for an approved quotation.
    """

    entitlement = fields.TextField(default="outside")
    contract_id = fields.UUIDField(null=True)
    misuse = fields.BooleanField(default=False, db_default=False)
    disputed_by = fields.UUIDField(null=True)
    quotation_needed = fields.BooleanField(default=False, db_default=False)
    reason = fields.JSONField[dict[str, Any]](default=dict)
    valid_until = fields.DateField(null=True)

    class Meta:
        table = "ticket_commercial"


@table(Kind.CHILD, references=_OF_TICKET, group="vigilance")
class TicketVigilance(TicketGroup):
    """The screening for suspected adverse events: words that raised it, and the outcome."""

    suspected = fields.BooleanField(default=False)
    words = fields.JSONField[list[Any]](default=list)
    outcome = fields.TextField(null=True)

    class Meta:
        table = "ticket_vigilance"


@table(Kind.CHILD, references=_OF_TICKET, group="messages", update=())
class TicketMessage(Record):
    """Something said on the ticket, by a person or with a file. Never changed."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    author_id = fields.UUIDField()
    author_name = fields.TextField()
    kind = fields.TextField(default="comment")
    body = fields.TextField(default="")
    evidence_id = fields.UUIDField(null=True)
    channel = fields.TextField()
    occurred_at = fields.DatetimeField(default=now)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "ticket_message"
        indexes = (("tenant_id", "ticket_id", "recorded_at"),)


@table(
    Kind.CHILD,
    references=_OF_TICKET,
    group="progress",
    update=("part", "groups", "starts_at", "ends_at"),
    writer="facility",
    checks={"part": one_of("part", PARTS)},
)
class TicketParticipant(Record):
    """An organisation's part in the ticket, and the field groups it holds."""

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    organisation = fields.UUIDField()
    part = fields.TextField()
    groups = ArrayField("text")
    card = fields.JSONField[dict[str, Any]]()
    starts_at = fields.DatetimeField(default=now)
    ends_at = fields.DatetimeField(null=True)

    class Meta:
        table = "ticket_participant"
        unique_together = (("tenant_id", "ticket_id", "organisation"),)
