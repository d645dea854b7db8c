"""Dispatch in chat: the explained list with its buttons, a call to all, and a night on which the third one goes."""

from datetime import timedelta
from typing import TYPE_CHECKING

from mendline.dispatch import Technician
from mendline.kernel import frozen, now, rows, run, transaction
from support.database import look
from support.doors import words_of
from support.technicians import engaged

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def reported(cast: "Cast", use_state: str = "degraded") -> str:
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": use_state}
    return str((await cast.run("nurse_a", "tickets.report", given)).ticket)


async def states(cast: "Cast") -> dict[str, str]:
    found = await look(
        "SELECT technician_name, state FROM job_offer WHERE tenant_id = $1 ORDER BY offered_at, id", cast["vendor_v"]
    )
    return {row["technician_name"]: row["state"] for row in found}


async def card(doors: "Doors", person: str) -> str:
    """The card that the person has: the first message with the ticket's state on it."""
    return next(text for text in await doors.texts(person) if "状态" in text)


async def test_a_dispatcher_reads_why_and_offers_with_one_press(doors: "Doors", cast: "Cast") -> None:
    async with transaction(cast["vendor_v"]):
        await rows.change(Technician, cast["vendor_v"], cast.members["technician_v2"], ready=False)
    await reported(cast)
    await doors.settle()
    listed = words_of(await doors.last("dispatcher_v"))
    for words in ("派单建议", "1. 技师郑", "在班", "路程约 0 分钟", "等级 2 -10", "未入选", "暂不可派 1 (技师冯)"):
        assert words in listed, (words, listed)
    await doors.press("dispatcher_v", "派给 技师郑")
    assert await states(cast) == {"技师郑": "offered"}
    assert "已询问 技师郑" in await card(doors, "dispatcher_v")
    assert "待您答复" in await card(doors, "technician_v")
    await doors.press("dispatcher_v", "更多 …")
    await doors.press("dispatcher_v", "撤回派单")
    assert await states(cast) == {"技师郑": "withdrawn"}
    assert "派单已撤回" in await card(doors, "technician_v")
    await doors.press("dispatcher_v", "派单 …")
    assert "1. 技师郑" in words_of(await doors.last("dispatcher_v"))


async def test_who_takes_it_is_asked_of_all_and_the_slower_one_reads_who_has_it(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "谁来接?")
    for person in ("technician_v", "technician_v2"):
        assert "谁来接?先到先得" in await card(doors, person)
        assert "答复" in await card(doors, person)
    await doors.press("technician_v", "接单", settle=False)
    await cast.run("technician_v2", "dispatch.accept_job", {"ticket": ticket})
    await doors.settle()
    assert await states(cast) == {"技师郑": "taken", "技师冯": "accepted"}
    assert "已由 技师冯 于" in await card(doors, "technician_v")
    assert "接单" not in await doors.labels("technician_v")
    assert "已由 技师冯 于" in words_of(await doors.last("technician_v"))


async def test_a_night_call_that_the_third_one_takes(doors: "Doors", cast: "Cast") -> None:
    """A patient is affected and everybody rests: the first sleeps, the second declines, the third goes."""
    (third,) = await engaged(cast, 1)
    async with transaction(cast["vendor_v"]):
        for person in await rows.select(Technician, "tenant_id = $1", cast["vendor_v"]):
            await rows.update(person, shifts=[])
    value = {"mode": "next", "minutes": {"1": 5}}
    await cast.run("admin_v", "tenants.set_policy", {"name": "auto_offer", "value": value})
    night = now()
    ticket = await reported(cast, "patient_affected")
    await doors.settle()
    assert await states(cast) == {"技师郑": "offered"}
    assert "前答复" in await card(doors, "technician_v")

    # Six minutes later the first wakes up and presses, a moment too late.
    await doors.press("technician_v", "接单", settle=False)
    await cast.drain(queues=["timer", "delivery"], at=night + timedelta(minutes=6))
    with frozen(night + timedelta(minutes=6)):
        await doors.settle()
        assert "现在询问的是 技师冯" in words_of(await doors.last("technician_v"))
        assert await states(cast) == {"技师郑": "expired", "技师冯": "offered"}
        assert "答复期限" in await card(doors, "technician_v")
        assert "前答复" in await card(doors, "technician_v2")

        await doors.press("technician_v2", "拒单")
        await doors.submit("technician_v2", **{"reason~typed": "发烧"})
        assert await states(cast) == {"技师郑": "expired", "技师冯": "declined", third.name: "offered"}

        await run(third, "dispatch.accept_job", {"ticket": ticket})
        await doors.settle()
        assert (await states(cast))[third.name] == "accepted"
        assert not any("请您决定" in text for text in await doors.texts("dispatcher_v"))
        await doors.say("nurse_a", "我的工单")
        await doors.press("nurse_a", (await doors.labels("nurse_a"))[0])
        assert third.name in await card(doors, "nurse_a"), "the ward knows who comes"


async def test_when_nobody_is_left_the_dispatcher_is_asked_to_decide(doors: "Doors", cast: "Cast") -> None:
    value = {"mode": "next", "minutes": {"3": 5}}
    await cast.run("admin_v", "tenants.set_policy", {"name": "auto_offer", "value": value})
    await reported(cast)
    await doors.settle()
    assert not any("派单建议" in text for text in await doors.texts("dispatcher_v")), "the house asks by itself"
    for person in ("technician_v", "technician_v2"):
        await doors.press(person, "拒单")
        await doors.submit(person, **{"reason~typed": "没空"})
    assert "已询问 2 人,无人接单,请您决定。" in words_of(await doors.last("dispatcher_v"))
    await doors.press("dispatcher_v", "派给 技师冯")
    assert (await states(cast))["技师冯"] == "offered"


async def test_whoever_was_asked_hears_that_the_job_is_gone_and_why(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "谁来接?")
    assert "接单" in await doors.labels("technician_v")
    await doors.press("technician_v", "接单", settle=False)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "已好"})
    await doors.settle()
    assert set((await states(cast)).values()) == {"withdrawn"}
    for person in ("technician_v", "technician_v2"):
        told = [text for text in await doors.texts(person) if "无需前往" in text]
        assert told, person
        assert all("已撤销" in text for text in told)
    assert "接单" not in await doors.labels("technician_v")


async def test_who_is_suspended_before_the_call_comes_silences_nobody_else(doors: "Doors", cast: "Cast") -> None:
    """The call's first one is: what was called reaches the second, and so does that the job is gone."""
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "谁来接?", settle=False)
    await cast.drain(queues=["inbound"])
    (called,) = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'dispatch.called'", cast["vendor_v"]
    )
    people = {str(cast.members[name]): name for name in ("technician_v", "technician_v2")}
    first, second = (people[one] for one in called["payload"]["technicians"])
    await cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id(first)})
    await doors.settle()
    assert "谁来接?先到先得" in await card(doors, second)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "已好"})
    await doors.settle()
    assert any("无需前往" in text for text in await doors.texts(second))
    assert await doors.texts(first) == []


async def test_who_is_on_the_way_hears_that_nobody_needs_to_come(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "派给 技师郑")
    await doors.press("technician_v", "接单")
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "已好"})
    await doors.settle()
    assert "无需前往" in words_of(await doors.last("technician_v"))


async def test_a_job_goes_from_one_to_another_with_two_presses(doors: "Doors", cast: "Cast") -> None:
    await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "派给 技师郑")
    await doors.press("technician_v", "接单")
    await doors.press("dispatcher_v", "更多 …")
    await doors.press("dispatcher_v", "改派 …")
    assert not [label for label in await doors.labels("dispatcher_v") if label == "改派给 技师郑"]
    await doors.press("dispatcher_v", "改派给 技师冯")
    assert await states(cast) == {"技师郑": "withdrawn", "技师冯": "offered"}
    assert "您无需前往" in words_of(await doors.last("technician_v"))
    assert "另作安排" in await card(doors, "technician_v")
    assert "待您答复" in await card(doors, "technician_v2")
    await doors.press("technician_v2", "接单")
    assert (await states(cast))["技师冯"] == "accepted"
    await doors.press("dispatcher_v", "更多 …")
    await doors.press("dispatcher_v", "收回工单")
    assert (await states(cast))["技师冯"] == "withdrawn"
    assert "您无需前往" in words_of(await doors.last("technician_v2"))


async def test_a_dispatcher_hears_of_who_has_left_and_gives_the_work_at_the_device_to_another(
    doors: "Doors", cast: "Cast"
) -> None:
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "派给 技师郑")
    await doors.press("technician_v", "接单")
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    await cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id("technician_v"), "left": True})
    await doors.settle()
    listed = words_of(await doors.last("dispatcher_v"))
    assert "技师郑 已接此单，但其账号已停用或已离职" in listed
    await doors.press("dispatcher_v", "改派给 技师冯")
    assert await states(cast) == {"技师郑": "withdrawn", "技师冯": "offered"}


async def test_a_dispatcher_hears_of_an_illness_and_gives_the_job_to_another(doors: "Doors", cast: "Cast") -> None:
    await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "派给 技师郑")
    await doors.press("technician_v", "接单")
    moment = now()
    ill = {"kind": "sick", "starts_at": moment.isoformat(), "ends_at": (moment + timedelta(days=2)).isoformat()}
    await cast.run("technician_v", "dispatch.ask_absence", ill)
    await doors.settle()
    listed = words_of(await doors.last("dispatcher_v"))
    assert "技师郑 已接此单，但" in listed
    assert "请决定由谁前往" in listed
    await doors.press("dispatcher_v", "改派给 技师冯")
    assert await states(cast) == {"技师郑": "withdrawn", "技师冯": "offered"}


async def test_a_list_of_yesterday_takes_no_job_from_who_has_it_now(doors: "Doors", cast: "Cast") -> None:
    ticket = await reported(cast)
    await doors.settle()
    await doors.press("dispatcher_v", "派给 技师郑")
    await doors.press("technician_v", "接单")
    await doors.press("dispatcher_v", "更多 …")
    await doors.press("dispatcher_v", "改派 …")
    given = {"ticket": ticket, "technician": cast.member_id("technician_v2"), "reassign": True}
    await cast.run("dispatcher_v", "dispatch.offer_job", given)
    await cast.run("technician_v2", "dispatch.accept_job", {"ticket": ticket})
    await doors.settle()
    await doors.press("dispatcher_v", "谁来接?")
    assert await states(cast) == {"技师郑": "withdrawn", "技师冯": "accepted"}
    assert "技师冯" in words_of(await doors.last("dispatcher_v"))
