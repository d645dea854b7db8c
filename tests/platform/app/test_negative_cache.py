"""The negative cache repeats a refusal to who was refused, for a moment, and to nobody else."""

from typing import Any

import pytest

from mendline.app import negative_cache
from mendline.app.negative_cache import MOMENT, NegativeCache

REFUSED, GOOD = 429, 200


class Counting:
    """An application that answers each request with the same status, and counts what reaches it."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status, self.headers, self.reached = status, headers, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Reads the body, says how many came before."""
        self.reached += 1
        read = b""
        while True:
            message = await receive()
            read += message["body"]
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": b"%d %d" % (self.reached, len(read))})


async def ask(app: NegativeCache, *pieces: bytes, address: str = "10.0.0.1", **headers: str) -> list[Any]:
    """The messages of the answer."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": given, "client": (address, 1)}
    pending = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    pending[-1]["more_body"] = False
    told: list[Any] = []

    async def receive() -> Any:
        return pending.pop(0)

    async def send(message: Any) -> None:
        told.append(message)

    await app(scope, receive, send)
    return told


@pytest.fixture
def refusing() -> Counting:
    """Refuses all, and says when to come back."""
    return Counting(REFUSED, [(b"retry-after", b"1"), (b"x-request-id", b"one")])


async def test_who_asks_the_same_again_at_once_is_told_the_same(refusing: Counting) -> None:
    app = NegativeCache(refusing, "/graphql")
    first = await ask(app, b"{}", authorization="Bearer a")
    first[0]["headers"].append((b"added", b"by the server"))
    again = await ask(app, b"{}", authorization="Bearer a", traceparent="another")
    assert refusing.reached == 1
    assert again[1] == first[1]
    assert (b"added", b"by the server") not in again[0]["headers"]


@pytest.mark.parametrize(
    "other",
    [
        {"authorization": "Bearer b"},
        {"authorization": "Bearer a", "x_acting_for": "somebody"},
        {"authorization": "Bearer a", "accept_language": "en"},
        {"authorization": "Bearer a", "accept": "text/event-stream"},
        {"authorization": "Bearer a", "address": "10.0.0.2"},
    ],
)
async def test_who_asks_otherwise_is_judged(refusing: Counting, other: dict[str, str]) -> None:
    app = NegativeCache(refusing, "/graphql")
    await ask(app, b"{}", authorization="Bearer a")
    await ask(app, b"{}", **other)
    assert refusing.reached == 1 + 1


async def test_another_question_is_judged(refusing: Counting) -> None:
    app = NegativeCache(refusing, "/graphql")
    await ask(app, b"{}")
    assert (await ask(app, b"{ }"))[1]["body"] == b"2 3"


async def test_a_moment_later_it_is_judged_anew(refusing: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(negative_cache, "monotonic", lambda: clock[0])
    app = NegativeCache(refusing, "/graphql")
    await ask(app, b"{}")
    clock[0] += MOMENT
    await ask(app, b"{}")
    assert refusing.reached == 1 + 1


@pytest.mark.parametrize(("status", "headers"), [(GOOD, [(b"retry-after", b"1")]), (REFUSED, []), (503, [])])
async def test_nothing_else_is_repeated(status: int, headers: list[tuple[bytes, bytes]]) -> None:
    inner = Counting(status, headers)
    app = NegativeCache(inner, "/graphql")
    for _ in range(2):
        await ask(app, b"{}")
    assert inner.reached == 1 + 1


async def test_a_body_in_pieces_passes_whole(refusing: Counting) -> None:
    app = NegativeCache(refusing, "/graphql")
    assert (await ask(app, b"{", b"}"))[1]["body"] == b"1 2"
    assert (await ask(app, b"{", b"}"))[1]["body"] == b"2 2"
