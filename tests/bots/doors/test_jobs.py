"""The technician's side in Slack: windows, reasons, times, what was said during the visit, and who was faster."""

from typing import TYPE_CHECKING

from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def offered(doors: "Doors", cast: "Cast") -> str:
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    return str(made.ticket)


async def state(cast: "Cast") -> str:
    return str((await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"]))[0]["state"])


async def test_declining_asks_for_a_reason_in_a_window(doors: "Doors", cast: "Cast") -> None:
    await offered(doors, cast)
    answer = await doors.press("technician_v", "拒单")
    assert answer["view"]["title"]["text"] == "Mendline"  # the skeleton, within the three seconds of its trigger
    view = (await doors.http.get("/sim/view", params={"person": "technician_v"})).json()
    assert view["title"]["text"] == "拒单"
    errors = (await doors.submit("technician_v"))["errors"]
    assert errors == {"reason": "请填写此项。"}
    await doors.submit("technician_v", **{"reason~typed": "车坏了"})
    assert await state(cast) == "triaged"
    offers = await look("SELECT reason FROM job_offer WHERE tenant_id = $1", cast["vendor_v"])
    assert [row["reason"] for row in offers] == ["车坏了"]


async def test_the_report_is_drafted_from_the_visit(doors: "Doors", cast: "Cast") -> None:
    await offered(doors, cast)
    await doors.press("technician_v", "接单")
    await doors.press("technician_v", "已到场")
    card = (await doors.messages("technician_v"))[0]["id"]
    await doors.say("technician_v", "原因:电池老化", reply_to=card)
    await doors.say("technician_v", "更换电池", reply_to=card)
    await doors.press("technician_v", "完工")
    view = (await doors.http.get("/sim/view", params={"person": "technician_v"})).json()
    drafted = {b["block_id"]: b["element"].get("initial_value") for b in view["blocks"] if b["type"] == "input"}
    assert drafted["cause"] == "电池老化"
    assert drafted["action"] == "更换电池"
    assert drafted["minutes"] == "1"
    await doors.submit("technician_v", result="repaired", minutes="25")
    (quality,) = await look("SELECT * FROM ticket_quality WHERE tenant_id = $1", cast["hospital_a"])
    assert (quality["result"], quality["cause"], quality["work_minutes"]) == ("repaired", "电池老化", 25)


async def test_waiting_and_going_on(doors: "Doors", cast: "Cast") -> None:
    await offered(doors, cast)
    await doors.press("technician_v", "接单")
    await doors.press("technician_v", "已到场")
    await doors.press("technician_v", "暂停/待件")
    await doors.submit("technician_v", reason="parts")
    assert await state(cast) == "waiting"
    assert "待件" in words_of((await doors.messages("technician_v"))[0])
    await doors.press("technician_v", "继续")
    assert await state(cast) == "on_site"


async def test_what_needs_cleaning_first_is_said_in_words(doors: "Doors", cast: "Cast") -> None:
    ticket = await offered(doors, cast)
    await cast.run("nurse_a", "tickets.set_flags", {"ticket": ticket, "isolation": True})
    await doors.press("technician_v", "接单")
    await doors.press("technician_v", "已到场")
    assert "消毒" in words_of(await doors.last("technician_v"))
    assert await state(cast) == "accepted"


async def test_the_slower_one_reads_who_was_faster(doors: "Doors", cast: "Cast") -> None:
    ticket = await offered(doors, cast)
    await doors.press("technician_v", "接单", settle=False)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await doors.settle()
    told = words_of(await doors.last("technician_v"))
    assert "技师郑" in told and "接单" in told and ":" in told


async def test_the_slash_command_knows_both_languages(doors: "Doors", cast: "Cast") -> None:
    await offered(doors, cast)
    for words in ("我的任务", "my jobs", "jobs"):
        await doors.post("send", person="technician_v", text=words, command="/wo")
        await doors.settle()
        assert "P3" in words_of(await doors.last("technician_v")), words
    await doors.press("technician_v", (await doors.labels("technician_v"))[0])
    assert "上方卡片" in words_of(await doors.last("technician_v"))
    await doors.post("send", person="technician_v", text="", command="/wo")
    await doors.settle()
    assert "您可以" in words_of(await doors.last("technician_v"))


async def test_a_report_by_slash_command_has_a_window(doors: "Doors", cast: "Cast") -> None:
    await doors.post("send", person="engineer_a", text="报修", command="/wo")
    await doors.settle()
    view = (await doors.http.get("/sim/view", params={"person": "engineer_a"})).json()
    assert view["title"]["text"] == "报修"
    answer = await doors.submit("engineer_a", **{"device~typed": "XX-1", "symptom": "不走液"})
    assert "XX-1" in answer["errors"]["device"]
    await doors.submit("engineer_a", **{"device~typed": "SB-0001", "symptom": "不走液"})
    assert await state(cast) == "triaged"
    assert "SB-0001" in words_of(await doors.last("engineer_a"))


async def test_a_shared_location_becomes_the_time_of_arrival(doors: "Doors", cast: "Cast") -> None:
    from mendline_bots.inbound import store

    await offered(doors, cast)
    await doors.press("technician_v", "接单")
    # Slack has no locations; the same person also writes from Telegram.
    account = {"id": 555, "is_bot": False, "first_name": "郑", "language_code": "zh"}
    from mendline.kernel import gateway, rows
    from mendline_tenants import ChatIdentity

    async with gateway():
        await rows.insert(
            ChatIdentity(
                tenant_id=cast["vendor_v"],
                channel="telegram",
                account="555",
                chat="555",
                member_id=cast.members["technician_v"],
            )
        )
    message = {"message_id": 1, "date": 1, "chat": {"id": 555, "type": "private"}, "from": account}
    update = {"update_id": 1, "message": message | {"location": {"latitude": 31.30, "longitude": 121.60}}}
    await store("telegram", f"tg:{doors.bot}:located", update)
    await cast.drain(queues=["inbound", "delivery"])
    assert await state(cast) == "en_route"
    (technician,) = await look("SELECT latitude FROM technician WHERE id = $1", cast.members["technician_v"])
    assert technician["latitude"] == 31.30
