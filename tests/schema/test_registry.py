"""The registry over GraphQL: a unit with its history, parts, loans and documents, each question one statement."""

from datetime import timedelta
from typing import Any

from mendline.kernel import now
from support.database import unchanged

UNIT = """query($n: String!) { device(assetNumber: $n) {
  id assetNumber state pool mandatoryVerification verificationDueAt
  owningDepartment { name { en } } usingDepartment { name { en } } owner { code }
  parent { assetNumber } belongsAs belongings { assetNumber belongsAs }
  mergedInto { assetNumber } duplicates { assetNumber mergedInto { assetNumber } }
  loan { ticketNumber place { name { en } } } loans { totalCount }
  fittedParts { nodes { partNumber lot removedAt fittedFor { number } } }
  documents { documentKind number inForce }
  history { totalCount }
  timeline(order: ASC) { nodes { happened facts actorName ticket { number } } } } }"""


async def do(portal: Any, who: str, mutation: str, given: str, answer: str = "device { id version }") -> Any:
    data = await portal.get(who, f"mutation {{ {mutation}(input: {{{given}}}) {{ {answer} }} }}")
    return data[mutation]


async def test_a_unit_tells_all_that_happened_to_it(portal: Any) -> None:
    pump, rack = portal.cast.device_id("pump_a"), portal.cast.device_id("monitor_a")
    spare, ward = portal.cast.device_id("pump_a2"), portal.cast.place_id("ward_a")
    ticket = await portal.report()
    await do(portal, "engineer_a", "setDepartments", f'device: "{pump}", owning: "{ward}", using: "{ward}"')
    await do(portal, "engineer_a", "attachDevice", f'device: "{pump}", parent: "{rack}", belongsAs: ACCESSORY')
    fitted = f'device: "{pump}", partNumber: "BAT-1", lot: "L5", ticket: "{ticket}"'
    await do(portal, "engineer_a", "fitPart", fitted, "part { id lot device { assetNumber } }")
    await do(portal, "engineer_a", "changeSoftware", f'device: "{pump}", softwareVersion: "2.1"')
    await do(portal, "engineer_a", "setPool", f'device: "{spare}", pool: SPARE')
    await do(portal, "engineer_a", "lendDevice", f'device: "{spare}", ticket: "{ticket}"')
    ends = (now() + timedelta(days=20)).date().isoformat()
    certificate = f'kind: VERIFICATION_CERTIFICATE, number: "V-1", device: "{pump}", expiresOn: "{ends}"'
    await do(portal, "engineer_a", "upsertDocument", certificate, "document { id endsAt }")
    told = (await portal.get("engineer_a", UNIT, n="SB-0001"))["device"]
    assert [line["happened"] for line in told["timeline"]["nodes"]] == [
        *("TICKET", "STATE", "DEPARTMENTS", "ATTACHED", "PART_FITTED", "SOFTWARE", "DOCUMENT"),
    ]
    assert told["timeline"]["nodes"][4]["ticket"]["number"] == told["fittedParts"]["nodes"][0]["fittedFor"]["number"]
    assert told["timeline"]["nodes"][2]["facts"]["owning"]["to"]["en"] == "Main campus, Ward 3"
    assert (told["parent"]["assetNumber"], told["belongsAs"]) == ("SB-0100", "ACCESSORY")
    assert told["verificationDueAt"] is not None
    lent = (await portal.get("engineer_a", UNIT, n="SB-0002"))["device"]
    assert (lent["pool"], lent["loans"]["totalCount"]) == ("SPARE", 1)
    loans = "query($t: ID!) { ticket(id: $t) { loans { assetNumber pool returnedAt lender { code } } } }"
    (shown,) = (await portal.get("dispatcher_v", loans, t=ticket))["ticket"]["loans"]
    assert (shown["assetNumber"], shown["pool"], shown["returnedAt"]) == ("SB-0002", "SPARE", None)


async def test_a_duplicates_numbers_and_history_are_the_units(portal: Any) -> None:
    pump, other = portal.cast.device_id("pump_a"), portal.cast.device_id("pump_a2")
    await portal.report(device="pump_a2")
    await do(portal, "engineer_a", "mergeDevices", f'device: "{pump}", duplicate: "{other}", reason: "重复"')
    told = (await portal.get("engineer_a", UNIT, n="SB-0002"))["device"]
    assert (told["assetNumber"], told["state"], told["history"]["totalCount"]) == ("SB-0001", "OUT_OF_SERVICE", 1)
    assert told["duplicates"] == [{"assetNumber": "SB-0002", "mergedInto": {"assetNumber": "SB-0001"}}]
    assert [line["happened"] for line in told["timeline"]["nodes"]] == ["TICKET", "STATE", "MERGED", "MERGED", "STATE"]
    by_serial = '{ device(code: "SN: SN1002") { assetNumber } }'
    assert (await portal.get("engineer_a", by_serial))["device"]["assetNumber"] == "SB-0001"
    record = "query($i: ID!) { device(id: $i) { assetNumber state mergedInto { assetNumber } } }"
    kept = (await portal.get("engineer_a", record, i=other))["device"]
    assert kept == {"assetNumber": "SB-0002", "state": "RETIRED", "mergedInto": {"assetNumber": "SB-0001"}}


async def test_what_ends_before_a_day_and_what_can_be_lent(portal: Any) -> None:
    pump = portal.cast.device_id("pump_a")
    for number, days in (("A", 400), ("B", 40), ("C", 90)):
        ends = (now() + timedelta(days=days)).date().isoformat()
        given = f'kind: AUTHORISATION, number: "{number}", device: "{pump}", expiresOn: "{ends}"'
        await do(portal, "engineer_a", "upsertDocument", given, "document { id }")
    vendor = portal.cast.organisation_id("vendor_v")
    given = f'kind: BUSINESS_LICENCE, number: "D", organisation: "{vendor}"'
    await do(portal, "engineer_a", "upsertDocument", given, "document { id organisation { code } }")
    document = """query($d: DateTime) { documents(filter: {endsBefore: $d}) { nodes { number } }
      all: documents { nodes { number } } }"""
    data = await portal.get("engineer_a", document, d=(now() + timedelta(days=100)).isoformat())
    assert [node["number"] for node in data["documents"]["nodes"]] == ["B", "C"]
    assert [node["number"] for node in data["all"]["nodes"]] == ["B", "C", "A", "D"]
    await do(portal, "engineer_a", "setPool", f'device: "{pump}", pool: SPARE')
    asked = (
        "{ a: devices(filter: {available: true}) { totalCount } b: devices(filter: {available: false}) { totalCount } }"
    )
    assert await portal.get("nurse_a", asked) == {"a": {"totalCount": 1}, "b": {"totalCount": 0}}
    await portal.token("engineer_b")
    async with unchanged():
        assert (await portal.get("engineer_b", document))["all"]["nodes"] == []
