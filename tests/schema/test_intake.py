"""Intake over GraphQL: what is known of a device, why tickets are alike, and money beyond 32 bits."""

from datetime import timedelta

from mendline.kernel import now

REPORT = """mutation($device: ID!, $text: String!) {
  reportFault(input: {device: $device, symptom: $text, faultCode: "ALM"}) {
  ticket { id number commercial { entitlement misuse quotationNeeded reason { zh } }
    device { lastRepair openTickets { nodes { number } } }
    possibleDuplicates { kind score alike days words reasons { input points } ticket { number } }
    repeats { kind } } } }"""

QUOTE = """mutation($ticket: ID!, $until: DateTime!, $amount: MinorUnits!) {
  quote(input: {ticket: $ticket, currency: "CNY", validUntil: $until, lines: [{text: "磁体", unitAmount: $amount}]}) {
    quotation { id amount state lines { text quantity unitAmount } validUntil author { code } }
    outcome ticket { state } } }"""

ANSWER = """mutation($quotation: ID!) { answerQuotation(input: {quotation: $quotation, approved: true}) {
  outcome ticket { state quotations { revision state outcome { outcome author { code } } } } } }"""


async def test_a_report_is_answered_with_all_that_is_known(portal, cast):
    given = {"device": cast.device_id("pump_a"), "text": "泵报警停机"}
    refused = await portal.ask("nurse_a", REPORT, **given)
    assert refused.codes == ["forbidden"], "a ward is told no more of who pays than its card says"
    first = refused.data["reportFault"]["ticket"]
    second = (await portal.get("engineer_a", REPORT, **given | {"text": "报警,停机"}))["reportFault"]["ticket"]
    assert second["commercial"]["entitlement"] == "CONTRACT" and not second["commercial"]["quotationNeeded"]
    assert {open_["number"] for open_ in second["device"]["openTickets"]["nodes"]} == {
        first["number"],
        second["number"],
    }
    (alike,) = second["possibleDuplicates"]
    assert (alike["kind"], alike["ticket"]["number"]) == ("DUPLICATE", first["number"])
    assert alike["score"] == sum(reason["points"] for reason in alike["reasons"])
    assert alike["words"] and second["repeats"] == []


async def test_an_amount_beyond_32_bits_goes_and_comes_whole(portal, cast):
    given = {"device": cast.device_id("pump_a"), "text": "报警"}
    ticket = (await portal.get("engineer_a", REPORT, **given))["reportFault"]["ticket"]["id"]
    until = (now() + timedelta(days=3)).isoformat()
    made = (await portal.get("desk_v", QUOTE, ticket=ticket, until=until, amount=9_876_543_210))["quote"]
    assert made["quotation"]["amount"] == 9_876_543_210
    assert made["quotation"]["lines"] == [{"text": "磁体", "quantity": 1, "unitAmount": 9_876_543_210}]
    assert (made["outcome"], made["quotation"]["state"], made["ticket"]["state"]) == ("open", "OPEN", "QUOTATION")
    answered = (await portal.get("engineer_a", ANSWER, quotation=made["quotation"]["id"]))["answerQuotation"]
    assert answered["ticket"]["state"] == "TRIAGED"
    (kept,) = answered["ticket"]["quotations"]
    assert (kept["state"], kept["outcome"]["author"]["code"]) == ("APPROVED", cast.codes["hospital_a"])


async def test_an_amount_that_is_none_is_refused(portal, cast):
    ticket = await portal.report()
    until = (now() + timedelta(days=3)).isoformat()
    for amount in (1.5, "12", True, 10**16, None):
        answer = await portal.ask("desk_v", QUOTE, ticket=ticket, until=until, amount=amount)
        assert answer.errors and not (answer.data or {}).get("quote"), amount
