"""People and duty over GraphQL: kept, listed and reckoned; why somebody is away is for who keeps the files."""

from datetime import datetime, timedelta
from typing import Any

from mendline.kernel import now
from support.cast import Cast

BEGINS = (now() + timedelta(days=2)).replace(microsecond=0)


async def test_an_absence_is_asked_listed_and_reckoned(portal: Any, cast: Cast) -> None:
    ask = """mutation($from: DateTime!, $to: DateTime!) {
      askAbsence(input: {kind: SICK, startsAt: $from, endsAt: $to, reason: "家事"}) {
        state absence { id startsAt } } }"""
    span = {"from": BEGINS.isoformat(), "to": (BEGINS + timedelta(hours=3)).isoformat()}
    made = await portal.get("technician_v", ask, **span)
    assert made["askAbsence"]["state"] == "approved"
    listed = "{ absences(filter: {state: [APPROVED]}) { nodes { state member { name } %s } } }"
    mine = await portal.get("technician_v", "{ myAbsences { nodes { kind reason } } }")
    assert mine == {"myAbsences": {"nodes": [{"kind": "SICK", "reason": "家事"}]}}
    seen = await portal.get("dispatcher_v", listed % "kind reason")
    expected = {"state": "APPROVED", "member": {"name": "技师郑"}, "kind": "SICK", "reason": "家事"}
    assert seen["absences"]["nodes"] == [expected]
    refused = await portal.ask("technician_v2", listed % "reason")
    assert refused.codes == ["forbidden"]
    assert refused.data["absences"]["nodes"] == [{"state": "APPROVED", "member": {"name": "技师郑"}, "reason": None}]
    assert (await portal.get("dispatcher_w", listed % "reason"))["absences"]["nodes"] == []
    document = """query($id: ID!) { technician(member: $id) {
      available shiftPeriods { nodes { validFrom } } territories { territory { code } } busyElsewhere { spans } } }"""
    found = await portal.get("dispatcher_v", document, id=cast.member_id("technician_v"))
    moments = [[datetime.fromisoformat(moment) for moment in span] for span in found["technician"]["available"]]
    assert [moments[0][1], moments[1][0]] == [BEGINS, BEGINS + timedelta(hours=3)]
    assert moments[-1][1] - now() < timedelta(days=14)


async def test_a_rota_says_who_is_on_duty_and_what_is_handed_over(portal: Any, cast: Cast) -> None:
    put = """mutation($start: Date!, $person: ID!, $place: ID) { putRota(input: {
      code: "W3", name: {zh: "三病区值班"}, kind: UNIT,
      zone: "Asia/Shanghai", startsOn: $start, cycleDays: 1, place: $place,
      handovers: [{day: 0, at: "08:00", members: [$person]}]}) { covered rota { id } } }"""
    start = (now() - timedelta(days=3)).date().isoformat()
    given = {"start": start, "person": cast.member_id("nurse_a"), "place": cast.place_id("ward_a")}
    made = await portal.get("manager_a", put, **given)
    assert made["putRota"]["covered"]
    document = """{ dutyRotas(filter: {kind: [UNIT]}) {
      nodes { id code handovers onDuty turns place { kind } covers { nodes { level } } } } }"""
    (found,) = (await portal.get("nurse_a", document))["dutyRotas"]["nodes"]
    nurse = {"id": cast.member_id("nurse_a"), "name": "王护士"}
    assert found["handovers"] == [{"day": 0, "at": "08:00", "members": [cast.member_id("nurse_a")]}]
    assert found["onDuty"]["members"] == [nurse]
    assert datetime.fromisoformat(found["onDuty"]["begins"]) <= now() < datetime.fromisoformat(found["onDuty"]["ends"])
    assert len(found["turns"]) == 15
    assert all(turn["members"] == [nurse] for turn in found["turns"])
    for device in ("pump_a", "monitor_a"):
        await cast.run("nurse_a", "tickets.report", {"device": cast.device_id(device), "symptom": "报警"})
    handover = "query($id: ID!) { handover(filter: {rota: $id}) { totalCount nodes { number events { command } } } }"
    listed = (await portal.get("nurse_a", handover, id=found["id"]))["handover"]
    assert listed["totalCount"] == 2
    assert {node["events"][0]["command"] for node in listed["nodes"]} == {"tickets.report"}
    assert (await portal.get("engineer_b", handover, id=found["id"]))["handover"]["totalCount"] == 0
    assert (await portal.get("dispatcher_v", handover, id=found["id"]))["handover"]["totalCount"] == 0


async def test_a_territory_and_its_people(portal: Any, cast: Cast) -> None:
    put = """mutation($person: ID!) { putTerritory(input: {code: "E", name: {zh: "东区"}, technicians: [$person],
      areas: [{centre: [31.2, 121.5], radiusKm: 30}]}) {
        territory { code areas { centre radiusKm } technicians { member { name } } } } }"""
    made = await portal.get("dispatcher_v", put, person=cast.member_id("technician_v"))
    assert made["putTerritory"]["territory"] == {
        "code": "E",
        "areas": [{"centre": [31.2, 121.5], "radiusKm": 30}],
        "technicians": [{"member": {"name": "技师郑"}}],
    }
