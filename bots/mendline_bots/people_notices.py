"""What people are told of each other's absences, duties and certificates."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.dispatch import (
    Absence,
    AbsenceChanged,
    DutyCovered,
    DutyHandedOver,
    DutyRota,
    HandoverUnconfirmed,
    QualificationExpiresSoon,
    open_tickets,
)
from mendline.kernel import Envelope, consumer, opaque, pick, rows, say, transaction
from mendline_bots.handover_list import handover_message
from mendline_bots.messages import Message, plain
from mendline_bots.notices import Choice, tell_members
from mendline_tenants import Actor, Member


@consumer("chat.absence", AbsenceChanged)
async def absence_changed(envelope: Envelope) -> None:
    """Dispatchers are asked, with a yes and a no to press; the person hears what others have decided."""
    happened: AbsenceChanged = envelope.event
    asked = happened.state == "asked"
    async with transaction(happened.tenant):
        absence = await rows.get(Absence, happened.tenant, happened.absence)
        person = await rows.get(Member, happened.tenant, happened.member)
        people = await _dispatchers(happened.tenant) if asked else [happened.member]

    def write(actor: Actor, zone: ZoneInfo) -> Message:
        text = say(
            f"push.absence_{happened.state}",
            actor.locale,
            name=plain(person.name),
            kind=say(f"absence.{absence.kind}", actor.locale),
            begins=local(absence.starts_at, zone),
            ends=local(absence.ends_at, zone),
        )
        return Message(text="\n".join(filter(None, (text, plain(absence.reason if asked else absence.answer)))))

    meant = {"absence": opaque("ab", happened.tenant, happened.absence)}
    choices = (
        Choice("button.approve_absence", "approve_absence", meant),
        Choice("button.refuse_absence", "refuse_absence", meant, form=True),
    )
    others = [member for member in people if member != happened.by]
    await tell_members(happened.tenant, others, f"event:{envelope.id}", write, choices if asked else ())


@consumer("chat.duty_covered", DutyCovered)
async def duty_covered(envelope: Envelope) -> None:
    """Whoever stands in hears of it, unless they wrote it down themselves."""
    happened: DutyCovered = envelope.event
    async with transaction(happened.tenant):
        rota = await rows.get(DutyRota, happened.tenant, happened.rota)

    def write(actor: Actor, zone: ZoneInfo) -> Message:
        span = {"begins": local(happened.begins, zone), "ends": local(happened.ends, zone)}
        return Message(text=say("push.duty_covered", actor.locale, rota=pick(rota.name, actor.locale), **span))

    others = [happened.member] if happened.member != happened.by else []
    await tell_members(happened.tenant, others, f"event:{envelope.id}", write)


@consumer("chat.handover", DutyHandedOver)
async def handed_over(envelope: Envelope) -> None:
    """Whoever takes over gets the list of what is open, and a button to say that it is theirs now."""
    happened: DutyHandedOver = envelope.event
    async with transaction(happened.tenant):
        rota = await rows.get(DutyRota, happened.tenant, happened.rota)
        found = await open_tickets(rota)

    def write(actor: Actor, zone: ZoneInfo) -> Message:
        return handover_message(rota, found, actor.locale, zone)

    choices = (_confirm(happened.tenant, happened.handover),) if happened.handover else ()
    await tell_members(happened.tenant, [happened.incoming], f"event:{envelope.id}", write, choices)


def _confirm(tenant: UUID, handover: UUID) -> Choice:
    return Choice("button.confirm_handover", "confirm_handover", {"handover": opaque("ho", tenant, handover)})


@consumer("chat.handover_unconfirmed", HandoverUnconfirmed)
async def handover_unconfirmed(envelope: Envelope) -> None:
    """Whoever is to confirm is reminded, and later everybody who can."""
    happened: HandoverUnconfirmed = envelope.event
    async with transaction(happened.tenant):
        rota = await rows.get(DutyRota, happened.tenant, happened.rota)

    def write(actor: Actor, zone: ZoneInfo) -> Message:
        named = {"rota": pick(rota.name, actor.locale), "at": local(happened.at, zone)}
        return Message(text=say("push.handover_unconfirmed", actor.locale, **named))

    choices = (_confirm(happened.tenant, happened.handover),)
    await tell_members(happened.tenant, happened.people, f"event:{envelope.id}", write, choices)


@consumer("chat.qualification_expires", QualificationExpiresSoon)
async def qualification_expires(envelope: Envelope) -> None:
    """The technician and the dispatchers hear in time that a certificate ends."""
    happened: QualificationExpiresSoon = envelope.event
    async with transaction(happened.tenant):
        person = await rows.get(Member, happened.tenant, happened.technician)
        people = [happened.technician, *await _dispatchers(happened.tenant)]

    def write(actor: Actor, _: ZoneInfo) -> Message:
        what = happened.model_number or happened.device_class
        day = f"{happened.expires_on:%Y-%m-%d}"
        return Message(
            text=say("push.qualification_expires", actor.locale, name=plain(person.name), what=plain(what), day=day)
        )

    await tell_members(happened.tenant, dict.fromkeys(people), f"event:{envelope.id}", write)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people of a zone read it."""
    return f"{moment.astimezone(zone):%m-%d %H:%M}"


async def _dispatchers(tenant: UUID) -> list[UUID]:
    found = await rows.select(
        Member, "tenant_id = $1 AND 'dispatcher' = ANY (roles) AND status = 'active' ORDER BY id LIMIT 50", tenant
    )
    return [member.id for member in found]
