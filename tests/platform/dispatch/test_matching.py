"""Who is suggested: qualified, on shift, nearest; and why the others fell out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.dispatch import Qualification, Suggestion, Technician, match, on_shift
from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.kernel import DomainError, now, parse_opaque, rows, transaction
from support.database import unchanged

DAY = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
ROUND = [{"days": [5], "from": "08:00", "to": "08:00"}]
NIGHT = [{"days": [5], "from": "22:00", "to": "06:00"}]


@pytest.mark.parametrize(
    ("shifts", "moment", "on"),
    [
        (DAY, "2026-11-23T00:00:00", True),  # Monday 08:00 in Shanghai
        (DAY, "2026-11-22T23:59:00", False),  # Monday 07:59
        (DAY, "2026-11-23T10:00:00", False),  # Monday 18:00: the end does not count
        (DAY, "2026-11-22T04:00:00", False),  # Sunday noon
        (NIGHT, "2026-11-27T15:00:00", True),  # Friday 23:00
        (NIGHT, "2026-11-27T21:59:00", True),  # Saturday 05:59
        (NIGHT, "2026-11-28T15:00:00", False),  # Saturday 23:00
        (ROUND, "2026-11-27T15:00:00", True),  # Friday 23:00
        (ROUND, "2026-11-27T23:59:00", True),  # Saturday 07:59
        (ROUND, "2026-11-28T00:00:00", False),  # Saturday 08:00
    ],
)
def test_shifts_are_local_and_may_pass_midnight(shifts, moment, on):
    assert on_shift(shifts, "Asia/Shanghai", datetime.fromisoformat(moment).replace(tzinfo=UTC)) is on


def test_great_circle_of_a_known_pair():
    """Berlin to Paris is 878 km."""
    assert great_circle_km(52.5200, 13.4050, 48.8566, 2.3522) == pytest.approx(878, abs=2)


@given(st.floats(-89, 89), st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
def test_distance_is_symmetric_and_never_negative(a, b, c, d):
    there = great_circle_km(a, b, c, d)
    assert there >= 0
    assert there == pytest.approx(great_circle_km(c, d, a, b), abs=1e-6)
    assert travel_minutes(there) >= 0


async def weigh(cast, urgent=False, moment=None):
    async with transaction(cast["vendor_v"]):
        return await match(
            cast["vendor_v"], "infusion_pump", "IP-200", (31.2304, 121.4737), moment or now(), urgent=urgent
        )


async def test_the_nearest_of_the_qualified_comes_first(cast):
    candidates, excluded = await weigh(cast)
    assert [c.technician for c in candidates] == [cast.members["technician_v"], cast.members["technician_v2"]]
    assert excluded == []
    assert {reason["reason"] for reason in candidates[0].reasons} == {"qualified", "on_shift", "jobs_in_hand", "travel"}


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("expires_on", (now() - timedelta(days=1)).date(), "qualification_expired"),
        ("device_class", "ventilator", "not_qualified"),
    ],
)
async def test_who_is_not_qualified_falls_out_with_the_reason(cast, column, value, why):
    async with transaction(cast["vendor_v"]):
        (held,) = await rows.select(
            Qualification,
            "tenant_id = $1 AND technician_id = $2",
            cast["vendor_v"],
            cast.members["technician_v"],
        )
        await rows.update(held, **{column: value})
    candidates, excluded = await weigh(cast)
    assert [c.technician for c in candidates] == [cast.members["technician_v2"]]
    assert [e["why"] for e in excluded] == [why]


async def test_an_urgent_job_also_takes_who_is_off_shift_when_nobody_is_on(cast):
    async with transaction(cast["vendor_v"]):
        for person in await rows.select(Technician, "tenant_id = $1", cast["vendor_v"]):
            await rows.update(person, shifts=[])
    assert (await weigh(cast))[0] == []
    candidates, _ = await weigh(cast, urgent=True)
    assert len(candidates) == 2


async def test_a_report_under_contract_is_followed_by_a_suggestion_of_the_provider(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.drain()
    await cast.drain()
    _, ticket_id = parse_opaque("tk", ticket)
    async with transaction(cast["vendor_v"]):
        (made,) = await rows.select(Suggestion, "tenant_id = $1 AND ticket_id = $2", cast["vendor_v"], ticket_id)
    assert [c["name"] for c in made.candidates] == ["技师郑", "技师冯"]
    async with transaction(cast["hospital_a"]):
        assert await rows.select(Suggestion, "tenant_id = $1", cast["vendor_v"]) == []


@pytest.mark.parametrize("timezone", ["Mars/Base", "../../etc/passwd", "Asia", "", "Asia/Shanghai\0"])
async def test_a_time_zone_that_nobody_knows_is_refused(cast, timezone):
    given = {"member": cast.member_id("technician_v"), "timezone": timezone}
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("dispatcher_v", "dispatch.upsert_technician", given)
    assert refused.value.facts["field"] == "timezone"


async def test_a_qualification_that_ended_long_ago_keeps_its_day(cast):
    ended = now().date() - timedelta(days=400)
    person = {"member": cast.member_id("technician_v")}
    gone = {**person, "qualifications": [{"device_class": "ventilator", "expires_on": ended.isoformat()}]}
    await cast.run("dispatcher_v", "dispatch.upsert_technician", gone)
    await cast.run("dispatcher_v", "dispatch.upsert_technician", person)
    async with transaction(cast["vendor_v"]):
        (held,) = await rows.select(Qualification, "tenant_id = $1 AND device_class = 'ventilator'", cast["vendor_v"])
    assert held.expires_on == ended
