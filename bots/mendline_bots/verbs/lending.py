"""Lending on the go: a free spare for the ticket whose device is down, and taking it back."""

from collections.abc import Iterator
from datetime import timedelta

from mendline.devices import Device, DeviceModel, free_spares
from mendline.kernel import opaque, rows, transaction
from mendline_bots.device_choice import check_device, chosen_device, device_words
from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

UNTIL = ("1", "3", "7", "open")
"""Days after which a unit should be back; "open": until the device is."""

CONDITIONS = ("usable", "unusable")


def _lend_places(view: TicketView) -> Iterator[Place]:
    if (view.facility or view.provider) and view.allows("tickets.lend_device") and not view.loans:
        clinical = view.clinical
        wanted = clinical is not None and (
            clinical.spare_needed or (view.facility and clinical.use_state in ("down", "patient_affected"))
        )
        yield Place("button.lend", 6, more=not wanted)


async def _lend_form(talk: Talk, _: Answers) -> Form:
    options = await _spares(talk)
    return Form(
        title=talk.words("form.lend"),
        submit=talk.words("button.lend_now"),
        intro="" if options else talk.words("said.no_spares"),
        fields=(
            Field(name="device", label=talk.words("ask.spare"), options=options, most=512),
            Field(
                name="until",
                label=talk.words("ask.until_when"),
                kind="choice",
                options=tuple(Option(one, talk.words(f"until.{one}")) for one in UNTIL),
            ),
        ),
    )


async def _spares(talk: Talk) -> tuple[Option, ...]:
    """The free units of one's own pool that could stand in, those of the same model first."""
    ticket = (await talk.view()).ticket
    card = ticket.device_card
    async with transaction(talk.tenant):
        found = await free_spares(
            talk.tenant, ticket.device_id, card.get("device_class") or "", card.get("model_number") or ""
        )
        models = {one.model_id: await rows.get(DeviceModel, talk.tenant, one.model_id) for one in found}
    return tuple(
        Option(opaque("dv", one.tenant_id, one.id), device_words(one, models[one.model_id], talk.locale))
        for one in found
    )


async def _check_lend(talk: Talk, answers: Answers) -> Answers:
    """Turns a typed number into a unit of one's own registry."""
    wrong = await check_device(talk, answers)
    if answers.get("until", UNTIL[0]) not in UNTIL:
        wrong["until"] = talk.words("wrong.choice")
    return wrong


@verb("lend", permission="devices.lend", form=_lend_form, check=_check_lend, places=_lend_places, scans=True)
async def lend(talk: Talk, answers: Answers) -> None:
    """Hands a unit out for the ticket; a worker that begins again does not count the days anew."""
    unit, model = await chosen_device(talk, answers)
    due = None if answers["until"] == "open" else talk.now() + timedelta(days=int(answers["until"]))
    if not await talk.done_before("tickets.lend_device"):
        device = opaque("dv", unit.tenant_id, unit.id)
        await talk.run("tickets.lend_device", device=device, due_at=due)
    card, _ = await talk.show()
    named = device_words(unit, model, talk.locale)
    told = f"{due.astimezone(talk.zone):%m-%d %H:%M}" if due else ""
    await talk.say(talk.words("said.lent_until" if due else "said.lent", device=named, at=told), card=card)


def _take_back_places(view: TicketView) -> Iterator[Place]:
    if not view.actor.may("devices.lend"):
        return
    for loan in view.loans:
        if loan.author_org == view.actor.organisation:
            device = opaque("dv", loan.author_org, loan.device_id)
            yield Place("button.take_back_unit", 6, arguments={"device": device})


async def _take_back_form(talk: Talk, _: Answers) -> Form:
    unit, model = await _lent(talk)
    options = tuple(Option(one, talk.words(f"condition.{one}")) for one in CONDITIONS)
    return Form(
        title=talk.words("form.take_back_unit"),
        submit=talk.words("button.take_back_unit"),
        intro=device_words(unit, model, talk.locale),
        fields=(
            Field(name="condition", label=talk.words("ask.condition"), kind="choice", options=options),
            Field(name="remark", label=talk.words("ask.remark"), required=False, most=500),
        ),
    )


async def _check_take_back(talk: Talk, answers: Answers) -> Answers:
    chosen = answers.get("condition")
    return {"condition": talk.words("wrong.choice")} if chosen and chosen not in CONDITIONS else {}


@verb(
    "take_back_unit", permission="devices.lend", form=_take_back_form, check=_check_take_back, places=_take_back_places
)
async def take_back_unit(talk: Talk, answers: Answers) -> None:
    """Takes a unit back, to where it stood before; one that cannot be used is out of service."""
    unit, model = await _lent(talk)
    usable = answers["condition"] == "usable"
    await talk.run(
        "tickets.take_back_device",
        device=opaque("dv", unit.tenant_id, unit.id),
        usable=usable,
        condition=talk.clean(answers.get("remark", ""))[:500],
    )
    if talk.ticket is not None:
        await talk.show()
    named = device_words(unit, model, talk.locale)
    await talk.say(talk.words("said.taken_back" if usable else "said.taken_back_unusable", device=named))


async def _lent(talk: Talk) -> tuple[Device, DeviceModel]:
    """The unit behind the button."""
    return await chosen_device(talk, {"device": str(talk.arguments.get("device", ""))})
