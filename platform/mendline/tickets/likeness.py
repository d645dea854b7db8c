"""Duplicates and repeat faults: other tickets that tell of the same fault, each with its score and why.

A ticket of the same device that is still open is a possible `duplicate`. One that was opened within the organisation's
days is a `repeat` when it has the same fault code or a text alike. Another device of the same model with a text alike
is kept as `model`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, fetch, now, rows, table
from mendline.tickets.alike import cosine, ngrams, shared_words
from mendline.tickets.states import not_void, one_of
from mendline.tickets.ticket import Ticket
from mendline_tenants import POLICIES, Organisation

LIKENESSES = ("duplicate", "repeat", "model")

SAME_DEVICE, SAME_MODEL, STILL_OPEN, SAME_CODE, SAME_TEXT = 30, 10, 20, 20, 30
"""Points of each reason; those of the text are given in the measure of its cosine. They add up to at most 100."""

OF_DEVICE, OF_MODEL = 20, 100
"""How many tickets are looked at, the newest first."""

MODEL_KEPT = 3
"""How many tickets of other devices are kept."""


class RepeatPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """When a fault counts as the same again.

    days: back to the other's opening. alike: cosine of the texts, in percent.
    """

    days: Annotated[int, Meta(ge=1, le=3650)] = 30
    alike: Annotated[int, Meta(ge=1, le=100)] = 40


POLICIES["repeat_faults"] = RepeatPolicy


@table(
    Kind.CHILD,
    append_only=True,
    references={"ticket_id": "ticket"},
    group="clinical",
    beside="other_id",
    checks={"kind": one_of("kind", LIKENESSES)},
)
class TicketLikeness(Record):
    """That another ticket of the user facility may tell of the same fault, as it was seen when this one was opened.

    Shown to those alone who hold the ward's words of both, and who held them when it was seen. Of the other it tells
    no more than words that stand in this ticket too. score: 0 to 100, the sum of the reasons' points; alike: cosine of
    the texts in percent; days: between the openings; reasons: [{input, value, points}].
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    other_id = fields.UUIDField()
    kind = fields.TextField()
    score = fields.IntField()
    alike = fields.IntField()
    days = fields.IntField()
    words = fields.JSONField[list[Any]](default=list)
    reasons = fields.JSONField[list[Any]](default=list)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "ticket_likeness"
        unique_together = (("tenant_id", "ticket_id", "other_id"),)
        indexes = (("tenant_id", "other_id"),)


class Fault(NamedTuple):
    """What is known of a fault: the device and its model, the ward's words, the code."""

    device: UUID
    model: UUID
    symptom: str
    code: str | None = None


class Likeness(NamedTuple):
    """One other ticket; see `TicketLikeness`. holders: the organisations that hold the ward's words of it."""

    id: UUID
    number: str
    kind: str
    score: int
    alike: int
    days: int
    words: list[str]
    reasons: list[dict[str, Any]]
    holders: list[UUID]


_KNOWN = f"""
SELECT t.id, t.number, t.state, t.phase, t.opened_at, t.device_id, t.audience->'clinical' AS holders, c.symptom,
  c.fault_code
FROM ticket t JOIN ticket_clinical c ON c.tenant_id = t.tenant_id AND c.id = t.id
WHERE t.tenant_id = $1 AND t.kind IN ('fault', 'depot_repair') AND {not_void("t")}
  AND NOT EXISTS (SELECT FROM ticket k WHERE k.tenant_id = $1 AND k.parent_id = t.id AND {not_void("k")})
"""  # noqa: S608 - constants
"""What was passed on is not looked at: its child tells of the same fault."""

_OF_DEVICE = f"""{_KNOWN} AND t.device_id = $2 AND (t.phase <> 'closed' OR t.opened_at >= $3) AND t.id <> ALL ($4)
ORDER BY t.opened_at DESC LIMIT {OF_DEVICE}"""

_OF_MODEL = f"""{_KNOWN} AND t.opened_at >= $3 AND t.id <> ALL ($5) AND t.device_id = ANY (ARRAY(
  SELECT d.id FROM device d WHERE d.tenant_id = $1 AND d.model_id = $4 AND d.id <> $2))
ORDER BY t.opened_at DESC LIMIT {OF_MODEL}"""  # noqa: S608 - constants


async def likenesses(
    organisation: Organisation, fault: Fault, moment: datetime, *, without: Iterable[UUID] = ()
) -> list[Likeness]:
    """The user facility's tickets that may tell of the same fault, the likeliest first. without: tickets not meant."""
    policy = msgspec.convert(organisation.policies.get("repeat_faults", {}), RepeatPolicy)
    since, left_out = moment - timedelta(days=policy.days), list(without)
    tenant = organisation.id
    near = await fetch(_OF_DEVICE, tenant, fault.device, since, left_out)
    far = await fetch(_OF_MODEL, tenant, fault.device, since, fault.model, left_out)
    grams = ngrams(fault.symptom)
    found = [judge(fault, other, cosine(grams, ngrams(other["symptom"])), moment, policy) for other in (*near, *far)]
    ranked = sorted((one for one in found if one is not None), key=lambda one: (-one.score, one.number))
    others = [one for one in ranked if one.kind == "model"][:MODEL_KEPT]
    return [one for one in ranked if one.kind != "model" or one in others]


def judge(fault: Fault, other: Any, alike: float, moment: datetime, policy: RepeatPolicy) -> Likeness | None:
    """What another ticket is to a fault reported at `moment`; None when it is another matter."""
    same_device, still_open = other["device_id"] == fault.device, other["phase"] != "closed"
    same_code = fault.code is not None and other["fault_code"] == fault.code
    percent = round(alike * 100)
    text_alike = percent >= policy.alike
    if same_device and still_open:
        kind = "duplicate"
    elif same_device and (same_code or text_alike):
        kind = "repeat"
    elif not same_device and text_alike:
        kind = "model"
    else:
        return None
    reasons = [
        _reason("same_device" if same_device else "same_model", "true", SAME_DEVICE if same_device else SAME_MODEL),
        _reason("text", str(percent), round(alike * SAME_TEXT)),
    ]
    if still_open:
        reasons.append(_reason("still_open", other["state"], STILL_OPEN))
    if same_code:
        reasons.append(_reason("same_code", fault.code or "", SAME_CODE))
    return Likeness(
        id=other["id"],
        number=other["number"],
        kind=kind,
        score=sum(reason["points"] for reason in reasons),
        alike=percent,
        days=max((moment - other["opened_at"]).days, 0),
        words=shared_words(fault.symptom, other["symptom"]),
        reasons=reasons,
        holders=[UUID(holder) for holder in other["holders"] or ()],
    )


def _reason(input: str, value: str, points: int) -> dict[str, Any]:
    return {"input": input, "value": value, "points": points}


async def keep(ticket: Ticket, found: Iterable[Likeness]) -> None:
    """Keeps what was found beside a stored ticket of the acting user facility."""
    told = [
        TicketLikeness(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            visible_to=sorted(one.holders),
            author_org=ticket.tenant_id,
            other_id=one.id,
            **{name: getattr(one, name) for name in ("kind", "score", "alike", "days", "words", "reasons")},
        )
        for one in found
    ]
    if told:
        await rows.insert(*told)
