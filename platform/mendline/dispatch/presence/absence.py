"""Absences: asked for by a person, approved by a dispatcher where the organisation's policy wants that."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields

from mendline.dispatch.events import AbsenceChanged, AvailabilityChanged
from mendline.kernel import (
    DomainError,
    Kind,
    MemberId,
    Record,
    command,
    emit,
    new_id,
    not_found,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
    work,
)
from mendline_tenants import POLICIES, Actor, Member, own_organisation, refusal

AbsenceKind = Literal["leave", "sick", "training", "other"]
KINDS = ("leave", "sick", "training", "other")
STATES = ("asked", "approved", "refused", "cancelled")
LONGEST = timedelta(days=400)

POLICIES["absences"] = Literal["approved", "told"]
"""absences: `approved` (what holds for all) lets a dispatcher decide; with `told` a person's word is enough. Who is ill
is absent at once, whatever the policy."""

AbsenceId = Annotated[str, Meta(description="The opaque id of an absence.", extra={"id": "ab"}, max_length=80)]


@table(
    Kind.OWN,
    references={"member_id": "member"},
    update=("state", "answer", "answered_by", "answered_at", "version"),
    checks={"kind": f"kind IN {KINDS}", "state": f"state IN {STATES}"},
)
class Absence(Record):
    """That a member is not there from a moment to another; only an approved one counts.

    reason, answer: words of the organisation's own people, told to nobody else.
    """

    member_id = fields.UUIDField()
    kind = fields.TextField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    reason = fields.TextField(default="")
    state = fields.TextField(default="asked")
    asked_by = fields.UUIDField()
    answer = fields.TextField(default="")
    answered_by = fields.UUIDField(null=True)
    answered_at = fields.DatetimeField(null=True)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "absence"
        indexes = (
            ("tenant_id", "starts_at"),
            ("tenant_id", "state", "starts_at"),
            ("tenant_id", "member_id", "starts_at"),
        )


class AskAbsence(Struct, frozen=True, kw_only=True):
    """From when to when somebody is away: oneself, or the member whom a dispatcher names."""

    kind: AbsenceKind
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, Meta(max_length=500)] = ""
    member: MemberId | None = None


class AbsenceResult(Struct, frozen=True):
    """The absence and where it stands."""

    absence: AbsenceId
    state: str


@command("dispatch.ask_absence", "dispatch.own_time")
async def ask_absence(actor: Actor, input: AskAbsence) -> AbsenceResult:
    """Asks for an absence; it counts at once when a dispatcher writes it down, when somebody is ill, or by policy.

    Raises invalid_input for times out of order or over 400 days, absence_overlaps, and not_found for another's member.
    """
    member = await member_meant(actor, input.member)
    if input.ends_at <= input.starts_at:
        raise DomainError("invalid_input", field="endsAt", problem="ends_before")
    if input.ends_at - input.starts_at > LONGEST:
        raise DomainError("invalid_input", field="endsAt", problem="too_large", most=f"{LONGEST.days} d")
    if input.ends_at <= work().occurred_at:
        raise DomainError("invalid_input", field="endsAt", problem="not_ahead")
    await _require_free(member, input)
    approved = actor.may("dispatch.people") or input.kind == "sick" or await _word_is_enough(actor)
    absence = Absence(
        tenant_id=actor.organisation,
        id=new_id(),
        member_id=member.id,
        kind=input.kind,
        starts_at=input.starts_at,
        ends_at=input.ends_at,
        reason=input.reason,
        state="approved" if approved else "asked",
        asked_by=actor.id,
    )
    await rows.insert(absence)
    return _told(actor, absence)


async def member_meant(actor: Actor, named: str | None) -> Member:
    """The member whom an act is about, locked: the one named, for who keeps the technicians' files, else oneself.

    Raises forbidden, not_found for another organisation's member, and for keys and systems that name nobody.
    """
    meant = actor.id if named is None else parse_opaque("mb", named).id
    if named is not None and parse_opaque("mb", named).tenant != actor.organisation:
        raise not_found("member")
    if named is None and (actor.kind != "member" or actor.unit_account):
        raise DomainError("nobody_meant")
    if meant != actor.id and not actor.may("dispatch.people"):
        raise DomainError("forbidden", permission="dispatch.people", why=refusal("dispatch.people"))
    member = await rows.lock(Member, actor.organisation, meant)
    if member.status == "left":
        raise not_found("member")
    return member


async def _require_free(member: Member, input: AskAbsence) -> None:
    known = await rows.first(
        Absence,
        "tenant_id = $1 AND member_id = $2 AND starts_at < $4 AND ends_at > $3 AND state IN ('asked', 'approved')",
        member.tenant_id,
        member.id,
        input.starts_at,
        input.ends_at,
    )
    if known is not None:
        raise DomainError("absence_overlaps", name=member.name, begins=known.starts_at, ends=known.ends_at)


async def _word_is_enough(actor: Actor) -> bool:
    return (await own_organisation(actor.organisation)).policies.get("absences") == "told"


class AnswerAbsence(Struct, frozen=True):
    """Yes or no to an absence; a no says why."""

    absence: AbsenceId
    approve: bool
    reason: Annotated[str, Meta(max_length=500)] = ""


@command("dispatch.answer_absence", "dispatch.people")
async def answer_absence(actor: Actor, input: AnswerAbsence) -> AbsenceResult:
    """Approves or refuses an absence. Raises not_found, absence_answered, and invalid_input for a no without reason."""
    absence = await _own(actor, input.absence)
    if absence.state != "asked":
        raise DomainError("absence_answered", state=absence.state)
    if not input.approve and not input.reason.strip():
        raise DomainError("invalid_input", field="reason", problem="missing")
    return await _close(actor, absence, "approved" if input.approve else "refused", input.reason)


class CancelAbsence(Struct, frozen=True):
    """The absence that does not take place, or not any longer."""

    absence: AbsenceId


@command("dispatch.cancel_absence", "dispatch.own_time")
async def cancel_absence(actor: Actor, input: CancelAbsence) -> AbsenceResult:
    """Takes back one's own absence, or anybody's for a dispatcher. Raises not_found, absence_answered."""
    absence = await _own(actor, input.absence)
    if absence.member_id != actor.id and not actor.may("dispatch.people"):
        raise not_found("absence")
    if absence.state not in ("asked", "approved"):
        raise DomainError("absence_answered", state=absence.state)
    return await _close(actor, absence, "cancelled", "")


async def _own(actor: Actor, id: str) -> Absence:
    return await rows.lock(Absence, actor.organisation, parse_opaque("ab", id).id)


async def _close(actor: Actor, absence: Absence, state: str, answer: str) -> AbsenceResult:
    counted = absence.state == "approved"
    moment = work().occurred_at
    await rows.update(absence, state=state, answer=answer, answered_by=actor.id, answered_at=moment)
    return _told(actor, absence, counted=counted)


def _told(actor: Actor, absence: Absence, *, counted: bool = False) -> AbsenceResult:
    """counted: whether it had counted until now. Neither kind nor reason is in the audit, which is kept for good."""
    told(absence=str(absence.id), member=str(absence.member_id), state=absence.state)
    emit(AbsenceChanged(actor.organisation, absence.id, absence.member_id, absence.state, actor.id))
    if counted or absence.state == "approved":
        span = {"begins": absence.starts_at, "ends": absence.ends_at}
        emit(AvailabilityChanged(tenant=actor.organisation, technician=absence.member_id, why="absence", **span))
    return AbsenceResult(opaque("ab", actor.organisation, absence.id), absence.state)


async def absences_within(tenant: UUID, members: list[UUID], begins: datetime, ends: datetime) -> list[Absence]:
    """The approved absences of these members that reach into [begins, ends), in the current transaction."""
    return await rows.select(
        Absence,
        "tenant_id = $1 AND member_id = ANY ($2) AND state = 'approved' AND starts_at < $4 AND ends_at > $3"
        " ORDER BY starts_at, id",
        tenant,
        members,
        begins,
        ends,
    )
