"""Changing a ticket's priority from a card, with a reason."""

from collections.abc import Iterator

from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

SCORED = "scored"
CHOICES = ("1", "2", "3", "4", SCORED)


def _priority_places(view: TicketView) -> Iterator[Place]:
    decides = view.clinical and (view.facility or view.provider)
    if decides and view.ticket.phase in ("open", "working", "waiting"):
        yield Place("button.priority", 5, more=True)


async def _priority_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(word, talk.words(f"priority.{word}")) for word in CHOICES)
    return Form(
        title=talk.words("form.priority"),
        submit=talk.words("form.priority"),
        fields=(
            Field(name="priority", label=talk.words("ask.priority"), kind="choice", options=options),
            Field(name="reason", label=talk.words("ask.reason"), most=500),
        ),
    )


async def _check_priority(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("priority")
    return {"priority": talk.words("wrong.choice")} if chosen and chosen not in CHOICES else {}


@verb(
    "priority",
    permission="tickets.triage",
    form=_priority_form,
    check=_check_priority,
    places=_priority_places,
)
async def priority(talk: Talk, answers: Answers) -> None:
    """Sets the ticket's priority, or goes back to the score's."""
    chosen = answers["priority"]
    await talk.run(
        "tickets.override_priority",
        reason=talk.clean(answers["reason"])[:500],
        priority=None if chosen == SCORED else int(chosen),
    )
    await talk.show()
