"""The fault code from a card: a person confirms what is proposed, or says another."""

import re
from collections.abc import Iterator

from mendline_bots.fault_words import danger_words, proposed_words
from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def _places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.clinical and view.ticket.kind == "fault" and view.allows("tickets.amend_report"):
        proposed = (view.clinical.fault_proposal or {}).get("code") and not view.clinical.fault_code
        yield Place("button.fault_code", 5, more=not proposed)


async def _form(talk: Talk, _: Answers) -> Form:
    clinical = (await talk.view()).clinical
    proposal = (clinical.fault_proposal if clinical else None) or {}
    code = proposal.get("code")
    return Form(
        title=talk.words("form.fault_code"),
        submit=talk.words("button.fault_code"),
        intro=danger_words(talk.locale, clinical) if clinical else "",
        fields=(
            Field(
                name="code",
                label=talk.words("ask.fault_code" if code else "ask.fault_code_unaided"),
                options=(Option(code, proposed_words(talk.locale, proposal)),) if code else (),
                most=40,
            ),
        ),
    )


async def _check(talk: Talk, answers: Answers) -> Answers:
    given = answers.get("code", "").strip()
    return {"code": talk.words("wrong.fault_code")} if given and not CODE.fullmatch(given) else {}


@verb("fault_code", permission="tickets.update", form=_form, check=_check, places=_places)
async def fault_code(talk: Talk, answers: Answers) -> None:
    """Keeps the code: the models of tomorrow learn from it when the ticket closes."""
    await talk.run("tickets.amend_report", fault_code=answers["code"].strip())
    await talk.show()
