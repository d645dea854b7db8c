"""Asking for what a verb needs: in one window where the channel has windows, else question by question."""

from typing import Any

import msgspec

from mendline_bots.channel import channel_of
from mendline_bots.dialogs import Dialog, close_dialog, put_dialog
from mendline_bots.messages import Field, Form, Message
from mendline_bots.sends import Priority
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, Verb

ANSWER = "answer"
"""The verb behind the buttons of a question."""


async def perform(talk: Talk, verb: Verb, answers: Answers, dialog: Dialog | None = None) -> None:
    """Does what a verb is for, or asks for the first thing that is missing or wrong."""
    if verb.prepare and dialog is None:
        await verb.prepare(talk, answers)
    if verb.form is None:
        await verb.act(talk, answers)
        return
    form = await verb.form(talk, answers)
    answers = form.resolved(answers)
    wrong = await verb.check(talk, answers) if verb.check and answers else {}
    kept = {name: value for name, value in answers.items() if name not in wrong}
    if wrong:  # what was typed may mean several things, which the question offers now
        form = await verb.form(talk, kept)
    missing = form.missing(kept)
    if missing is None and not wrong:
        if dialog is not None:
            await close_dialog(talk.incoming)
        await verb.act(talk, form.complete(kept))
        return
    if talk.incoming.opener and not wrong and await _in_window(talk, verb, form):
        return
    asked = next((field for field in form.fields if field.name in wrong), missing)
    assert asked is not None
    await _ask(talk, verb, form, asked, kept, wrong.get(asked.name, ""), dialog)


async def _in_window(talk: Talk, verb: Verb, form: Form) -> bool:
    channel = channel_of(talk.incoming.channel)
    context = talk.incoming.press or f"verb:{verb.name}"
    shown = msgspec.structs.replace(form, context=context)
    return channel.forms and await channel.show_form(talk.to, shown, talk.incoming.opener)


async def _ask(
    talk: Talk, verb: Verb, form: Form, field: Field, kept: Answers, wrong: str, dialog: Dialog | None
) -> None:
    state: dict[str, Any] = {
        "answers": kept,
        "field": field.name,
        "ticket": [str(part) for part in talk.ticket] if talk.ticket else None,
        "arguments": talk.arguments | {"files": msgspec.to_builtins(talk.files)},
        "version": talk.version,
    }
    await put_dialog(talk.incoming, verb.name, state, dialog)
    rows = [
        [Press(option.label, ANSWER, {"verb": verb.name, "field": field.name, "value": option.value})]
        for option in field.options
    ]
    rows.append([Press(talk.words("button.never_mind"), "never_mind")])
    await talk.say(
        Message(title=form.title, text="\n".join(filter(None, (wrong or form.intro, field.label)))),
        rows,
        priority=Priority.DIALOG,
    )
