"""What people say of themselves: ready or not, away, and busy times that another organisation may know."""

import re
from datetime import date, datetime, time, timedelta
from uuid import UUID

from mendline.dispatch import BusyConsent
from mendline.kernel import DomainError, opaque, pick, rows, transaction
from mendline_bots.messages import Field, Form, Option
from mendline_bots.people import organisations_of
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import ask_and_wait, own_organisation

IN_MINUTES = (60, 180, 480)
OPEN = "open"
NOT_READY_REASONS = ("break", "vehicle", "overload", "training")
KINDS = ("leave", "sick", "training", "other")
MOST_DAYS = 60

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[::]([0-5][0-9])")
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TOMORROW = ("明天", "tomorrow")
_TODAY = ("今天", "today")


@verb("ready", permission="dispatch.answer", slash="ready", words=("恢复接单", "可以接单", "i am ready", "ready"))
async def ready(talk: Talk, _: Answers) -> None:
    """Jobs may be offered again."""
    await talk.run("dispatch.set_ready", ready=True)
    await talk.say(talk.words("said.ready"))


async def _prepare_not_ready(talk: Talk, answers: Answers) -> None:
    """`not ready until 16:00 flat tyre`: the time and the reason may be said at once."""
    found = _CLOCK.search(talk.argument)
    if found:
        answers["until"] = f"{int(found[1]):02}:{found[2]}"
        reason = re.sub(r"^\W*(until|到|至|直到)?\s*|\s*$", "", talk.argument.replace(found[0], "")).strip()
        if reason:
            answers["reason"] = reason


async def _not_ready_form(talk: Talk, _: Answers) -> Form:
    reasons = tuple(
        Option(talk.words(f"not_ready.{name}"), talk.words(f"not_ready.{name}")) for name in NOT_READY_REASONS
    )
    until = tuple(Option(str(minutes), talk.words(f"not_ready.{minutes}")) for minutes in IN_MINUTES)
    return Form(
        title=talk.words("form.not_ready"),
        submit=talk.words("form.not_ready"),
        fields=(
            Field(name="reason", label=talk.words("ask.reason"), options=reasons, most=200),
            Field(
                name="until",
                label=talk.words("ask.until"),
                options=(*until, Option(OPEN, talk.words("not_ready.open"))),
            ),
        ),
    )


async def _check_not_ready(talk: Talk, answers: Answers) -> Answers:
    given = answers.get("until", "")
    offered = given in (OPEN, *map(str, IN_MINUTES))
    return {} if not given or offered or _CLOCK.fullmatch(given) else {"until": talk.words("wrong.until")}


@verb(
    "not_ready",
    permission="dispatch.answer",
    slash="notready",
    words=("暂不可派", "暂停接单", "i am not ready", "not ready"),
    prepare=_prepare_not_ready,
    form=_not_ready_form,
    check=_check_not_ready,
)
async def not_ready(talk: Talk, answers: Answers) -> None:
    """No jobs for now: until a time of the day (the next one), for some hours, or until further notice."""
    until = _until(talk, answers["until"])
    await talk.run("dispatch.set_ready", ready=False, reason=talk.clean(answers["reason"])[:200], until=until)
    if until is None:
        await talk.say(talk.words("said.not_ready"))
    else:
        await talk.say(talk.words("said.not_ready_until", at=f"{until.astimezone(talk.zone):%m-%d %H:%M}"))


def _until(talk: Talk, given: str) -> datetime | None:
    if given == OPEN:
        return None
    found = _CLOCK.fullmatch(given)
    if found is None:
        return talk.now() + timedelta(minutes=int(given))
    here = talk.now().astimezone(talk.zone)
    moment = datetime.combine(here.date(), time(int(found[1]), int(found[2])), talk.zone)
    return moment if moment > here else datetime.combine(here.date() + timedelta(days=1), moment.timetz(), talk.zone)


async def _prepare_absent(talk: Talk, answers: Answers) -> None:
    """`absent tomorrow`: the day may be said at once."""
    said = talk.argument.casefold()
    if said and _first_day(talk, said) is not None:
        answers["first"] = said


def _first_day(talk: Talk, said: str) -> date | None:
    today = talk.now().astimezone(talk.zone).date()
    if said in _TODAY:
        return today
    if said in _TOMORROW:
        return today + timedelta(days=1)
    found = _DAY.fullmatch(said)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


async def _absent_form(talk: Talk, _: Answers) -> Form:
    at = 0 if talk.locale == "zh" else 1
    days = (Option(_TODAY[at], _TODAY[at]), Option(_TOMORROW[at], _TOMORROW[at]))
    kinds = tuple(Option(kind, talk.words(f"absence.{kind}")) for kind in KINDS)
    return Form(
        title=talk.words("form.absent"),
        submit=talk.words("form.absent"),
        fields=(
            Field(name="kind", label=talk.words("ask.absence_kind"), kind="choice", options=kinds),
            Field(name="first", label=talk.words("ask.first_day"), options=days),
            Field(name="days", label=talk.words("ask.days"), kind="number", value="1", most=MOST_DAYS),
            Field(name="note", label=talk.words("ask.absence_note"), required=False, most=500),
        ),
    )


async def _check_absent(talk: Talk, answers: Answers) -> Answers:
    wrong = {}
    if answers.get("kind") and answers["kind"] not in KINDS:
        wrong["kind"] = talk.words("wrong.choice")
    if answers.get("first") and _first_day(talk, answers["first"].casefold()) is None:
        wrong["first"] = talk.words("wrong.day")
    days = answers.get("days", "")
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
        wrong["days"] = talk.words("wrong.days", most=MOST_DAYS)
    return wrong


@verb(
    "absent",
    permission="dispatch.own_time",
    private=True,
    slash="absent",
    words=("请假", "i am absent", "absent"),
    prepare=_prepare_absent,
    form=_absent_form,
    check=_check_absent,
)
async def absent(talk: Talk, answers: Answers) -> None:
    """Away for whole days, from midnight to midnight where the organisation is."""
    first = _first_day(talk, answers["first"].casefold())
    assert first is not None
    begins, ends = (
        datetime.combine(day, time(), talk.zone) for day in (first, first + timedelta(int(answers["days"])))
    )
    result = await talk.run(
        "dispatch.ask_absence",
        kind=answers["kind"],
        starts_at=begins,
        ends_at=ends,
        reason=talk.clean(answers.get("note", ""))[:500],
    )
    span = {"begins": f"{begins:%m-%d}", "ends": f"{ends - timedelta(days=1):%m-%d}"}
    await talk.say(talk.words(f"said.absence_{result.state}", **span))


@verb("approve_absence", permission="dispatch.people")
async def approve_absence(talk: Talk, _: Answers) -> None:
    """Yes to an absence, from the message that asks."""
    await talk.run("dispatch.answer_absence", absence=_meant(talk), approve=True)
    await talk.say(talk.words("said.absence_answered"))


async def _refuse_form(talk: Talk, _: Answers) -> Form:
    return Form(
        title=talk.words("button.refuse_absence"),
        submit=talk.words("button.refuse_absence"),
        fields=(Field(name="reason", label=talk.words("ask.reason"), most=500),),
    )


@verb("refuse_absence", permission="dispatch.people", form=_refuse_form)
async def refuse_absence(talk: Talk, answers: Answers) -> None:
    """No to an absence, with a reason."""
    reason = talk.clean(answers["reason"])[:500]
    await talk.run("dispatch.answer_absence", absence=_meant(talk), approve=False, reason=reason)
    await talk.say(talk.words("said.absence_answered"))


def _meant(talk: Talk) -> str:
    absence = talk.arguments.get("absence")
    if absence is None:
        raise DomainError("button_unknown")
    return str(absence)


@verb("busy", permission="dispatch.own_time", private=True, slash="busy", words=("共享忙闲", "share busy times"))
async def busy(talk: Talk, _: Answers) -> None:
    """Which of this person's other organisations may know when, and never why, the person is busy here."""
    other, consent = talk.arguments.get("organisation"), talk.arguments.get("consent")
    if consent is not None:
        await ask_and_wait(
            talk.person,
            "dispatch.withdraw_busy_times",
            {"consent": consent},
            key=talk.command_key("dispatch.withdraw_busy_times"),
        )
        await talk.say(talk.words("said.busy_withdrawn"))
    elif other is not None:
        await ask_and_wait(
            talk.person,
            "dispatch.share_busy_times",
            {"organisation": other},
            key=talk.command_key("dispatch.share_busy_times"),
        )
        await talk.say(talk.words("said.busy_shared"))
    else:
        await _offer_busy(talk)


async def _offer_busy(talk: Talk) -> None:
    async with transaction(talk.tenant):
        consents = await rows.select(
            BusyConsent,
            "tenant_id = $1 AND member_id = $2 AND withdrawn_at IS NULL ORDER BY id",
            talk.tenant,
            talk.person.id,
        )
    presses = []
    for consent in consents:
        name = await _name(talk, consent.organisation)
        meant = {"consent": opaque("bc", talk.tenant, consent.id)}
        presses.append([Press(talk.words("button.withdraw_busy", organisation=name), "busy", meant)])
    known = {consent.organisation for consent in consents}
    for other in await organisations_of(talk.incoming):
        if other != talk.tenant and other not in known:
            meant = {"organisation": opaque("or", other, other)}
            name = await _name(talk, other)
            presses.append([Press(talk.words("button.share_busy", organisation=name), "busy", meant)])
    await talk.say(talk.words("said.busy_which" if presses else "said.busy_nobody"), presses)


async def _name(talk: Talk, organisation: UUID) -> str:
    """The person's own other organisation, by its own name: the person belongs to it."""
    if organisation not in await organisations_of(talk.incoming):
        return "?"
    async with transaction(organisation):
        return pick((await own_organisation(organisation)).name, talk.locale)
