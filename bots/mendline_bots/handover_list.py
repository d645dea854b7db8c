"""The hand-over list of a rota as a message: the open tickets, each with its state and what happened last."""

from datetime import datetime
from zoneinfo import ZoneInfo

from mendline.dispatch import DutyRota, OpenTickets
from mendline.kernel import pick, say
from mendline.tickets import WorklistRow
from mendline_bots.messages import Message, plain


def handover_message(rota: DutyRota, found: OpenTickets, locale: str, zone: ZoneInfo) -> Message:
    """The list in a person's language, the most urgent ticket first."""
    lines = tuple((row.number, plain(_line(row, locale, zone))) for row in found.listed)
    rest = found.total - len(found.listed)
    none = say("handover.none", locale) if not found.total else ""
    return Message(
        title=say("handover.title", locale, rota=pick(rota.name, locale), count=found.total),
        facts=lines,
        text=say("handover.more", locale, count=rest) if rest else none,
    )


def _line(row: WorklistRow, locale: str, zone: ZoneInfo) -> str:
    device = row.card.get("device") or {}
    name = pick(device["name"], locale) if device.get("name") else ""
    return " · ".join(
        filter(
            None,
            (
                f"P{row.priority}",
                say(f"state.{row.state}", locale),
                name,
                device.get("asset_number"),
                row.card.get("assignee"),
                _last_event(row, locale, zone),
            ),
        )
    )


def _last_event(row: WorklistRow, locale: str, zone: ZoneInfo) -> str:
    events = row.card.get("events") or []
    if not events:
        return ""
    last = events[0]
    at = datetime.fromisoformat(last["at"]).astimezone(zone)
    return f"{say('did.' + last['command'], locale)} {at:%m-%d %H:%M}"
