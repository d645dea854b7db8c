"""Times as people type them become moments of the organisation's zone, or none."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mendline_bots.typed_times import moment_ago, window_ahead

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZONE)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("08:30", "2026-11-25T08:30"),
        ("8：30", "2026-11-25T08:30"),
        ("22:15", "2026-11-24T22:15"),
        ("11-20 22:15", "2026-11-20T22:15"),
        ("2025-12-31 00:00", "2025-12-31T00:00"),
    ],
)
def test_since_when(typed, meant):
    assert moment_ago(typed, ZONE, NOW) == at(meant)


@pytest.mark.parametrize(
    ("typed", "begins", "ends"),
    [
        ("14:00-16:00", "2026-11-25T14:00", "2026-11-25T16:00"),
        ("9:00到11:00", "2026-11-25T09:00", "2026-11-25T11:00"),
        ("7:00~9:00", "2026-11-26T07:00", "2026-11-26T09:00"),
        ("22:00-06:00", "2026-11-25T22:00", "2026-11-26T06:00"),
        ("明天 9:00-11:00", "2026-11-26T09:00", "2026-11-26T11:00"),
        ("Tomorrow 9:00-11:00", "2026-11-26T09:00", "2026-11-26T11:00"),
        ("12-01 14:00 - 16:30", "2026-12-01T14:00", "2026-12-01T16:30"),
    ],
)
def test_when_the_room_is_free(typed, begins, ends):
    assert window_ahead(typed, ZONE, NOW) == (at(begins), at(ends))


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "14:00", "14:00-16", "02-30 14:00-16:00", "<b>", "9" * 3000])
def test_what_is_no_time(typed):
    assert window_ahead(typed, ZONE, NOW) is None
    assert typed == "14:00" or moment_ago(typed, ZONE, NOW) is None
