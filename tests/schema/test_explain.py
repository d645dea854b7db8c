"""EXPLAIN for developers: who asks for it is told what a query costs, under their own rights, and nothing is stored."""

from typing import Any

import pytest

from mendline.kernel import settings
from support.cast import Cast
from support.database import look, unchanged

PEOPLE = "query People($id: ID!) { ticket(id: $id) { number people { contactName } } }"


async def asked(portal: Any, who: str | None, document: str, **variables: Any) -> Any:
    headers = {"x-mendline-explain": "1", "accept-language": "en"}
    if who is not None:
        headers["authorization"] = f"Bearer {await portal.token(who)}"
    return await portal.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


async def test_a_query_is_explained_beside_its_answer(portal: Any) -> None:
    ticket = await portal.report()
    answer = await portal.get("engineer_a", PEOPLE, id=ticket)
    async with unchanged("read_log"):
        body = (await asked(portal, "engineer_a", PEOPLE, id=ticket)).json()
    assert body["data"] == answer
    told = body["extensions"]["explain"]
    assert '"ticket_people"' in told["sql"]
    assert str(portal.cast["hospital_a"]) in told["parameters"]
    assert told["hit"] + told["read"] > 0
    assert told["executionTime"] > 0
    assert told["plan"]["Node Type"]
    assert body["extensions"]["cost"]


async def test_what_is_run_to_be_explained_stores_nothing(portal: Any, cast: Cast) -> None:
    """The answer itself is recorded as a read of people; what explains it is taken back."""
    ticket = await portal.report()
    await asked(portal, "engineer_a", PEOPLE, id=ticket)
    assert len(await look("SELECT FROM read_log WHERE tenant_id = $1", cast["hospital_a"])) == 1


async def test_each_is_explained_their_own(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    body = (await asked(portal, "nurse_b", PEOPLE, id=ticket)).json()
    assert body["data"] == {"ticket": None}
    assert str(cast["hospital_b"]) in str(body["extensions"]["explain"]["parameters"])
    refused = (await asked(portal, "analyst_m", PEOPLE, id=ticket)).json()
    assert "ticket_people" not in refused["extensions"]["explain"]["sql"]


async def test_a_stranger_is_explained_nothing(portal: Any) -> None:
    answer = await asked(portal, None, "{ me { name } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "unauthenticated")
    assert "explain" not in answer.text


async def test_nothing_is_explained_in_production(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await portal.token("engineer_a")
    monkeypatch.setattr(settings(), "environment", "production")
    async with unchanged():
        answer = await asked(portal, "engineer_a", "{ me { name } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "explain_refused")
    assert "data" not in answer.json()


async def test_a_command_is_not_run_to_be_explained(portal: Any) -> None:
    ticket = await portal.report()
    async with unchanged():
        answer = await asked(
            portal, "nurse_a", "mutation($t: ID!) { remind(input: {ticket: $t}) { ticket { id } } }", t=ticket
        )
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "explain_queries_only")
