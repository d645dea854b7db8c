"""Who pays, from a card: one side disputes what was decided, the other answers."""

from collections.abc import Iterator

from mendline.tickets import VOID_OUTCOMES
from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

KINDS = ("warranty", "contract", "outside")
ANSWERS = ("granted", "upheld")


def _is_side(view: TicketView) -> bool:
    sides = view.facility != view.provider
    return sides and view.commercial is not None and view.ticket.outcome not in VOID_OUTCOMES


def _dispute_places(view: TicketView) -> Iterator[Place]:
    if _is_side(view) and view.commercial and view.commercial.disputed_by is None:
        yield Place("button.dispute", 6, more=True)


async def _dispute_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(kind, talk.words(f"entitlement.{kind}")) for kind in KINDS)
    return Form(
        title=talk.words("form.dispute"),
        submit=talk.words("button.dispute"),
        fields=(
            Field(name="entitlement", label=talk.words("ask.entitlement"), kind="choice", options=options),
            Field(name="reason", label=talk.words("ask.reason"), most=500),
        ),
    )


async def _check_dispute(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("entitlement")
    return {"entitlement": talk.words("wrong.choice")} if chosen and chosen not in KINDS else {}


@verb("dispute", permission="tickets.triage", form=_dispute_form, check=_check_dispute, places=_dispute_places)
async def dispute(talk: Talk, answers: Answers) -> None:
    """Says what the entitlement should be instead; the other side is told."""
    reason = talk.clean(answers["reason"])[:500]
    await talk.run("tickets.dispute_entitlement", entitlement=answers["entitlement"], reason=reason)
    await talk.show()


def _answer_places(view: TicketView) -> Iterator[Place]:
    disputed_by = view.commercial.disputed_by if view.commercial else None
    if _is_side(view) and disputed_by is not None and disputed_by != view.actor.organisation:
        yield Place("button.answer_dispute", 4)


async def _answer_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(word, talk.words(f"dispute.{word}")) for word in ANSWERS)
    return Form(
        title=talk.words("button.answer_dispute"),
        submit=talk.words("button.answer_dispute"),
        fields=(
            Field(name="answer", label=talk.words("ask.dispute"), kind="choice", options=options),
            Field(name="reason", label=talk.words("ask.reason"), most=500),
        ),
    )


async def _check_answer(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("answer")
    return {"answer": talk.words("wrong.choice")} if chosen and chosen not in ANSWERS else {}


@verb("answer_dispute", permission="tickets.triage", form=_answer_form, check=_check_answer, places=_answer_places)
async def answer_dispute(talk: Talk, answers: Answers) -> None:
    """Grants what is wanted, or upholds what was decided."""
    reason = talk.clean(answers["reason"])[:500]
    await talk.run("tickets.answer_dispute", granted=answers["answer"] == "granted", reason=reason)
    await talk.show()
