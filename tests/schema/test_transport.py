"""Transport: how an operation must come over HTTP, in which form its answer goes, and what a socket may send."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from mendline.kernel import run
from mendline_schema.transport import open_lines as lines
from mendline_schema.transport import view
from mendline_schema.transport.requests import EVENTS, GRAPHQL, JSON, Malformed, answer_type
from mendline_schema.transport.socket import SUBSCRIPTIONS
from mendline_tenants import system_actor
from support.cast import Cast
from support.sockets import PATIENCE, Follower, opened, served

SUBSCRIBE = "subscription { ticketChanged { version } }"


async def post(portal: Any, content: bytes | str, **headers: str) -> httpx.Response:
    told = {"content-type": "application/json", "accept-language": "en", **headers}
    answer: httpx.Response = await portal.client.post("/graphql", content=content, headers=told)
    return answer


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    ("content", "status", "expected"),
    [
        (b"", 400, "malformed_body"),
        (b"NONSENSE", 400, "malformed_body"),
        (b'{"query": "{ __typename }"', 400, "malformed_body"),
        (b'{"query": "\xff\xfe"}', 400, "malformed_body"),
        (b'{"query": NaN}', 400, "malformed_body"),
        (b"[" * 100_000, 400, "malformed_body"),
        (b'{"variables": ' + b'{"a":' * 50 + b"1" + b"}" * 50 + b"}", 400, "malformed_body"),
        (b"null", 400, "malformed_body"),
        (b'"query"', 400, "malformed_body"),
        (b'{"query": 1}', 400, "malformed_body"),
        (b'{"query": "{ __typename }", "variables": []}', 400, "malformed_body"),
        (b'{"query": "{ __typename }", "extensions": 1}', 400, "malformed_body"),
        (b'{"query": "{ __typename }", "operationName": {}}', 400, "malformed_body"),
        (b'{"query": "{ __typename }", "documentId": 7}', 400, "malformed_body"),
        (b'[{"query": "{ __typename }"}]', 400, "batch_refused"),
        (b"{}", 200, "query_missing"),
        (b'{"query": "   "}', 200, "query_missing"),
        (b'{"qeury": "{ __typename }"}', 200, "query_missing"),
        (b'{"query": "{ __typename }", "operationName": "No"}', 200, "unknown_operation"),
        (b'{"query": "query A { __typename } query B { __typename }"}', 200, "operation_not_named"),
        (b'{"query": "fragment A on Query { __typename }"}', 200, "bad_request"),
        (b'{"query": "{ __typename }", "documentId": "sha256:00"}', 200, "query_and_document"),
        (b'{"documentId": "sha256:00"}', 404, "document_unknown"),
    ],
)
async def test_what_is_no_operation_is_told_so(portal: Any, content: bytes, status: int, expected: str) -> None:
    answer = await post(portal, content)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert "data" not in answer.json()


async def test_null_is_as_good_as_nothing(portal: Any) -> None:
    body = b'{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": null}'
    token = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    assert (await post(portal, body, **token)).json()["data"] == {"__typename": "Query"}
    assert (await post(portal, b'{"query": "{ __typename }", "operationName": ""}', **token)).json()["data"]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/graphql",
        "application/jsonx",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_a_body_must_say_that_it_is_json(portal: Any, kind: str) -> None:
    answer = await post(portal, b'{"query": "{ __typename }"}', **{"content-type": kind})
    assert (answer.status_code, code(answer)) == (415, "wrong_content_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
async def test_utf_8_may_be_said(portal: Any, kind: str) -> None:
    body = '{"query": "query($n: String!) { ticket(number: $n) { id } }", "variables": {"n": "泵"}}'
    token = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    assert (await post(portal, body, **{"content-type": kind}, **token)).json()["data"] == {"ticket": None}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json;q=0.5, application/graphql-response+json", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("text/event-stream", EVENTS),
        ("text/html, application/graphql-response+json;q=0.1", GRAPHQL),
        ("TEXT/HTML,APPLICATION/JSON", JSON),
        ("application/json;q=x, */*;q=0.1", GRAPHQL),
        ("text/html", None),
        ("application/json;q=0", None),
        (";;,,=", None),
    ],
)
def test_the_answer_has_the_form_that_is_liked_best(accept: str | None, kind: str | None) -> None:
    if kind is None:
        with pytest.raises(Malformed) as refused:
            answer_type(accept)
        assert refused.value.status == 406
    else:
        assert answer_type(accept) == kind


async def test_statuses_follow_the_form(portal: Any) -> None:
    token = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    strict = {"accept": "application/graphql-response+json", **token}
    good, bad = b'{"query": "{ __typename }"}', b'{"query": "{ nothing }"}'
    assert (await post(portal, bad)).status_code == 200, "who takes application/json gets 200, as ever"
    told = await post(portal, bad, **strict)
    assert (told.status_code, told.headers["content-type"]) == (400, "application/graphql-response+json; charset=utf-8")
    assert (await post(portal, good, **strict)).status_code == 200
    assert (await post(portal, good, accept="text/html")).status_code == 406
    assert (await post(portal, good)).status_code == 401, "a stranger may log in and nothing else"
    assert (await post(portal, good, **token)).headers["cache-control"] == "no-store"


async def test_get_is_refused(portal: Any) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = await portal.client.request(method, "/graphql", params={"query": "{ __typename }"})
        assert "__typename" not in answer.text


async def test_what_is_said_is_said_in_chinese_too(portal: Any) -> None:
    told = (await post(portal, b"[]", **{"accept-language": "zh"})).json()["errors"][0]["message"]
    assert told == "一个请求只能包含一个操作，不接受数组。"
    wide = "{ " + " ".join(f"a{n}: __typename" for n in range(60)) + " }"
    told = (await post(portal, msgspec.json.encode({"query": wide}), **{"accept-language": "zh"})).json()
    assert told["errors"][0]["message"] == "查询内容过多：别名数 为 60，上限为 50。请拆分查询。"


async def test_a_subscription_needs_a_stream(portal: Any) -> None:
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    answer = await post(portal, msgspec.json.encode({"query": SUBSCRIBE}), **headers)
    assert (answer.status_code, code(answer)) == (406, "subscription_needs_stream")


async def test_who_takes_events_too_gets_them_for_subscriptions_alone(portal: Any) -> None:
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}", "accept": f"{GRAPHQL}, {EVENTS}"}
    answer = await post(portal, b'{"query": "{ __typename }"}', **headers)
    assert answer.headers["content-type"].startswith(GRAPHQL)


async def test_an_operation_that_takes_too_long_is_stopped(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "OPERATION_DEADLINE", 0.5)
    monkeypatch.setattr("mendline_schema.reads.statements.Statements.query", lambda *_: asyncio.sleep(30))
    for _ in range(2):  # one whom this process does not know yet, and one whom it does
        assert (await portal.ask("nurse_a", "{ me { name } }")).codes == ["deadline_exceeded"]


@pytest.mark.parametrize(
    "frame",
    [
        "null",
        "[]",
        "7",
        '"connection_init"',
        "{}",
        '{"type": 7}',
        '{"type": "x' + "y" * 500 + '"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": [], "payload": {}}',
        '{"type": "subscribe", "id": ""}',
        '{"type": "subscribe", "id": "' + "x" * 5000 + '"}',
        '{"type": "complete", "id": {}}',
        '{"type": "ping", "payload": 7}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        "{" * 1000,
        "not json",
        b"\x00\x01",
    ],
)
async def test_a_frame_of_no_form_ends_the_connection(portal: Any, port: int, frame: str | bytes) -> None:
    async with opened(port, await portal.token("nurse_a")) as follower:
        await follower.socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(follower.socket.recv(), PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, "query_missing"),
        ({"query": None}, "query_missing"),
        ({"query": 7}, "malformed_body"),
        ({"query": SUBSCRIBE, "variables": []}, "malformed_body"),
        ({"query": "subscription {"}, "bad_request"),
        ({"query": "subscription { nothing }"}, "bad_request"),
        ({"query": SUBSCRIBE, "operationName": "No"}, "unknown_operation"),
        ({"query": "{ " + "x: __typename " * 60 + "}"}, "document_too_large"),
    ],
)
async def test_an_operation_that_cannot_run_leaves_the_connection_open(
    portal: Any, port: int, payload: dict[str, Any], expected: str
) -> None:
    async with opened(port, await portal.token("nurse_a")) as follower:
        await follower.send(id="1", type="subscribe", payload=payload)
        told = await follower.receive()
        assert (told["id"], told["type"]) == ("1", "error")
        assert told["payload"][0]["extensions"]["code"] == expected
        await follower.send(id="1", type="subscribe", payload={"query": "{ __typename }"})
        answer = await follower.next()
        assert answer["data"] == {"__typename": "Query"}
        assert answer["extensions"]["cost"]["requested"] == 1


async def test_a_socket_runs_so_many_operations_at_once(portal: Any, port: int) -> None:
    async with opened(port, await portal.token("nurse_a")) as follower:
        for n in range(SUBSCRIPTIONS + 1):
            await follower.send(id=str(n), type="subscribe", payload={"query": SUBSCRIBE})
        told = await follower.receive()
        assert (told["id"], told["payload"][0]["extensions"]["code"]) == (str(SUBSCRIPTIONS), "too_many_operations")


async def test_a_socket_pays_as_a_request_does(portal: Any, port: int, cast: Cast) -> None:
    await run(system_actor(cast["hospital_a"]), "tenants.set_quota", {"per_second": 1, "burst": 500})
    await portal.get("nurse_a", "{ me { name } }")
    async with opened(port, await portal.token("nurse_a")) as follower:
        pages = " ".join(f"p{n}: worklist(first: 100) {{ nodes {{ ticket {{ id }} }} }}" for n in range(10))
        document = (
            f"{{ {pages} }}"  # 201 units: what flows back meanwhile, on the slowest machine, is not enough for one
        )
        codes = []
        for n in range(4):
            await follower.send(id=str(n), type="subscribe", payload={"query": document})
            told = await follower.receive()
            codes.append(told["type"] if told["type"] == "next" else told["payload"][0]["extensions"]["code"])
            if told["type"] == "next":
                await follower.receive()
        assert codes == ["next", "next", "rate_limited", "rate_limited"]


async def test_an_organisation_holds_so_many_lines_open(portal: Any, port: int, cast: Cast) -> None:
    await run(system_actor(cast["hospital_a"]), "tenants.set_quota", {"sockets": 2})
    token = await portal.token("nurse_a")
    async with opened(port, token), opened(port, token):
        async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"]) as third:  # type: ignore[list-item]
            await Follower(third).send(type="connection_init", payload={"authorization": f"Bearer {token}"})
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(third.recv(), PATIENCE)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4429, "too_many_sockets")
        headers = {"authorization": f"Bearer {token}", "accept": EVENTS}
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{port}/graphql", json={"query": SUBSCRIBE}, headers=headers)
        assert (answer.status_code, code(answer)) == (429, "too_many_sockets")
    async with opened(port, token):
        assert lines._open[f"organisation:{cast['hospital_a']}"] == 1


async def test_who_does_not_say_who_is_there_is_not_waited_for(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PATIENCE", timedelta(seconds=0.2))
    async with (
        served() as port,
        connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"]) as silent,  # type: ignore[list-item]
    ):
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(silent.recv(), PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408


async def test_a_session_that_has_ended_does_nothing_more_on_an_open_socket(portal: Any, port: int, cast: Cast) -> None:
    async with opened(port, await portal.token("engineer_a")) as follower:
        await portal.get("engineer_a", "mutation { logout(input: {}) { done } }")
        await follower.send(id="1", type="subscribe", payload={"query": "{ me { name } }"})
        told = await follower.receive()
        assert told["payload"][0]["extensions"]["code"] == "session_ended"


async def test_roles_are_those_of_this_moment_on_an_open_socket(portal: Any, port: int, cast: Cast) -> None:
    async with opened(port, await portal.token("engineer_a")) as follower:
        person = {"login": "engineer_a", "name": "张工", "roles": ["reporter"]}
        await cast.run("admin_a", "tenants.upsert_member", person)
        await follower.send(id="1", type="subscribe", payload={"query": "{ me { roles } }"})
        assert (await follower.next())["data"]["me"]["roles"] == ["reporter"]
