"""Clocks that are nearly used up or due: who answers is told, and never by the hundred."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import (
    Envelope,
    Kind,
    Record,
    Reference,
    Timer,
    consumer,
    execute,
    fetchval,
    now,
    rows,
    say,
    set_timer,
    table,
    timer,
    transaction,
    wake,
)
from mendline.tickets import ClockDue
from mendline_bots.cards import show_card
from mendline_bots.channel import Address
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message
from mendline_bots.people import reachable
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_tenants import Actor, Organisation, own_organisation

WINDOW = timedelta(minutes=15)
ALONE = 3
"""So many notices of one organisation go out alone in a WINDOW; what comes beyond them is told together at its end."""

LISTED = 15
"""How many tickets a digest names; of the rest it tells the number."""

OF_PROVIDER = ("dispatcher", "service_desk")
OF_FACILITY = ("clinical_engineer",)


@table(Kind.OWN, update=("told",), checks={"told": "told IN ('alone', 'together')"})
class ClockNotice(Record):
    """That this organisation's people with one of these roles are to be told of a clock of a ticket.

    Its id is the event's. told: whether it went out alone or together with others; None while it waits for them.
    """

    owner_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    number = fields.TextField()
    clock = fields.TextField()
    level = fields.TextField()
    due_at = fields.DatetimeField()
    roles = ArrayField("text")
    told = fields.TextField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "clock_notice"
        indexes = (("tenant_id", "recorded_at"),)


@consumer("chat.clock_due", ClockDue)
async def tell_due(envelope: Envelope) -> None:
    """The provider's desk and the user facility's engineering are told: alone while few are due, otherwise later."""
    happened: ClockDue = envelope.event
    told: dict[UUID, tuple[str, ...]] = {happened.provider: OF_PROVIDER}
    if happened.facility:
        told[happened.tenant] = (*told.get(happened.tenant, ()), *OF_FACILITY)
    for organisation, roles in told.items():
        async with transaction(organisation):
            notice = await _noted(organisation, envelope, roles)
        if notice.told == "alone":
            await _tell_alone(notice)
    wake()


async def _noted(organisation: UUID, envelope: Envelope, roles: tuple[str, ...]) -> ClockNotice:
    """The notice of an event, once; one at a time for an organisation, so that they are counted right."""
    await rows.lock(Organisation, organisation, organisation)
    known = await rows.find(ClockNotice, organisation, envelope.id)
    if known is not None:
        return known
    happened: ClockDue = envelope.event
    moment = now()
    lately = await fetchval(
        "SELECT count(*) FROM clock_notice WHERE tenant_id = $1 AND recorded_at > $2", organisation, moment - WINDOW
    )
    notice = ClockNotice(
        tenant_id=organisation,
        id=envelope.id,
        owner_id=happened.tenant,
        ticket_id=happened.ticket,
        number=happened.number,
        clock=happened.clock,
        level=happened.level,
        due_at=happened.due_at,
        roles=list(roles),
        told="alone" if lately < ALONE else None,
        recorded_at=moment,
    )
    await rows.insert(notice)
    if notice.told is None:
        await _set_digest(organisation, moment)
    return notice


async def _set_digest(organisation: UUID, moment: datetime) -> None:
    """The digest goes out at the end of the window of the first notice that waits."""
    first = await fetchval(
        "SELECT min(recorded_at) FROM clock_notice WHERE tenant_id = $1 AND told IS NULL AND recorded_at > $2",
        organisation,
        moment - timedelta(days=1),
    )
    await set_timer(organisation, "chat.clock_digest", "chat.clock_digest", first + WINDOW)


async def _tell_alone(notice: ClockNotice) -> None:
    """Each of the people meant gets the ticket's card, and what is the matter as an answer to it."""
    ticket = Reference(notice.owner_id, notice.ticket_id)
    for member in await _people(notice.tenant_id, tuple(notice.roles), notice.level):
        known = await reachable(notice.tenant_id, member)
        if known is None:
            continue
        to, actor = known
        async with transaction(notice.tenant_id):
            card, _ = await show_card(notice.tenant_id, to, ticket, member, private=True, priority=Priority.PUSH)
            await queue_message(
                notice.tenant_id,
                to,
                Message(text=await _sentence(actor, notice)),
                key=f"event:{notice.id}:{member}",
                priority=Priority.PUSH,
                card=card.id,
            )


@timer("chat.clock_digest")
async def digest(due: Timer) -> None:
    """What waited is told in one message to each of the people meant, and counts as told."""
    async with transaction(due.tenant_id):
        waiting = await rows.select(
            ClockNotice, "tenant_id = $1 AND told IS NULL ORDER BY due_at, id FOR NO KEY UPDATE", due.tenant_id
        )
    sorts = {(tuple(notice.roles), notice.level) for notice in waiting}
    people = {sort: await _people(due.tenant_id, *sort) for sort in sorts}
    chats = await _chats(due.tenant_id, {member for members in people.values() for member in members})
    async with transaction(due.tenant_id):
        for member, (to, actor) in chats.items():
            meant = [notice for notice in waiting if member in people[tuple(notice.roles), notice.level]]
            await queue_message(
                due.tenant_id, to, await _together(actor, meant), key=f"timer:{due.id}:{member}", priority=Priority.PUSH
            )
        await execute(
            "UPDATE clock_notice SET told = 'together' WHERE tenant_id = $1 AND id = ANY ($2)",
            due.tenant_id,
            [notice.id for notice in waiting],
        )
    wake()


async def _chats(tenant: UUID, members: set[UUID]) -> dict[UUID, tuple[Address, Actor]]:
    found = {}
    for member in sorted(members):
        known = await reachable(tenant, member)
        if known is not None:
            found[member] = known
    return found


async def _people(tenant: UUID, roles: tuple[str, ...], level: str) -> list[UUID]:
    async with transaction(tenant):
        return await people_meant(tenant, roles, escalated=level == "escalated")


async def _together(actor: Actor, notices: list[ClockNotice]) -> Message:
    """A digest: a line for each ticket, the earliest due first."""
    zone = ZoneInfo((await own_organisation(actor.organisation)).timezone)
    lines = tuple((n.number, _line(actor, n, zone)) for n in notices[:LISTED])
    rest = len(notices) - len(lines)
    return Message(
        title=say("clock_digest.title", actor.locale, count=len(notices)),
        facts=lines,
        text=say("clock_digest.more", actor.locale, count=rest) if rest else "",
    )


async def _sentence(actor: Actor, notice: ClockNotice) -> str:
    zone = ZoneInfo((await own_organisation(actor.organisation)).timezone)
    return f"{notice.number} {_line(actor, notice, zone)}"


def _line(actor: Actor, notice: ClockNotice, zone: ZoneInfo) -> str:
    clock = say(f"clock.{notice.clock}", actor.locale)
    return say(
        f"clock_due.{notice.level}", actor.locale, clock=clock, at=f"{notice.due_at.astimezone(zone):%m-%d %H:%M}"
    )
