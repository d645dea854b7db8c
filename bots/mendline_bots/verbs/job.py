"""What a technician does: take or decline the job, be on the way, arrive, wait, go on, finish."""

from collections.abc import Iterator

from mendline.kernel import DomainError
from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.draft import draft_report
from mendline_bots.verbs.verb import Answers, Place, verb

ETA_MINUTES = (30, 60, 120)
DECLINE_REASONS = ("off_duty", "too_far", "not_qualified", "no_parts")
WAIT_REASONS = ("parts", "customer", "access", "decontamination")
RESULTS = ("repaired", "not_reproduced", "not_repairable", "depot", "condemnation_advised")


def _accept_places(view: TicketView) -> Iterator[Place]:
    if view.offered_to_me and view.allows("dispatch.accept_job"):
        yield Place("button.accept", 1, "primary")


@verb("accept", permission="dispatch.answer", words=("接单", "accept"), places=_accept_places)
async def accept(talk: Talk, _: Answers) -> None:
    """Takes the job."""
    await talk.run("dispatch.accept_job")
    await talk.show()


def _decline_places(view: TicketView) -> Iterator[Place]:
    if view.offered_to_me and view.allows("dispatch.decline_job"):
        yield Place("button.decline", 1)
    elif view.mine and view.allows("dispatch.decline_job"):
        yield Place("button.hand_back", 9, more=True)


async def _decline_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(talk.words(f"decline.{name}"), talk.words(f"decline.{name}")) for name in DECLINE_REASONS)
    return Form(
        title=talk.words("form.decline"),
        submit=talk.words("button.decline"),
        fields=(Field(name="reason", label=talk.words("ask.reason"), options=options, most=500),),
    )


@verb("decline", permission="dispatch.answer", words=("拒单", "decline"), form=_decline_form, places=_decline_places)
async def decline(talk: Talk, answers: Answers) -> None:
    """Declines the offer, or hands the job back."""
    await talk.run("dispatch.decline_job", reason=talk.clean(answers["reason"])[:500])
    await talk.show()


def _eta_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.allows("fieldwork.set_eta"):
        for minutes in ETA_MINUTES:
            yield Place(f"button.eta_{minutes}", 2, arguments={"minutes": minutes}, more=view.ticket.eta_at is not None)


@verb("eta", permission="fieldwork.work", places=_eta_places)
async def eta(talk: Talk, _: Answers) -> None:
    """On the way, there in so many minutes."""
    await talk.run("fieldwork.set_eta", minutes=int(talk.arguments["minutes"]))
    await talk.show()


def _arrive_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.allows("fieldwork.arrive"):
        yield Place("button.arrived", 1, "primary")


@verb("arrive", permission="fieldwork.work", words=("已到场", "arrived"), places=_arrive_places)
async def arrive(talk: Talk, _: Answers) -> None:
    """At the device."""
    await talk.run("fieldwork.arrive")
    await talk.show()


def _finish_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.allows("fieldwork.finish"):
        yield Place("button.finish", 1, "primary")


async def _finish_form(talk: Talk, _: Answers) -> Form:
    view = await talk.view()
    if not view.allows("fieldwork.finish"):
        raise DomainError("wrong_state", number=view.ticket.number, state=view.ticket.state, command="fieldwork.finish")
    draft = draft_report(view, talk.now())
    results = tuple(Option(name, talk.words(f"result.{name}")) for name in RESULTS)
    return Form(
        title=talk.words("form.finish"),
        submit=talk.words("button.finish"),
        intro=talk.words("form.finish_intro") if draft.action else "",
        fields=(
            Field(name="result", label=talk.words("ask.result"), kind="choice", options=results),
            Field(name="cause", label=talk.words("ask.cause"), value=draft.cause),
            Field(name="action", label=talk.words("ask.action"), value=draft.action),
            Field(name="minutes", label=talk.words("ask.minutes"), kind="number", value=draft.minutes, most=43_200),
            Field(name="advice", label=talk.words("ask.advice"), required=False),
        ),
    )


async def _check_finish(talk: Talk, answers: Answers) -> Answers:
    wrong = {}
    if answers.get("result") and answers["result"] not in RESULTS:
        wrong["result"] = talk.words("wrong.choice")
    minutes = answers.get("minutes", "")
    if minutes and not (minutes.isascii() and minutes.isdigit() and int(minutes) <= 43_200):
        wrong["minutes"] = talk.words("wrong.minutes")
    return wrong


@verb(
    "finish",
    permission="fieldwork.work",
    words=("完工", "finish"),
    form=_finish_form,
    check=_check_finish,
    places=_finish_places,
)
async def finish(talk: Talk, answers: Answers) -> None:
    """The report, and with it the end of the work."""
    await talk.run(
        "fieldwork.finish",
        result=answers["result"],
        cause=talk.clean(answers["cause"]),
        action=talk.clean(answers["action"]),
        advice=talk.clean(answers.get("advice", "")),
        work_minutes=int(answers["minutes"]),
    )
    await talk.show()


def _wait_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.allows("fieldwork.wait"):
        yield Place("button.wait", 3, more=view.ticket.state != "on_site")


async def _wait_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(name, talk.words(f"waiting_for.{name}")) for name in WAIT_REASONS)
    return Form(
        title=talk.words("form.wait"),
        submit=talk.words("button.wait"),
        fields=(Field(name="reason", label=talk.words("ask.waiting_for"), kind="choice", options=options),),
    )


async def _check_wait(talk: Talk, answers: Answers) -> Answers:
    given = answers.get("reason", "")
    return {} if given in ("", *WAIT_REASONS) else {"reason": talk.words("wrong.choice")}


@verb(
    "wait",
    permission="fieldwork.work",
    words=("待件", "waiting"),
    form=_wait_form,
    check=_check_wait,
    places=_wait_places,
)
async def wait(talk: Talk, answers: Answers) -> None:
    """The work stands still."""
    await talk.run("fieldwork.wait", reason=answers["reason"])
    await talk.show()


def _resume_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.allows("fieldwork.resume"):
        yield Place("button.resume", 1, "primary")


@verb("resume", permission="fieldwork.work", words=("继续", "resume"), places=_resume_places)
async def resume(talk: Talk, _: Answers) -> None:
    """The work goes on."""
    await talk.run("fieldwork.resume")
    await talk.show()
