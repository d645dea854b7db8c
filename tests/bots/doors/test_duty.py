"""People and duty in chat: ready or not, away, who is on duty, the hand-over list, and who is told at night."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mendline.kernel import frozen, gateway, now, rows
from mendline_tenants import ChatIdentity
from support.clocks import OFFICE, contract, reported
from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


ZONE = ZoneInfo("Asia/Shanghai")


async def rota(cast: "Cast", who: str, kind: str, *people: str, **more: Any) -> str:
    """A rota on which these people are always on duty, the primary first."""
    given = {
        "code": kind,
        "name": {"zh": f"值班{kind}", "en": f"Duty {kind}"},
        "kind": kind,
        "zone": "UTC",
        "starts_on": (now() - timedelta(days=3)).date().isoformat(),
        "cycle_days": 1,
        "handovers": [{"day": 0, "at": "00:00", "members": [cast.member_id(person) for person in people]}],
    }
    return str((await cast.run(who, "dispatch.put_rota", given | more)).rota)


async def technician(cast: "Cast") -> Any:
    (row,) = await look("SELECT * FROM technician WHERE id = $1", cast.members["technician_v"])
    return row


async def test_a_technician_is_not_ready_until_a_time(doors: "Doors", cast: "Cast") -> None:
    at = now() + timedelta(hours=2)
    clock = f"{at.astimezone(ZONE):%H:%M}"
    await doors.say("technician_v", f"暂不可派 到 {clock} 车辆故障")
    known = await technician(cast)
    assert (known["ready"], known["not_ready_reason"]) == (False, "车辆故障")
    assert abs(known["not_ready_until"] - at) < timedelta(minutes=1)
    assert "自动恢复" in (await doors.texts("technician_v"))[-1]
    await doors.say("technician_v", "恢复接单")
    assert (await technician(cast))["ready"]


async def test_absent_tomorrow_is_asked_and_answered_in_chat(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "请假 明天")
    await doors.press("nurse_a", "休假")
    assert "等待调度员同意" in "".join(await doors.texts("nurse_a"))
    (row,) = await look("SELECT * FROM absence WHERE tenant_id = $1", cast["hospital_a"])
    tomorrow = (now().astimezone(ZONE) + timedelta(days=1)).date()
    assert row["starts_at"].astimezone(ZONE).isoformat()[:19] == f"{tomorrow}T00:00:00"
    assert row["ends_at"] - row["starts_at"] == timedelta(days=1)


async def test_a_dispatcher_is_asked_and_the_technician_hears_the_answer(doors: "Doors", cast: "Cast") -> None:
    begins = now() + timedelta(days=2)
    leave = {"kind": "leave", "starts_at": begins, "ends_at": begins + timedelta(days=1), "reason": "家事"}
    for button, state, heard in (("同意", "approved", "已登记"), ("不同意", "refused", "未获同意")):
        await cast.run("technician_v", "dispatch.ask_absence", leave)
        await doors.settle()
        asked = (await doors.texts("dispatcher_v"))[-1]
        assert "技师郑" in asked
        assert "家事" in asked
        await doors.press("dispatcher_v", button)
        if state == "refused":
            await doors.submit("dispatcher_v", reason="当周已满")
        (row,) = await look(
            "SELECT id, state, answer FROM absence WHERE tenant_id = $1 ORDER BY recorded_at DESC LIMIT 1",
            cast["vendor_v"],
        )
        assert row["state"] == state
        assert any(heard in text for text in await doors.texts("technician_v"))
        leave |= {"starts_at": begins + timedelta(days=9), "ends_at": begins + timedelta(days=10)}
    assert any("当周已满" in text for text in await doors.texts("technician_v"))


async def test_who_is_on_duty_and_what_is_handed_over(doors: "Doors", cast: "Cast") -> None:
    await doors.say("engineer_a", "谁值班")
    assert "没有值班表" in (await doors.texts("engineer_a"))[-1]
    await rota(cast, "engineer_a", "engineering", "engineer_a", "manager_a")
    await rota(cast, "engineer_a", "unit", "nurse_a", place=cast.place_id("ward_a"))
    await doors.say("engineer_a", "谁值班")
    said = (await doors.texts("engineer_a"))[-1]
    assert "张工 → 李护士长" in said
    assert "王护士" in said
    await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    await doors.settle()
    await doors.say("nurse_a", "交接班")
    listed = (await doors.texts("nurse_a"))[-1]
    assert "值班unit" in listed
    assert "未完成 1 单" in listed
    assert "SB-0001" in listed
    assert "报修" in listed, "with its last event"


async def test_the_list_comes_by_itself_when_the_turn_changes(doors: "Doors", cast: "Cast") -> None:
    handovers = [
        {"day": n, "at": "00:00", "members": [cast.member_id(person)]}
        for n, person in enumerate(("nurse_a", "manager_a"))
    ]
    start = (now() - timedelta(days=2)).date()
    await rota(
        cast, "engineer_a", "unit", place=cast.place_id("ward_a"), handovers=handovers, cycle_days=2, starts_on=start
    )
    await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    midnight = datetime.combine((now() + timedelta(days=1)).date(), datetime.min.time(), UTC)
    with frozen(midnight + timedelta(seconds=5)):
        await doors.settle(40)
    assert [text for text in await doors.texts("manager_a") if "交接班" in text and "SB-0001" in text]
    with frozen(midnight + timedelta(minutes=1)):
        await doors.press("manager_a", "确认接班")
        assert "已确认接班" in words_of(await doors.last("manager_a"))
    (row,) = await look("SELECT state FROM duty_handover WHERE tenant_id = $1", cast["hospital_a"])
    assert row["state"] == "confirmed"
    assert not [text for text in await doors.texts("nurse_a") if "交接班" in text]


async def test_who_does_not_confirm_is_reminded_in_chat(doors: "Doors", cast: "Cast") -> None:
    handovers = [
        {"day": n, "at": "00:00", "members": [cast.member_id(person)]}
        for n, person in enumerate(("nurse_a", "manager_a"))
    ]
    start = (now() - timedelta(days=2)).date()
    ward = cast.place_id("ward_a")
    await rota(cast, "engineer_a", "unit", place=ward, handovers=handovers, cycle_days=2, starts_on=start)
    midnight = datetime.combine((now() + timedelta(days=1)).date(), datetime.min.time(), UTC)
    for minutes in (0, 16, 32):
        with frozen(midnight + timedelta(minutes=minutes, seconds=5)):
            await doors.settle(40)
    told = {
        person: len([text for text in await doors.texts(person) if "还没有人确认" in text])
        for person in ("manager_a", "nurse_a")
    }
    assert told == {"manager_a": 2, "nurse_a": 1}
    with frozen(midnight + timedelta(minutes=33)):
        await doors.press("manager_a", "确认接班")
        assert "已确认接班" in words_of(await doors.last("manager_a"))


NEARLY = timedelta(minutes=481)


async def test_a_warning_goes_to_the_primary_alone_where_there_is_a_rota(doors: "Doors", cast: "Cast") -> None:
    await rota(cast, "dispatcher_v", "desk", "desk_v", "dispatcher_v")
    await contract(cast, {**OFFICE, "always": True}, {"response": 600})
    await reported(cast, now() - NEARLY)
    await doors.settle()
    assert any("已用大部分时间" in text for text in await doors.texts("desk_v"))
    assert not any("已用大部分时间" in text for text in await doors.texts("dispatcher_v"))
    assert any("已用大部分时间" in text for text in await doors.texts("engineer_a")), "by role, without a rota"


async def test_an_affected_patient_is_told_to_all_on_duty_at_once(doors: "Doors", cast: "Cast") -> None:
    await rota(cast, "engineer_a", "engineering", "engineer_a")
    await rota(cast, "engineer_a", "officer", "quality_a")
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await doors.settle()
    for person in ("engineer_a", "quality_a", "dispatcher_v"):
        assert not any("患者受影响，" in text for text in await doors.texts(person))
    await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "patient_affected"})
    await doors.settle()
    for person in ("engineer_a", "quality_a", "dispatcher_v"):
        assert len([text for text in await doors.texts(person) if "患者受影响，" in text]) == 1, person
    assert not any("患者受影响，" in text for text in await doors.texts("technician_v"))


async def test_busy_times_are_shared_and_withdrawn_by_the_person_in_chat(doors: "Doors", cast: "Cast") -> None:
    account = doors.accounts["technician_v"]
    async with gateway():
        identity = ChatIdentity(tenant_id=cast["vendor_w"], channel=account["channel"], workspace=account["team_id"])
        identity.account, identity.chat = str(account["user_id"]), str(account["chat_id"])
        identity.member_id, identity.chosen_at = cast.members["technician_w"], now() - timedelta(days=1)
        await rows.insert(identity)
    begins = now() + timedelta(days=2)
    ill = {"kind": "sick", "starts_at": begins, "ends_at": begins + timedelta(days=1)}
    await cast.run("technician_v", "dispatch.ask_absence", ill)
    await doors.say("technician_v", "共享忙闲")
    await doors.press("technician_v", "与 沃德服务 共享")
    assert "已共享忙碌时段" in "".join(await doors.texts("technician_v"))
    spans = "SELECT spans FROM busy_elsewhere WHERE tenant_id = $1 AND technician_id = $2"
    (known,) = await look(spans, cast["vendor_w"], cast.members["technician_w"])
    assert len(known["spans"]) == 1
    await doors.say("technician_v", "共享忙闲")
    await doors.press("technician_v", "停止与 沃德服务 共享")
    (known,) = await look(spans, cast["vendor_w"], cast.members["technician_w"])
    assert known["spans"] == []


async def test_a_certificate_that_ends_is_told_to_the_technician_and_the_dispatcher(
    doors: "Doors", cast: "Cast"
) -> None:
    last = (now() + timedelta(days=61)).date()
    held = {"device_class": "ventilator", "expires_on": last.isoformat()}
    await cast.run(
        "dispatcher_v",
        "dispatch.put_qualification",
        {"technician": cast.member_id("technician_v"), "qualification": held},
    )
    with frozen(now() + timedelta(days=3)):
        await doors.settle(40)
    for person in ("technician_v", "dispatcher_v"):
        assert any(f"将于 {last} 到期" in text for text in await doors.texts(person)), person
