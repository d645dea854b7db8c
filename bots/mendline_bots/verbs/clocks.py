"""The clocks of a ticket on request: when each is due, and every interval that counted or did not, and why."""

from collections.abc import Iterator

from mendline.kernel import now, transaction
from mendline.tickets import (
    TicketClock,
    TicketClockEvent,
    calendar_of,
    events_of,
    explain,
    interval_words,
    log_of,
    reckon,
)
from mendline_bots.messages import Message
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb

INTERVALS = 12
"""How many intervals of a clock a chat shows, the latest ones."""


def _clock_places(view: TicketView) -> Iterator[Place]:
    if view.clocks:
        yield Place("button.clocks", 5, more=True)


@verb("clocks", permission="read.progress", places=_clock_places)
async def clocks(talk: Talk, _: Answers) -> None:
    """When each clock of the ticket is due, and why then."""
    view = await talk.view()
    async with transaction(talk.tenant):
        log = await log_of(view.ticket)
    if not view.clocks:
        await talk.say(talk.words("said.no_clocks", number=view.ticket.number), card=talk.card)
        return
    facts = tuple((talk.words(f"clock.{c.clock}"), "\n".join(_lines(talk, view, c, log))) for c in view.clocks)
    await talk.say(Message(title=view.ticket.number, facts=facts), card=talk.card)


def _lines(talk: Talk, view: TicketView, clock: TicketClock, log: list[TicketClockEvent]) -> Iterator[str]:
    calendar, events = calendar_of(clock), events_of(log, clock.clock)
    showing = reckon(calendar, events, now())
    if showing.stopped_at:
        outcome = talk.words("said.clock_met" if showing.met else "said.clock_missed")
    elif showing.due_at:
        outcome = talk.words("said.clock_due", at=view.local(showing.due_at))
    else:
        outcome = talk.words("said.clock_held")
    yield f"{outcome} · {talk.words('said.clock', used=showing.used // 60, target=(showing.target or 0) // 60)}"
    intervals = explain(calendar, events, showing.stopped_at or now())
    if len(intervals) > INTERVALS:
        yield talk.words("said.clock_earlier")
    for interval in intervals[-INTERVALS:]:
        begins, ends = view.local(interval.begins), view.local(interval.ends)
        yield f"{begins}-{ends} {interval_words(interval, talk.locale)}"
