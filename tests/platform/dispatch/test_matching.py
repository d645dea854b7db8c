"""Who is suggested: qualified, on shift, nearest; and why the others fell out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.dispatch import (
    CRITERIA,
    SHUT_OUT,
    BusyElsewhere,
    Qualification,
    Suggestion,
    Technician,
    on_shift,
)
from mendline.dispatch.matching.distance import great_circle_km, travel_minutes
from mendline.kernel import LOCALES, DomainError, now, opaque, parse_opaque, rows, say, transaction
from support.database import unchanged
from support.weighing import points, weigh, who, why

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


async def change(cast, technician, **values):
    async with transaction(cast["vendor_v"]):
        await rows.change(Technician, cast["vendor_v"], cast.members[technician], **values)


async def qualify(cast, technician, of="infusion_pump", **values):
    """What a technician is qualified for, the one entry of the class changed or a new one made."""
    tenant, person = cast["vendor_v"], cast.members[technician]
    async with transaction(tenant):
        held = await rows.first(
            Qualification, "tenant_id = $1 AND technician_id = $2 AND device_class = $3", tenant, person, of
        )
        if held is None:
            await rows.insert(Qualification(tenant_id=tenant, technician_id=person, device_class=of, **values))
        else:
            await rows.update(held, **values)


async def take(cast, technician, device="pump_a", **report):
    """A job that the technician has in hand."""
    given = {"device": cast.device_id(device), "symptom": "报警", **report}
    ticket = (await cast.run("nurse_a", "tickets.report", given)).ticket
    offer = {"ticket": ticket, "technician": cast.member_id(technician)}
    await cast.run("dispatcher_v", "dispatch.offer_job", offer)
    await cast.run(technician, "dispatch.accept_job", {"ticket": ticket})
    return ticket


async def test_the_nearest_of_the_qualified_comes_first(cast):
    found = await weigh(cast)
    assert who(found) == ["技师郑", "技师冯"]
    assert found.excluded == ()
    best = found.candidates[0]
    assert {r.criterion for r in best.reasons} == {"qualified", "on_shift", "travel", "backlog", "level"}
    assert best.score == pytest.approx(sum(points(best).values()))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"expires_on": (now() - timedelta(days=1)).date()}, "qualification_expired"),
        ({"device_class": "ventilator"}, "not_qualified"),
        ({"model_number": "IP-300"}, "not_qualified"),
    ],
)
async def test_who_is_not_qualified_falls_out_with_the_reason(cast, values, reason):
    await qualify(cast, "technician_v", **values)
    found = await weigh(cast)
    assert who(found) == ["技师冯"]
    assert why(found) == {"技师郑": reason}
    assert found.fallen_out == {reason: 1}


async def test_who_is_away_is_not_sent_and_nobody_is_told_why(cast):
    ill = {
        "kind": "sick",
        "starts_at": now() - timedelta(hours=1),
        "ends_at": now() + timedelta(days=1),
        "reason": "发烧",
    }
    await cast.run("technician_v", "dispatch.ask_absence", ill)
    found = await weigh(cast)
    assert (who(found), why(found)) == (["技师冯"], {"技师郑": "away"})
    assert "发烧" not in str(found.excluded)
    assert cast.members["technician_v"] not in found.overrulable
    assert "技师郑" in who(await weigh(cast, moment=now() + timedelta(days=2)))


async def test_who_is_busy_in_another_organisation_is_not_sent(cast):
    begins = int(now().timestamp())
    busy = BusyElsewhere(
        tenant_id=cast["vendor_v"],
        technician_id=cast.members["technician_v"],
        source=cast["vendor_w"],
        spans=[[begins - 600, begins + 3600]],
        numbered=1,
    )
    async with transaction(cast["vendor_v"]):
        await rows.insert(busy)
    assert why(await weigh(cast)) == {"技师郑": "away"}
    assert why(await weigh(cast, moment=now() + timedelta(hours=2))) == {}


async def test_a_period_of_shifts_holds_in_place_of_the_weekly_ones(cast):
    today = now().date()
    days_off = {"valid_from": today - timedelta(days=1), "valid_until": today + timedelta(days=3)}
    put = {"technician": cast.member_id("technician_v"), **days_off}
    await cast.run("dispatcher_v", "dispatch.put_shifts", put)
    assert why(await weigh(cast)) == {"技师郑": "off_shift"}
    assert "技师郑" in who(await weigh(cast, moment=now() + timedelta(days=6)))
    round_the_clock = [{"days": [1, 2, 3, 4, 5, 6, 7], "begins": "00:00", "ends": "24:00"}]
    later = {**put, "valid_from": today, "hours": round_the_clock}
    await cast.run("dispatcher_v", "dispatch.put_shifts", later)
    assert "技师郑" in who(await weigh(cast, moment=now() + timedelta(days=1)))


async def test_a_qualification_must_last_until_the_planned_day(cast):
    await qualify(cast, "technician_v", expires_on=(now() + timedelta(days=3)).date())
    assert "技师郑" in who(await weigh(cast))
    (out,) = (await weigh(cast, moment=now() + timedelta(days=5))).excluded
    assert (out.name, out.why, out.value) == (
        "技师郑",
        "qualification_expired",
        str((now() + timedelta(days=3)).date()),
    )


async def test_who_is_not_ready_falls_out(cast):
    await change(cast, "technician_v", ready=False)
    assert why(await weigh(cast)) == {"技师郑": "not_ready"}


async def test_an_urgent_job_also_takes_who_is_off_shift_when_nobody_is_on(cast):
    for technician in ("technician_v", "technician_v2"):
        await change(cast, technician, shifts=[])
    found = await weigh(cast)
    assert (who(found), found.fallen_out) == ([], {"off_shift": 2})
    urgent = await weigh(cast, priority=1)
    assert who(urgent) == ["技师郑", "技师冯"]
    assert urgent.excluded == ()
    assert ("on_shift", "off_shift") in {(r.criterion, r.value) for r in urgent.candidates[0].reasons}


async def test_an_urgent_job_lets_the_others_rest_when_somebody_is_on(cast):
    await change(cast, "technician_v", shifts=[])
    assert who(await weigh(cast, priority=1)) == ["技师冯"]


async def test_who_has_an_urgent_job_in_hand_is_locked(cast):
    held = await take(cast, "technician_v", use_state="patient_affected")
    found = await weigh(cast)
    assert why(found) == {"技师郑": "urgent_in_hand"}
    number = found.excluded[0].value
    assert number and number in (await cast.run("nurse_a", "tickets.remind", {"ticket": held})).number
    assert cast.members["technician_v"] in found.overrulable, "a dispatcher may know better"


async def test_jobs_in_hand_weigh_and_may_be_outweighed(cast):
    await take(cast, "technician_v")
    found = await weigh(cast)
    by_name = {c.name: points(c) for c in found.candidates}
    assert (by_name["技师郑"]["backlog"], by_name["技师冯"]["backlog"]) == (30, 0)
    assert who(await weigh(cast, {"travel": 10, "backlog": 0, "continuity": 0}))[0] == "技师郑"
    assert who(await weigh(cast, {"travel": 0, "backlog": 50, "continuity": 0}))[0] == "技师冯"


async def test_whoever_worked_at_the_hospital_lately_is_at_home_there(cast):
    await take(cast, "technician_v2")
    (known,) = [c for c in (await weigh(cast)).candidates if c.name == "技师冯"]
    assert points(known)["continuity"] == -5
    (stranger,) = [c for c in (await weigh(cast, facility=cast["hospital_b"])).candidates if c.name == "技师冯"]
    assert "continuity" not in points(stranger)


async def test_the_specialist_is_spared_for_what_few_can_do(cast):
    await qualify(cast, "technician_v", "linear_accelerator")
    assert points((await weigh(cast)).candidates[0])["specialist"] == 5
    spared = await weigh(cast, {"specialist": 100})
    assert who(spared) == ["技师冯", "技师郑"]
    await qualify(cast, "technician_v", "linear_accelerator", expires_on=(now() - timedelta(days=30)).date())
    assert "specialist" not in points((await weigh(cast)).candidates[0])


async def test_the_higher_level_speaks_for_somebody(cast):
    await qualify(cast, "technician_v2", level=3)
    by_name = {c.name: points(c)["level"] for c in (await weigh(cast)).candidates}
    assert by_name == {"技师郑": -10, "技师冯": -20}


async def test_only_minutes_that_are_missing_before_the_agreed_arrival_count(cast):
    moment = now()
    early = await weigh(cast, moment=moment, arrival_due=moment + timedelta(hours=8))
    assert {points(c)["lateness"] for c in early.candidates} == {0}
    late = await weigh(cast, moment=moment, arrival_due=moment - timedelta(minutes=10))
    best = late.candidates[0]
    (left,) = [r.value for r in best.reasons if r.criterion == "lateness"]
    assert left <= -10
    assert points(best)["lateness"] == pytest.approx(-2 * left, abs=2)


@pytest.mark.parametrize(
    ("opens", "out"),
    [
        ("2026-11-23T06:00:00", {}),  # Monday 14:00 to 15:00 in Shanghai
        ("2026-11-23T12:00:00", {"技师郑": "no_access"}),  # 20:00, when only one of the two is at work
        ("2026-11-22T06:00:00", {"技师郑": "no_access", "技师冯": "no_access"}),  # yesterday
    ],
)
async def test_a_room_that_opens_when_nobody_is_at_work_shuts_out(cast, opens, out):
    await change(cast, "technician_v", shifts=DAY)
    begins = datetime.fromisoformat(opens).replace(tzinfo=UTC)
    monday = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    found = await weigh(cast, moment=monday, windows=((begins, begins + timedelta(hours=1)),))
    assert why(found) == out


async def test_without_places_the_way_counts_as_an_hour(cast):
    found = await weigh(cast, place=None)
    assert {points(c)["travel"] for c in found.candidates} == {60}
    assert {c.minutes for c in found.candidates} == {None}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_criterion_has_its_sentences(locale):
    names = [f"reason.{criterion.name}" for criterion in CRITERIA if criterion.weight is not None]
    names += [f"why.{word}" for word in SHUT_OUT]
    assert [name for name in names if say(name, locale, value=1) == name] == []


async def test_the_same_weights_have_the_same_version(cast):
    as_for_all, again = await weigh(cast), await weigh(cast, {})
    assert as_for_all.weights_version == again.weights_version
    assert (await weigh(cast, {"travel": 3})).weights_version != as_for_all.weights_version
    assert (await weigh(cast, {"travel": 1})).weights_version == as_for_all.weights_version


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"speed": 1}, "value"),
        ({"travel": -1}, "value"),
        ({"travel": 101}, "value"),
        ({"travel": "far"}, "value"),
        ([1], "value"),
    ],
)
async def test_weights_that_make_no_sense_are_refused(cast, value, field):
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("admin_v", "tenants.set_policy", {"name": "matching", "value": value})
    assert refused.value.facts["field"].startswith(field)


async def test_a_suggestion_keeps_the_reasons_and_the_weights_it_was_made_with(cast):
    await cast.run("admin_v", "tenants.set_policy", {"name": "matching", "value": {"travel": 2.5}})
    await qualify(cast, "technician_v2", device_class="ventilator")
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    made = await cast.run("dispatcher_v", "dispatch.suggest", {"ticket": ticket})
    assert made.candidates == 1
    assert made.best == opaque("mb", cast["vendor_v"], cast.members["technician_v"])
    async with transaction(cast["vendor_v"]):
        (kept,) = await rows.select(Suggestion, "tenant_id = $1", cast["vendor_v"])
    assert kept.weights["travel"] == 2.5
    assert kept.weights_version
    (candidate,) = kept.candidates
    travel = next(r for r in candidate["reasons"] if r["criterion"] == "travel")
    assert travel["points"] == pytest.approx(2.5 * travel["value"], abs=2)
    assert [(e["name"], e["why"]) for e in kept.excluded] == [("技师冯", "not_qualified")]
    assert (kept.fit, kept.fallen_out) == (1, {"not_qualified": 1})


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
