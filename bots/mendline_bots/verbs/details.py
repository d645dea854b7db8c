"""What a hurried report left out, told from its card: where exactly, when the room is free, since when, whom to ask."""

from collections.abc import Iterator
from typing import Any

from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.typed_times import moment_ago, window_ahead
from mendline_bots.verbs.verb import Answers, Place, verb

DETAILS = ("place_note", "access_windows", "happened_at", "contact_name", "contact_phone")
MOST = {"place_note": 120, "contact_name": 120, "contact_phone": 40}


def _places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.clinical and view.people and view.allows("tickets.amend_report"):
        yield Place("button.details", 5, more=True)


async def _form(talk: Talk, answers: Answers) -> Form:
    options = tuple(Option(name, talk.words(f"detail.{name}")) for name in DETAILS)
    chosen = answers.get("what", "")
    asked = f"ask.detail_{chosen}" if chosen in ("access_windows", "happened_at") else "ask.detail"
    return Form(
        title=talk.words("form.details"),
        submit=talk.words("button.details"),
        fields=(
            Field(name="what", label=talk.words("ask.details"), kind="choice", options=options),
            Field(name="value", label=talk.words(asked), most=120),
        ),
    )


async def _check(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("what")
    if chosen and chosen not in DETAILS:
        return {"what": talk.words("wrong.choice")}
    if chosen and answers.get("value") and _read(talk, chosen, answers["value"]) is None:
        return {"value": talk.words("wrong.time")}
    return {}


def _read(talk: Talk, what: str, value: str) -> Any:
    """The value of a field of the command; None for a time that is none."""
    if what == "access_windows":
        window = window_ahead(value, talk.zone, talk.now())
        return [list(window)] if window else None
    if what == "happened_at":
        return moment_ago(value, talk.zone, talk.now())
    return talk.clean(value)[: MOST[what]]


@verb("details", permission="tickets.update", form=_form, check=_check, places=_places)
async def details(talk: Talk, answers: Answers) -> None:
    """Adds one detail to the report; a window of the room stands beside those that were told."""
    what, value = answers["what"], _read(talk, answers["what"], answers["value"])
    if what == "access_windows":
        view = await talk.view()
        ahead = [w for w in (view.clinical.access_windows if view.clinical else []) if _is_ahead(talk, w)]
        value = [*ahead, *value]
    await talk.run("tickets.amend_report", **{what: value})
    await talk.show()


def _is_ahead(talk: Talk, window: list[str]) -> bool:
    return window[1] > talk.now().isoformat()
