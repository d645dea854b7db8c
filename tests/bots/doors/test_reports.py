"""Reporting from chat: what is read, what is asked, what is refused in words that say what to do."""

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from mendline.devices import Device
from mendline.kernel import parse_opaque, rows, transaction
from support.database import look
from support.doors import label_of, words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def tickets(cast: "Cast") -> list[dict[str, object]]:
    sql = "SELECT number, state, device_id FROM ticket WHERE tenant_id = $1 ORDER BY opened_at"
    return [dict(row) for row in await look(sql, cast["hospital_a"])]


def blank_photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "grey").save(file, "JPEG")
    return file.getvalue()


async def test_a_photo_without_a_code_leads_to_a_choice(doors: "Doors", cast: "Cast", blobs: None) -> None:
    await doors.photo("nurse_a", blank_photo(), "报警")
    asked = await doors.last("nurse_a")
    assert "没有找到可识别的条码" in words_of(asked)
    assert "SB-0001 输液泵" in await doors.labels("nurse_a")
    assert await tickets(cast) == []
    await doors.press("nurse_a", "SB-0002 输液泵")
    (made,) = await tickets(cast)
    assert made["device_id"] == cast.devices["pump_a2"]
    stored = await look(
        "SELECT count(*) AS n FROM evidence WHERE tenant_id = $1 AND state = 'stored'", cast["hospital_a"]
    )
    assert stored[0]["n"] == 1


async def test_without_a_photo_two_answers_are_enough(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SN1002")
    await doors.say("nurse_a", "不走液")
    (made,) = await tickets(cast)
    assert made["device_id"] == cast.devices["pump_a2"]
    assert "不走液" in words_of(await doors.last("nurse_a"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("06921234567891", "校验"),
        ("XX-9999", "XX-9999"),
        ("<b>&", "资产编号"),
        ("9" * 3000, "资产编号"),
    ],
)
async def test_a_number_that_names_nothing_is_told_and_asked_again(
    doors: "Doors", cast: "Cast", typed: str, told: str
) -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", typed)
    assert told in words_of(await doors.last("nurse_a"))
    assert await tickets(cast) == []
    await doors.say("nurse_a", "取消")
    assert "已取消" in words_of(await doors.last("nurse_a"))
    await doors.say("nurse_a", "SB-0001")
    assert await tickets(cast) == []


async def test_a_photo_over_the_limit_of_telegram_says_what_to_do(doors: "Doors", cast: "Cast") -> None:
    image = Image.effect_noise((64, 64), 90).convert("RGB")
    file = io.BytesIO()
    image.save(file, "PNG")
    await doors.photo("nurse_a", file.getvalue() + b"\0" * (30 << 20), "报警", as_file="1", name="big.png")
    told = words_of(await doors.last("nurse_a"))
    assert "20 MB" in told and "照片" in told
    assert await tickets(cast) == []


async def test_undo_takes_a_fresh_report_back(doors: "Doors", cast: "Cast", blobs: None) -> None:
    await doors.photo("nurse_a", label_of("SN1001", "SB-0001"), "误触")
    await doors.press("nurse_a", "撤销")
    assert (await tickets(cast))[0]["state"] == "cancelled"
    assert "已撤销" in words_of(await doors.last("nurse_a"))


async def test_a_device_with_an_open_ticket_is_asked_about(doors: "Doors", cast: "Cast", blobs: None) -> None:
    await doors.photo("nurse_a", label_of("SN1001", "SB-0001"), "报警")
    (first,) = await tickets(cast)
    await doors.photo("nurse_a", label_of("SN1001", "SB-0001"), "现在漏液")
    asked = words_of(await doors.last("nurse_a"))
    assert "是同一故障吗" in asked and first["number"] in asked and "相似" in asked
    assert f"是同一故障 · {first['number']}" in await doors.labels("nurse_a")
    assert len(await tickets(cast)) == 1
    await doors.press("nurse_a", f"是同一故障 · {first['number']}")
    assert len(await tickets(cast)) == 1
    said = await look("SELECT body FROM ticket_message WHERE tenant_id = $1", cast["hospital_a"])
    assert "现在漏液" in [row["body"] for row in said]
    await doors.photo("nurse_a", label_of("SN1001", "SB-0001"), "又一个问题")
    await doors.press("nurse_a", "是另一故障")
    assert len(await tickets(cast)) == 2


async def test_an_album_is_one_report(doors: "Doors", cast: "Cast", blobs: None) -> None:
    image = label_of("SN1001", "SB-0001")
    files = [("files", ("a.png", blank_photo(), "image/jpeg")), ("files", ("b.png", image, "image/jpeg"))]
    answer = await doors.http.post("/sim/telegram/album", data={"person": "nurse_a", "caption": "报警"}, files=files)
    assert answer.is_success, answer.text
    await doors.settle()
    assert len(await tickets(cast)) == 1
    stored = await look("SELECT count(*) AS n FROM evidence WHERE tenant_id = $1", cast["hospital_a"])
    assert stored[0]["n"] == 2


async def test_a_shared_account_says_who_reports(doors: "Doors", cast: "Cast") -> None:
    await doors.say("unit_a", "报修")
    await doors.say("unit_a", "SB-0001")
    await doors.say("unit_a", "不走液")
    assert "姓名" in words_of(await doors.last("unit_a"))
    await doors.say("unit_a", "小王")
    people = await look("SELECT contact_name FROM ticket_people WHERE tenant_id = $1", cast["hospital_a"])
    assert [row["contact_name"] for row in people] == ["小王"]
    await doors.say("unit_a", "本病区工单")
    assert (await tickets(cast))[0]["number"] in words_of(await doors.last("unit_a"))


async def test_a_units_list_has_the_devices_at_its_beds(doors: "Doors", cast: "Cast") -> None:
    ward = cast.place_id("ward_a")
    given = {"kind": "bed", "name": {"zh": "01 床", "en": "Bed 01"}, "parent": ward}
    bed = parse_opaque("pl", (await cast.run("admin_a", "tenants.upsert_place", given)).place).id
    async with transaction(cast["hospital_a"]):
        await rows.update(await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"]), place_id=bed)
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    await doors.say("unit_a", "本病区工单")
    assert (await tickets(cast))[0]["number"] in words_of(await doors.last("unit_a"))


async def test_a_reply_to_the_card_is_a_comment(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    card = (await doors.last("nurse_a"))["id"]
    await doors.say("nurse_a", "备用机已用上", reply_to=card)
    said = await look("SELECT body, kind, channel FROM ticket_message WHERE tenant_id = $1", cast["hospital_a"])
    assert [tuple(row) for row in said] == [("备用机已用上", "comment", "telegram")]
    await doors.press("nurse_a", "需要备用机")
    await doors.press("nurse_a", "院感隔离")
    await doors.press("nurse_a", "更多 …")
    await doors.press("nurse_a", "催办")
    shown = next(words_of(m) for m in await doors.messages("nurse_a") if m["id"] == card)
    assert "需要备用机" in shown and "院感隔离" in shown and "催办" in shown
