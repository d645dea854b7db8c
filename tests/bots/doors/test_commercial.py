"""Money from chat: the vendor's desk quotes, the hospital looks and approves or refuses, who pays is disputed."""

from typing import TYPE_CHECKING
from uuid import UUID

from mendline.kernel import Reference, opaque
from mendline_bots.watchers import push
from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def sent_outside(doors: "Doors", cast: "Cast") -> str:
    """A ticket of vendor V that waits for its quotation."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    report = {"device": cast.device_id("pump_a"), "symptom": "进液"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("engineer_a", "tickets.triage", {"ticket": parent, "route": "outside", "reason": "使用不当"})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    await doors.settle()
    return str(child)


async def quotations(cast: "Cast") -> list[tuple[str, int, str | None]]:
    sql = (
        "SELECT q.currency, q.amount, o.outcome FROM quotation q LEFT JOIN quotation_outcome o"
        " ON o.tenant_id = q.tenant_id AND o.id = q.id WHERE q.tenant_id = $1 ORDER BY q.revision"
    )
    return [tuple(row) for row in await look(sql, cast["hospital_a"])]


async def quoted(doors: "Doors", amount: str = "12,300.50") -> None:
    await doors.press("desk_v", "报价")
    await doors.submit("desk_v", text="更换探头", amount=amount, days="7")


async def test_from_the_quotation_to_its_approval(doors: "Doors", cast: "Cast") -> None:
    await sent_outside(doors, cast)
    await quoted(doors)
    assert await quotations(cast) == [("CNY", 1_230_050, None)]
    card = "\n".join(await doors.texts("engineer_a"))
    assert "¥12,300.50" in card and "待批准" in card
    await doors.press("engineer_a", "查看并批准报价")
    shown = words_of(await doors.last("engineer_a"))
    assert "更换探头" in shown and "¥12,300.50" in shown
    assert await quotations(cast) == [("CNY", 1_230_050, None)], "looking approves nothing"
    await doors.press("engineer_a", "确认批准")
    assert await quotations(cast) == [("CNY", 1_230_050, "approved")]
    assert any("已获批准" in text for text in await doors.texts("desk_v"))
    states = await look("SELECT state FROM ticket WHERE tenant_id = $1 ORDER BY opened_at, id", cast["hospital_a"])
    assert "triaged" in [row["state"] for row in states]
    await doors.press("engineer_a", "确认批准")
    assert await quotations(cast) == [("CNY", 1_230_050, "approved")], "a second press finds it answered"


async def test_a_refusal_and_another_offer_in_another_currency(doors: "Doors", cast: "Cast") -> None:
    await sent_outside(doors, cast)
    await quoted(doors)
    await doors.press("engineer_a", "不批准报价")
    await doors.submit("engineer_a", reason="太贵")
    assert any("未获批准" in text for text in await doors.texts("desk_v"))
    await quoted(doors, "USD 1200")
    assert await quotations(cast) == [("CNY", 1_230_050, "refused"), ("USD", 120_000, None)]


async def test_an_amount_that_is_none_is_asked_again(doors: "Doors", cast: "Cast") -> None:
    await sent_outside(doors, cast)
    await doors.press("desk_v", "报价")
    answer = await doors.submit("desk_v", text="更换探头", amount="很多", days="7")
    assert "金额" in answer["errors"]["amount"]
    assert await quotations(cast) == []


async def test_an_old_offer_is_not_approved_in_place_of_the_new_one(doors: "Doors", cast: "Cast") -> None:
    child = await sent_outside(doors, cast)
    await quoted(doors)
    await doors.press("engineer_a", "查看并批准报价")
    line = {"text": "涨价", "unit_amount": 9_900_000}
    offer = {"ticket": child, "currency": "CNY", "lines": [line], "valid_until": "2100-01-01T00:00:00Z"}
    await cast.run("desk_v", "tickets.quote", offer)
    await doors.press("engineer_a", "确认批准")
    assert await quotations(cast) == [("CNY", 1_230_050, "replaced"), ("CNY", 9_900_000, None)]


async def test_who_pays_is_disputed_and_answered(doors: "Doors", cast: "Cast") -> None:
    report = {"device": cast.device_id("pump_a"), "symptom": "进液"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    decision = {"ticket": ticket, "entitlement": "outside", "misuse": True, "reason": "进液"}
    await cast.run("dispatcher_v", "tickets.decide_entitlement", decision)
    await doors.settle()
    await doors.press("engineer_a", "更多 …")
    await doors.press("engineer_a", "保障异议")
    await doors.submit("engineer_a", entitlement="contract", reason="全保含进液")
    assert any("有异议" in text for text in await doors.texts("desk_v"))
    await doors.press("desk_v", "答复异议")
    await doors.submit("desk_v", answer="granted", reason="确认")
    (row,) = await look(
        "SELECT entitlement, disputed_by FROM ticket_commercial WHERE tenant_id = $1", cast["hospital_a"]
    )
    assert tuple(row) == ("contract", None)


async def test_a_duplicate_is_merged_and_its_reporter_told(doors: "Doors", cast: "Cast") -> None:
    report = {"device": cast.device_id("pump_a"), "symptom": "报警停机"}
    first = await cast.run("manager_a", "tickets.report", report)
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "泵报警,停机")
    assert first.number in words_of(await doors.last("nurse_a"))
    await doors.press("nurse_a", "是另一故障")
    newest = "SELECT id, number FROM ticket WHERE tenant_id = $1 ORDER BY opened_at DESC LIMIT 1"
    (row,) = await look(newest, cast["hospital_a"])
    number = row["number"]
    card = words_of(await doors.last("nurse_a"))
    assert "相关工单" in card and first.number in card and "同一设备未完成的工单" in card
    merge = {"ticket": opaque("tk", cast["hospital_a"], row["id"]), "of": first.ticket}
    await cast.run("engineer_a", "tickets.mark_duplicate", merge)
    await doors.settle()
    texts = await doors.texts("nurse_a")
    assert any("已合并" in text and number in text for text in texts)
    assert any(text.startswith(f"{first.number} ·") for text in texts), "the card of the ticket that goes on"


async def test_details_are_added_from_the_card(doors: "Doors", cast: "Cast") -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    for what, value in (("具体位置(床号等)", "12 床"), ("何时可进入房间", "0:00-23:59")):
        await doors.press("nurse_a", "更多 …")
        await doors.press("nurse_a", "补充信息")
        await doors.press("nurse_a", what)
        await doors.say("nurse_a", value)
    (people,) = await look("SELECT place_note FROM ticket_people WHERE tenant_id = $1", cast["hospital_a"])
    (clinical,) = await look("SELECT access_windows FROM ticket_clinical WHERE tenant_id = $1", cast["hospital_a"])
    assert people["place_note"] == "12 床"
    assert len(clinical["access_windows"]) == 1
    await doors.press("nurse_a", "更多 …")
    await doors.press("nurse_a", "补充信息")
    await doors.press("nurse_a", "何时可进入房间")
    await doors.say("nurse_a", "随时")
    assert "看不懂" in words_of(await doors.last("nurse_a"))


async def test_triage_from_the_card(doors: "Doors", cast: "Cast") -> None:
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "进液")
    (row,) = await look("SELECT id, number FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    await open_card(doors, cast, "engineer_a", row["id"])
    assert "受理研判" not in await doors.labels("nurse_a")
    await doors.press("engineer_a", "受理研判")
    await doors.submit("engineer_a", route="own", reason="先自查")
    (state,) = await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert state["state"] == "triaged"
    await doors.press("engineer_a", "更多 …")
    await doors.press("engineer_a", "远程处理")
    (state,) = await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert state["state"] == "remote_fix"


async def open_card(doors: "Doors", cast: "Cast", person: str, ticket: UUID) -> None:
    """The ticket's card in the person's own chat, as a push brings it."""
    await push(cast["hospital_a"], Reference(cast["hospital_a"], ticket), cast.members[person], "k", "push.remind")
    await doors.settle()


async def test_engineers_hear_that_a_provider_has_changed_a_priority(doors: "Doors", cast: "Cast") -> None:
    report = {"device": cast.device_id("pump_a"), "symptom": "进液"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    for who, told in (("engineer_a", False), ("dispatcher_v", True)):
        priority = 2 if who == "engineer_a" else 1
        given = {"ticket": ticket, "priority": priority, "reason": "手术室全部占用"}
        await cast.run(who, "tickets.override_priority", given)
        await doors.settle()
        assert any("更改了" in text and "优先级" in text for text in await doors.texts("engineer_a")) is told, who
    assert not any("更改了" in text for text in await doors.texts("dispatcher_v"))
