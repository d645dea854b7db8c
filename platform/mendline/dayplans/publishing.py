"""Publishing a proposal, hours after it was made perhaps: only if it still fits the day."""

from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.dayplans.asking import DayPlanResult, answer, locked_plan, make_public, published_plan
from mendline.dayplans.book import DayPlan
from mendline.dayplans.day import read_upon, stops_of
from mendline.dayplans.outdated import HARMLESS, Change, changes_since, in_words
from mendline.kernel import DayPlanId, DomainError, command, work
from mendline_tenants import Actor


class PublishPlan(Struct, frozen=True):
    """The proposed edition that shall hold.

    anyway: although priorities have changed since, or visits ought to have begun; what would send somebody in vain is
    refused all the same.
    """

    plan: DayPlanId
    anyway: bool = False


@command("dayplans.publish", "dispatch.plan")
async def publish(actor: Actor, input: PublishPlan) -> DayPlanResult:
    """Makes a proposed edition the one that holds; technicians and wards are told after that.

    Raises plan_not_open when another edition has come since, or it is none to publish; day_is_past; plan_out_of_date,
    with what has changed since it was made, when it would send somebody in vain or move what was locked; and
    plan_is_older when it would not, but is no longer the best.
    """
    plan = await locked_plan(actor, input.plan)
    if plan.state == "published":
        return answer(plan)
    if plan.state != "proposed":
        raise DomainError("plan_not_open", day=plan.day, edition=plan.edition, state=plan.state)
    if date.fromisoformat(plan.day) < work().occurred_at.astimezone(ZoneInfo(plan.timezone)).date():
        raise DomainError("day_is_past", day=plan.day)
    changes = await _changes(plan)
    harmless = all(change.kind in HARMLESS for change in changes)
    if changes and not (harmless and input.anyway):
        code = "plan_is_older" if harmless else "plan_out_of_date"
        raise DomainError(code, day=plan.day, edition=plan.edition, changes=in_words(changes))
    await make_public(plan)
    return answer(plan)


async def _changes(plan: DayPlan) -> list[Change]:
    holds = await published_plan(plan.tenant_id, date.fromisoformat(plan.day))
    published = await stops_of(plan.tenant_id, holds.id) if holds else []
    day = await read_upon(plan, plan.id, plan.begins_at)
    return changes_since(plan, published, day, work().occurred_at)
