"""What is kept of people: absences and their approval, readiness, qualifications and their end, territories."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.dispatch import Absence, Area, Qualification, Technician, Territory, TerritoryTechnician, covers, serving
from mendline.dispatch.qualifying import next_warning
from mendline.dispatch.territory_shapes import wrong_with
from mendline.kernel import DomainError, frozen, now, parse_opaque, rows, transaction
from support.database import look, unchanged

SOON = now() + timedelta(days=3)
LEAVE = {"kind": "leave", "starts_at": SOON, "ends_at": SOON + timedelta(days=2), "reason": "家事"}


async def stored(cast, model, id, kind, of="vendor_v"):
    async with transaction(cast[of]):
        return await rows.get(model, *parse_opaque(kind, id))


async def test_leave_waits_for_a_dispatcher_and_illness_does_not(cast):
    asked = await cast.run("technician_v", "dispatch.ask_absence", LEAVE)
    assert asked.state == "asked"
    ill = {**LEAVE, "kind": "sick", "starts_at": SOON + timedelta(days=5), "ends_at": SOON + timedelta(days=6)}
    assert (await cast.run("technician_v", "dispatch.ask_absence", ill)).state == "approved"
    yes = {"absence": asked.absence, "approve": True}
    assert (await cast.run("dispatcher_v", "dispatch.answer_absence", yes)).state == "approved"
    assert (await cast.run("technician_v", "dispatch.cancel_absence", {"absence": asked.absence})).state == "cancelled"
    row = await stored(cast, Absence, asked.absence, "ab")
    assert (row.reason, row.answered_by) == ("家事", cast.members["technician_v"])
    (told,) = await look(
        "SELECT string_agg(facts::text, ' ') FROM organisation_audit WHERE tenant_id = $1", cast["vendor_v"]
    )
    assert "家事" not in told[0]
    assert "sick" not in told[0]


async def test_by_policy_a_persons_word_is_enough(cast):
    await cast.run("admin_v", "tenants.set_policy", {"name": "absences", "value": "told"})
    assert (await cast.run("technician_v", "dispatch.ask_absence", LEAVE)).state == "approved"


def absence(**more):
    return {**LEAVE, **more}


@pytest.mark.parametrize(
    ("who", "command", "given", "code"),
    [
        ("technician_v", "dispatch.ask_absence", absence(ends_at=SOON), "invalid_input"),
        ("technician_v", "dispatch.ask_absence", absence(ends_at=SOON + timedelta(days=401)), "invalid_input"),
        (
            "technician_v",
            "dispatch.ask_absence",
            absence(starts_at=now() - timedelta(9), ends_at=now()),
            "invalid_input",
        ),
        ("technician_v", "dispatch.ask_absence", absence(kind="gone fishing"), "invalid_input"),
        ("technician_v", "dispatch.ask_absence", absence(member="technician_v2"), "forbidden"),
        ("dispatcher_v", "dispatch.ask_absence", absence(member="technician_w"), "not_found"),
        ("unit_a", "dispatch.ask_absence", LEAVE, "nobody_meant"),
        ("vendor_v", "dispatch.ask_absence", LEAVE, "nobody_meant"),
        ("analyst_m", "dispatch.ask_absence", LEAVE, "forbidden"),
        ("technician_v", "dispatch.set_ready", {"ready": False}, "invalid_input"),
        ("technician_v", "dispatch.set_ready", {"ready": False, "reason": "x", "until": now()}, "invalid_input"),
        ("technician_v", "dispatch.set_ready", {"ready": True, "until": SOON}, "invalid_input"),
        ("dispatcher_v", "dispatch.set_ready", {"ready": True}, "not_found"),
        (
            "technician_v",
            "dispatch.put_shifts",
            {"technician": "technician_v", "valid_from": "2027-01-01"},
            "forbidden",
        ),
        (
            "dispatcher_v",
            "dispatch.put_shifts",
            {"technician": "technician_w", "valid_from": "2027-01-01"},
            "not_found",
        ),
        (
            "dispatcher_v",
            "dispatch.put_shifts",
            {"technician": "technician_v", "valid_from": "2027-01-02", "valid_until": "2027-01-01"},
            "invalid_input",
        ),
        (
            "dispatcher_v",
            "dispatch.put_shifts",
            {"technician": "technician_v", "valid_from": "2027-01-02", "country": "XX"},
            "invalid_input",
        ),
        (
            "dispatcher_v",
            "dispatch.put_shifts",
            {
                "technician": "technician_v",
                "valid_from": "2027-01-02",
                "hours": [{"days": [1], "begins": "09:00", "ends": "10:00"}],
                "breaks": [{"days": [1], "begins": "08:00", "ends": "12:00"}],
            },
            "invalid_input",
        ),
        (
            "dispatcher_v",
            "dispatch.put_qualification",
            {"technician": "technician_v", "qualification": {"device_class": "x", "level": 6}},
            "invalid_input",
        ),
        (
            "dispatcher_v",
            "dispatch.put_qualification",
            {"technician": "technician_w", "qualification": {"device_class": "x"}},
            "not_found",
        ),
        (
            "dispatcher_v",
            "dispatch.put_territory",
            {"code": "T", "name": {"zh": "东"}, "technicians": ["technician_w"]},
            "not_found",
        ),
        (
            "dispatcher_v",
            "dispatch.put_territory",
            {"code": "T", "name": {"zh": "东"}, "areas": [{"centre": [91, 0], "radius_km": 1}]},
            "invalid_input",
        ),
        ("technician_v", "dispatch.ready_again", {"technician": "technician_v"}, "forbidden"),
    ],
)
async def test_what_is_wrong_changes_nothing(cast, who, command, given, code):
    named = {key: cast.member_id(value) for key, value in given.items() if key in ("member", "technician")}
    if "technicians" in given:
        named["technicians"] = [cast.member_id(one) for one in given["technicians"]]
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, command, {**given, **named})
    assert refused.value.code == code


async def test_an_absence_is_settled_once_and_by_the_right_hands(cast):
    asked = await cast.run("technician_v", "dispatch.ask_absence", LEAVE)
    no = {"absence": asked.absence, "approve": False}
    for who, command, given_, code in (
        ("technician_v", "dispatch.ask_absence", LEAVE, "absence_overlaps"),
        ("technician_v", "dispatch.answer_absence", {**no, "approve": True}, "forbidden"),
        ("dispatcher_v", "dispatch.answer_absence", no, "invalid_input"),
        ("dispatcher_w", "dispatch.answer_absence", {**no, "reason": "x"}, "not_found"),
        ("technician_v2", "dispatch.cancel_absence", {"absence": asked.absence}, "not_found"),
    ):
        async with unchanged():
            with pytest.raises(DomainError) as refused:
                await cast.run(who, command, given_)
        assert refused.value.code == code, (who, command)
    await cast.run("dispatcher_v", "dispatch.answer_absence", {**no, "reason": "当周已满"})
    for command, given_ in (
        ("dispatch.answer_absence", {**no, "approve": True}),
        ("dispatch.cancel_absence", {"absence": asked.absence}),
    ):
        async with unchanged():
            with pytest.raises(DomainError, match="absence_answered"):
                await cast.run("dispatcher_v", command, given_)


async def test_who_is_not_ready_is_ready_again_by_the_clock(cast):
    until = now() + timedelta(hours=1)
    await cast.run("technician_v", "dispatch.set_ready", {"ready": False, "reason": "车坏了", "until": until})
    async with transaction(cast["vendor_v"]):
        technician = await rows.get(Technician, cast["vendor_v"], cast.members["technician_v"])
    assert (technician.ready, technician.not_ready_reason, technician.not_ready_until) == (False, "车坏了", until)
    await cast.drain()
    with frozen(until + timedelta(seconds=1)):
        await cast.drain()
    async with transaction(cast["vendor_v"]):
        technician = await rows.get(Technician, cast["vendor_v"], cast.members["technician_v"])
    assert (technician.ready, technician.not_ready_reason, technician.not_ready_until) == (True, None, None)


async def test_a_qualification_is_spoken_of_before_it_ends_and_not_when_it_was_renewed(cast):
    last = (now() + timedelta(days=90)).date()
    put = {
        "technician": cast.member_id("technician_v"),
        "qualification": {"device_class": "ventilator", "level": 5, "expires_on": last.isoformat(), "proof": "证书 7"},
    }
    saved = await cast.run("dispatcher_v", "dispatch.put_qualification", put)
    held = await stored(cast, Qualification, saved.qualification, "qa")
    assert (held.level, held.proof, held.expires_on) == (5, "证书 7", last)
    warned = "SELECT count(*) FROM outbox WHERE tenant_id = $1 AND name = 'dispatch.qualification_expires_soon'"
    for days, times in ((25, 0), (31, 1), (50, 1), (77, 2), (89, 2)):
        with frozen(now() + timedelta(days=days)):
            await cast.drain()
        assert (await look(warned, cast["vendor_v"]))[0][0] == times, days
    renewed = {**put["qualification"], "expires_on": (now() + timedelta(days=900)).date().isoformat()}
    again = await cast.run("dispatcher_v", "dispatch.put_qualification", {**put, "qualification": renewed})
    assert again.qualification == saved.qualification, "found again by class and model"
    with frozen(now() + timedelta(days=89)):
        await cast.drain()
    assert (await look(warned, cast["vendor_v"]))[0][0] == 2


@given(st.integers(-10, 100), st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_a_warning_lies_ahead_or_is_none(days, zone):
    moment = datetime(2026, 11, 25, 3, tzinfo=UTC)
    last = (moment + timedelta(days=days)).date()
    warning = next_warning(last, zone, moment)
    assert (warning is None) is (days < 14 or (days == 14 and zone == "Asia/Shanghai" and warning is None))
    assert warning is None or moment < warning < datetime(last.year, last.month, last.day, 23, tzinfo=UTC)


EAST = {"corners": [[31.0, 121.4], [31.0, 122.0], [31.5, 122.0], [31.5, 121.4]]}


async def test_territories_say_who_serves_a_place(cast):
    put = {"code": "EAST", "name": {"zh": "东区", "en": "East"}, "areas": [EAST]}
    saved = await cast.run(
        "dispatcher_v", "dispatch.put_territory", {**put, "technicians": [cast.member_id("technician_v")]}
    )
    territory = await stored(cast, Territory, saved.territory, "ty")
    assert territory.covers(31.2, 121.5)
    assert not territory.covers(30.2, 121.5)
    one, two = cast.members["technician_v"], cast.members["technician_v2"]
    async with transaction(cast["vendor_v"]):
        assert await serving(cast["vendor_v"], 31.2, 121.5) == ({one}, set())
        assert await serving(cast["vendor_v"], 30.2, 121.5) == (set(), {one})
    again = await cast.run(
        "dispatcher_v", "dispatch.put_territory", {**put, "technicians": [cast.member_id("technician_v2")]}
    )
    assert again.territory == saved.territory
    async with transaction(cast["vendor_v"]):
        assert await serving(cast["vendor_v"], 31.2, 121.5) == ({two}, set())
        assert len(await rows.select(TerritoryTechnician, "tenant_id = $1", cast["vendor_v"])) == 1


def polygon(*corners):
    return Area(corners=tuple((float(a), float(b)) for a, b in corners))


@pytest.mark.parametrize(
    ("area", "problem"),
    [
        (Area(centre=(31.2, 121.4), radius_km=10), None),
        (polygon((0, 0), (0, 2), (2, 2), (2, 0)), None),
        (Area(), "circle_or_polygon"),
        (Area(centre=(0.0, 0.0)), "circle_or_polygon"),
        (Area(radius_km=3), "circle_or_polygon"),
        (Area(centre=(0.0, 0.0), corners=((0.0, 0.0), (0.0, 1.0), (1.0, 1.0))), "circle_or_polygon"),
        (polygon((0, 0), (0, 1)), "polygon_corners"),
        (polygon((0, 0), (0, 1), (0, 0), (1, 1)), "polygon_corners"),
        (polygon((0, 0), (0, 181), (1, 1)), "no_coordinates"),
        (polygon((0, -100), (0, 100), (1, 1)), "polygon_too_wide"),
        (polygon((0, 0), (2, 2), (0, 2), (2, 0)), "polygon_crosses_itself"),  # a bow tie
        (polygon((0, 0), (0, 2), (0, 1)), "polygon_crosses_itself"),  # no inside
        (polygon((0, 0), (0, 4), (2, 2), (0, 2), (2, 0)), "polygon_crosses_itself"),  # a corner on an edge
        (Area(centre=(float("nan"), 0.0), radius_km=1), "no_coordinates"),
    ],
)
def test_an_area_is_a_circle_or_a_simple_polygon(area, problem):
    assert wrong_with(area) == problem


@given(st.integers(-8, 8), st.integers(-8, 8))
def test_a_place_lies_in_a_polygon_of_squares_when_it_lies_in_one_of_them(latitude, longitude):
    """An L of three squares, its corners and rims included, against the squares asked one by one."""
    ell = polygon((0, 0), (0, 4), (2, 4), (2, 2), (4, 2), (4, 0))
    a, b = latitude / 2 + 1, longitude / 2 + 1
    inside = (0 <= a <= 2 and 0 <= b <= 4) or (0 <= a <= 4 and 0 <= b <= 2)
    assert covers([ell], a, b) is inside
