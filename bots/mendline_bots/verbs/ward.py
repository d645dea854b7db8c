"""What the reporting side does on a card: use state, spare unit, isolation, cleaning, remind, undo, cancel."""

from collections.abc import Iterator
from datetime import timedelta

from mendline_bots.messages import Field, Form, Option
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

USE_STATES = ("down", "degraded", "patient_affected")
UNDO_WINDOW = timedelta(minutes=15)
CANCEL_REASONS = ("solved", "mistake", "other_device")


def _use_state_places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.clinical and view.allows("tickets.set_use_state") and view.ticket.phase != "acceptance":
        for state in USE_STATES:
            if state != view.clinical.use_state:
                danger = state == "patient_affected"
                yield Place(
                    f"use_state.{state}",
                    1,
                    "danger" if danger else "plain",
                    arguments={"use_state": state},
                    more=view.clinical.use_state != "unknown",
                )


@verb("use_state", permission="tickets.update", places=_use_state_places)
async def use_state(talk: Talk, _: Answers) -> None:
    """How far the device can be used."""
    await talk.run("tickets.set_use_state", use_state=talk.arguments["use_state"])
    await talk.show()


def _flag_places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.clinical and view.allows("tickets.set_flags") and view.ticket.phase != "acceptance":
        for flag, on in (("spare_needed", view.clinical.spare_needed), ("isolation", view.clinical.isolation)):
            yield Place(f"button.{'no_' if on else ''}{flag}", 2, arguments={"flag": flag, "on": not on}, more=on)


@verb("flag", permission="tickets.update", places=_flag_places)
async def flag(talk: Talk, _: Answers) -> None:
    """A spare unit is needed, or the room is under isolation; or no longer."""
    await talk.run("tickets.set_flags", **{talk.arguments["flag"]: talk.arguments["on"]})
    await talk.show()


def _clean_places(view: TicketView) -> Iterator[Place]:
    if (
        view.facility
        and view.clinical
        and view.clinical.decontamination in ("unknown", "contaminated")
        and view.ticket.phase in ("open", "waiting")
        and view.allows("tickets.record_decontamination")
    ):
        yield Place("button.clean", 3)


@verb("clean", permission="tickets.update", places=_clean_places)
async def clean(talk: Talk, _: Answers) -> None:
    """The device was cleaned and disinfected."""
    await talk.run("tickets.record_decontamination", status="clean")
    await talk.show()


def _remind_places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.allows("tickets.remind") and view.ticket.phase in ("open", "waiting", "working"):
        yield Place("button.remind", 4, more=_undoable(view))


@verb("remind", permission="tickets.remind", places=_remind_places)
async def remind(talk: Talk, _: Answers) -> None:
    """Whoever has the next step is asked to hurry."""
    await talk.run("tickets.remind")
    await talk.show()
    await talk.say(talk.words("said.reminded"), card=talk.card)


def _undoable(view: TicketView) -> bool:
    return (
        view.people is not None
        and view.people.reporter_id == view.actor.id
        and view.ticket.state in ("reported", "triaged")
        and Talk.now() - view.ticket.opened_at < UNDO_WINDOW
    )


def _undo_places(view: TicketView) -> Iterator[Place]:
    if view.facility and _undoable(view) and view.allows("tickets.cancel"):
        yield Place("button.undo", 4)


@verb("undo", permission="tickets.cancel", places=_undo_places)
async def undo(talk: Talk, _: Answers) -> None:
    """Takes a fresh report back at once."""
    view = await talk.view()
    if not _undoable(view) and view.ticket.state != "cancelled":
        await talk.say(talk.words("said.too_late_to_undo", number=view.ticket.number), card=talk.card)
    else:
        await talk.run("tickets.cancel", reason=talk.words("cancel.undone"))
    await talk.show()


def _cancel_places(view: TicketView) -> Iterator[Place]:
    if view.facility and view.allows("tickets.cancel") and not _undoable(view):
        yield Place("button.cancel", 4, more=True)


async def _cancel_form(talk: Talk, _: Answers) -> Form:
    options = tuple(Option(talk.words(f"cancel.{name}"), talk.words(f"cancel.{name}")) for name in CANCEL_REASONS)
    return Form(
        title=talk.words("form.cancel"),
        submit=talk.words("button.cancel"),
        fields=(Field(name="reason", label=talk.words("ask.reason"), options=options, most=500),),
    )


@verb("cancel_report", permission="tickets.cancel", form=_cancel_form, places=_cancel_places)
async def cancel_report(talk: Talk, answers: Answers) -> None:
    """Cancels the ticket, with a reason."""
    await talk.run("tickets.cancel", reason=talk.clean(answers["reason"])[:500])
    await talk.show()


@verb("more")
async def more(talk: Talk, _: Answers) -> None:
    """Shows the rest of the card's buttons."""
    await talk.expand()
