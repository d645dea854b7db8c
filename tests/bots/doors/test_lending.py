"""Spares in chat: offered where the device is down, lent, asked back in time, and taken back."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mendline.devices import Device, DeviceModel
from mendline.kernel import Reference, frozen, now, rows, transaction
from mendline_bots.watchers import push
from support.database import look, unchanged
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

CHATS = ("chat_send", "chat_button", "chat_card", "dialog", "inbound", "chat_identity")


async def down(doors: "Doors", cast: "Cast", person: str = "engineer_a") -> str:
    """A report of a device that is down, and its card before the person."""
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    made = await cast.run("nurse_a", "tickets.report", given)
    await cast.run("nurse_a", "tickets.remind", {"ticket": made.ticket})
    (row,) = await look("SELECT id, number FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    tenant = cast["vendor_v" if person.endswith("_v") else "hospital_a"]
    await doors.settle()
    await push(tenant, Reference(cast["hospital_a"], row["id"]), cast.members[person], f"test:{person}", "push.remind")
    await doors.settle()
    return str(made.ticket)


async def spares(cast: "Cast") -> None:
    for name in ("pump_a2", "monitor_a"):
        await cast.run("engineer_a", "devices.set_pool", {"device": cast.device_id(name), "pool": "spare"})


async def loaner(cast: "Cast") -> None:
    """A unit of the same class in the vendor's own registry."""
    tenant, words = cast["vendor_v"], {"zh": "输液泵", "en": "Pump"}
    async with transaction(tenant):
        model = DeviceModel(tenant_id=tenant, manufacturer=words, name=words, model_number="L")
        model.device_class = "infusion_pump"
        await rows.insert(model)
        await rows.insert(Device(tenant_id=tenant, model_id=model.id, asset_number="V-1", pool="loaner"))


async def lent(cast: "Cast") -> list[str]:
    found = await look(
        "SELECT device_card->>'asset_number' AS asset FROM ticket_loan WHERE tenant_id = $1 AND returned_at IS NULL",
        cast["hospital_a"],
    )
    return [row["asset"] for row in found]


async def open_form(doors: "Doors", person: str, label: str) -> None:
    if label not in await doors.labels(person):
        await doors.press(person, "更多 …")
    await doors.press(person, label)


async def test_a_spare_goes_out_is_asked_back_and_taken_back_in_slack(doors: "Doors", cast: "Cast") -> None:
    await spares(cast)
    await down(doors, cast)
    await open_form(doors, "engineer_a", "借备用机 …")
    view = (await doors.http.get("/sim/view", params={"person": "engineer_a"})).json()
    offered = [o["text"]["text"] for o in view["blocks"][0]["element"]["options"]]
    assert offered == ["SB-0002 输液泵"], "a monitor is no stand-in for a pump, nor the broken pump for itself"
    await doors.submit("engineer_a", device=cast.device_id("pump_a2"), until="1")
    assert await lent(cast) == ["SB-0002"]
    assert any("备用机" in text and "SB-0002 · 应还" in text for text in await doors.texts("engineer_a")), "the card"
    assert not any("尚未收回" in text for text in await doors.texts("engineer_a"))
    with frozen(now() + timedelta(days=1, minutes=1)):
        await doors.settle()
    (asked,) = [text for text in await doors.texts("engineer_a") if "尚未收回" in text]
    assert "SB-0002" in asked and cast.codes["hospital_a"] in asked
    for person in ("nurse_a", "manager_a", "dispatcher_v"):
        assert not any("尚未收回" in text for text in await doors.texts(person)), person
    await doors.press("engineer_a", "收回备用机")
    await doors.submit("engineer_a", condition="usable")
    assert await lent(cast) == []
    assert "放回原处" in words_of(await doors.last("engineer_a"))


async def test_a_spare_is_lent_and_comes_back_broken_in_telegram(doors: "Doors", cast: "Cast") -> None:
    await spares(cast)
    await down(doors, cast, "admin_a")
    await open_form(doors, "admin_a", "借备用机 …")
    await doors.press("admin_a", "SB-0002 输液泵")
    await doors.press("admin_a", "三天后")
    assert await lent(cast) == ["SB-0002"]
    await doors.say("admin_a", "设备 SB-0002")
    await doors.press("admin_a", "收回备用机")
    await doors.press("admin_a", "不可用")
    assert await lent(cast) == []
    (unit,) = await look("SELECT state FROM device WHERE id = $1", cast.devices["pump_a2"])
    assert unit["state"] == "out_of_service"
    with frozen(now() + timedelta(days=4)):
        await doors.settle()
    assert not any("尚未收回" in text for text in await doors.texts("engineer_a")), "what is back is not asked for"
    await doors.press("admin_a", "收回备用机")
    await doors.press("admin_a", "完好可用")
    assert "SB-0002" in words_of(await doors.last("admin_a")), "it was not out any more"


async def test_a_vendors_desk_lends_its_own_loaner(doors: "Doors", cast: "Cast") -> None:
    await loaner(cast)
    await down(doors, cast, "dispatcher_v")
    await open_form(doors, "dispatcher_v", "借备用机 …")
    async with unchanged(*CHATS):
        answer = await doors.submit("dispatcher_v", **{"device~typed": "SB-0002", "until": "1"})
    assert "没有找到" in str(answer), "a hospital's unit is not the vendor's to lend"
    await doors.submit("dispatcher_v", **{"device~typed": "V-1", "until": "open"})
    assert await lent(cast) == ["V-1"]


@pytest.mark.parametrize("words", ["ZY-0001", "SB-0100", "'; DROP TABLE device; --", "<b>"])
async def test_what_cannot_be_lent_is_said(doors: "Doors", cast: "Cast", words: str) -> None:
    await down(doors, cast, "admin_a")
    await open_form(doors, "admin_a", "借备用机 …")
    assert "没有同型号或同类的空闲设备" in words_of(await doors.last("admin_a"))
    async with unchanged(*CHATS):
        await doors.say("admin_a", words)
        if words == "SB-0100":
            await doors.press("admin_a", "一天后")
    said = "\n".join((await doors.texts("admin_a"))[-2:])
    assert "没有找到" in said or "SB-0100" in said or "不是" in said, said


async def test_a_ward_lends_nothing(doors: "Doors", cast: "Cast") -> None:
    await spares(cast)
    await down(doors, cast, "nurse_a")
    if "更多 …" in await doors.labels("nurse_a"):
        await doors.press("nurse_a", "更多 …")
    assert "借备用机 …" not in await doors.labels("nurse_a")
