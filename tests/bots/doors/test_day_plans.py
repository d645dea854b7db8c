"""Day plans in chats: the dispatcher asks, sees and publishes in Slack; technicians get their day, with pictures."""

from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from PIL import Image

from mendline.kernel import now, put_blob
from mendline_bots.channel import Address
from mendline_bots.messages import Button, Message, Picture
from mendline_bots.sends import say
from support.database import look
from support.doors import words_of
from support.vendors_day import vendors_day

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

ROUND_THE_CLOCK = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]


async def pictures(doors: "Doors", person: str) -> list[tuple[int, int]]:
    """The sizes of the pictures that a person was shown."""
    found = []
    for message in await doors.messages(person):
        urls = [block["image_url"] for block in message.get("blocks") or [] if block["type"] == "image"]
        urls += [message["photo_url"]] if message.get("photo_url") else []
        for url in urls:
            answer = await doors.http.get(url)
            assert answer.is_success, url
            found.append(Image.open(BytesIO(answer.content)).size)
    return found


async def test_the_dispatcher_plans_and_publishes_and_the_technician_sees_the_day(
    doors: "Doors", cast: "Cast", blobs: None
) -> None:
    day = await vendors_day(cast, moment=now(), shifts=ROUND_THE_CLOCK, visit_minutes={"fault": 30}, lunch=None)
    await doors.settle()
    tomorrow = now().astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)  # today may be nearly over
    await doors.say("dispatcher_v", f"日程 {tomorrow}")
    assert "尚未排程" in (await doors.texts("dispatcher_v"))[-1]
    await doors.press("dispatcher_v", "重新排程", settle=False)
    await doors.settle(60)
    (plan,) = await day.editions()
    assert plan.state == "proposed", plan.failure
    last = await doors.last("dispatcher_v")
    assert f"第 {plan.edition} 版" in words_of(last)
    assert any(width > 1000 for width, _ in await pictures(doors, "dispatcher_v"))
    changed = {"ticket": day.tickets[0], "priority": 1, "reason": "院长在等"}
    await day.run("dispatcher_v", "tickets.override_priority", now(), **changed)
    await doors.settle()  # it is urgent now: the dispatcher is told of it first
    await doors.press("dispatcher_v", "发布日程")
    assert "优先级变了" in (await doors.texts("dispatcher_v"))[-1]
    assert await doors.labels("dispatcher_v") == ["重新排程", "仍然发布"]
    await doors.press("dispatcher_v", "仍然发布", settle=False)
    await doors.settle(60)
    assert [p.state for p in await day.editions()] == ["published"]
    told = "\n".join(await doors.texts("technician_v"))
    shown_visits = {stop.number for stop in await day.stops(plan) if f"* {stop.number} · " in told}
    mine = {s.number for s in await day.stops(plan) if s.technician_id == day.technicians["technician_v"]}
    assert shown_visits == mine != set(), "everybody reads their own day alone"
    shown = len(await pictures(doors, "technician_v"))
    assert shown == 1
    await doors.say("technician_v", f"我的日程 {tomorrow}")
    assert len(await pictures(doors, "technician_v")) == shown + 1
    await doors.say("technician_v", f"我的日程 {date(2020, 1, 1)}")
    assert "尚未发布" in (await doors.texts("technician_v"))[-1]
    await doors.say("dispatcher_v", "日程 明天")
    assert "请写日期" in (await doors.texts("dispatcher_v"))[-1]
    files = await look(
        "SELECT content FROM chat_send WHERE tenant_id = $1 AND content->'picture' <> 'null'", day.vendor
    )
    assert all(row["content"]["picture"]["key"].startswith(f"{day.vendor}/day-plans/") for row in files)


async def test_a_nurse_plans_nothing(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "排程")
    assert await look("SELECT 1 FROM day_plan WHERE tenant_id = $1", cast["hospital_a"]) == []
    assert "调度员" in (await doors.texts("nurse_a"))[-1]


async def test_a_picture_reaches_telegram_with_its_words_and_buttons(doors: "Doors", cast: "Cast", blobs: None) -> None:
    content = BytesIO()
    Image.effect_noise((1200, 800), 90).save(content, "PNG")
    digest = sha256(content.getvalue()).hexdigest()
    key = f"{cast['hospital_a']}/day-plans/{digest}.png"
    await put_blob(key, content.getvalue(), "image/png", digest)
    message = Message(
        title="日程 <b>",
        facts=tuple((f"{n:02}:00-{n:02}:45", "HA-2026-1 · 第一医院 & 三病区 " * 3) for n in range(24)),
        rows=((Button("token", "发布日程", "primary"),),),
        picture=Picture(key, "plan.png", "日程"),
    )
    to = Address("telegram", "", str(doors.accounts["nurse_a"]["chat_id"]))
    await say(cast["hospital_a"], to, message, key="picture:1")
    await doors.settle()
    shown = (await doors.messages("nurse_a"))[-1]
    assert await pictures(doors, "nurse_a") == [(1200, 800)], shown
    assert "日程 <b>" in str(shown.get("text") or shown.get("caption"))
    assert await doors.labels("nurse_a") == ["发布日程"]
