"""GraphQL over SLA clocks: what each one shows, what happened to it, and every interval explained."""

from datetime import datetime
from typing import Any

import msgspec
from strawberry.scalars import JSON

from mendline.kernel import LOCALES, now
from mendline.tickets import ClockEvent, explain, interval_words, reckon
from mendline_schema.declarations.enums import ClockName, ClockState
from mendline_schema.declarations.fields import column, finished, over, parts
from mendline_schema.tenants import OrganisationCard, known_organisation
from mendline_tenants import WorkingCalendar

LOG = (
    "json_build_object('calendar', {t}.calendar, 'events', (SELECT coalesce(json_agg(json_build_object('kind', e.kind,"
    " 'at', e.occurred_at, 'seq', e.seq, 'minutes', e.minutes, 'reason', e.reason, 'claimed', e.claimed)), '[]')"
    " FROM ticket_clock_event e WHERE e.tenant_id = {t}.tenant_id AND e.ticket_id = {t}.ticket_id"
    " AND (e.clock IS NULL OR e.clock = {t}.clock)))::text"
)
"""SQL: a clock's calendar and its events, from which it can be worked out for any moment."""


class _Log(msgspec.Struct):
    calendar: WorkingCalendar
    events: list[ClockEvent]


def used_minutes(text: str) -> int:
    """The whole minutes of working time that a clock has used by now."""
    log = msgspec.json.decode(text, type=_Log)
    return reckon(log.calendar, log.events, now()).used // 60


def explained(text: str) -> list[dict[str, Any]]:
    """Every interval of a clock's life until it stopped or until now, as JSON."""
    log = msgspec.json.decode(text, type=_Log)
    moment = reckon(log.calendar, log.events, now()).stopped_at or now()
    return [
        {
            "begins": interval.begins,
            "ends": interval.ends,
            "seconds": interval.seconds,
            "counted": interval.counted,
            "why": interval.why.upper(),
            "reason": interval.reason,
            "words": {locale: interval_words(interval, locale) for locale in LOCALES},
        }
        for interval in explain(log.calendar, log.events, moment)
    ]


@over("ticket_clock", needs="read.progress")
class TicketClock:
    """One SLA clock of a ticket. It counts working time by the contract's calendar, less what holds it back."""

    name: ClockName = column("{t}.clock")
    state: ClockState = column()
    started_at: datetime | None = column()
    target_minutes: int | None = column("{t}.target / 60", description="Null when nothing was agreed.")
    used_minutes: int = finished(used_minutes, LOG, description="Of working time, by now.")
    due_at: datetime | None = column(description="Null while the clock is held back, and without a target.")
    stopped_at: datetime | None = column()
    met: bool | None = column(description="Whether it stopped in time; null while it runs.")
    provisional: bool = column(description="Whether it reaches into a year whose make-up workdays are not published.")
    claimed: bool = column(description="Whether a moment that counts was told from outside.")
    warned_at: datetime | None = column(description="When people were told that most of the target is used.")
    escalated_at: datetime | None = column(description="When people were told that it is due.")
    explain: JSON = finished(
        explained,
        LOG,
        description="Every interval: begins, ends, seconds, counted, why, reason, words {zh, en}. What counted adds up"
        " to what was used.",
    )


@over("ticket_clock_event", needs="read.progress")
class TicketClockEvent:
    """What happened to a ticket's clocks, as it was recorded."""

    seq: int = column()
    clock: ClockName | None = column(description="Null: all of them.")
    kind: str = column()
    occurred_at: datetime = column()
    claimed: bool = column()
    minutes: int | None = column(description="The target, where one was set.")
    reason: str = column()
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    recorded_at: datetime = column()
