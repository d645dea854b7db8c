"""Day plans as they come: dispatchers see what is proposed, technicians their own day where it changed."""

from datetime import datetime, timedelta
from uuid import UUID

from mendline.dayplans import (
    DayPlan,
    DayPlanFailed,
    DayPlanProposed,
    DayPlanPublished,
    DayPlanStop,
    draw_map,
    draw_timeline,
    shown_plan,
    stops_of,
)
from mendline.kernel import Envelope, consumer, now, opaque, rows, say, transaction, wake
from mendline_bots.buttons import ChatButton, fresh_token, keep_buttons
from mendline_bots.channel import Address
from mendline_bots.day_plan_pictures import picture_of
from mendline_bots.day_plan_words import facts_of, stops_in_words
from mendline_bots.messages import Button, Message
from mendline_bots.people import reachable
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_tenants import Actor, Member, day_plan_policy, own_organisation

DISPATCHERS = ("dispatcher",)


@consumer("chat.day_plan_proposed", DayPlanProposed)
async def tell_proposed(envelope: Envelope) -> None:
    """Dispatchers get a proposal's timeline, with the button that publishes it; one superseded by now is silent."""
    tenant = envelope.organisation
    async with transaction(tenant):
        plan = await rows.get(DayPlan, tenant, envelope.event.plan)
    if plan.state != "proposed":
        return
    for to, actor in await _dispatchers(tenant):
        message = await edition_message(actor, plan)
        button = _button(actor, say("button.publish_plan", actor.locale), "publish_day", plan)
        await _queue(to, actor, message, f"event:{envelope.id}:{actor.id}", [button])


@consumer("chat.day_plan_failed", DayPlanFailed)
async def tell_failed(envelope: Envelope) -> None:
    """Dispatchers read that a plan could not be made, and that the old one still holds."""
    tenant = envelope.organisation
    async with transaction(tenant):
        plan = await rows.get(DayPlan, tenant, envelope.event.plan)
    for to, actor in await _dispatchers(tenant):
        words = say("day_plan.failed", actor.locale, day=plan.day, edition=plan.edition)
        await _queue(to, actor, Message(text=words), f"event:{envelope.id}:{actor.id}", [])


@consumer("chat.day_plan_published", DayPlanPublished)
async def tell_published(envelope: Envelope) -> None:
    """Each technician whose own day is new or has changed gets it, as a list and a map."""
    tenant, happened = envelope.organisation, envelope.event
    async with transaction(tenant):
        plan = await rows.get(DayPlan, tenant, happened.plan)
        policy = day_plan_policy((await own_organisation(tenant)).policies)
        after = await stops_of(tenant, plan.id)
        before = await stops_of(tenant, happened.before) if happened.before else []
    if plan.state != "published":
        return
    for technician in changed(before, after, timedelta(minutes=policy.tell_minutes)):
        for to, actor in await _chats(tenant, [technician]):
            key = f"event:{envelope.id}:{actor.id}"
            for number, message in enumerate(await own_day(actor, plan)):
                await _queue(to, actor, message, f"{key}:{number}", [])


def changed(before: list[DayPlanStop], after: list[DayPlanStop], within: timedelta) -> list[UUID]:
    """The technicians whose visits, their order, or a time by more than `within` are not what they were."""

    def days(stops: list[DayPlanStop]) -> dict[UUID, list[tuple[UUID | None, datetime]]]:
        found: dict[UUID, list[tuple[UUID | None, datetime]]] = {}
        for stop in stops:
            if stop.kind == "visit" and stop.progress == "planned":
                found.setdefault(stop.technician_id, []).append((stop.ticket_id, stop.begins_at))
        return found

    old, new = days(before), days(after)
    settled = {stop.ticket_id for stop in after if stop.progress != "planned"}

    def same(technician: UUID) -> bool:
        known = [(ticket, at) for ticket, at in old.get(technician, []) if ticket not in settled]
        mine = new.get(technician, [])
        return [t for t, _ in known] == [t for t, _ in mine] and all(
            abs(at - then) <= within for (_, at), (_, then) in zip(mine, known, strict=True)
        )

    return sorted(technician for technician in {*old, *new} if not same(technician))


async def edition_message(actor: Actor, plan: DayPlan) -> Message:
    """An edition for a dispatcher: what it comes to, and its timeline."""
    async with transaction(plan.tenant_id):
        shown = await shown_plan(plan.tenant_id, plan.id, actor.locale)
    title = say("day_plan.title", actor.locale, day=plan.day, edition=plan.edition)
    if shown is None or not shown.stops:
        return Message(title=title, facts=facts_of(plan, actor.locale))
    picture = await picture_of(plan.tenant_id, shown, draw_timeline, title)
    return Message(title=title, facts=facts_of(plan, actor.locale), picture=picture)


async def map_message(actor: Actor, plan: DayPlan) -> Message | None:
    """The map of an edition; None where there is nothing to be seen on it."""
    async with transaction(plan.tenant_id):
        shown = await shown_plan(plan.tenant_id, plan.id, actor.locale)
    if shown is None or not shown.stops:
        return None
    title = say("day_plan.map", actor.locale, day=plan.day, edition=plan.edition)
    return Message(title=title, picture=await picture_of(plan.tenant_id, shown, draw_map, title))


async def own_day(actor: Actor, plan: DayPlan) -> list[Message]:
    """The actor's own day in an edition: the list, then the map; a sentence where nothing is planned."""
    async with transaction(plan.tenant_id):
        shown = await shown_plan(plan.tenant_id, plan.id, actor.locale)
    own = shown.only(actor.id) if shown else None
    if own is None or not own.visits:
        return [Message(text=say("day_plan.nothing", actor.locale, day=plan.day))]
    title = say("day_plan.own", actor.locale, day=plan.day, visits=len(own.visits))
    picture = await picture_of(plan.tenant_id, own, draw_map, title)
    return [Message(title=title, facts=stops_in_words(own, own.stops)), Message(title=title, picture=picture)]


async def _dispatchers(tenant: UUID) -> list[tuple[Address, Actor]]:
    async with transaction(tenant):
        found = await rows.select(
            Member,
            "tenant_id = $1 AND roles && $2 AND status = 'active' AND NOT unit_account ORDER BY id LIMIT 20",
            tenant,
            list(DISPATCHERS),
        )
    return await _chats(tenant, [member.id for member in found])


async def _chats(tenant: UUID, members: list[UUID]) -> list[tuple[Address, Actor]]:
    """Where these members can be told, as whom; nobody's chat twice."""
    found = []
    for member in members:
        known = await reachable(tenant, member)
        if known is not None:
            found.append(known)
    return found


def _button(actor: Actor, label: str, verb: str, plan: DayPlan) -> tuple[Button, ChatButton]:
    token = fresh_token()
    arguments = {"plan": opaque("dp", plan.tenant_id, plan.id)}
    row = ChatButton(tenant_id=plan.tenant_id, token=token, verb=verb, arguments=arguments, member_id=actor.id)
    row.expires_at = now() + timedelta(days=1)
    return Button(token, label, "primary"), row


async def _queue(
    to: Address, actor: Actor, message: Message, key: str, buttons: list[tuple[Button, ChatButton]]
) -> None:
    shown = (tuple(button for button, _ in buttons),) if buttons else ()
    whole = Message(title=message.title, facts=message.facts, text=message.text, picture=message.picture, rows=shown)
    async with transaction(actor.organisation):
        await keep_buttons([row for _, row in buttons])
        await queue_message(actor.organisation, to, whole, key=key, priority=Priority.PUSH)
    wake()
