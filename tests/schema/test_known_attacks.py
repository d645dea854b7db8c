"""Known attacks: every check that graphql-cop and batchql make, as strangers and as a member, in both environments.

Each test bears the name of the check. What those programs look for in an answer must not be found in ours.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import get_introspection_query

from mendline.app.http.web import make_app
from mendline.kernel import settings
from mendline_schema import close_hub
from mendline_schema.admission.documents import trusted_document
from support.database import unchanged
from support.hostile import BOMBS

WHO = [None, "engineer_a"]


class Attacker:
    """Somebody with a tool, who may have a session."""

    def __init__(self, client: httpx.AsyncClient, token: str | None) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def ask(self, method: str, **given: Any) -> httpx.Response:
        """Any request to /graphql."""
        headers = {**self._headers, **given.pop("headers", {})}
        return await self._client.request(method, "/graphql", headers=headers, **given)

    async def query(self, document: str) -> Any:
        """What comes back for a document sent as these programs send it."""
        answer = await self.ask("POST", json={"query": document, "variables": {}, "operationName": None})
        return answer.json()


@pytest_asyncio.fixture(params=["development", "production"])
async def house(request: pytest.FixtureRequest, portal: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The application as in that environment: `house(who)` gives an attacker."""
    changed = {"environment": request.param, "trusted_documents": "nobody"}
    chosen = settings().model_copy(update=changed)
    monkeypatch.setattr("mendline.app.http.web.settings", lambda: chosen)
    monkeypatch.setattr("mendline_schema.admission.gate.settings", lambda: chosen)

    @asynccontextmanager
    async def attacker(who: str | None) -> AsyncIterator[Attacker]:
        transport = httpx.ASGITransport(app=make_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            yield Attacker(client, await portal.token(who) if who else None)

    yield attacker
    await close_hub()


def codes(told: Any) -> list[str]:
    return [error["extensions"]["code"] for error in told["errors"]]


@pytest.mark.parametrize("who", WHO)
async def test_cop_alias_overloading(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        told = await attacker.query("query cop { " + "".join(f"alias{n}:__typename \n" for n in range(101)) + " }")
        assert "data" not in told
        assert codes(told) == ["document_too_large"]


@pytest.mark.parametrize("who", WHO)
async def test_cop_array_based_query_batching(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        answer = await attacker.ask("POST", json=[{"query": "query cop { __typename }"}] * 10)
        assert answer.status_code == 400
        assert codes(answer.json()) == ["batch_refused"], "one answer, not ten"


@pytest.mark.parametrize("who", WHO)
async def test_cop_directive_overloading(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        told = await attacker.query("query cop { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }")
        assert len(told["errors"]) == 1, "ten times the same fault is one fault"
        many = await attacker.query("query cop { __typename " + "@skip(if: false)" * 600 + " }")
        assert codes(many) == ["document_too_large"]


@pytest.mark.parametrize("who", WHO)
async def test_cop_introspection_based_circular_query(house: Any, who: str | None) -> None:
    circle = "fields { type { " * 4
    async with house(who) as attacker:
        told = await attacker.query("query cop { __schema { types { " + circle + "name" + " } }" * 4 + " } } }")
        assert "data" not in told


@pytest.mark.parametrize("who", WHO)
async def test_cop_circular_fragment(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        told = await attacker.query("query cop { ...A } fragment A on Query { ...B } fragment B on Query { ...A }")
        assert codes(told) == ["bad_request"]


@pytest.mark.parametrize("who", WHO)
async def test_fragments_that_double(house: Any, who: str | None) -> None:
    """What graphql-cop does not try: fragments that hold only spreads, and lead nowhere or to very much."""
    async with house(who) as attacker:
        for name in ("doubling to nowhere", "doubling in a circle", "everyone to everyone"):
            assert set(codes(await attacker.query(BOMBS[name]))) == {"bad_request"}
        assert set(codes(await attacker.query(BOMBS["doubling"]))) == {"document_too_large"}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "document",
    [
        "query cop { " + "__typename \n" * 500 + "} ",
        "query cop { " + "me { name } " * 300 + "} ",
        "query cop { " + " ".join(f"worklist(first: {n}) {{ totalCount }}" for n in range(450)) + "} ",
        "query cop { " + "me { organisation { code } } " * 250 + "} ",
    ],
    ids=["leaves", "objects", "conflicts", "deep"],
)
async def test_cop_field_duplication(house: Any, who: str | None, document: str) -> None:
    async with house(who) as attacker:
        told = await attacker.query(document)
        assert "data" not in told
        assert codes(told) == ["document_too_large"]


async def test_cop_field_suggestions(house: Any) -> None:
    async with house(None) as attacker:
        for document in ("query cop { __schema { directive } }", "{ worklst { totalCount } }", "{ me { nam } }"):
            told = await attacker.query(document)
            assert told["errors"] and "Did you mean" not in str(told) and "你是想" not in str(told)
        wrong = {"query": trusted_document("Login").text, "variables": {"input": {"organisatoin": "x"}}}
        answer = await attacker.ask("POST", json=wrong)
        assert "Did you mean" not in answer.text


@pytest.mark.parametrize("who", WHO)
async def test_cop_get_method_query_support(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        answer = await attacker.ask("GET", params={"query": "query cop {__typename}"})
        assert not answer.headers["content-type"].startswith("application/json")
        assert '"data"' not in answer.text


@pytest.mark.parametrize("who", WHO)
async def test_cop_mutation_over_get(house: Any, who: str | None) -> None:
    async with house(who) as attacker, unchanged():
        for query in ("mutation cop {__typename}", "mutation { logout(input: {}) { done } }"):
            answer = await attacker.ask("GET", params={"query": query})
            assert '"data"' not in answer.text


@pytest.mark.parametrize("who", WHO)
async def test_cop_post_based_urlencoded_query(house: Any, who: str | None) -> None:
    async with house(who) as attacker, unchanged():
        for given in (
            {"data": {"query": "query cop { __typename }"}},
            {"data": {"query": "mutation { logout(input: {}) { done } }"}},
            {"files": {"operations": (None, '{"query": "query cop { __typename }"}'), "map": (None, "{}")}},
            {"content": b'{"query": "query cop { __typename }"}', "headers": {"content-type": "text/plain"}},
        ):
            answer = await attacker.ask("POST", **given)
            assert (answer.status_code, codes(answer.json())) == (415, ["wrong_content_type"])


async def test_cop_introspection(house: Any) -> None:
    async with house(None) as attacker:
        for document in (
            "query cop { __schema { types { name fields { name } } } }",
            '{ __type(name: "Query") { name } }',
            "{ ...S } fragment S on Query { __schema { queryType { name } } }",
            "{ ... on Query { s: __schema { queryType { name } } } }",
            get_introspection_query(),
        ):
            told = await attacker.query(document)
            assert (codes(told), "data" in told) == (["introspection_refused"], False)


async def test_cop_introspection_by_a_member(house: Any, portal: Any) -> None:
    async with house("engineer_a") as attacker:
        told = await attacker.query("{ __schema { queryType { name } } }")
        open_to = (await attacker.ask("GET", headers={"accept": "text/html"})).status_code == 200  # the explorer's page
        assert ("data" in told) == open_to, "members learn the schema in development alone"


@pytest.mark.parametrize("who", WHO)
async def test_cop_graphql_ide(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        page = await attacker.ask("GET", headers={"accept": "text/html"})
        for word in ("graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground"):
            assert word not in page.text
        for path in ("/graphiql", "/playground", "/console", "/altair", "/graphql/console", "/v1/graphiql"):
            assert (await attacker._client.get(path)).status_code == 404


@pytest.mark.parametrize("who", WHO)
async def test_cop_trace_mode(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        for document in ("query cop { __typename }", "{ nothing }", "{"):
            told = await attacker.query(document)
            assert "tracing" not in str(told).lower()
            assert set(told.get("extensions", {})) <= {"cost"}


@pytest.mark.parametrize("who", WHO)
async def test_cop_unhandled_errors(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        told = await attacker.query("qwerty cop { abc }")
        assert codes(told) == ["bad_request"]
        for word in ("exception", "Traceback", "stacktrace", ".py"):
            assert word not in str(told)


@pytest.mark.parametrize("who", WHO)
async def test_batchql_suggestions_in_a_document_of_a_thousand_words(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        endings = ("ge", "nd", "st", "orklist", "icket", "evice", "embers", "laces")
        words = [letter + ending for letter in "abcdefghijklmnopqrstuvwxyz" for ending in endings]
        told = await attacker.query("query { " + " ".join(words) + " }")
        assert told["errors"]
        assert who is not None or "Did you mean" not in str(told)


@pytest.mark.parametrize("who", WHO)
async def test_batchql_csrf_by_get_and_by_post(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        for answer in (
            await attacker.ask("GET", params={"query": "query { a }"}),
            await attacker.ask("POST", data={"query": "query { a }"}),
        ):
            assert "Cannot query field" not in answer.text, "the document was not even looked at"


@pytest.mark.parametrize("who", WHO)
async def test_batchql_batching_by_query_name(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        told = await attacker.query("query { assetnote: Query { hacktheplanet } assetnote1: Query { hacktheplanet } }")
        assert len(told["errors"]) == 1


@pytest.mark.parametrize("who", WHO)
async def test_batchql_batching_by_json_list(house: Any, who: str | None) -> None:
    async with house(who) as attacker:
        one = {"query": "query { assetnote: Query { hacktheplanet } }"}
        answer = await attacker.ask("POST", json=[one, one])
        assert isinstance(answer.json(), dict)
        assert codes(answer.json()) == ["batch_refused"]


async def test_batchql_guessing_passwords_in_one_request(house: Any, portal: Any) -> None:
    """Neither a list of logins nor a document full of them tries more than a few: and what it tries is counted."""
    code = portal.cast.codes["hospital_a"]
    guess = f'login(input: {{organisation: "{code}", login: "nurse_a", password: "%s"}}) {{ accessToken }}'
    async with house(None) as attacker:
        many = "mutation { " + " ".join(f"a{n}: " + guess % n for n in range(30)) + " }"
        assert codes(await attacker.query(many)) == ["document_too_large"]
        ten = "mutation { " + " ".join(f"a{n}: " + guess % n for n in range(10)) + " }"
        told = await attacker.query(ten)
        assert set(codes(told)) == {"wrong_login", "too_many_attempts"}
        assert codes(told).count("wrong_login") == 5
        listed = await attacker.ask("POST", json=[{"query": "mutation { " + guess % n + " }"} for n in range(5)])
        assert codes(listed.json()) == ["batch_refused"]


@pytest.mark.parametrize(
    "text", ["' OR '1'='1", "1; DROP TABLE ticket; --", "\\'; SELECT pg_sleep(9); --", "%00", "${7*7}"]
)
async def test_sql_in_arguments_is_text(house: Any, text: str) -> None:
    finds = "query($n: String!, $i: ID!) { ticket(number: $n) { id } node(id: $i) { id } device(id: $i) { id } }"
    pages = "query($c: String) { worklist(after: $c) { totalCount nodes { number } } }"
    async with house("engineer_a") as attacker, unchanged():
        answer = await attacker.ask("POST", json={"query": finds, "variables": {"n": text, "i": text}})
        assert answer.json()["data"] == {"ticket": None, "node": None, "device": None}
        refused = await attacker.ask("POST", json={"query": pages, "variables": {"c": text}})
        assert codes(refused.json()) == ["invalid_input"]


async def test_origins_of_foreign_pages_are_not_answered(house: Any) -> None:
    """No answer allows another origin, so no page elsewhere can read one, or send JSON at all."""
    async with house("engineer_a") as attacker:
        headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        preflight = await attacker.ask("OPTIONS", headers=headers)
        assert preflight.status_code == 405
        answer = await attacker.ask(
            "POST", json={"query": "{ __typename }"}, headers={"origin": "https://evil.example"}
        )
        for told in (preflight, answer):
            assert not [name for name in told.headers if name.startswith("access-control-")]
