"""What people are told of each other's absences, duties and certificates."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

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
from mendline.kernel import DomainError, Envelope, consumer, opaque, pick, rows, say, transaction, wake
from mendline_bots.buttons import ChatButton, fresh_token, keep_buttons
from mendline_bots.handover_list import handover_message
from mendline_bots.messages import Button, Message, plain
from mendline_bots.people import member_actor, private_chat
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_bots.ticket_view import zone_of
from mendline_tenants import Actor, Member


class Choice(NamedTuple):
    """A button below a notice: its sentence, the verb, what it says when pressed, and whether it opens a form."""

    label: str
    verb: str
    arguments: dict[str, Any]
    form: bool = False


Write = Callable[[Actor, ZoneInfo], Message]


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


async def tell_members(
    tenant: UUID, members: Iterable[UUID], key: str, write: Write, choices: tuple[Choice, ...] = ()
) -> None:
    """A message to each of these members who has a chat, once for each key, with buttons for that person alone."""
    for member in members:
        async with transaction(tenant):
            known = await private_chat(tenant, member)
            zone = await zone_of(tenant)
        if known is None:
            continue
        try:
            actor = await member_actor(tenant, member, known[1].channel)
        except DomainError:  # unlinked or suspended meanwhile
            continue
        buttons = [
            ChatButton(
                tenant_id=tenant,
                token=fresh_token(),
                verb=choice.verb,
                arguments=choice.arguments,
                member_id=member,
            )
            for choice in choices
        ]
        drawn = tuple(
            Button(button.token, say(choice.label, actor.locale), form=choice.form)
            for button, choice in zip(buttons, choices, strict=True)
        )
        message = msgspec.structs.replace(write(actor, zone), rows=(drawn,) if drawn else ())
        async with transaction(tenant):
            await keep_buttons(buttons)
            await queue_message(tenant, known[0], message, key=f"{key}:{member}", priority=Priority.PUSH)
    wake()
