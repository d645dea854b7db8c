"""Dispatch over GraphQL: the typed reasons of a suggestion, weights set by the organisation, a group that is asked."""

from typing import Any

SUGGESTION = """query($t: ID!) { ticket(id: $t) { suggestion {
  fit weightsVersion weights { criterion points } fallenOut { why technicians }
  candidates { technician name score minutes reasons { criterion value points } }
  excluded { technician name why value } } } }"""
SUGGEST = "mutation($t: ID!) { suggestTechnician(input: {ticket: $t}) { candidates best { name } } }"
OFFERS = """query($t: ID!) { ticket(id: $t) { state offers {
  technicianName asked round automatic state answerBy takenByName } } }"""
SET = "mutation($n: String!, $v: JSON) { setPolicy(input: {name: $n, value: $v}) { policies } }"


async def offers(portal: Any, ticket: str, who: str = "dispatcher_v") -> list[dict[str, Any]]:
    return list((await portal.get(who, OFFERS, t=ticket))["ticket"]["offers"])


async def do(portal: Any, who: str, mutation: str, ticket: str, rest: str = "") -> Any:
    document = f"mutation($t: ID!) {{ {mutation}(input: {{ticket: $t{rest}}}) {{ ticket {{ state }} }} }}"
    return (await portal.get(who, document, t=ticket))[mutation]["ticket"]["state"]


async def test_a_suggestion_tells_its_reasons_by_the_weights_that_were_set(portal: Any, cast: Any) -> None:
    await portal.get("admin_v", SET, n="matching", v={"travel": 2, "level": 0})
    ticket = await portal.report()
    await portal.get("dispatcher_v", SUGGEST, t=ticket)
    made = (await portal.get("dispatcher_v", SUGGESTION, t=ticket))["ticket"]["suggestion"]
    assert (made["fit"], made["excluded"], made["fallenOut"]) == (2, [], [])
    assert {"criterion": "TRAVEL", "points": 2} in made["weights"]
    best = made["candidates"][0]
    assert (best["technician"], best["name"]) == (cast.member_id("technician_v"), "技师郑")
    reasons = {reason["criterion"]: reason for reason in best["reasons"]}
    assert reasons["ON_SHIFT"] == {"criterion": "ON_SHIFT", "value": None, "points": None}
    assert reasons["LEVEL"] == {"criterion": "LEVEL", "value": "2", "points": 0}
    assert best["score"] == sum(reason["points"] or 0 for reason in best["reasons"])

    await portal.get("admin_v", SET, n="matching", v=None)
    await portal.get("dispatcher_v", SUGGEST, t=ticket)
    again = (await portal.get("dispatcher_v", SUGGESTION, t=ticket))["ticket"]["suggestion"]
    assert again["weightsVersion"] != made["weightsVersion"]


async def test_who_fell_out_is_told_with_why(portal: Any, cast: Any) -> None:
    given = {"member": cast.member_id("technician_v2"), "qualifications": []}
    await cast.run("dispatcher_v", "dispatch.upsert_technician", given)
    ticket = await portal.report()
    await portal.get("dispatcher_v", SUGGEST, t=ticket)
    made = (await portal.get("dispatcher_v", SUGGESTION, t=ticket))["ticket"]["suggestion"]
    (out,) = made["excluded"]
    assert (out["technician"], out["why"]) == (cast.member_id("technician_v2"), "QUALIFICATION_EXPIRED")
    assert made["fallenOut"] == [{"why": "QUALIFICATION_EXPIRED", "technicians": 1}]


async def test_weights_of_no_criterion_are_refused_by_name(portal: Any) -> None:
    answer = await portal.ask("admin_v", SET, n="matching", v={"beauty": 3})
    assert answer.codes == ["invalid_input"]
    answer = await portal.ask("admin_v", SET, n="auto_offer", v={"mode": "lottery"})
    assert answer.codes == ["invalid_input"]


async def test_a_group_is_asked_and_the_slower_one_reads_who_has_it(portal: Any, cast: Any) -> None:
    ticket = await portal.report()
    assert await do(portal, "dispatcher_v", "askGroup", ticket, ", minutes: 10") == "OFFERED"
    asked = await offers(portal, ticket)
    assert {(offer["asked"], offer["state"]) for offer in asked} == {("GROUP", "OFFERED")}
    assert len({offer["round"] for offer in asked}) == 1
    assert all(offer["answerBy"] for offer in asked)
    assert await do(portal, "technician_v2", "acceptJob", ticket) == "ACCEPTED"
    late = await portal.ask(
        "technician_v", "mutation($t: ID!) { acceptJob(input: {ticket: $t}) { ticket { state } } }", t=ticket
    )
    assert late.codes == ["already_accepted"]
    assert "技师冯" in late.errors[0]["message"]
    found = {offer["technicianName"]: (offer["state"], offer["takenByName"]) for offer in await offers(portal, ticket)}
    assert found == {"技师郑": ("TAKEN", "技师冯"), "技师冯": ("ACCEPTED", None)}


async def test_offers_are_the_providers_own(portal: Any) -> None:
    ticket = await portal.report()
    assert await do(portal, "dispatcher_v", "offerNext", ticket) == "OFFERED"
    assert [offer["automatic"] for offer in await offers(portal, ticket)] == [True]
    assert await offers(portal, ticket, "engineer_a") == []
    assert await do(portal, "dispatcher_v", "withdrawOffers", ticket) == "TRIAGED"
    assert [offer["state"] for offer in await offers(portal, ticket)] == ["WITHDRAWN"]
