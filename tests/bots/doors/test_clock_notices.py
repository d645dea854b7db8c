"""Clocks in chat: who is told of them, that many come as one, and what a card and its explanation show."""

from datetime import timedelta
from typing import TYPE_CHECKING

from mendline.kernel import frozen, now
from support.clocks import OFFICE, act, contract, reported, taken
from support.database import look

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

ALWAYS = {**OFFICE, "always": True}
NEARLY = timedelta(minutes=481)
"""More than most of ten hours."""


async def test_the_providers_desk_and_the_hospitals_engineering_are_told(doors: "Doors", cast: "Cast") -> None:
    await contract(cast, ALWAYS, {"response": 600})
    await reported(cast, now() - NEARLY)
    await doors.settle()
    for person in ("dispatcher_v", "desk_v", "engineer_a"):
        (told,) = [text for text in await doors.texts(person) if "已用大部分时间" in text]
        assert told.startswith(cast.codes["hospital_a"])
        assert "响应时限" in told
        assert any("时限" in text and "响应 " in text for text in await doors.texts(person) if text != told), "the card"
    await doors.press("engineer_a", "更多 …")
    await doors.press("engineer_a", "调整优先级")
    await doors.submit("engineer_a", priority="1", reason="手术室全部占用")
    (row,) = await look("SELECT priority FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert row["priority"] == 1
    for person in ("nurse_a", "manager_a", "technician_v", "admin_v"):
        assert not any("时限" in text for text in await doors.texts(person)), person


async def test_many_come_as_one(doors: "Doors", cast: "Cast") -> None:
    await contract(cast, ALWAYS, {"response": 600})
    for _ in range(8):
        await reported(cast, now() - NEARLY)
    await doors.settle(60)
    assert len([text for text in await doors.texts("dispatcher_v") if "已用大部分时间" in text]) == 3
    with frozen(now() + timedelta(minutes=16)):
        await doors.settle(60)
    together = [text for text in await doors.texts("dispatcher_v") if "5 张工单" in text]
    assert len(together) == 1
    assert together[0].count("响应时限") == 5
    waiting = await look("SELECT 1 FROM clock_notice WHERE told IS NULL AND tenant_id = $1", cast["vendor_v"])
    assert waiting == []
    assert len([text for text in await doors.texts("engineer_a") if "5 张工单" in text]) == 1


async def test_a_card_explains_its_clocks(doors: "Doors", cast: "Cast") -> None:
    await contract(cast, ALWAYS, {"restoration": 600})
    moment = now() - timedelta(hours=3)
    ticket = await reported(cast, moment)
    await taken(cast, moment + timedelta(minutes=30), ticket)
    await act(cast, moment + timedelta(hours=1), "technician_v", "fieldwork.wait", ticket, reason="access")
    await doors.settle()
    card = next(text for text in await doors.texts("technician_v") if "时限" in text)
    assert "恢复 ‖" in card
    if "时限明细" not in await doors.labels("technician_v"):
        await doors.press("technician_v", "更多 …")
    await doors.press("technician_v", "时限明细")
    explained = (await doors.texts("technician_v"))[-1]
    assert "已用 60/600 分钟" in explained
    assert "计时：工作时间" in explained
    assert "不计时：等待进入房间" in explained


async def test_a_slip_is_told_to_whoever_has_the_card(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    (row,) = await look("SELECT opaque('tk', tenant_id, id) AS id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    await taken(cast, now(), row["id"])
    await doors.settle()
    for choice, reason in (("120", ""), ("1440", "等待备件")):
        if "预计修复" not in await doors.labels("technician_v"):
            await doors.press("technician_v", "更多 …")
        await doors.press("technician_v", "预计修复")
        await doors.submit("technician_v", minutes=choice, reason=reason)
    told = [text for text in await doors.texts("nurse_a") if "推迟修复" in text]
    assert len(told) == 1
    assert "等待备件" in told[0]
    assert any("预计 " in text and "修复" in text for text in await doors.texts("nurse_a") if text != told[0]), (
        "the card"
    )
    assert not any("推迟修复" in text for text in await doors.texts("technician_v")), "who said so knows it"
