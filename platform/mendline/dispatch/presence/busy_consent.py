"""Consent to share busy times: given and withdrawn by the person alone, kept up to date by the system."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.events import AvailabilityChanged
from mendline.dispatch.presence.busy_elsewhere import Account, BusyTaken, TakeBusyTimes
from mendline.dispatch.presence.busy_times import BusyConsent, busy_spans
from mendline.kernel import (
    DomainError,
    Envelope,
    OrganisationId,
    Timer,
    cancel_timer,
    command,
    consumer,
    new_id,
    not_found,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    told,
    transaction,
    work,
)
from mendline_tenants import Actor, Asked, ChatIdentity, Errand, Member, ask, system_actor

TIMER = "dispatch.tell_busy_times"
EVERY = timedelta(minutes=5)
"""How old what another organisation knows may be; an absence is told at once."""

BusyConsentId = Annotated[
    str, Meta(description="The opaque id of a consent to share busy times.", extra={"id": "bc"}, max_length=80)
]


class ShareBusyTimes(Struct, frozen=True):
    """The other organisation of this person, in which the same chat account is linked."""

    organisation: OrganisationId


@command("dispatch.share_busy_times", "dispatch.own_time")
async def share_busy_times(actor: Actor, input: ShareBusyTimes) -> Asked[BusyTaken]:
    """Lets another organisation of this person know when, and never why, the person is busy here.

    The other organisation finds the person by the chat account that both know. Raises nobody_meant for who is no
    person, no_chat_account, and not_found where the account is nobody's over there.
    """
    member = await _oneself(actor)
    other = parse_opaque("or", input.organisation).id
    if other == actor.organisation:
        raise not_found("organisation")
    if not await _accounts(member):
        raise DomainError("no_chat_account")
    consent = await rows.first(
        BusyConsent,
        "tenant_id = $1 AND member_id = $2 AND organisation = $3 AND withdrawn_at IS NULL",
        actor.organisation,
        member.id,
        other,
    )
    if consent is None:
        consent = BusyConsent(tenant_id=actor.organisation, id=new_id(), member_id=member.id, organisation=other)
        await rows.insert(consent)
    told(consent=str(consent.id), organisation=str(other))
    await _tell_again(consent)
    return await _tell(actor, consent, member, waits=True)


class WithdrawBusyTimes(Struct, frozen=True):
    """The consent that shall hold no longer."""

    consent: BusyConsentId


@command("dispatch.withdraw_busy_times", "dispatch.own_time")
async def withdraw_busy_times(actor: Actor, input: WithdrawBusyTimes) -> Asked[BusyTaken]:
    """Takes the consent back: what the other organisation was told is removed there at once. Raises not_found."""
    member = await _oneself(actor)
    consent = await rows.lock(BusyConsent, actor.organisation, parse_opaque("bc", input.consent).id)
    if consent.member_id != member.id:
        raise not_found("busy_consent")
    told(consent=str(consent.id), organisation=str(consent.organisation))
    return await _end(actor, consent, waits=True)


async def _oneself(actor: Actor) -> Member:
    """The person who acts, locked: no steward, key or shared account consents for somebody."""
    if actor.kind != "member" or actor.unit_account:
        raise DomainError("nobody_meant")
    return await rows.lock(Member, actor.organisation, actor.id)


async def _accounts(member: Member) -> tuple[Account, ...]:
    found = await rows.select(
        ChatIdentity,
        "tenant_id = $1 AND member_id = $2 AND status <> 'unlinked' ORDER BY id",
        member.tenant_id,
        member.id,
    )
    return tuple(Account(one.channel, one.workspace, one.account) for one in found)


async def _tell(actor: Actor, consent: BusyConsent, member: Member, *, waits: bool) -> Asked[BusyTaken]:
    spans = await busy_spans(consent.tenant_id, member.id, work().occurred_at)
    accounts = await _accounts(member)
    number = consent.version + 1
    given = TakeBusyTimes(consent.id, number, accounts, tuple((begins, ends) for begins, ends in spans))
    asked = await ask(actor, consent.organisation, "dispatch.take_busy_times", given, waits=waits)
    await rows.update(consent, told=spans, errand_id=parse_opaque("er", asked.errand).id)
    return asked


async def _end(actor: Actor, consent: BusyConsent, *, waits: bool) -> Asked[BusyTaken]:
    await cancel_timer(consent.tenant_id, _key(consent))
    await rows.update(consent, told=[], withdrawn_at=consent.withdrawn_at or work().occurred_at)
    given = TakeBusyTimes(consent.id, consent.version, (), ())
    return await ask(actor, consent.organisation, "dispatch.take_busy_times", given, waits=waits)


async def _tell_again(consent: BusyConsent) -> None:
    await set_timer(consent.tenant_id, TIMER, _key(consent), work().occurred_at + EVERY, consent=str(consent.id))


def _key(consent: BusyConsent) -> str:
    return f"busy:{consent.id}"


class TellBusyTimes(Struct, frozen=True):
    """The consent by which the other organisation is told."""

    consent: BusyConsentId


@command("dispatch.tell_busy_times", "dispatch.watch")
async def tell_busy_times(actor: Actor, input: TellBusyTimes) -> None:
    """Tells the other organisation what has changed since it was told last; nothing where nothing has.

    A consent ends with the membership, with the last chat account by which the person is known here, and when the
    other organisation does not know the person.
    """
    consent = await rows.lock(BusyConsent, actor.organisation, parse_opaque("bc", input.consent).id)
    told(consent=str(consent.id))
    if consent.withdrawn_at is not None:
        return
    member = await rows.lock(Member, actor.organisation, consent.member_id)
    if member.status != "active" or not await _accounts(member) or await _refused(consent):
        await _end(actor, consent, waits=False)
        return
    if await busy_spans(consent.tenant_id, member.id, work().occurred_at) != _still(consent):
        await _tell(actor, consent, member, waits=False)
    await _tell_again(consent)


async def _refused(consent: BusyConsent) -> bool:
    """Whether the other organisation has answered that it knows no such technician."""
    errand = await rows.find(Errand, consent.tenant_id, consent.errand_id) if consent.errand_id else None
    return errand is not None and (
        errand.state == "refused" or (errand.state == "done" and not errand.outcome["shared"])
    )


def _still(consent: BusyConsent) -> list[list[int]]:
    """What the other organisation was told, as far as it is not over."""
    moment = int(work().occurred_at.replace(second=0, microsecond=0).timestamp())
    return [[max(begins, moment), ends] for begins, ends in consent.told if ends > moment]


@timer(TIMER)
async def time_to_tell(due: Timer) -> None:
    """Rings every few minutes while a consent holds."""
    await _run(due.tenant_id, UUID(due.payload["consent"]), f"timer:{due.id}")


@consumer("dispatch.tell_busy", AvailabilityChanged)
async def tell_at_once(envelope: Envelope) -> None:
    """An absence is told at once wherever the person has consented."""
    happened: AvailabilityChanged = envelope.event
    if happened.why != "absence":
        return
    async with transaction(happened.tenant):
        consents = await rows.select(
            BusyConsent,
            "tenant_id = $1 AND member_id = $2 AND withdrawn_at IS NULL ORDER BY id",
            happened.tenant,
            happened.technician,
        )
    for consent in consents:
        await _run(happened.tenant, consent.id, f"event:{envelope.id}:{consent.id}")


async def _run(tenant: UUID, consent: UUID, key: str) -> None:
    given = TellBusyTimes(opaque("bc", tenant, consent))
    await run(system_actor(tenant), "dispatch.tell_busy_times", given, key=key)
