"""Quotations from a card: the provider makes one, the hospital looks at it and approves or refuses."""

import re
from collections.abc import Iterator
from datetime import timedelta

from mendline.kernel import (
    DomainError,
    currencies,
    currency_of,
    minor_units,
    money_text,
    opaque,
    parse_opaque,
    rows,
    transaction,
)
from mendline.tickets import Quotation, outcome_of
from mendline_bots.buttons import CONFIRM_LIFETIME
from mendline_bots.messages import Field, Form, Message, Option, plain
from mendline_bots.talk import Press, Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb
from mendline_tenants import own_organisation

VALID_DAYS = ("7", "15", "30")
_TYPED = re.compile(r"(?:([A-Za-z]{3})\s*)?([\d.,]+)(?:\s*([A-Za-z]{3}))?")


def _quote_places(view: TicketView) -> Iterator[Place]:
    if view.provider and not view.facility and view.allows("tickets.quote"):
        yield Place("button.quote", 4, more=view.ticket.state != "quotation")


async def _quote_form(talk: Talk, _: Answers) -> Form:
    days = tuple(Option(n, talk.words(f"quotation.days_{n}")) for n in VALID_DAYS)
    return Form(
        title=talk.words("form.quote"),
        submit=talk.words("button.quote"),
        fields=(
            Field(name="text", label=talk.words("ask.quote_text"), most=200),
            Field(name="amount", label=talk.words("ask.quote_amount"), most=40),
            Field(name="days", label=talk.words("ask.quote_days"), kind="choice", options=days),
        ),
    )


async def _check_quote(talk: Talk, answers: Answers) -> Answers:
    wrong = {}
    if answers.get("amount") and await _amount(talk, answers["amount"]) is None:
        wrong["amount"] = talk.words("wrong.amount")
    if answers.get("days") and answers["days"] not in VALID_DAYS:
        wrong["days"] = talk.words("wrong.choice")
    return wrong


async def _amount(talk: Talk, typed: str) -> tuple[int, str] | None:
    """What was typed, in minor units, and its currency: the hospital's own country's where none is named."""
    found = _TYPED.fullmatch(typed.strip().lstrip("¥￥$€£"))
    if found is None or (found[1] and found[3]):
        return None
    async with transaction(talk.tenant):
        currency = (found[1] or found[3] or currency_of((await own_organisation(talk.tenant)).country)).upper()
    amount = minor_units(found[2], currency) if currency in currencies() else None
    return None if amount is None else (amount, currency)


@verb(
    "quote",
    permission="tickets.quote",
    words=("报价", "quote"),
    form=_quote_form,
    check=_check_quote,
    places=_quote_places,
)
async def quote(talk: Talk, answers: Answers) -> None:
    """Makes an offer of one line."""
    found = await _amount(talk, answers["amount"])
    assert found is not None  # checked
    amount, currency = found
    await talk.run(
        "tickets.quote",
        currency=currency,
        lines=[{"text": talk.clean(answers["text"])[:200], "unit_amount": amount}],
        valid_until=talk.now() + timedelta(days=int(answers["days"])),
    )
    await talk.show()


def _answer_places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.quotation and view.quotation_state == "open" and view.allows("tickets.answer_quotation"):
        shown = {"quotation": opaque("qt", view.quotation.tenant_id, view.quotation.id)}
        yield Place("button.approve_quotation", 1, "primary", arguments=shown, exact=True)


@verb("approve_quotation", permission="tickets.answer_quotation", places=_answer_places)
async def approve_quotation(talk: Talk, _: Answers) -> None:
    """Shows what would be approved, with a confirmation for this person that is good for five minutes."""
    view = await talk.view()
    shown = view.quotation
    if shown is None or opaque("qt", shown.tenant_id, shown.id) != talk.arguments["quotation"]:
        raise DomainError("quotation_closed", number=view.ticket.number, quotation="replaced")
    lines = [
        (plain(line["text"]), f"{line['quantity']} × {money_text(line['unit_amount'], shown.currency, talk.locale)}")
        for line in shown.lines
    ]
    price = money_text(shown.amount, shown.currency, talk.locale)
    total = (talk.words("quotation.total"), price)
    confirm = Press(
        talk.words("button.confirm_quotation"),
        "confirm_quotation",
        talk.arguments,
        talk.ticket,
        "primary",
        version=view.ticket.version,
        expires_at=talk.now() + CONFIRM_LIFETIME,
    )
    await talk.say(
        Message(
            title=talk.words("quotation.title", number=view.ticket.number, revision=shown.revision),
            facts=(*lines, total),
            text=plain(shown.remark),
        ),
        [[confirm], [Press(talk.words("button.never_mind"), "never_mind")]],
        card=talk.card,
    )


@verb("confirm_quotation", permission="tickets.answer_quotation")
async def confirm_quotation(talk: Talk, _: Answers) -> None:
    """Approves it."""
    await talk.run("tickets.answer_quotation", quotation=talk.arguments["quotation"], approved=True)
    await talk.show()
    view = await talk.view()
    await talk.say(talk.words("said.quotation_approved", number=view.ticket.number))


def _refuse_places(view: TicketView) -> Iterator[Place]:
    for place in _answer_places(view):
        yield Place("button.refuse_quotation", 1, "danger", arguments=place.arguments, exact=True)


async def _refuse_form(talk: Talk, _: Answers) -> Form:
    async with transaction(talk.tenant):
        shown = await rows.get(Quotation, *parse_opaque("qt", talk.arguments["quotation"]))
        known = await outcome_of(shown)
    if known is not None:
        raise DomainError("quotation_closed", number=(await talk.view()).ticket.number, quotation=known.outcome)
    return Form(
        title=talk.words("form.refuse_quotation"),
        submit=talk.words("button.refuse_quotation"),
        fields=(Field(name="reason", label=talk.words("ask.reason"), most=500),),
    )


@verb("refuse_quotation", permission="tickets.answer_quotation", form=_refuse_form, places=_refuse_places)
async def refuse_quotation(talk: Talk, answers: Answers) -> None:
    """Refuses it, with a reason; the provider may make another."""
    reason = talk.clean(answers["reason"])[:500]
    await talk.run("tickets.answer_quotation", quotation=talk.arguments["quotation"], approved=False, reason=reason)
    await talk.show()
