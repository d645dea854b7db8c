"""Watchers: whoever has a card sees it follow the ticket, and whose turn it is gets one."""

from typing import Any
from uuid import UUID

from mendline.devices import Device
from mendline.dispatch import JobCalled, JobOffered, OffersWithdrawn
from mendline.kernel import Envelope, Reference, consumer, rows, say, transaction, wake
from mendline.quality import SlotOpened
from mendline.tickets import CalledOff, ShareEnded, Ticket, TicketChanged, TicketClinical, TicketPeople
from mendline_bots.cards import cards_of, show_card
from mendline_bots.clock_notices import OF_FACILITY, OF_PROVIDER
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message
from mendline_bots.people import reachable
from mendline_bots.sends import Priority, refresh
from mendline_bots.sends import say as queue_message
from mendline_tenants import Member, Place

MAY_AFFECT_A_PATIENT = ("tickets.report", "tickets.take_call", "tickets.set_use_state")
"""Commands after which a patient may be affected."""

DEEP = 6
"""How many places may lie inside each other (as in the registry)."""


@consumer("chat.cards", TicketChanged)
async def follow(envelope: Envelope) -> None:
    """Every card of the ticket, in every chat of every organisation that may see it, is brought up to date."""
    happened: TicketChanged = envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    for organisation in envelope.visible_to:
        async with transaction(organisation):
            for card in await cards_of(organisation, ticket):
                await refresh(organisation, card.address, card.id)
        if happened.command == "tickets.remind":
            await _remind(organisation, ticket, envelope)
        if happened.command in MAY_AFFECT_A_PATIENT:
            await _tell_of_patient(organisation, ticket, envelope)
    wake()


@consumer("chat.share_ended", ShareEnded)
async def forget(envelope: Envelope) -> None:
    """Every card that the organisation has of a ticket that it sees no more is drawn once more: as a sentence."""
    ended: ShareEnded = envelope.event
    async with transaction(ended.organisation):
        for card in await cards_of(ended.organisation, Reference(ended.tenant, ended.ticket)):
            await refresh(ended.organisation, card.address, card.id)
    wake()


async def _tell_of_patient(organisation: UUID, ticket: Reference, envelope: Envelope) -> None:
    """A patient is affected: whoever answers is told at any hour, those on duty where there is a rota.

    Where the organisation sees the ticket or what the ward says of it no longer, nobody is.
    """
    async with transaction(organisation):
        row = await rows.find(Ticket, *ticket)
        clinical = await rows.find(TicketClinical, *ticket)
        if row is None or clinical is None or clinical.use_state != "patient_affected" or row.phase == "closed":
            return
        if organisation == ticket.tenant:
            people = await people_meant(
                organisation, OF_FACILITY, escalated=True, places=await _places_of(organisation, ticket)
            )
        elif organisation == row.provider_id:
            people = await people_meant(organisation, OF_PROVIDER, escalated=True)
        else:
            return
    for member in people:
        if member != envelope.actor:
            key = f"event:{envelope.id}:{member}"
            await push(organisation, ticket, member, key, "push.patient_affected", say_new=True)


async def _remind(organisation: UUID, ticket: Reference, envelope: Envelope) -> None:
    """The technician who has the job is told in words; the others see it on their cards."""
    async with transaction(organisation):
        people = await rows.find(TicketPeople, *ticket)
        assignee = people.assignee_id if people else None
        known = assignee and await rows.find(Member, organisation, assignee)
    if known:
        await push(organisation, ticket, known.id, f"event:{envelope.id}:{known.id}", "push.remind")


@consumer("chat.offer", JobOffered)
async def offer(envelope: Envelope) -> None:
    """The technician gets the job's card with the question on it."""
    happened: JobOffered = envelope.event
    key = f"event:{envelope.id}:{happened.technician}"
    await push(
        envelope.organisation, Reference(happened.tenant, happened.ticket), happened.technician, key, "push.offer"
    )


@consumer("chat.call", JobCalled)
async def call(envelope: Envelope) -> None:
    """Each of the group gets the job's card with the question who takes it."""
    happened: JobCalled = envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    for technician in happened.technicians:
        await push(envelope.organisation, ticket, technician, f"event:{envelope.id}:{technician}", "push.call")


@consumer("chat.offers_withdrawn", OffersWithdrawn)
async def offers_withdrawn(envelope: Envelope) -> None:
    """Whoever was asked hears that the job is gone, and why."""
    happened: OffersWithdrawn = envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    sentence = f"push.offer_{happened.why}" if happened.by is None else "push.called_off"
    for technician in happened.technicians:
        if technician != envelope.actor:
            key = f"event:{envelope.id}:{technician}"
            await push(envelope.organisation, ticket, technician, key, sentence, state=happened.why, by=happened.by)


@consumer("chat.called_off", CalledOff)
async def called_off(envelope: Envelope) -> None:
    """Whoever has taken the job, and may be on the way, hears that nobody needs to come any more."""
    happened: CalledOff = envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    async with transaction(happened.provider):
        people = await rows.find(TicketPeople, *ticket)
        assignee = people.assignee_id if people else None
        known = assignee and await rows.find(Member, happened.provider, assignee)
    if known and known.id != envelope.actor:
        key = f"event:{envelope.id}:{known.id}"
        await push(happened.provider, ticket, known.id, key, "push.called_off", state=happened.state, by=happened.who)


@consumer("chat.signature", SlotOpened)
async def ask_for_signature(envelope: Envelope) -> None:
    """Those who may sign next get the card: the role's people, at wards those of the ticket's own ward first."""
    happened: SlotOpened = envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    for member in await _signatories(happened.tenant, ticket, happened.role):
        await push(happened.tenant, ticket, member, f"event:{envelope.id}:{member}", "push.signature")


async def _signatories(tenant: UUID, ticket: Reference, role: str) -> list[UUID]:
    async with transaction(tenant):
        found = await rows.select(
            Member,
            "tenant_id = $1 AND $2 = ANY (roles) AND status = 'active' AND NOT unit_account ORDER BY id LIMIT 50",
            tenant,
            role,
        )
        places = await _places_of(tenant, ticket)
    near = [member.id for member in found if member.place_id in places]
    return near or [member.id for member in found]


async def _places_of(tenant: UUID, ticket: Reference) -> list[UUID]:
    """Where the ticket's device stands: its place and all that it lies in, the innermost first."""
    row = await rows.get(Ticket, *ticket)
    chain: list[UUID] = []
    place = await _place_of_device(tenant, row.device_id) if row.device_id else None
    while place is not None and len(chain) < DEEP:
        chain.append(place)
        found = await rows.find(Place, tenant, place)
        place = found.parent_id if found else None
    return chain


async def _place_of_device(tenant: UUID, device: UUID) -> UUID | None:
    found = await rows.find(Device, tenant, device)
    return found.place_id if found else None


async def push(
    tenant: UUID, ticket: Reference, member: UUID, key: str, sentence: str, *, say_new: bool = False, **facts: Any
) -> None:
    """A card for a member whose turn it is; where the chat has it already (or `say_new`), a short answer to it.

    facts: beside the ticket's number, what the sentence tells.

    Nothing for people without a chat: the web shows them their worklist. Nothing of a ticket that is shared no more.
    """
    known = await reachable(tenant, member)
    if known is None:
        return
    to, actor = known
    async with transaction(tenant):
        row = await rows.find(Ticket, *ticket)
        if row is None:
            return
        card, new = await show_card(tenant, to, ticket, member, private=True, priority=Priority.PUSH)
        if say_new or (not new and card.message is not None):
            await queue_message(
                tenant,
                to,
                Message(text=say(sentence, actor.locale, number=row.number, **facts)),
                key=key,
                priority=Priority.PUSH,
                card=card.id,
            )
    wake()
