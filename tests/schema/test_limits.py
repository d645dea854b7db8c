"""Limits and transport: what a document, a body and a page may ask for, and how the request must come."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{ place(id: "x") { ' + "parent { " * 20 + "id" + " }" * 20 + " } }", "document_too_large"),
        ("{ " + " ".join(f"a{n}: me {{ name }}" for n in range(60)) + " }", "document_too_large"),
        ("{ me { " + " ".join("name @skip(if: false)" for _ in range(60)) + " } }", "document_too_large"),
        (
            "query { ...A ...A } fragment A on Query { " + " ".join("me { name }" for _ in range(600)) + " }",
            "document_too_large",
        ),
        (
            "mutation { " + " ".join(f"m{n}: logout(input: {{}}) {{ done }}" for n in range(11)) + " }",
            "document_too_large",
        ),
        ("{ me { " + "name " * 6000 + "} }", "document_too_large"),
        (
            "{ devices(first: 100) { nodes { history(first: 100) { nodes { messages { nodes { id } } } } } } }",
            "too_many_nodes",
        ),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "bad_request"),
    ],
)
async def test_documents(portal: Any, document: str, code: str) -> None:
    answer = await portal.ask("engineer_a", document)
    assert answer.data is None
    assert set(answer.codes) == {code}, answer.errors


async def test_one_fault_one_error(portal: Any) -> None:
    assert (
        len((await portal.ask("engineer_a", "{ " + " ".join(f"a{n}: me {{ name }}" for n in range(60)) + " }")).errors)
        == 1
    )


async def test_deep_variables(portal: Any) -> None:
    deep: Any = 1
    for _ in range(30):
        deep = [deep]
    answer = await portal.ask(
        "engineer_a", "query($f: WorklistFilter) { worklist(filter: $f) { totalCount } }", f={"state": deep}
    )
    assert answer.codes == ["document_too_large"]


async def test_transport(portal: Any) -> None:
    client = portal.client
    assert (await client.post("/graphql", data={"query": "{ me { name } }"})).status_code == 415
    assert (await client.post("/graphql", content="{", headers={"content-type": "application/json"})).status_code == 400
    assert (
        await client.post("/graphql", content="[" * 100_000, headers={"content-type": "application/json"})
    ).status_code == 400
    assert (await client.post("/graphql", json={"query": "x" * 1_100_000})).status_code == 413
    page = await client.get("/graphql")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"x-request-id": "abcdefgh-1"})
    assert answer.headers["x-request-id"] == "abcdefgh-1"
    assert (await client.put("/graphql", json={})).status_code == 405


async def test_health(portal: Any) -> None:
    assert (await portal.client.get("/healthz")).text == "alive"
    ready = await portal.client.get("/readyz")
    assert ready.json()["parts"]["database"] == "ready"
    assert ready.json()["parts"]["broker"] == "ready"
    assert ready.json()["ready"] is (ready.status_code == 200)
