"""Triage from a card: which way a report goes, and a repair from afar."""

from collections.abc import Iterator

from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

ROUTES = ("own", "warranty", "contract", "outside")


def _triage_places(view: TicketView) -> Iterator[Place]:
    if view.allows("tickets.triage") and view.commercial and (view.facility or view.ticket.state == "reported"):
        yield Place("button.triage", 4, more=view.ticket.state != "reported")


async def _triage_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(route, talk.words(f"route.{route}")) for route in ROUTES)
    return Form(
        title=talk.words("form.triage"),
        submit=talk.words("button.triage"),
        fields=(
            Field(name="route", label=talk.words("ask.route"), kind="choice", options=options),
            Field(name="reason", label=talk.words("ask.reason"), most=500),
        ),
    )


async def _check_triage(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("route")
    return {"route": talk.words("wrong.choice")} if chosen and chosen not in ROUTES else {}


@verb(
    "triage",
    permission="tickets.triage",
    form=_triage_form,
    check=_check_triage,
    places=_triage_places,
)
async def triage(talk: Talk, answers: Answers) -> None:
    """Decides the route, with a reason that stays with the ticket."""
    await talk.run("tickets.triage", route=answers["route"], reason=talk.clean(answers["reason"])[:500])
    await talk.show()


def _remote_places(view: TicketView) -> Iterator[Place]:
    if view.provider and view.allows("tickets.fix_remotely"):
        yield Place("button.fix_remotely", 5, more=True)


@verb("fix_remotely", permission="tickets.triage", places=_remote_places)
async def fix_remotely(talk: Talk, _: Answers) -> None:
    """The fault is dealt with from afar; the report of it follows."""
    await talk.run("tickets.fix_remotely")
    await talk.show()
