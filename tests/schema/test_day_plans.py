"""Day plans over GraphQL: asked for, seen with both pictures, changed by hand and published; everybody's own alone."""

from typing import Any
from xml.etree import ElementTree

from mendline.kernel import opaque
from support.database import unchanged
from support.vendors_day import vendors_day

PLANS = """query { dayPlans(first: 2, filter: {day: "2026-12-08"}) { totalCount nodes {
  id day edition state cause distances fallback figures { served unserved late moved solver travel homeless }
  unserved { ticket number why } moves { number before { name beginsAt } after { name technician beginsAt } }
  mapSvg timelineSvg
  stops(first: 100) { nodes { id kind progress sequence number late locked windows travelSeconds beginsAt dueAt
    place { zh en text } technicianName technician { id name } ticket { id number } } } } } }"""
MINE = "query { myStops { totalCount nodes { number beginsAt technicianName } } }"


async def test_a_plan_is_read_changed_and_published(portal: Any) -> None:
    day = await vendors_day(portal.cast, offer=False)
    plan = await day.planned()
    data = (await portal.get("dispatcher_v", PLANS))["dayPlans"]
    assert data["totalCount"] == 1
    (shown,) = data["nodes"]
    assert (shown["day"], shown["edition"], shown["state"], shown["cause"]) == ("2026-12-08", 1, "PROPOSED", "ASKED")
    assert shown["figures"]["served"] == 12
    visits = [stop for stop in shown["stops"]["nodes"] if stop["kind"] == "VISIT"]
    assert {stop["ticket"]["id"] for stop in visits} == set(day.tickets)
    assert all(stop["ticket"]["number"] == stop["number"] for stop in visits)
    assert all(stop["place"]["zh"].startswith("第一医院") for stop in visits)
    for picture in ("mapSvg", "timelineSvg"):
        told = " ".join(e.text or "" for e in ElementTree.fromstring(shown[picture]).iter())
        assert "First Hospital" in told and "苗工" in told, "in the reader's language"
    assert (await portal.get("technician_v", MINE))["myStops"]["totalCount"] == 0, "nothing is published yet"
    stop = visits[0]["id"]
    done = await portal.get(
        "dispatcher_v", "mutation($s: ID!) { lockVisit(input: {stop: $s}) { plan { state } } }", s=stop
    )
    assert done["lockVisit"]["plan"]["state"] == "PROPOSED"
    publish = "mutation($p: ID!) { publishDayPlan(input: {plan: $p}) { state edition plan { state publishedAt } } }"
    done = await portal.get("dispatcher_v", publish, p=shown["id"])
    assert done["publishDayPlan"]["plan"]["state"] == "PUBLISHED"
    mine = (await portal.get("technician_v", MINE))["myStops"]
    own = [s for s in await day.stops(plan) if s.technician_id == day.technicians["technician_v"]]
    assert {node["number"] for node in mine["nodes"]} >= {s.number for s in own}
    assert {node["technicianName"] for node in mine["nodes"]} == {own[0].technician_name}


async def test_plans_are_the_dispatchers_and_the_providers_alone(portal: Any) -> None:
    day = await vendors_day(portal.cast)
    plan = await day.planned()
    named = opaque("dp", day.vendor, plan.id)
    one = "query($p: ID!) { dayPlan(id: $p) { state mapSvg } node(id: $p) { id } }"
    for who in ("dispatcher_w", "engineer_a"):
        assert (await portal.get(who, one, p=named)) == {"dayPlan": None, "node": None}
    for who in ("technician_v", "nurse_a", "dispatcher_w"):
        await portal.token(who)
    publish = "mutation($p: ID!) { publishDayPlan(input: {plan: $p}) { state } }"
    async with unchanged():
        for who, code in (("technician_v", "forbidden"), ("nurse_a", "forbidden"), ("dispatcher_w", "not_found")):
            answer = await portal.ask(who, publish, p=named)
            assert answer.codes[0] == code, who


async def test_a_policy_is_checked_before_it_is_kept(portal: Any) -> None:
    document = 'mutation($v: JSON!) { setPolicy(input: {name: "dispatch.day_plan", value: $v}) { policies } }'
    await portal.token("admin_v")
    async with unchanged():
        for wrong in ({"seconds": 0}, {"publish": "never"}, {"lunch": {"earliest": "14:00"}}, {"nonsense": 1}):
            answer = await portal.ask("admin_v", document, v=wrong)
            assert answer.codes[0] == "invalid_input", wrong
    kept = (await portal.get("admin_v", document, v={"seconds": 3, "lunch": None}))["setPolicy"]["policies"]
    assert kept["dispatch.day_plan"]["seconds"] == 3
