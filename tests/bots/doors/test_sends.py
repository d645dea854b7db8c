"""Writing into chats: edits coalesce, one chat waits alone, a doubt is not sent twice, lost chats are left in peace."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mendline.kernel import now
from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def reported(doors: "Doors", cast: "Cast") -> str:
    """A ticket that the nurse reported in Telegram."""
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    (row,) = await look("SELECT opaque('tk', tenant_id, id) AS id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    return str(row["id"])


async def calls(doors: "Doors", method: str, channel: str = "telegram") -> list[dict[str, Any]]:
    """Our calls of a method, as the stand-in wrote them down."""
    answer = await doors.http.get("/sim/transcript", params={"channel": channel})
    return [entry for entry in answer.json() if entry["direction"] == "out" and entry["method"] == method]


async def test_edits_coalesce_and_the_last_state_wins(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(doors, cast)
    before = len(await calls(doors, "editMessageText"))
    for state in ("down", "degraded", "patient_affected", "down"):
        await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": state})
    for number in range(6):
        await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": str(number)})
    await doors.settle()
    edits = len(await calls(doors, "editMessageText")) - before
    assert 1 <= edits <= 3
    assert "停机" in words_of(await doors.last("nurse_a"))
    assert len([t for t in await doors.texts("nurse_a") if "状态" in t]) == 1


async def test_a_limit_holds_its_chat_alone(doors: "Doors", cast: "Cast") -> None:
    await doors.post("faults", channel="telegram", method="sendMessage", kind="429", retry_after=3)
    await doors.post("send", person="nurse_a", text="帮助")
    async with asyncio.timeout(5):
        while not await look("SELECT 1 FROM chat_send WHERE tenant_id = $1 AND held_until > now()", cast["hospital_a"]):
            await cast.drain()
            await asyncio.sleep(0.05)
    await doors.post("send", person="manager_a", text="帮助")
    await asyncio.sleep(0.5)
    await cast.drain()
    assert len(await doors.texts("manager_a")) == 1
    assert await doors.texts("nurse_a") == []
    await doors.settle()
    assert len(await doors.texts("nurse_a")) == 1


async def test_a_card_of_unknown_outcome_is_adopted_by_a_press(doors: "Doors", cast: "Cast", monkeypatch: Any) -> None:
    from mendline_bots.telegram import channel as telegram

    monkeypatch.setattr(telegram, "SEND_SECONDS", 0.5)
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    telegram_channel = telegram_now()
    telegram_channel._bots.clear()
    await doors.post("faults", channel="telegram", method="sendMessage", kind="timeout_after", retry_after=2)
    await doors.post("send", person="nurse_a", text="不走液")
    async with asyncio.timeout(10):
        while not await look(
            "SELECT 1 FROM chat_send WHERE tenant_id = $1 AND tried_at IS NOT NULL"
            " AND message IS NULL AND held_until > now() + interval '15 seconds'",
            cast["hospital_a"],
        ):
            await cast.drain()
            await asyncio.sleep(0.05)
    cards = [t for t in await doors.texts("nurse_a") if "状态" in t]
    assert len(cards) == 1
    await cast.drain()
    await doors.press("nurse_a", "停机", settle=False)
    await asyncio.sleep(1)
    await doors.settle()
    cards = [t for t in await doors.texts("nurse_a") if "状态" in t]
    assert len(cards) == 1 and "停机" in cards[0]


def telegram_now() -> Any:
    from mendline_bots import channel_of

    return channel_of("telegram")


async def test_a_slack_card_of_unknown_outcome_is_adopted_by_its_echo(
    doors: "Doors", cast: "Cast", monkeypatch: Any
) -> None:
    from mendline_bots import conversation
    from mendline_bots.slack import sending

    monkeypatch.setattr(sending, "SEND_SECONDS", 0.5)
    monkeypatch.setattr(conversation, "ECHO_PATIENCE", timedelta(seconds=1))
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    await doors.post("faults", channel="slack", method="chat.postMessage", kind="timeout_after", retry_after=2)
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    assert len(await doors.texts("technician_v")) == 1
    (card,) = await look("SELECT message FROM chat_card WHERE tenant_id = $1", cast["vendor_v"])
    assert card["message"] == (await doors.last("technician_v"))["id"]
    await doors.press("technician_v", "接单")
    assert len([t for t in await doors.texts("technician_v") if "状态" in t]) == 1


async def test_a_worker_that_died_while_sending_does_not_send_twice(doors: "Doors", cast: "Cast") -> None:
    await reported(doors, cast)
    await look(
        "UPDATE chat_send SET completed_at = NULL, message = NULL, held_until = NULL, due_at = now() WHERE id = ("
        "SELECT id FROM chat_send WHERE tenant_id = $1 AND card_id IS NOT NULL AND tried_at IS NOT NULL LIMIT 1)",
        cast["hospital_a"],
    )
    await look("UPDATE chat_card SET message = NULL WHERE tenant_id = $1", cast["hospital_a"])
    await cast.drain()
    assert len([t for t in await doors.texts("nurse_a") if "状态" in t]) == 1
    await doors.press("nurse_a", "停机")
    assert len([t for t in await doors.texts("nurse_a") if "状态" in t]) == 1


async def test_who_blocked_the_bot_is_left_in_peace_until_they_return(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(doors, cast)
    await doors.post("telegram/block", person="nurse_a")
    await doors.settle()
    status = "SELECT status FROM chat_identity WHERE tenant_id = $1 AND member_id = $2"
    assert (await look(status, cast["hospital_a"], cast.members["nurse_a"]))[0]["status"] == "suspended"
    assert "联系不到 王护士" in words_of(await doors.last("admin_a"))
    await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "x"})
    await doors.settle()
    await doors.post("telegram/unblock", person="nurse_a")
    await doors.say("nurse_a", "我的工单")
    assert (await look(status, cast["hospital_a"], cast.members["nurse_a"]))[0]["status"] == "active"
    assert "不走液" not in words_of(await doors.last("nurse_a"))


async def test_an_administrator_is_told_of_a_key_that_ends_soon(doors: "Doors", cast: "Cast") -> None:
    ends = now() + timedelta(days=5)
    given = {"name": "资产系统", "scopes": ["registry"], "expires_at": ends.isoformat()}
    await cast.run("admin_a", "tenants.create_api_key", given)
    await doors.settle()
    assert words_of(await doors.last("admin_a")).startswith(f"API 密钥“资产系统”将于 {ends:%Y-%m-%d} 到期")
    assert await doors.texts("nurse_a") == []


async def test_an_old_telegram_message_is_drawn_from_the_database(doors: "Doors", cast: "Cast") -> None:
    await reported(doors, cast)
    card = await doors.last("nurse_a")
    await doors.post("telegram/age", person="nurse_a", message=card["id"])
    await doors.press("nurse_a", "停机")
    assert "停机" in words_of(await doors.last("nurse_a"))


async def test_a_group_that_became_a_supergroup_keeps_its_card(doors: "Doors", cast: "Cast") -> None:
    group = (await doors.post("telegram/groups", person="nurse_a", title="三病区", members=["nurse_a", "manager_a"]))[
        "chat"
    ]
    await doors.say("nurse_a", "/report", chat=group)
    asked = [m for m in await doors.messages("nurse_a", group) if not m["mine"]][-1]
    assert "哪台设备" in words_of(asked)
    await doors.say("nurse_a", "SB-0001", chat=group, reply_to=asked["id"])
    asked = [m for m in await doors.messages("nurse_a", group) if not m["mine"]][-1]
    await doors.say("nurse_a", "不走液", chat=group, reply_to=asked["id"])
    new = (await doors.post("telegram/migrate", person="nurse_a", chat=group))["chat"]
    await doors.settle()
    (row,) = await look("SELECT opaque('tk', tenant_id, id) AS id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    await cast.run("nurse_a", "tickets.set_use_state", {"ticket": row["id"], "use_state": "down"})
    await doors.settle()
    shown = [words_of(m) for m in await doors.messages("nurse_a", new) if not m["mine"]]
    assert len(shown) == 1 and "停机" in shown[0]
