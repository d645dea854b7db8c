"""Merging a ticket into another of the same fault, from its card."""

from collections.abc import Iterator

from mendline.kernel import opaque
from mendline_bots.alike import likeness_line
from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb


def _merge_places(view: TicketView) -> Iterator[Place]:
    if any(one.kind == "duplicate" for one, _ in view.alike) and view.allows("tickets.mark_duplicate"):
        yield Place("button.merge", 6)


async def _merge_form(talk: Talk, _: Answers) -> Form:
    view = await talk.view()
    known = [(one, number) for one, number in view.alike if one.kind == "duplicate"]
    options = tuple(Option(opaque("tk", one.tenant_id, one.other_id), number) for one, number in known)
    lines = "\n".join(likeness_line(talk.locale, one, number) for one, number in known)
    return Form(
        title=talk.words("form.merge"),
        submit=talk.words("button.merge"),
        fields=(Field(name="of", label=f"{talk.words('ask.merge')}\n{lines}", kind="choice", options=options),),
    )


async def _check_merge(talk: Talk, answers: Answers) -> Answers:
    given = answers.get("of", "")
    return {} if not given or given.startswith("tk_") else {"of": talk.words("wrong.choice")}


@verb("merge", permission="tickets.triage", form=_merge_form, check=_check_merge, places=_merge_places)
async def merge(talk: Talk, answers: Answers) -> None:
    """Closes this ticket in favour of the other; its reporter is told."""
    await talk.run("tickets.mark_duplicate", of=answers["of"])
    await talk.show()
