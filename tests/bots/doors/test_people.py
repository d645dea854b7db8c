"""Who may do what from chat: linking, languages, strangers, other people's buttons, shared accounts."""

from typing import TYPE_CHECKING, Any

import pytest

from mendline.devices import start_word
from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


@pytest.fixture
async def stranger(doors: "Doors") -> str:
    """Somebody on Telegram whom nobody knows."""
    number = 10**9 + int(doors.bot) % 10**9
    person = {"key": "stranger", "name": "路人", "channel": "telegram", "user_id": number, "language": "zh"}
    doors.accounts["stranger"] = person | {"chat_id": number}
    await doors.http.post("/sim/people", json=[person])
    return "stranger"


async def test_a_stranger_is_told_how_to_link(doors: "Doors", stranger: str) -> None:
    scanned = f"/start {start_word(doors.cast.codes['hospital_a'], 'SB-0001')}"
    for words in ("/start", "帮助", "报修", "你好", "/my", scanned):
        await doors.say(stranger, words)
        assert "/link" in words_of(await doors.last(stranger)), words
    assert await look("SELECT 1 FROM ticket WHERE tenant_id = $1", doors.cast["hospital_a"]) == []


async def test_a_code_links_once(doors: "Doors", cast: "Cast", stranger: str) -> None:
    from mendline_tenants import offer_link

    offer = await offer_link(cast["hospital_a"], cast.members["nurse_a"])
    await doors.say(stranger, f"/start {offer.code}")
    assert "已绑定:王护士,第一医院" in words_of(await doors.last(stranger))
    await doors.say(stranger, "我的工单")
    assert "没有未完成的工单" in words_of(await doors.last(stranger))
    await doors.say(stranger, f"/link {offer.code}")
    assert "已被使用" in words_of(await doors.last(stranger))
    await doors.say(stranger, "解绑")
    assert "已解绑" in words_of(await doors.last(stranger))
    await doors.say(stranger, "我的工单")
    assert "/link" in words_of(await doors.last(stranger))


async def test_an_expired_or_wrong_code_says_so(doors: "Doors", cast: "Cast", stranger: str) -> None:
    from datetime import timedelta

    from mendline.kernel import frozen, now
    from mendline_tenants import offer_link

    with frozen(now() - timedelta(minutes=11)):
        offer = await offer_link(cast["hospital_a"], cast.members["nurse_a"])
    await doors.say(stranger, f"/link {offer.code}")
    assert "过期" in words_of(await doors.last(stranger))
    await doors.say(stranger, "/link ABCD2345")
    assert "不正确" in words_of(await doors.last(stranger)) or "绑定码" in words_of(await doors.last(stranger))
    account = str(doors.accounts[stranger]["user_id"])
    assert await look("SELECT 1 FROM chat_identity WHERE account = $1", account) == []


async def test_the_language_is_the_persons_choice(doors: "Doors") -> None:
    await doors.say("nurse_a", "/lang")
    await doors.press("nurse_a", "English")
    assert words_of(await doors.last("nurse_a")) == "Fine, English from now on."
    await doors.say("nurse_a", "report")
    assert "Which device?" in words_of(await doors.last("nurse_a"))
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "no flow")
    assert "Reply" not in words_of(await doors.last("nurse_a"))
    assert "Symptom no flow" in words_of(await doors.last("nurse_a"))
    await doors.say("nurse_a", "语言")
    await doors.press("nurse_a", "中文")
    await doors.say("nurse_a", "help")
    assert "您可以" in words_of(await doors.last("nurse_a"))


async def offered(doors: "Doors", cast: "Cast") -> str:
    """A ticket whose job is offered to technician_v."""
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    return str(made.ticket)


async def stolen(doors: "Doors", thief: str, token: str) -> str:
    """Somebody else presses a button by its id, as from a forwarded card; what they are told."""
    from mendline_bots.inbound import store

    account = doors.accounts[thief]
    body: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": account["team_id"]},
        "user": {"id": account["user_id"], "team_id": account["team_id"]},
        "channel": {"id": account["chat_id"]},
        "container": {"message_ts": "1.000001"},
        "actions": [{"action_id": f"press:{token}", "value": token}],
    }
    await store("slack", f"slack:int:stolen-{thief}-{token}", body)
    await doors.settle()
    return words_of(await doors.last(thief))


async def token_of(doors: "Doors", person: str, verb: str) -> str:
    sql = "SELECT token FROM chat_button WHERE member_id = $1 AND verb = $2 ORDER BY recorded_at DESC LIMIT 1"
    return str((await look(sql, doors.cast.members[person], verb))[0]["token"])


async def test_a_button_is_good_for_its_person_only(doors: "Doors", cast: "Cast") -> None:
    await offered(doors, cast)
    token = await token_of(doors, "technician_v", "accept")
    assert "另一位同事" in await stolen(doors, "technician_v2", token)
    assert "不属于您的单位" in await stolen(doors, "engineer_a", token)
    states = await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert [row["state"] for row in states] == ["offered"]


async def finished(doors: "Doors", cast: "Cast") -> str:
    """A ticket that waits for its first signature."""
    ticket = await offered(doors, cast)
    for command in ("dispatch.accept_job", "fieldwork.arrive"):
        await cast.run("technician_v", command, {"ticket": ticket})
    await cast.run(
        "technician_v", "fieldwork.finish", {"ticket": ticket, "result": "repaired", "cause": "电池", "action": "更换"}
    )
    await doors.settle()
    return ticket


async def test_a_confirmation_is_good_once_and_for_a_while(doors: "Doors", cast: "Cast") -> None:
    from datetime import timedelta

    from mendline.kernel import frozen, now

    await finished(doors, cast)
    await doors.press("manager_a", "维修验收通过")
    await doors.press("manager_a", "确认签字", settle=False)
    with frozen(now() + timedelta(minutes=6)):
        await doors.settle()
    assert "过期" in "".join(await doors.texts("manager_a"))
    signed = "SELECT count(*) AS n FROM signature_slot WHERE tenant_id = $1 AND state = 'signed'"
    assert (await look(signed, cast["hospital_a"]))[0]["n"] == 0
    await doors.press("manager_a", "维修验收通过")
    await doors.press("manager_a", "确认签字")
    assert (await look(signed, cast["hospital_a"]))[0]["n"] == 1
    await doors.press("manager_a", "确认签字")
    assert "已经用过" in words_of(await doors.last("manager_a"))
    await doors.press("manager_a", "确认签字", settle=False)
    with frozen(now() + timedelta(minutes=6)):  # it would be wrong to say that nothing was signed
        await doors.settle()
    assert "已经用过" in words_of(await doors.last("manager_a"))
    assert (await look(signed, cast["hospital_a"]))[0]["n"] == 1


async def test_a_confirmation_whose_worker_died_signs_when_it_is_understood_again(
    doors: "Doors", cast: "Cast", monkeypatch: pytest.MonkeyPatch
) -> None:
    from mendline.kernel import Later
    from mendline_bots.talk import Talk

    await finished(doors, cast)
    await doors.press("manager_a", "维修验收通过")
    went_on, died = Talk.run, []

    async def dies_once(talk: Talk, command: str, **given: Any) -> Any:
        if not died:
            died.append(command)
            raise Later(0)
        return await went_on(talk, command, **given)

    monkeypatch.setattr(Talk, "run", dies_once)
    await doors.press("manager_a", "确认签字")
    signed = "SELECT count(*) AS n FROM signature_slot WHERE tenant_id = $1 AND state = 'signed'"
    assert (died, (await look(signed, cast["hospital_a"]))[0]["n"]) == (["quality.sign"], 1)


async def test_what_changed_meanwhile_is_not_signed(doors: "Doors", cast: "Cast") -> None:
    ticket = await finished(doors, cast)
    await doors.press("manager_a", "维修验收通过")
    await cast.run("engineer_a", "tickets.set_flags", {"ticket": ticket, "spare_needed": True})
    await doors.press("manager_a", "确认签字")
    assert "有变化" in "".join(await doors.texts("manager_a"))
    signed = "SELECT count(*) AS n FROM signature_slot WHERE tenant_id = $1 AND state = 'signed'"
    assert (await look(signed, cast["hospital_a"]))[0]["n"] == 0


async def test_rejection_asks_for_a_reason_and_brings_the_technician_back(doors: "Doors", cast: "Cast") -> None:
    await finished(doors, cast)
    await doors.press("manager_a", "验收退回")
    assert "为什么退回" in words_of(await doors.last("manager_a"))
    await doors.say("manager_a", "仍然报警")
    states = await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert [row["state"] for row in states] == ["rework"]


async def test_a_shared_account_never_signs(doors: "Doors", cast: "Cast") -> None:
    await look("UPDATE member SET roles = '{ward_manager}' WHERE id = $1", cast.members["unit_a"])
    await finished(doors, cast)
    assert "待您验收" not in "".join(await doors.texts("unit_a"))
    await doors.say("unit_a", "待验收")
    assert "不签字" in words_of(await doors.last("unit_a")) or "不能签字" in words_of(await doors.last("unit_a"))


async def test_a_suspended_member_is_told(doors: "Doors", cast: "Cast") -> None:
    await look("UPDATE member SET status = 'suspended' WHERE id = $1", cast.members["nurse_a"])
    await doors.say("nurse_a", "报修")
    assert "停用" in words_of(await doors.last("nurse_a"))


async def test_who_has_no_right_is_told_whose_it_is(doors: "Doors") -> None:
    await doors.say("nurse_a", "我的任务")
    assert "技术人员" in words_of(await doors.last("nurse_a"))
    await doors.say("nurse_a", "待验收")
    assert "护士长" in words_of(await doors.last("nurse_a"))


async def test_who_is_in_two_organisations_chooses(doors: "Doors", cast: "Cast") -> None:
    from mendline.kernel import gateway, rows
    from mendline_tenants import ChatIdentity

    account = doors.accounts["nurse_a"]
    async with gateway():
        await rows.insert(
            ChatIdentity(
                tenant_id=cast["hospital_b"],
                channel="telegram",
                account=str(account["user_id"]),
                chat=str(account["chat_id"]),
                member_id=cast.members["nurse_b"],
            )
        )
    await doors.say("nurse_a", "单位")
    assert set(await doors.labels("nurse_a")) == {"第一医院", "第二医院"}
    await doors.press("nurse_a", "第一医院")
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    await doors.say("nurse_a", "不走液")
    card = (await doors.last("nurse_a"))["id"]
    await doors.say("nurse_a", "单位")
    await doors.press("nurse_a", "第二医院")
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "SB-0001")
    assert "SB-0001" in words_of(await doors.last("nurse_a"))  # hospital B does not know this number
    await doors.say("nurse_a", "取消")
    await doors.say("nurse_a", "仍在报警", reply_to=card)  # the card says for which organisation
    said = await look("SELECT tenant_id, body, author_org FROM ticket_message WHERE body = '仍在报警'")
    assert (said[-1]["tenant_id"], said[-1]["author_org"]) == (cast["hospital_a"], cast["hospital_a"])


async def test_a_guest_of_a_shared_channel_is_nobody_here(doors: "Doors", cast: "Cast") -> None:
    from mendline_bots.slack.parsing import parse_body

    event = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": "1.0", "text": "x"}
    body = {"type": "event_callback", "team_id": "T1", "event_id": "E", "event": event | {"user_team": "T2"}}
    assert parse_body(body).account == "T2/U1"
    assert parse_body(body).workspace == "T1"


async def test_the_app_taken_out_of_a_workspace_suspends_its_people(doors: "Doors", cast: "Cast") -> None:
    team = doors.accounts["technician_v"]["team_id"]
    await doors.post("slack/uninstall", team_id=team)
    await doors.settle()
    status = await look("SELECT DISTINCT status FROM chat_identity WHERE workspace = $1", team)
    assert [row["status"] for row in status] == ["suspended"]
