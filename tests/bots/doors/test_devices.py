"""Devices on the go: looked up, moved with one look at from and to, and never another hospital's."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from PIL import Image

from mendline.devices import Device, read_codes, start_word, sticker_link
from mendline.kernel import frozen, now, opaque, rows, transaction
from mendline_tenants import Place
from support.database import look, unchanged
from support.doors import label_of, words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

CHATS = ("chat_send", "chat_button", "chat_card", "dialog", "inbound", "chat_identity")


async def places(cast: "Cast") -> dict[str, UUID]:
    """More places of hospital A: the fifth ward, and two rooms whose names begin alike."""
    tenant, made = cast["hospital_a"], {}
    async with transaction(tenant):
        for kind, zh, en in (
            ("unit", "五病区", "Ward 5"),
            ("bed", "抢救室 1", "Resus 1"),
            ("bed", "抢救室 2", "Resus 2"),
        ):
            place = Place(tenant_id=tenant, kind=kind, name={"zh": zh, "en": en})
            await rows.insert(place)
            made[en] = place.id
    return made


def blank_photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "grey").save(file, "JPEG")
    return file.getvalue()


async def stands_at(cast: "Cast", device: str = "pump_a") -> UUID | None:
    async with transaction(cast["hospital_a"]):
        return (await rows.get(Device, cast["hospital_a"], cast.devices[device])).place_id


@pytest.mark.parametrize("person", ["manager_a", "engineer_a"])
async def test_a_device_is_moved_by_its_number_and_a_button(doors: "Doors", cast: "Cast", person: str) -> None:
    there = await places(cast)
    await doors.say(person, "移动设备 SB-0001")
    shown = words_of(await doors.last(person))
    assert "SB-0001 输液泵" in shown and "本部 三病区" in shown
    await doors.press(person, "五病区")
    assert "本部 三病区 → 五病区" in words_of(await doors.last(person))
    assert await stands_at(cast) == cast.places["ward_a"], "nothing is moved before it is confirmed"
    await doors.press(person, "确认移动")
    assert await stands_at(cast) == there["Ward 5"]
    assert "已移动" in words_of(await doors.last(person))
    await doors.press(person, "确认移动")
    assert "已经在五病区" in words_of(await doors.last(person))
    assert (
        len(await look("SELECT 1 FROM device_event WHERE happened = 'moved' AND tenant_id = $1", cast["hospital_a"]))
        == 1
    )
    await doors.say(person, "移动设备 SB-0001")
    first = (await doors.labels(person))[0]
    assert first == "三病区", "where it came from is the likeliest way"


async def test_a_photo_of_the_label_says_which_device_moves(doors: "Doors", cast: "Cast", blobs: None) -> None:
    there = await places(cast)
    await doors.say("manager_a", "move")
    await doors.photo("manager_a", label_of("SN1002", "SB-0002"))
    assert "SB-0002" in words_of(await doors.last("manager_a"))
    await doors.press("manager_a", "其他地点 …")
    await doors.say("manager_a", "抢救室")
    assert "对应多个地点" in words_of(await doors.last("manager_a"))
    await doors.press("manager_a", "抢救室 2")
    await doors.press("manager_a", "确认移动")
    assert await stands_at(cast, "pump_a2") == there["Resus 2"]
    assert await look("SELECT 1 FROM ticket WHERE tenant_id = $1", cast["hospital_a"]) == [], "no report was begun"


@pytest.mark.parametrize("person", ["manager_a", "engineer_a"])
async def test_a_photo_that_cannot_be_read_asks_again_and_begins_no_report(
    doors: "Doors", cast: "Cast", person: str
) -> None:
    there = await places(cast)
    await doors.say(person, "移动设备")
    async with unchanged(*CHATS):
        await doors.photo(person, blank_photo(), name="blank.jpg", media_type="image/jpeg")
    assert "移动" not in await doors.labels(person) and "哪台设备" in words_of(await doors.last(person))
    await doors.photo(person, label_of("SN1001", "SB-0001"))
    await doors.press(person, "五病区")
    await doors.press(person, "确认移动")
    assert await stands_at(cast) == there["Ward 5"]


async def test_in_slack_the_place_is_typed_in_a_window(doors: "Doors", cast: "Cast") -> None:
    there = await places(cast)
    await doors.say("engineer_a", "/wo move SB-0001")
    await doors.press("engineer_a", "其他地点 …")
    answer = await doors.submit("engineer_a", place="no such place")
    assert "没有名为" in str(answer)
    await doors.submit("engineer_a", place="ward 5")
    await doors.press("engineer_a", "确认移动")
    assert await stands_at(cast) == there["Ward 5"]


async def test_what_has_changed_meanwhile_is_not_moved(doors: "Doors", cast: "Cast") -> None:
    await places(cast)
    await doors.say("manager_a", "移动设备 SB-0001")
    await doors.press("manager_a", "五病区")
    await cast.run("engineer_a", "devices.set_pool", {"device": cast.device_id("pump_a"), "pool": "spare"})
    await doors.press("manager_a", "确认移动")
    assert "刚刚被别人改动" in words_of(await doors.last("manager_a"))
    assert await stands_at(cast) == cast.places["ward_a"]
    await doors.say("manager_a", "移动设备 SB-0001")
    await doors.press("manager_a", "五病区")
    with frozen(now() + timedelta(minutes=6)):
        await doors.press("manager_a", "确认移动")
    assert await stands_at(cast) == cast.places["ward_a"], "a confirmation is good for five minutes"


@pytest.mark.parametrize("person", ["manager_a", "engineer_a"])
async def test_others_devices_and_hostile_words_move_nothing(doors: "Doors", cast: "Cast", person: str) -> None:
    foreign = opaque("dv", cast["hospital_b"], cast.devices["pump_b"])
    async with unchanged(*CHATS):
        for words in ("ZY-0001", foreign, "SB-0001'; DROP TABLE device; --", "\u202eSB-0001" * 200, "<!channel>", "%"):
            await doors.say(person, f"移动设备 {words}")
            said = words_of(await doors.last(person))
            assert "没有找到" in said, said
            assert person == "manager_a" or "<!channel>" not in said, "it would ring everybody in Slack"
            await doors.say(person, "取消")
    await doors.say("nurse_a", "移动设备 SB-0001")
    assert "护士长、医学工程部" in words_of(await doors.last("nurse_a"))


async def test_a_retired_device_is_not_moved(doors: "Doors", cast: "Cast") -> None:
    await places(cast)
    await doors.say("manager_a", "移动设备 SB-0001")
    await doors.press("manager_a", "五病区")
    await cast.run("engineer_a", "devices.retire", {"device": cast.device_id("pump_a"), "reason": "x"})
    await doors.press("manager_a", "确认移动")
    assert await stands_at(cast) == cast.places["ward_a"]
    await doors.press("manager_a", "五病区")
    assert "SB-0001" in words_of(await doors.last("manager_a"))


@pytest.mark.parametrize("person", ["manager_a", "engineer_a"])
async def test_a_fault_is_reported_from_the_devices_card(doors: "Doors", cast: "Cast", person: str) -> None:
    await doors.say(person, "设备 SN1001")
    assert "在用" in words_of(await doors.last(person))
    await doors.press(person, "报修")
    if person == "engineer_a":
        await doors.submit(person, symptom="无法开机")
    else:
        await doors.say(person, "无法开机")
    (made,) = await look("SELECT device_id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert made["device_id"] == cast.devices["pump_a"]


async def test_engineering_hears_of_a_document_once_for_each_step(doors: "Doors", cast: "Cast") -> None:
    ends = (now() + timedelta(days=20)).date()
    given = {"kind": "verification_certificate", "number": "JD-7", "expires_on": ends.isoformat()}
    await cast.run("engineer_a", "devices.upsert_document", given | {"device": cast.device_id("pump_a")})
    await doors.settle()
    await cast.run("engineer_a", "devices.upsert_document", given | {"device": cast.device_id("pump_a")})
    await doors.settle()
    (told,) = [text for text in await doors.texts("engineer_a") if "JD-7" in text]
    assert "检定证书" in told and "输液泵 SB-0001" in told and str(ends) in told and "请安排检定" in told
    with frozen(now() + timedelta(days=14)):
        await doors.settle()
    assert len([text for text in await doors.texts("engineer_a") if "JD-7" in text]) == 2
    with frozen(now() + timedelta(days=22)):
        await doors.settle()
    last = [text for text in await doors.texts("engineer_a") if "JD-7" in text][2:]
    assert len(last) == 1 and "不再有效" in last[0]
    for person in ("nurse_a", "manager_a", "admin_a", "dispatcher_v", "engineer_b"):
        assert not any("JD-7" in text for text in await doors.texts(person)), person


async def test_many_documents_of_one_morning_come_as_one(doors: "Doors", cast: "Cast") -> None:
    quarter = now().timestamp() // 900 * 900 + 900
    begun = datetime.fromtimestamp(quarter + 60, UTC)
    with frozen(begun):
        for number in range(20):
            ends = (begun + timedelta(days=5 + number % 2)).date().isoformat()
            given = {"kind": "registration_certificate", "number": f"ZC-{number:02}", "expires_on": ends}
            await cast.run("engineer_a", "devices.upsert_document", given | {"device": cast.device_id("pump_a")})
        await doors.settle(60)
    assert len([text for text in await doors.texts("engineer_a") if "ZC-" in text]) == 3
    with frozen(begun + timedelta(minutes=15)):
        await doors.settle()
    told = [text for text in await doors.texts("engineer_a") if "ZC-" in text]
    assert len(told) == 4 and "17 份文件" in told[3]
    assert told[3].count("ZC-") == 15 and "另有 2 份" in told[3]
    assert len({number for text in told for number in re.findall(r"ZC-\d\d", text)}) == 18, "each is told of once"
    with frozen(begun + timedelta(minutes=31)):
        await doors.settle()
    assert len([text for text in await doors.texts("engineer_a") if "ZC-" in text]) == 4


async def test_where_nobody_is_in_engineering_dispatchers_hear_of_it(doors: "Doors", cast: "Cast") -> None:
    ends = (now() + timedelta(days=3)).date().isoformat()
    given = {"kind": "business_licence", "number": "YY-1", "organisation": cast.organisation_id("vendor_v")}
    await cast.run("admin_v", "devices.upsert_document", given | {"expires_on": ends})
    await doors.settle()
    told = [text for text in await doors.texts("dispatcher_v") if "YY-1" in text]
    assert len(told) == 1 and "营业执照" in told[0] and "维康服务" in told[0]
    assert not any("YY-1" in text for text in await doors.texts("admin_v"))


async def picture(doors: "Doors", person: str) -> bytes:
    """The newest picture that the person was shown."""
    for message in reversed(await doors.messages(person)):
        urls = [block["image_url"] for block in message.get("blocks") or [] if block["type"] == "image"]
        urls += [message["photo_url"]] if message.get("photo_url") else []
        if urls:
            answer = await doors.http.get(urls[-1])
            assert answer.is_success
            return answer.content
    raise AssertionError(f"{person} was shown no picture")


@pytest.mark.parametrize("person", ["admin_a", "engineer_a"])
async def test_a_label_comes_as_a_picture_that_scans(doors: "Doors", cast: "Cast", blobs: None, person: str) -> None:
    await doors.say(person, "标签 SB-0001")
    [code] = read_codes(await picture(doors, person))
    assert code.removeprefix("]Q1") == sticker_link(cast.codes["hospital_a"], "SB-0001")
    (noted,) = await look(
        "SELECT facts FROM organisation_audit WHERE command = 'devices.print_stickers' AND tenant_id = $1",
        cast["hospital_a"],
    )
    assert str(cast.devices["pump_a"]) in str(noted["facts"])
    async with unchanged(*CHATS):
        await doors.say(person, "标签 ZY-0001")
    assert "没有找到" in words_of(await doors.last(person))


async def test_the_stickers_word_begins_a_report_of_its_device(doors: "Doors", cast: "Cast") -> None:
    word = start_word(cast.codes["hospital_a"], "SB-0001")
    await doors.say("nurse_a", f"/start {word}")
    assert "故障" in words_of(await doors.last("nurse_a"))
    await doors.say("nurse_a", "无法开机")
    (made,) = await look("SELECT device_id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert made["device_id"] == cast.devices["pump_a"]


async def test_in_slack_the_stickers_link_fills_the_device_in(doors: "Doors", cast: "Cast") -> None:
    await doors.say("engineer_a", f"/wo report {sticker_link(cast.codes['hospital_a'], 'SB-0001')}")
    await doors.say("engineer_a", "无法开机")
    (made,) = await look("SELECT device_id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert made["device_id"] == cast.devices["pump_a"]


async def test_anothers_stickers_report_nothing(doors: "Doors", cast: "Cast") -> None:
    theirs = [(cast.codes["hospital_b"], "ZY-0001"), (cast.codes["hospital_b"], "SB-0001")]
    async with unchanged(*CHATS):
        for person, command in (("nurse_a", "/start"), ("nurse_a", "报修"), ("engineer_a", "报修")):
            for organisation, asset in theirs:
                word = start_word(organisation, asset) if command == "/start" else sticker_link(organisation, asset)
                await doors.say(person, f"{command} {word}")
                assert "没有找到" in words_of(await doors.last(person))
                await doors.say(person, "取消")


@pytest.mark.parametrize("person", ["admin_a", "engineer_a"])
async def test_a_device_is_retired_with_a_reason_unless_something_speaks_against_it(
    doors: "Doors", cast: "Cast", person: str
) -> None:
    async def retire() -> None:
        await doors.say(person, "设备 SB-0001")
        await doors.press(person, "报废")
        if person == "engineer_a":
            await doors.submit(person, reason="超过使用年限")
        else:
            await doors.say(person, "超过使用年限")

    given = {"device": cast.device_id("pump_a"), "symptom": "x"}
    reported = await cast.run("nurse_a", "tickets.report", given)
    await doors.settle()
    await retire()
    assert "工单" in words_of(await doors.last(person))
    await cast.run("nurse_a", "tickets.cancel", {"ticket": reported.ticket, "reason": "x"})
    await retire()
    assert "已报废" in words_of(await doors.last(person))
    async with transaction(cast["hospital_a"]):
        unit = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
    assert unit.state == "retired"


@pytest.mark.parametrize("person", ["admin_a", "engineer_a"])
async def test_verification_and_software_are_recorded_from_the_card(doors: "Doors", cast: "Cast", person: str) -> None:
    async def answer(**given: str) -> None:
        if person == "engineer_a":
            await doors.submit(person, **given)
        else:
            for words in given.values():
                await doors.say(person, words)

    until = (now() + timedelta(days=365)).date().isoformat()
    await doors.say(person, "设备 SB-0001")
    await doors.press(person, "已检定")
    async with unchanged(*CHATS):
        await answer(certificate="JD-2026-9", until="2020-01-01")
    await answer(**({"certificate": "JD-2026-9"} if person == "engineer_a" else {}), until=until)
    await doors.press(person, "软件版本")
    await answer(version="3.2.1")
    async with transaction(cast["hospital_a"]):
        unit = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
    assert unit.software_version == "3.2.1"
    assert unit.verified_on is not None and unit.verification_due_at is not None
    assert "3.2.1" in words_of(await doors.last(person))
