"""SLA clocks over GraphQL: what they show now, explained, in one statement; calendars and new bases as mutations."""

from datetime import timedelta
from typing import Any

from mendline.kernel import frozen, now
from support.database import unchanged

CLOCKS = """query($id: ID!) { ticket(id: $id) {
  restorationDueAt clockEvents { nodes { seq clock kind minutes reason author { code } } }
  clocks { name state targetMinutes usedMinutes dueAt stoppedAt met provisional claimed warnedAt explain } } }"""


async def test_clocks_show_what_was_used_by_now_and_explain_it(portal: Any) -> None:
    ticket = await portal.report()
    for who, part in (("dispatcher_v", "offerJob"), ("technician_v", "acceptJob"), ("technician_v", "wait")):
        more = {"offerJob": f', technician: "{portal.cast.member_id("technician_v")}"', "wait": ", reason: ACCESS"}
        await portal.get(who, f'mutation {{ {part}(input: {{ticket: "{ticket}"{more.get(part, "")}}}) {{ number }} }}')
    for who in ("nurse_a", "technician_v"):
        data = (await portal.get(who, CLOCKS, id=ticket))["ticket"]
        clocks = {clock["name"]: clock for clock in data["clocks"]}
        assert {name: (c["state"], c["targetMinutes"]) for name, c in clocks.items()} == {
            "ARRIVAL": ("PAUSED", 240),
            "RESPONSE": ("STOPPED", 30),
            "RESTORATION": ("PAUSED", 1440),
        }
        assert (clocks["RESPONSE"]["met"], clocks["RESPONSE"]["usedMinutes"]) == (True, 0)
        assert data["restorationDueAt"] is None
        explained = clocks["RESTORATION"]["explain"]
        assert [(i["why"], i["counted"], i["reason"]) for i in explained] == [
            ("WORKING", True, ""),
            ("PAUSED", False, "access"),
        ]
        assert explained[1]["words"] == {
            "zh": "不计时：等待进入房间",
            "en": "not counted: waiting for access to the room",
        }
        assert [e["kind"] for e in data["clockEvents"]["nodes"]] == ["started"] * 3 + ["stopped", "paused"]


async def test_what_was_used_is_told_as_of_now(portal: Any) -> None:
    given = {"device": portal.cast.device_id("pump_a"), "symptom": "报警"}
    with frozen(now() - timedelta(hours=3)):
        ticket = (await portal.cast.run("nurse_a", "tickets.report", given)).ticket
    await portal.token("engineer_a")
    async with unchanged():
        shown = (await portal.get("engineer_a", CLOCKS, id=ticket))["ticket"]["clocks"]
    assert {clock["usedMinutes"] for clock in shown} == {180}
    assert {sum(i["seconds"] for i in clock["explain"] if i["counted"]) // 60 for clock in shown} == {180}


async def test_the_hospital_agrees_to_a_new_base_and_nobody_else(portal: Any) -> None:
    ticket = await portal.report()
    document = """mutation($t: ID!, $c: ClockName) { rebaseClock(input:
      {ticket: $t, clock: $c, reason: "与科室商定", minutes: 90})
      { ticket { version clocks { name targetMinutes } audit(last: 1) { nodes { command facts } } } } }"""
    for who in ("nurse_a", "dispatcher_v", "engineer_b"):
        await portal.token(who)
    async with unchanged():
        for who, code in (("nurse_a", "forbidden"), ("dispatcher_v", "forbidden"), ("engineer_b", "not_found")):
            assert (await portal.ask(who, document, t=ticket)).codes == [code]
    changed = (await portal.get("engineer_a", document, t=ticket, c="ARRIVAL"))["rebaseClock"]["ticket"]
    assert {c["name"]: c["targetMinutes"] for c in changed["clocks"]}["ARRIVAL"] == 90
    assert changed["audit"]["nodes"][0]["facts"] == {"clocks": ["arrival"], "reason": "与科室商定"}


async def test_a_calendar_and_a_contract_by_priority(portal: Any) -> None:
    made = await portal.get(
        "engineer_a",
        """mutation { upsertCalendar(input: {code: "night", name: {zh: "夜班"}, zone: "Asia/Shanghai", country: "CN",
          hours: [{days: [1, 2, 3, 4, 5], begins: "20:00", ends: "06:00"}], closed: ["2026-12-24"]})
          { calendar { id code zone hours { days begins ends } breaks { days } closed version } } }""",
    )
    calendar = made["upsertCalendar"]["calendar"]
    assert calendar["hours"] == [{"days": [1, 2, 3, 4, 5], "begins": "20:00", "ends": "06:00"}]
    assert (calendar["closed"], calendar["breaks"], calendar["version"]) == (["2026-12-24"], [], 1)
    contract = await portal.get(
        "engineer_a",
        """mutation($p: ID!, $c: ID!) { upsertContract(input: {title: "夜间", provider: $p, startsOn: "2026-01-01",
          endsOn: "2027-01-01", serviceLevel: {response: 60}, byPriority: [{priority: 1, response: 15}], calendar: $c})
          { contract { serviceLevel calendar { code } } } }""",
        p=portal.cast.organisation_id("vendor_v"),
        c=calendar["id"],
    )
    assert contract["upsertContract"]["contract"] == {
        "serviceLevel": {"response": 60, "1": {"response": 15}},
        "calendar": {"code": "night"},
    }
    listed = await portal.get("engineer_a", "{ calendars(first: 5) { nodes { code always } } }")
    assert listed["calendars"]["nodes"] == [{"code": "night", "always": False}]
    assert (await portal.get("engineer_b", "{ calendars { nodes { code } } }"))["calendars"]["nodes"] == []
