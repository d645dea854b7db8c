"""Asking across organisations over GraphQL: who asks waits for the outcome, and the other finds what it is asked."""

from typing import Any

from support.cast import Cast

ASK = """mutation($t: ID!, $o: ID!, $k: String) {
  askSubcontract(input: {ticket: $t, subcontractor: $o, reason: "需要厂家工装", idempotencyKey: $k}) {
    state subcontract { id state reason askedBy { name { en } } } ticket { number state } child { number } } }"""
ANSWER = """mutation($s: ID!, $ok: Boolean!) {
  answerSubcontract(input: {subcontract: $s, approved: $ok, reason: "好"}) {
    state subcontract { answer child { provider { name { en } } parent { number } } }
    child { state } ticket { state } } }"""
OPEN = "{ subcontracts(filter: {state: [ASKED]}) { nodes { id subcontractor { name { en } } ticket { number } } } }"
ERRANDS = "{ errands { nodes { command state refusal askedOf { name { en } } } } }"


async def test_a_provider_asks_and_the_hospital_consents(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    asked = (await portal.get("desk_v", ASK, t=ticket, o=cast.organisation_id("vendor_w"), k="k"))["askSubcontract"]
    assert (asked["state"], asked["subcontract"]["state"], asked["child"]) == ("asked", "ASKED", None)
    assert asked["subcontract"]["askedBy"]["name"]["en"] == "Vendor V"
    again = await portal.get("desk_v", ASK, t=ticket, o=cast.organisation_id("vendor_w"), k="k")
    assert again["askSubcontract"] == asked
    (waiting,) = (await portal.get("engineer_a", OPEN))["subcontracts"]["nodes"]
    assert waiting["subcontractor"]["name"]["en"] == "Vendor W"
    assert (await portal.get("engineer_b", OPEN))["subcontracts"]["nodes"] == []
    done = (await portal.get("engineer_a", ANSWER, s=waiting["id"], ok=True))["answerSubcontract"]
    assert (done["state"], done["ticket"]["state"], done["child"]["state"]) == ("approved", "WAITING", "TRIAGED")
    assert done["subcontract"]["child"]["provider"]["name"]["en"] == "Vendor W"
    seen = await portal.get(
        "desk_v", "query($t: ID!) { ticket(id: $t) { subcontracts { state answer child { state } } } }", t=ticket
    )
    assert seen["ticket"]["subcontracts"] == [{"state": "APPROVED", "answer": "好", "child": {"state": "TRIAGED"}}]


async def test_a_refusal_of_the_other_is_the_callers(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    for name in ("k1", "k2"):
        answer = await portal.ask("desk_v", ASK, t=ticket, o=cast.organisation_id("vendor_w"), k=name)
    assert answer.codes == ["subcontract_open"]
    assert "Withdraw it first" in answer.errors[0]["message"]
    (errand,) = (await portal.get("admin_v", ERRANDS))["errands"]["nodes"]
    assert errand == {
        "command": "tickets.file_subcontract",
        "state": "DONE",
        "refusal": None,
        "askedOf": {"name": {"en": "First Hospital"}},
    }
    assert (await portal.get("admin_a", ERRANDS))["errands"]["nodes"] == []


async def test_a_partner_reads_what_it_was_promised(portal: Any, cast: Cast) -> None:
    await portal.get(
        "engineer_a",
        """mutation($o: ID!) { upsertAgreement(input: {organisation: $o, part: SERVICE_PROVIDER, groups: ["people"],
          subcontracting: true}) { agreement { subcontracting } } }""",
        o=cast.organisation_id("vendor_v"),
    )
    await cast.drain()
    read = "{ receivedAgreements { nodes { giver { name { en } } part groups subcontracting } } }"
    assert (await portal.get("desk_v", read))["receivedAgreements"]["nodes"] == [
        {
            "giver": {"name": {"en": "First Hospital"}},
            "part": "SERVICE_PROVIDER",
            "groups": ["PROGRESS", "PEOPLE"],
            "subcontracting": True,
        }
    ]
    assert (await portal.get("engineer_a", read))["receivedAgreements"]["nodes"] == []


async def test_a_service_desk_opens_the_ticket_of_a_hospital_that_calls(portal: Any, cast: Cast) -> None:
    await portal.get(
        "engineer_a",
        """mutation($o: ID!) { upsertAgreement(input: {organisation: $o, part: SERVICE_PROVIDER, groups: ["people"]})
          { agreement { id } } }""",
        o=cast.organisation_id("vendor_v"),
    )
    call = """mutation($h: ID!, $d: String) { reportFaultFor(input: {hospital: $h, device: $d, symptom: "报警",
      callerName: "王护士", callerPhone: "138", callerWard: "三病区", useState: DOWN}) {
      number ticket { facility { name { en } } provider { name { en } }
        people { reporterName contactPhone callerWard } deviceCard { assetNumber } } } }"""
    made = await portal.get("desk_v", call, h=cast.organisation_id("hospital_a"), d="SB-0001")
    assert made["reportFaultFor"]["ticket"] == {
        "facility": {"name": {"en": "First Hospital"}},
        "provider": {"name": {"en": "Vendor V"}},
        "people": {"reporterName": "王护士", "contactPhone": "138", "callerWard": "三病区"},
        "deviceCard": {"assetNumber": "SB-0001"},
    }
    for device, hospital, code in (("SB-9", "hospital_a", "device_unknown"), ("SB-0001", "hospital_b", "not_found")):
        answer = await portal.ask("desk_v", call, h=cast.organisation_id(hospital), d=device)
        assert answer.codes == [code]
