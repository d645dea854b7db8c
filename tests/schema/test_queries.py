"""Compiled queries: what GraphQL allows in a document, answered from one statement."""

from typing import Any

import pytest

from support.cast import Cast
from support.database import look

TICKET = "query($id: ID!) { ticket(id: $id) { number state phase version people { contactName } } }"


async def test_a_ticket_is_its_rows(portal: Any, cast: Cast) -> None:
    ticket_id = await portal.report()
    data = await portal.get(
        "engineer_a",
        """query($id: ID!) { ticket(id: $id) {
          id number kind state phase version priority openedAt deviceCard { assetNumber name { zh en text } }
          people { contactName contactPhone location { zh } } clinical { symptom useState isolation }
          commercial { entitlement reason { en } contract { title provider { code } } }
          participants { part groups organisation { code } }
          facility { code } provider { code } device { assetNumber place { name { en } parent { name { en } } } }
        } }""",
        id=ticket_id,
    )
    [row] = await look("SELECT * FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    [people] = await look("SELECT * FROM ticket_people WHERE tenant_id = $1", cast["hospital_a"])
    ticket = data["ticket"]
    assert ticket["id"] == ticket_id
    assert (ticket["number"], ticket["version"], ticket["priority"]) == (row["number"], row["version"], row["priority"])
    assert (ticket["kind"], ticket["state"], ticket["phase"]) == ("FAULT", row["state"].upper(), row["phase"].upper())
    assert ticket["people"] == {
        "contactName": people["contact_name"],
        "contactPhone": people["contact_phone"],
        "location": {"zh": people["location"]["zh"]},
    }
    assert ticket["clinical"] == {"symptom": "报警,停机", "useState": "DOWN", "isolation": False}
    name = {"zh": "输液泵", "en": "Infusion pump", "text": "Infusion pump"}
    assert ticket["deviceCard"] == {"assetNumber": "SB-0001", "name": name}
    assert ticket["commercial"]["contract"]["provider"]["code"] == cast.codes["vendor_v"]
    assert [p["part"] for p in ticket["participants"]] == ["USER_FACILITY", "SERVICE_PROVIDER"]
    assert "PROGRESS" in ticket["participants"][1]["groups"]
    assert ticket["device"]["place"] == {"name": {"en": "Ward 3"}, "parent": {"name": {"en": "Main campus"}}}


async def test_fragments_aliases_directives_and_variables(portal: Any) -> None:
    ticket_id = await portal.report()
    document = """
      query Q($id: ID!, $full: Boolean = false, $brief: Boolean!) {
        a: ticket(id: $id) { ...Card people @include(if: $full) { contactName } state @skip(if: $brief) }
        b: ticket(id: $id) { ...Card ... on Ticket { clinical { __typename } } ... on Node { id } }
        ...Root
      }
      fragment Card on Ticket { nr: number deviceCard { name { zh } } deviceCard { name { en } } __typename }
      fragment Root on Query { me { organisation { __typename } } __typename }
    """
    brief = await portal.get("nurse_a", document, id=ticket_id, brief=True)
    assert set(brief["a"]) == {"nr", "deviceCard", "__typename"}
    assert brief["a"]["deviceCard"] == {"name": {"zh": "输液泵", "en": "Infusion pump"}}
    assert brief["b"] == {**brief["a"], "clinical": {"__typename": "TicketClinical"}, "id": ticket_id}
    assert brief["me"] == {"organisation": {"__typename": "Organisation"}}
    assert brief["__typename"] == "Query"
    full = await portal.get("nurse_a", document, id=ticket_id, brief=False, full=True)
    assert list(full["a"]) == ["nr", "deviceCard", "__typename", "people", "state"]


async def test_node_finds_anything_by_its_id(portal: Any, cast: Cast) -> None:
    ticket_id = await portal.report()
    document = (
        "query($id: ID!) { node(id: $id) { __typename id ... on Ticket { number } ... on Device { assetNumber } } }"
    )
    assert (await portal.get("nurse_a", document, id=ticket_id))["node"]["__typename"] == "Ticket"
    device = await portal.get("nurse_a", document, id=cast.device_id("pump_a"))
    assert device["node"] == {"__typename": "Device", "id": cast.device_id("pump_a"), "assetNumber": "SB-0001"}
    assert await portal.get("nurse_a", document, id="zz_nothing") == {"node": None}


async def test_introspection_beside_data(portal: Any) -> None:
    data = await portal.get("nurse_a", "{ __schema { queryType { name } } me { name } }")
    assert data == {"__schema": {"queryType": {"name": "Query"}}, "me": {"name": "王护士"}}


async def test_devices_by_asset_number_code_and_history(portal: Any, cast: Cast) -> None:
    ticket_id = await portal.report()
    document = """query($code: String!) { device(code: $code) {
      id history { totalCount nodes { id } } model { deviceIdentifier function } } }"""
    for code in ("SB-0001", "(01)06921234567890(21)SN1001"):
        data = await portal.get("engineer_a", document, code=code)
        if code.startswith("(") and data["device"] is None:
            pytest.fail("the label's code finds the unit")
        assert data["device"]["id"] == cast.device_id("pump_a")
        assert data["device"]["history"] == {"totalCount": 1, "nodes": [{"id": ticket_id}]}
    assert await portal.get("engineer_a", document, code="???") == {"device": None}
    document = "query($number: String!) { device(assetNumber: $number) { id } }"
    assert await portal.get("engineer_a", document, number="SB-0001") == {"device": {"id": cast.device_id("pump_a")}}
    assert await portal.get("engineer_b", document, number="SB-0001") == {"device": None}


async def test_a_wrong_check_digit_is_told_in_words(portal: Any) -> None:
    answer = await portal.ask(
        "engineer_a", "query($code: String!) { device(code: $code) { id } }", code="(01)06921234567891(21)SN1001"
    )
    (error,) = answer.errors
    assert error["extensions"]["code"] == "barcode_check_digit"
    assert "06921234567891" in error["message"]


async def test_many_fields_in_one_object(portal: Any) -> None:
    """More than the hundred arguments that a function of Postgres takes."""
    fields = " ".join(f"f{n}: number" for n in range(48))
    aliases = " ".join(f"me{n}: me {{ name }}" for n in range(2))
    ticket_id = await portal.report()
    data = await portal.get(
        "nurse_a",
        f"query($id: ID!) {{ ticket(id: $id) {{ {fields} id number kind state phase version attempt }} {aliases} }}",
        id=ticket_id,
    )
    assert len(data["ticket"]) == 55
    assert len({data["ticket"][f"f{n}"] for n in range(48)}) == 1


async def test_a_query_is_one_statement(portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from mendline_schema.reads import statements

    ticket_id = await portal.report()
    asked: list[str] = []
    original = statements.fetchval

    async def counted(sql: str, *values: Any) -> Any:
        asked.append(sql)
        return await original(sql, *values)

    monkeypatch.setattr(statements, "fetchval", counted)
    await portal.get(
        "engineer_a",
        "query($id: ID!) { me { name } ticket(id: $id) { audit { nodes { seq } } } worklist { nodes { number } } }",
        id=ticket_id,
    )
    assert len(asked) == 1


async def test_the_maker_sees_quality_and_vigilance_of_its_models_and_nothing_of_the_ward(
    portal: Any, cast: Any
) -> None:
    agreement = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer"}
    await cast.run("engineer_a", "tenants.upsert_agreement", {**agreement, "groups": ["quality", "vigilance"]})
    await portal.report(symptom="漏电,患者被电击")
    await portal.report(device="monitor_a")  # of another maker
    scopes = ["read.progress", "read.quality", "read.vigilance", "read.people", "read.clinical"]
    key = await cast.run("admin_m", "tenants.create_api_key", {"name": "vigilance", "scopes": scopes})
    document = """{ changes { nodes { ... on TicketChanged { item { part } ticket {
      quality { cause } vigilance { suspected } people { contactName } clinical { symptom } } } } } }"""
    response = await portal.client.post(
        "/graphql", json={"query": document}, headers={"authorization": f"Bearer {key.secret}"}
    )
    ticket = {"quality": {"cause": ""}, "vigilance": {"suspected": True}, "people": None, "clinical": None}
    changed = {"item": {"part": "MANUFACTURER"}, "ticket": ticket}
    assert response.json()["data"] == {"changes": {"nodes": [changed]}}
