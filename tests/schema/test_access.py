"""Who may read what: roles mask field groups, organisations see their own, strangers see nothing."""

from typing import Any

from mendline.kernel import new_id, opaque
from support.cast import Cast

TICKET = """query($id: ID!) { ticket(id: $id) { number
  people { contactName } clinical { symptom } commercial { entitlement } vigilance { suspected } } }"""


async def test_a_role_without_the_permission_gets_null_and_one_error_for_each_field(portal: Any) -> None:
    ticket_id = await portal.report()
    answer = await portal.ask("nurse_a", TICKET, id=ticket_id)
    assert answer.data["ticket"]["clinical"] == {"symptom": "报警,停机"}
    assert (answer.data["ticket"]["commercial"], answer.data["ticket"]["vigilance"]) == (None, None)
    assert answer.codes == ["forbidden", "forbidden"]
    assert [error["path"] for error in answer.errors] == [["ticket", "commercial"], ["ticket", "vigilance"]]
    assert answer.errors[0]["extensions"]["facts"]["field"] == "Ticket.commercial"
    assert "commercial details" in answer.errors[0]["message"]


async def test_one_error_for_a_field_of_many_rows(portal: Any) -> None:
    for _ in range(3):
        await portal.report()
    answer = await portal.ask(
        "analyst_m", "{ worklist { nodes { number symptom ticket { people { contactName } } } } }"
    )
    assert answer.codes == ["forbidden", "forbidden"]


async def test_a_group_that_is_not_shared_is_null_and_said_to_be_withheld(portal: Any, cast: Cast) -> None:
    ticket_id = await portal.report()
    maker = cast.organisation_id("manufacturer_m")
    await cast.run(
        "engineer_a",
        "tickets.share",
        {"ticket": ticket_id, "organisation": maker, "part": "manufacturer", "groups": ["quality"]},
    )
    seen = await portal.ask(
        "admin_m", "query($id: ID!) { ticket(id: $id) { number withheld people { contactName } } }", id=ticket_id
    )
    assert seen.data["ticket"]["people"] is None
    assert seen.data["ticket"]["withheld"] == ["PEOPLE", "CLINICAL", "COMMERCIAL", "MESSAGES", "VIGILANCE"]
    assert seen.data["ticket"]["number"]
    assert not seen.errors


async def test_another_organisations_ids_are_not_found(portal: Any, cast: Cast) -> None:
    hidden = await portal.report()
    missing = opaque("tk", cast["hospital_a"], new_id())
    asked = """query($t: ID!, $d: ID!, $m: ID!, $p: ID!) { ticket(id: $t) { number } device(id: $d) { serial }
      member(id: $m) { name } place(id: $p) { id } a: node(id: $t) { id } b: node(id: $d) { id }
      worklist { totalCount nodes { number } } members { nodes { login } } }"""
    for who in ("engineer_b", "dispatcher_w"):
        for ticket_id in (hidden, missing):
            data = await portal.get(
                who,
                asked,
                t=ticket_id,
                d=cast.device_id("pump_a"),
                m=cast.member_id("nurse_a"),
                p=cast.place_id("ward_a"),
            )
            assert [data[name] for name in ("ticket", "device", "member", "place", "a", "b")] == [None] * 6
            assert data["worklist"] == {"totalCount": 0, "nodes": []}
            assert all(member["login"].endswith(who[-2:]) for member in data["members"]["nodes"])
    change = 'mutation($t: ID!) { comment(input: {ticket: $t, body: "x"}) { number } }'
    answers = [await portal.ask("engineer_b", change, t=ticket_id) for ticket_id in (hidden, missing)]
    assert [a.codes for a in answers] == [["not_found"], ["not_found"]]
    assert answers[0].errors == answers[1].errors


async def test_names_cross_no_border_in_the_audit(portal: Any) -> None:
    ticket_id = await portal.report()
    audit = "query($id: ID!) { ticket(id: $id) { audit { nodes { actorName actorRole command } } } }"
    own = await portal.get("engineer_a", audit, id=ticket_id)
    theirs = await portal.get("dispatcher_v", audit, id=ticket_id)
    assert own["ticket"]["audit"]["nodes"] == [
        {"actorName": "王护士", "actorRole": "reporter", "command": "tickets.report"}
    ]
    assert theirs["ticket"]["audit"]["nodes"][0] == {
        "actorName": "reporter",
        "actorRole": "reporter",
        "command": "tickets.report",
    }


async def test_strangers(portal: Any) -> None:
    answer = await portal.ask(None, "{ me { name } }")
    assert (answer.data, answer.codes) == (None, ["unauthenticated"])
    assert set((await portal.ask(None, "{ __schema { queryType { name } } }")).codes) == {"introspection_refused"}
    known, stranger = [await portal.ask(who, "{ worklst { totalCount } }") for who in ("nurse_a", None)]
    assert "Did you mean" in known.errors[0]["message"]
    assert "Did you mean" not in stranger.errors[0]["message"]
    response = await portal.client.post(
        "/graphql", json={"query": "{ me { name } }"}, headers={"authorization": "Bearer x"}
    )
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "unauthenticated"


async def test_login_refresh_logout(portal: Any, cast: Cast) -> None:
    await cast.run(
        "admin_a", "tenants.set_password", {"member": cast.member_id("nurse_a"), "password": "correct horse"}
    )
    enter = """mutation($i: LoginInput!) { login(input: $i) { accessToken refreshToken expiresIn member { name } } }"""
    who = {"organisation": cast.codes["hospital_a"], "login": "nurse_a", "password": "correct horse"}
    opened = (await portal.ask(None, enter, i=who)).data["login"]
    assert opened["member"] == {"name": "王护士"}
    portal.tokens["nurse_a"] = opened["accessToken"]
    assert (await portal.get("nurse_a", "{ me { member { login } } }"))["me"] == {"member": {"login": "nurse_a"}}
    again = "mutation($t: String!) { refresh(input: {refreshToken: $t}) { accessToken } }"
    assert (await portal.ask(None, again, t=opened["refreshToken"])).data["refresh"]["accessToken"]
    assert (await portal.ask("nurse_a", "mutation { logout(input: {}) { done } }")).data == {"logout": {"done": True}}
    assert (await portal.ask("nurse_a", "{ me { name } }")).codes == ["session_ended"]
    wrong = await portal.ask(None, enter, i={**who, "password": "wrong"})
    assert (wrong.data, wrong.codes) == ({"login": None}, ["wrong_login"])


async def test_an_api_key(portal: Any) -> None:
    made = await portal.get(
        "admin_m",
        'mutation { createApiKey(input: {name: "portal", scopes: ["read.progress"]}) { secret key { name } } }',
    )
    assert made["createApiKey"]["key"] == {"name": "portal"}
    portal.tokens["key"] = made["createApiKey"]["secret"]
    answer = await portal.ask("key", "{ me { kind permissions } worklist { totalCount } members { totalCount } }")
    assert answer.data["me"] == {"kind": "api_key", "permissions": ["read.progress"]}
    assert (answer.data["worklist"], answer.data["members"], answer.codes) == ({"totalCount": 0}, None, ["forbidden"])
