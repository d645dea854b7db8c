"""Trusted documents: valid, named by their hash, kept for good, and for some askers the only ones."""

import gc
import hashlib
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode
from typer.testing import CliRunner

from mendline.app.cli import app
from mendline.kernel import LRU, run, settings
from mendline_schema import trusted_documents
from mendline_schema.admission.costs import FAULT
from mendline_schema.admission.documents import FOR_STRANGERS, KEPT, Documents, trusted_document
from mendline_schema.reads import statements
from mendline_schema.schema import build_schema
from mendline_tenants import system_actor
from support.cast import Cast
from support.database import unchanged

ROOT = Path(__file__).parents[2]


async def send(portal: Any, who: str | None, **body: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {await portal.token(who)}"} if who else {}
    answer: httpx.Response = await portal.client.post(
        "/graphql", json=body, headers={"accept-language": "en", **headers}
    )
    return answer


def codes(answer: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json().get("errors", ())]


@pytest.mark.parametrize("document", trusted_documents().values(), ids=lambda document: document.name)
def test_each_is_one_valid_operation_of_its_own_name(document: Any) -> None:
    known = Documents(build_schema()._schema).of(document.text)
    operations = [one for one in known.ast.definitions if isinstance(one, OperationDefinitionNode)]
    assert [one.name.value for one in operations if one.name] == [document.name]
    assert document.id == "sha256:" + hashlib.sha256(document.text.encode()).hexdigest()


def test_our_clients_send_no_other() -> None:
    """Each document that play or the explorer names is on the list, and neither writes one of its own."""
    page = (ROOT / "platform/mendline/app/http/explorer.html").read_text()
    examples = re.findall(r'^  "[^"]+": "(\w+)",$', page, re.MULTILINE)
    assert len(examples) >= 7
    named = {*examples, *re.findall(r"documents\.([A-Z]\w+)", page)}
    for file in (ROOT / "platform/mendline/app/play").glob("*.py"):
        text = file.read_text()
        named |= set(re.findall(r'\.(?:ask|answer|follow)\(\s*"(\w+)"', text))
        assert not re.search(r"\b(query|mutation|subscription)\b[^\n]*\{ \w+", text), f"{file.name} writes a document"
    assert len(named) >= 14
    assert {name for name in named if trusted_document(name)} == named


def test_the_operator_can_list_them() -> None:
    listed = CliRunner().invoke(app, ["documents"]).stdout
    assert f"{trusted_document('Login').id}  Login\n" in listed
    assert len(listed.splitlines()) == len(trusted_documents())


async def test_a_request_names_a_document_by_its_hash(portal: Any) -> None:
    answer = await send(portal, "engineer_a", documentId=trusted_document("Worklist").id, variables={"first": 1})
    assert answer.json()["data"]["worklist"] == {
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "nodes": [],
    }
    unknown = await send(portal, "engineer_a", documentId="sha256:" + "0" * 64)
    assert (unknown.status_code, codes(unknown)) == (404, ["document_unknown"])
    both = await send(portal, "engineer_a", documentId=trusted_document("WhoAmI").id, query="{ me { name } }")
    assert codes(both) == ["query_and_document"]


async def test_strangers_may_send_only_those_that_let_them_in(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings().model_copy(update={"trusted_documents": "strangers"})
    monkeypatch.setattr("mendline_schema.admission.gate.settings", lambda: chosen)
    given = {"input": {"organisation": cast.codes["hospital_a"], "login": "nurse_a", "password": "x"}}
    login = trusted_document("Login")
    assert codes(await send(portal, None, documentId=login.id, variables=given)) == ["wrong_login"]
    assert codes(await send(portal, None, query=login.text, variables=given)) == ["wrong_login"], (
        "the text names it too"
    )
    for body in (
        {"query": "mutation($input: LoginInput!) { login(input: $input) { accessToken } }", "variables": given},
        {"documentId": trusted_document("WhoAmI").id},
        {"query": "{ nothing"},
    ):
        refused = await send(portal, None, **body)
        assert (refused.status_code, codes(refused)) == (403, ["documents_only"])
    assert (await send(portal, "engineer_a", query="{ me { name } }")).json()["data"], "who has a session writes freely"
    assert set(FOR_STRANGERS) <= {document.name for document in trusted_documents().values()}


@pytest.mark.parametrize("bearer", ["x", "mk_" + "A" * 86, "ended"])
async def test_a_token_that_is_not_good_opens_nothing(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch, bearer: str
) -> None:
    """Whoever shows one is no stranger, for whom some commands are open, and nobody else either."""
    chosen = settings().model_copy(update={"environment": "production", "trusted_documents": "strangers"})
    monkeypatch.setattr("mendline_schema.admission.gate.settings", lambda: chosen)
    ended = bearer == "ended"
    if ended:
        bearer = await portal.token("engineer_a")
        await portal.ask("engineer_a", "mutation { logout(input: {}) { done } }")
    given = {"organisation": cast.codes["hospital_a"], "login": "nurse_a", "password": "x"}
    enter = "login(input: $input) { accessToken }"
    guesses = "mutation($input: LoginInput!) { " + " ".join(f"a{n}: {enter}" for n in range(10)) + " }"
    headers = {"authorization": f"Bearer {bearer}", "accept-language": "en"}
    async with unchanged():
        for body in (
            {"query": guesses, "variables": {"input": given}},
            {"documentId": trusted_document("Login").id, "variables": {"input": given}},
            {"query": "{ me { name } }"},
        ):
            answer = await portal.client.post("/graphql", json=body, headers=headers)
            assert (answer.status_code, answer.json().get("data")) == (401, None)
            assert set(codes(answer)) <= {"unauthenticated", "key_revoked", "session_ended"}
            # The first answer after a session's end tells no price, for what is its organisation's is no more its own.
            assert '"organisation"' not in answer.headers.get("ratelimit-policy", "")
            if not ended:
                assert answer.json()["extensions"]["cost"]["requested"] >= FAULT


async def test_what_an_invented_token_asks_is_not_even_read(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_: Any) -> None:
        raise AssertionError("the document was looked at")

    monkeypatch.setattr(Documents, "of", judged)
    headers = {"authorization": "Bearer x"}
    answer = await portal.client.post("/graphql", json={"query": "{ worklst { x } }"}, headers=headers)
    assert (answer.status_code, codes(answer)) == (401, ["unauthenticated"])


async def test_a_key_that_this_process_sees_first_is_proven_and_pays_itself(portal: Any, cast: Cast) -> None:
    made = await cast.run("admin_a", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]})
    portal.tokens["key"] = made.secret
    for _ in range(2):
        answer = await send(portal, "key", query="{ me { name } }")
        assert answer.json()["data"]["me"]
        assert answer.headers["ratelimit-policy"].startswith('"organisation"')


async def test_an_organisation_may_be_held_to_the_list(portal: Any, cast: Cast) -> None:
    await run(system_actor(cast["hospital_a"]), "tenants.set_quota", {"trusted_documents": True})
    assert codes(await send(portal, "engineer_a", query="{ me { name } }")) == ["documents_only"]
    assert (await send(portal, "engineer_a", documentId=trusted_document("WhoAmI").id)).json()["data"]["me"]
    assert (await send(portal, "engineer_b", query="{ me { name } }")).json()["data"]["me"]


async def test_a_key_may_be_held_to_the_list(portal: Any, cast: Cast) -> None:
    scopes = {"name": "portal", "scopes": ["portal"], "trusted_documents": True}
    portal.tokens["key"] = (await cast.run("admin_m", "tenants.create_api_key", scopes)).secret
    assert codes(await send(portal, "key", query="{ me { name } }")) == ["documents_only"]
    assert (await send(portal, "key", documentId=trusted_document("WhoAmI").id)).json()["data"]["me"]
    assert (await portal.get("admin_m", "{ apiKeys { nodes { trustedDocuments } } }"))["apiKeys"]["nodes"] == [
        {"trustedDocuments": True}
    ]


async def test_a_trusted_documents_statement_is_never_forgotten(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = build_schema().execution_context_class.statements  # type: ignore[attr-defined]
    await send(portal, "engineer_a", documentId=trusted_document("Devices").id)
    before = len(kept._pinned)
    monkeypatch.setattr(kept, "_kept", type(kept._kept)(20_000))
    for n in range(20):
        await send(portal, "engineer_a", query=f"{{ a{n}: devices {{ nodes {{ id assetNumber }} }} }}")
    assert len(kept._kept) < 20, "others were forgotten"
    compiled: list[str] = []
    real = statements.Statements._compile_query
    monkeypatch.setattr(statements.Statements, "_compile_query", lambda *given: compiled.append("one") or real(*given))
    await send(portal, "engineer_a", documentId=trusted_document("Devices").id)
    assert not compiled
    assert len(kept._pinned) == before


async def test_nothing_holds_a_document_that_was_forgotten(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Documents] = []
    real = Documents.of

    def of(self: Documents, text: str) -> Any:
        asked.append(self)
        self._kept = LRU(1)
        return real(self, text)

    monkeypatch.setattr(Documents, "of", of)
    for n in range(30):
        query = f"query Q{n}($f: Int!) {{ a{n}: devices(first: $f) {{ nodes {{ id }} }} {'b: __typename ' * 20} }}"
        answer = await send(portal, "engineer_a", query=query, variables={"f": 1 + n})
        assert answer.json()["data"][f"a{n}"] is not None
    for documents in asked:
        documents._kept = LRU(KEPT)
    gc.collect()
    operations = [one for one in gc.get_objects() if isinstance(one, OperationDefinitionNode) and one.name]
    held = {one.name.value for one in operations} & {f"Q{n}" for n in range(30)}
    assert not held, "something keeps their nodes, and with each the whole document: see NodeMemory"
