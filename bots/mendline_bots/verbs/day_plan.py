"""The day from a chat: the dispatcher sees, makes and publishes it; a technician sees the own one."""

from datetime import date
from zoneinfo import ZoneInfo

from mendline.dayplans import DayPlan, published_plan
from mendline.kernel import DomainError, opaque, parse_opaque, rows, transaction
from mendline_bots.day_plans import edition_message, map_message, own_day
from mendline_bots.refusals import refusal_text
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import own_organisation

SHOWN = "tenant_id = $1 AND day = $2 AND state IN ('proposed', 'published') ORDER BY edition DESC"
"""The newest edition that a dispatcher may want to see."""


async def _day(talk: Talk) -> date | None:
    """The day that was named, or today; None for what is no date."""
    if talk.argument:
        try:
            return date.fromisoformat(talk.argument)
        except ValueError:
            return None
    async with transaction(talk.tenant):
        zone = (await own_organisation(talk.tenant)).timezone
    return talk.now().astimezone(ZoneInfo(zone)).date()


def _plan_press(talk: Talk, day: date) -> Press:
    return Press(talk.words("button.plan_day"), "plan_day", {"day": day.isoformat()})


@verb("day_plan", permission="dispatch.plan", slash="dayplan", words=("日程", "day plan"))
async def day_plan(talk: Talk, _: Answers) -> None:
    """The newest edition of a day: what it comes to, its timeline and its map."""
    day = await _day(talk)
    if day is None:
        await talk.say(talk.words("said.which_day"))
        return
    async with transaction(talk.tenant):
        plan = await rows.first(DayPlan, SHOWN, talk.tenant, day.isoformat())
    if plan is None:
        await talk.say(talk.words("said.no_plan", day=day), [[_plan_press(talk, day)]])
        return
    presses = [_plan_press(talk, day)]
    if plan.state == "proposed":
        named = {"plan": opaque("dp", plan.tenant_id, plan.id)}
        presses.insert(0, Press(talk.words("button.publish_plan"), "publish_day", named, style="primary"))
    await talk.say(await edition_message(talk.person, plan), [presses])
    if (drawn := await map_message(talk.person, plan)) is not None:
        await talk.say(drawn)


@verb("plan_day", permission="dispatch.plan", slash="planday", words=("排程", "重新排程", "plan day"))
async def plan_day(talk: Talk, _: Answers) -> None:
    """Asks for a plan; it comes by itself when it is made."""
    talk.argument = str(talk.arguments.get("day") or talk.argument)
    day = await _day(talk)
    if day is None:
        await talk.say(talk.words("said.which_day"))
        return
    made = await talk.run("dayplans.plan", day=day)
    await talk.say(talk.words("said.plan_asked", day=day, edition=made.edition))


@verb("publish_day", permission="dispatch.plan")
async def publish_day(talk: Talk, _: Answers) -> None:
    """Publishes the edition behind the button; wards and technicians are told. One that no longer fits says why."""
    named = str(talk.arguments.get("plan", ""))
    try:
        await talk.run("dayplans.publish", plan=named, anyway=bool(talk.arguments.get("anyway")))
    except DomainError as refused:
        await _say_outdated(talk, refused, named)
        return
    async with transaction(talk.tenant):
        plan = await rows.get(DayPlan, *parse_opaque("dp", named))
    await talk.say(talk.words("said.plan_published", day=plan.day, edition=plan.edition))


async def _say_outdated(talk: Talk, refused: DomainError, named: str) -> None:
    """What has changed since the edition was made, with the ways on: anew, or for all that where nobody is harmed."""
    if refused.code not in ("plan_out_of_date", "plan_is_older"):
        raise refused
    presses = [_plan_press(talk, date.fromisoformat(refused.facts["day"]))]
    if refused.code == "plan_is_older":
        presses.append(Press(talk.words("button.publish_anyway"), "publish_day", {"plan": named, "anyway": True}))
    await talk.say(refusal_text(refused, talk.locale), [presses])


@verb("my_day", permission="fieldwork.work", slash="myday", words=("我的日程", "my day"))
async def my_day(talk: Talk, _: Answers) -> None:
    """The person's own day as it was published: the list, and the way on a map."""
    day = await _day(talk)
    if day is None:
        await talk.say(talk.words("said.which_day"))
        return
    async with transaction(talk.tenant):
        plan = await published_plan(talk.tenant, day)
    if plan is None:
        await talk.say(talk.words("said.no_published_plan", day=day))
        return
    for message in await own_day(talk.person, plan):
        await talk.say(message)
