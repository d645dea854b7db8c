"""Times as people type them in a chat: 14:00, 11-26 09:30, 14:00-16:00; read in the organisation's zone."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = r"(?:(?:(?P<year>\d{4})-)?(?P<month>\d{1,2})-(?P<day>\d{1,2})\s+|(?P<tomorrow>明天|tomorrow)\s*)?"
_CLOCK = r"(\d{1,2})[:\uff1a](\d{2})"
_MOMENT = re.compile(_DAY + _CLOCK, re.IGNORECASE)
_WINDOW = re.compile(_DAY + _CLOCK + r"\s*[-~\u2013\u2014\u81f3\u5230]\s*" + _CLOCK, re.IGNORECASE)


def moment_ago(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The last moment that this time names, at most a day ago where it names no day; None for what is no time."""
    found = _MOMENT.fullmatch(text.strip())
    at = _at(found, zone, now, *found.groups()[-2:]) if found else None
    if at is None or found is None or at <= now or found["month"]:
        return at
    return at - timedelta(days=1)


def window_ahead(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when, past midnight where it ends before it begins; without a day the next that is not over."""
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        return None
    *_, begin_hour, begin_minute, end_hour, end_minute = found.groups()
    begins = _at(found, zone, now, begin_hour, begin_minute)
    ends = _at(found, zone, now, end_hour, end_minute)
    if begins is None or ends is None:
        return None
    if ends <= begins:
        ends += timedelta(days=1)
    if ends <= now and not found["month"]:
        begins, ends = begins + timedelta(days=1), ends + timedelta(days=1)
    return begins, ends


def _at(found: re.Match[str], zone: ZoneInfo, now: datetime, hour: str, minute: str) -> datetime | None:
    today = now.astimezone(zone).date()
    try:
        day = (
            date(int(found["year"] or today.year), int(found["month"]), int(found["day"])) if found["month"] else today
        )
        if found["tomorrow"]:
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=zone)
    except ValueError:
        return None
