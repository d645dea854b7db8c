"""The technician says from the card when the device will work again."""

from collections.abc import Iterator

from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

IN_MINUTES = (120, 240, 1440, 4320, 10080)
"""What is offered; other times are set on the web."""


def _estimate_places(view: TicketView) -> Iterator[Place]:
    if view.mine and view.ticket.phase in ("open", "working", "waiting"):
        yield Place("button.estimate", 3, more=True)


async def _estimate_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(str(minutes), talk.words(f"estimate.{minutes}")) for minutes in IN_MINUTES)
    return Form(
        title=talk.words("form.estimate"),
        submit=talk.words("form.estimate"),
        fields=(
            Field(name="minutes", label=talk.words("ask.estimate"), kind="choice", options=options),
            Field(name="reason", label=talk.words("ask.estimate_reason"), required=False, most=500),
        ),
    )


async def _check_estimate(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("minutes")
    offered = [str(minutes) for minutes in IN_MINUTES]
    return {"minutes": talk.words("wrong.choice")} if chosen and chosen not in offered else {}


@verb(
    "estimate",
    permission="fieldwork.work",
    form=_estimate_form,
    check=_check_estimate,
    places=_estimate_places,
)
async def estimate(talk: Talk, answers: Answers) -> None:
    """When the device is expected to work again."""
    reason = talk.clean(answers.get("reason", ""))[:500]
    await talk.run("fieldwork.estimate_completion", minutes=int(answers["minutes"]), reason=reason)
    await talk.show()
