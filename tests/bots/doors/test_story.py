"""The story in chat: a nurse's photo, a technician of another organisation, two signatures, one archived ticket."""

from typing import TYPE_CHECKING

from support.doors import label_of, words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def test_from_the_photo_to_the_archive(doors: "Doors", cast: "Cast", blobs: None) -> None:
    await doors.photo("nurse_a", label_of("SN1001", "SB-0001"), "报警,停机")
    card = await doors.last("nurse_a")
    assert "输液泵 SB-0001" in words_of(card)
    assert "报警,停机" in words_of(card)
    assert "维保合同" in words_of(card)
    assert len([m for m in await doors.messages("nurse_a") if not m["mine"]]) == 1
    await doors.press("nurse_a", "停机")
    assert "停机" in words_of(await doors.last("nurse_a"))

    (row,) = await cast_tickets(cast)
    ticket = row["opaque"]
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    assert await doors.labels("technician_v") == ["接单", "拒单", "更多 …"]
    await doors.press("technician_v", "接单")
    await doors.press("technician_v", "1 小时到")
    assert "预计" in words_of((await doors.messages("nurse_a"))[1])
    await doors.press("technician_v", "已到场")
    technician_card = next(m for m in await doors.messages("technician_v") if not m["mine"])
    await doors.photo("technician_v", label_of("SN1001", "SB-0001"), "更换前", reply_to=technician_card["id"])
    await doors.say("technician_v", "原因:电池老化\n更换电池并测试", reply_to=technician_card["id"])
    await doors.press("technician_v", "完工")
    answer = await doors.submit("technician_v", result="repaired")
    assert answer.get("closed"), answer

    await doors.press("manager_a", "维修验收通过")
    await doors.press("manager_a", "确认签字")
    await doors.press("engineer_a", "维修验收通过")
    await doors.press("engineer_a", "确认签字")
    (row,) = await cast_tickets(cast)
    assert row["state"] == "archived"
    for person in ("nurse_a", "technician_v", "manager_a", "engineer_a"):
        cards = [m for m in await doors.messages(person) if not m["mine"] and row["number"] in words_of(m)[:40]]
        assert "已归档" in words_of(cards[0]) or "归档" in words_of(cards[0]), (person, words_of(cards[0]))


async def cast_tickets(cast: "Cast") -> list[dict[str, object]]:
    """The tickets of hospital A."""
    from support.database import look

    return [
        dict(row)
        for row in await look(
            "SELECT number, state, version, opaque('tk', tenant_id, id) AS opaque FROM ticket WHERE tenant_id = $1",
            cast["hospital_a"],
        )
    ]
