"""Duty rotas as rows: put, covered, swapped; who is found on duty; and the hand-over when a turn changes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mendline.dispatch import DutyHandover, DutyRota, duty_of, open_tickets, people_on_duty
from mendline.kernel import DomainError, frozen, now, opaque, parse_opaque, rows, transaction
from support.database import look, unchanged

START = now().date() - timedelta(days=10)
NOON = datetime.combine(now().date() + timedelta(days=3), datetime.min.time(), UTC) + timedelta(hours=12)


def rota(cast, *days, code="CE", kind="engineering", **more):
    """A rota in UTC that hands over at midnight; `days` name the people of each day of the cycle."""
    handovers = [
        {"day": n, "at": "00:00", "members": [cast.member_id(person) for person in people]}
        for n, people in enumerate(days)
    ]
    named = {"code": code, "name": {"zh": "值班", "en": "Duty"}, "kind": kind, "zone": "UTC"}
    return {**named, "starts_on": START.isoformat(), "cycle_days": len(days), "handovers": handovers, **more}


DAILY = (("engineer_a", "manager_a"), ("quality_a",))


async def put(cast, *days, who="engineer_a", **more):
    return await cast.run(who, "dispatch.put_rota", rota(cast, *days, **more))


async def on_duty_at(cast, saved, moment, of="hospital_a"):
    async with transaction(cast[of]):
        duty = await duty_of(await rows.get(DutyRota, *parse_opaque("ro", saved.rota)), moment)
    names = {member: name for name, member in cast.members.items()}
    return [names[member] for member in duty.members] if duty else []


def day(n):
    """Noon of a day on which it is the first or the second one's turn."""
    moment = NOON
    return moment + timedelta(days=((n - (moment.date() - START).days) % 2))


async def test_people_take_turns_and_who_is_away_is_passed_over(cast):
    saved = await put(cast, *DAILY)
    assert saved.covered
    assert await on_duty_at(cast, saved, day(0)) == ["engineer_a", "manager_a"]
    assert await on_duty_at(cast, saved, day(1)) == ["quality_a"]
    away = {"kind": "sick", "starts_at": day(0) - timedelta(hours=1), "ends_at": day(0) + timedelta(hours=1)}
    await cast.run("engineer_a", "dispatch.ask_absence", away)
    assert await on_duty_at(cast, saved, day(0)) == ["manager_a"]
    assert await on_duty_at(cast, saved, day(0) + timedelta(hours=1)) == ["engineer_a", "manager_a"]


async def test_one_stands_in_until_it_is_withdrawn(cast):
    saved = await put(cast, *DAILY)
    given = {"rota": saved.rota, "member": cast.member_id("quality_a"), "starts_at": day(0), "reason": "换班"}
    cover = await cast.run("engineer_a", "dispatch.cover_duty", {**given, "ends_at": day(0) + timedelta(hours=2)})
    assert await on_duty_at(cast, saved, day(0)) == ["quality_a", "manager_a"]
    assert await on_duty_at(cast, saved, day(0) + timedelta(hours=2)) == ["engineer_a", "manager_a"]
    await cast.run("engineer_a", "dispatch.withdraw_cover", {"cover": cover.cover})
    assert await on_duty_at(cast, saved, day(0)) == ["engineer_a", "manager_a"]


async def test_a_person_gives_away_their_own_duty_alone(cast):
    saved = await put(cast, *DAILY)
    span = {"starts_at": day(1), "ends_at": day(1) + timedelta(hours=2)}
    given = {"rota": saved.rota, "member": cast.member_id("engineer_a"), **span}
    await cast.run("quality_a", "dispatch.cover_duty", given)
    assert await on_duty_at(cast, saved, day(1)) == ["engineer_a"]
    for who, wrong in (
        ("quality_a", {"starts_at": day(1) + timedelta(hours=1), "ends_at": day(1) + timedelta(hours=3)}),  # given away
        ("quality_a", {"starts_at": day(1) + timedelta(hours=3), "ends_at": day(1) + timedelta(hours=13)}),  # not all
        ("nurse_a", {"starts_at": day(1) + timedelta(hours=3), "ends_at": day(1) + timedelta(hours=4)}),
    ):
        async with unchanged():
            with pytest.raises(DomainError, match="not_your_duty"):
                await cast.run(who, "dispatch.cover_duty", {**given, **wrong})


async def test_two_swap_their_turns(cast):
    saved = await put(cast, *DAILY)
    swap = {"rota": saved.rota, "one": day(0), "other": day(1)}
    await cast.run("engineer_a", "dispatch.swap_duty", swap)
    assert await on_duty_at(cast, saved, day(0)) == ["quality_a", "manager_a"]
    assert await on_duty_at(cast, saved, day(1)) == ["engineer_a"]
    assert await on_duty_at(cast, saved, day(0) + timedelta(days=2)) == ["engineer_a", "manager_a"]
    for wrong, code in (
        ({**swap, "other": day(0) + timedelta(hours=1)}, "same_turn"),
        ({**swap, "one": datetime.combine(START - timedelta(days=5), datetime.min.time(), UTC)}, "nobody_on_duty"),
        ({**swap, "one": day(0) - timedelta(days=10)}, "invalid_input"),
    ):
        async with unchanged():
            with pytest.raises(DomainError) as refused:
                await cast.run("engineer_a", "dispatch.swap_duty", wrong)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        ("nurse_a", {}, "forbidden"),
        ("engineer_a", {"zone": "Mars/Base"}, "invalid_input"),
        ("engineer_a", {"ends_on": (START - timedelta(days=1)).isoformat()}, "invalid_input"),
        ("engineer_a", {"cycle_days": 1}, "invalid_input"),
        ("engineer_a", {"cycle_days": 0}, "invalid_input"),
        ("engineer_a", {"kind": "unit"}, "invalid_input"),
        ("engineer_a", {"kind": "nobody"}, "invalid_input"),
        ("engineer_a", {"handovers": []}, "invalid_input"),
        ("engineer_a", {"people": ("nurse_b",)}, "not_found"),
        ("engineer_a", {"people": ("unit_a",)}, "unit_account_on_duty"),
        ("engineer_a", {"people": ("nurse_a", "nurse_a")}, "invalid_input"),
        ("engineer_a", {"handovers": [{"day": 0, "at": "24:00"}]}, "invalid_input"),
        ("engineer_a", {"handovers": [{"day": 0, "at": "08:00"}] * 2}, "invalid_input"),
        ("engineer_a", {"place": "ward_b", "kind": "unit"}, "not_found"),
    ],
)
async def test_a_rota_that_is_wrong_changes_nothing(cast, who, change, code):
    change = dict(change)
    people = change.pop("people", None)
    given = rota(cast, *((people,) * 2 if people else DAILY)) | change
    if "place" in change:
        given["place"] = cast.place_id(change["place"])
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, "dispatch.put_rota", given)
    assert refused.value.code == code


async def test_anothers_rota_and_cover_are_nobodys(cast):
    saved = await put(cast, *DAILY)
    given = {"rota": saved.rota, "member": cast.member_id("quality_a"), "starts_at": day(0)}
    cover = await cast.run("engineer_a", "dispatch.cover_duty", {**given, "ends_at": day(0) + timedelta(hours=2)})
    theirs = {
        "rota": saved.rota,
        "member": cast.member_id("engineer_b"),
        "starts_at": day(0),
        "ends_at": day(0) + timedelta(hours=2),
    }
    async with unchanged():
        for who, command, asked, code in (
            ("engineer_b", "dispatch.cover_duty", theirs, "not_found"),
            ("engineer_b", "dispatch.withdraw_cover", {"cover": cover.cover}, "not_found"),
            ("nurse_a", "dispatch.withdraw_cover", {"cover": cover.cover}, "forbidden"),
            ("engineer_b", "dispatch.swap_duty", {"rota": saved.rota, "one": day(0), "other": day(1)}, "not_found"),
            ("engineer_a", "dispatch.cover_duty", {**given, "ends_at": day(0)}, "invalid_input"),
            ("engineer_a", "dispatch.cover_duty", {**given, "ends_at": day(0) + timedelta(days=101)}, "invalid_input"),
            (
                "engineer_a",
                "dispatch.cover_duty",
                {**given, "starts_at": NOON - timedelta(days=9), "ends_at": NOON - timedelta(days=8)},
                "invalid_input",
            ),
            ("engineer_a", "dispatch.cover_duty", {**given, "ends_at": day(1), "level": 5}, "invalid_input"),
            ("engineer_a", "dispatch.hand_over", {"rota": saved.rota, "at": NOON}, "forbidden"),
        ):
            with pytest.raises(DomainError) as refused:
                await cast.run(who, command, asked)
            assert refused.value.code == code, (who, command)


async def test_the_nearest_rota_counts(cast):
    await put(cast, *DAILY)
    ward = {"kind": "engineering", "code": "CE-WARD", "place": cast.place_id("ward_a")}
    await put(cast, ("quality_a",), **ward)
    async with transaction(cast["hospital_a"]):
        anywhere = await people_on_duty(cast["hospital_a"], "engineering", day(0))
        at_ward = await people_on_duty(cast["hospital_a"], "engineering", day(0), [cast.places["ward_a"]])
        nobody = await people_on_duty(cast["hospital_a"], "officer", day(0))
    assert (anywhere[0].code, at_ward[0].code, nobody) == ("CE", "CE-WARD", None)


async def test_a_change_of_turn_is_told_once_and_the_next_one_is_waited_for(cast):
    saved = await put(cast, *DAILY)
    events = "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'dispatch.duty_handed_over'"
    tomorrow = datetime.combine(now().date() + timedelta(days=1), datetime.min.time(), UTC)
    for n in (0, 1):
        with frozen(tomorrow + timedelta(days=n, seconds=5)):
            await cast.drain()
            await cast.drain()
        assert len(await look(events, cast["hospital_a"])) == n + 1
    (timer,) = await look(
        "SELECT due_at FROM timer WHERE tenant_id = $1 AND name = 'dispatch.hand_over'", cast["hospital_a"]
    )
    assert timer["due_at"] == tomorrow + timedelta(days=2)
    assert saved.covered


async def test_the_list_holds_what_the_rota_answers_for(cast):
    ward = await put(cast, ("nurse_a",), code="W3", kind="unit", place=cast.place_id("ward_a"))
    house = await put(cast, *DAILY)
    desk = await put(cast, ("desk_v",), who="dispatcher_v", code="D", kind="desk")
    other = await put(cast, ("engineer_b",), who="engineer_b")
    report = {"symptom": "报警", "use_state": "down"}
    for device, who in (("pump_a", "nurse_a"), ("monitor_a", "nurse_a"), ("pump_b", "nurse_b")):
        await cast.run(who, "tickets.report", {**report, "device": cast.device_id(device)})
    counts = {}
    for name, saved, of in (
        ("ward", ward, "hospital_a"),
        ("house", house, "hospital_a"),
        ("desk", desk, "vendor_v"),
        ("other", other, "hospital_b"),
    ):
        async with transaction(cast[of]):
            found = await open_tickets(await rows.get(DutyRota, *parse_opaque("ro", saved.rota)))
        counts[name] = found.total
        assert all(row.card["events"] for row in found.listed), "with its last events"
    assert counts == {"ward": 2, "house": 2, "desk": 1, "other": 1}


def test_days_of_the_fixture_are_what_they_say():
    assert isinstance(START, date)
    assert [(day(n).date() - START).days % 2 for n in (0, 1)] == [0, 1]


async def changed(cast, days=1, late=timedelta(seconds=5)):
    """What was handed over as the turn changed tomorrow (or later), and the moment."""
    moment = datetime.combine(now().date() + timedelta(days=days), datetime.min.time(), UTC) + late
    with frozen(moment):
        await cast.drain()
        await cast.drain()
    async with transaction(cast["hospital_a"]):
        return moment, await rows.select(DutyHandover, "tenant_id = $1 ORDER BY at", cast["hospital_a"])


async def confirm(cast, who, handover, moment, **given):
    with frozen(moment):
        named = {"handover": opaque("ho", handover.tenant_id, handover.id)}
        return await cast.run(who, "dispatch.confirm_handover", named | given)


async def reminded(cast):
    sql = "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'dispatch.handover_unconfirmed' ORDER BY id"
    names = {str(member): name for name, member in cast.members.items()}
    return [sorted(names[one] for one in row[0]["people"]) for row in await look(sql, cast["hospital_a"])]


def who_comes():
    """Who of the two takes over tomorrow, and who goes."""
    first = (now().date() + timedelta(days=1) - START).days % 2 == 0
    return ("engineer_a", "quality_a") if first else ("quality_a", "engineer_a")


async def test_who_comes_confirms_what_was_open_then(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    await cast.run("nurse_a", "tickets.report", report)
    await put(cast, *DAILY)
    moment, (made,) = await changed(cast)
    comes, goes = who_comes()
    assert (made.incoming, made.outgoing) == (cast.members[comes], cast.members[goes])
    assert (made.state, made.total, len(made.listed)) == ("waiting", 1, 1)
    async with unchanged():
        for stranger, code in ((goes, "not_on_duty"), ("engineer_b", "not_found")):
            with pytest.raises(DomainError, match=code):
                await confirm(cast, stranger, made, moment)
    done = await confirm(cast, comes, made, moment, note="备用泵在 3 病区")
    assert done.at == moment
    async with unchanged():
        with pytest.raises(DomainError, match="handover_confirmed") as refused:
            await confirm(cast, comes, made, moment)
    assert refused.value.facts["at"] == moment
    await changed(cast, late=timedelta(hours=1))
    assert await reminded(cast) == []


async def test_who_does_not_confirm_is_reminded_and_then_the_others_too(cast):
    await put(cast, *DAILY)
    await changed(cast)
    comes, goes = who_comes()
    await changed(cast, late=timedelta(minutes=14))
    assert await reminded(cast) == []
    await changed(cast, late=timedelta(minutes=16))
    assert await reminded(cast) == [[comes]]
    await changed(cast, late=timedelta(minutes=32))
    everybody = sorted({comes, goes, *(["manager_a"] if comes == "engineer_a" else [])})
    assert await reminded(cast) == [[comes], everybody]
    moment, _ = await changed(cast, late=timedelta(hours=5))
    assert len(await reminded(cast)) == 2, "twice is enough"
    _, found = await changed(cast, days=2)
    assert [one.state for one in found] == ["missed", "waiting"]
    async with unchanged():
        with pytest.raises(DomainError, match="handover_missed"):
            await confirm(cast, comes, found[0], moment + timedelta(days=1))


async def test_whoever_stands_in_may_confirm(cast):
    saved = await put(cast, *DAILY)
    moment, (made,) = await changed(cast)
    given = {"rota": saved.rota, "member": cast.member_id("nurse_a"), "reason": "堵车"}
    span = {"starts_at": moment + timedelta(minutes=2), "ends_at": moment + timedelta(hours=3)}
    with frozen(moment + timedelta(minutes=1)):
        await cast.run("engineer_a", "dispatch.cover_duty", {**given, **span})
    await confirm(cast, "nurse_a", made, moment + timedelta(minutes=5))
