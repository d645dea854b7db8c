"""A stand-in Slack on a free port with a few people, and the unmodified Slack libraries against it."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline_bots.standins.server import build_app

SECRET = "test-signing-secret"


def _slack(key: str, name: str, user_id: str, team_id: str, language: str) -> dict[str, Any]:
    place = {"channel": "slack", "user_id": user_id, "chat_id": f"D{user_id[1:]}", "team_id": team_id}
    return {"key": key, "name": name, "name_en": key.title(), "language": language, **place}


PEOPLE = [
    _slack("chen", "陈工", "U1CHEN", "T1VENDOR", "zh"),
    _slack("wang", "王工", "U1WANG", "T1VENDOR", "zh"),
    _slack("maria", "玛丽亚", "U2MARIA", "T2CLINIC", "en"),
]
SETTINGS: dict[str, Any] = {
    "retry_delays": [0.05, 0.1, 0.2],
    "ack_seconds": 0.8,
    "commands": ["/wo"],
    "channels": [
        {"id": "C1OPS", "name": "ops", "team_id": "T1VENDOR", "members": ["U1CHEN", "U1WANG", "U2MARIA"]},
        {"id": "C1CLOSED", "name": "closed", "team_id": "T1VENDOR", "members": ["U1CHEN"], "has_bot": False},
    ],
}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(met: Callable[[], Any], seconds: float = 5) -> Any:
    """Wait for something to become true and return it; `met` may be asynchronous."""
    async with asyncio.timeout(seconds):
        while True:
            found = met()
            found = await found if inspect.isawaitable(found) else found
            if found:
                return found
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:
    """An ASGI app behind a real port."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        await task


class House:
    """One running Slack, and what a test does with it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20)
        self.until = until
        self.request_url = ""
        self.running = AsyncExitStack()

    async def stop(self) -> None:
        """End this Slack; what it knows stays in its home."""
        await self.running.aclose()

    def client(self, token: str = "xoxb-standin-T1VENDOR", timeout: int = 30) -> AsyncWebClient:
        """The real Web API client."""
        return AsyncWebClient(token, base_url=f"{self.url}/slack/api/", timeout=timeout, retry_handlers=[])

    async def sim(self, path: str, **body: Any) -> Any:
        """One call of the simulator's API, which must succeed."""
        answer = await self.http.post(f"/sim/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def messages(self, person: str = "chen", chat: str | None = None) -> list[dict[str, Any]]:
        """What a person sees in a chat."""
        query = {"person": person, "chat": chat or {"chen": "D1CHEN", "wang": "D1WANG", "maria": "D2MARIA"}[person]}
        return (await self.http.get("/sim/messages", params=query)).json()

    async def two_messages(self) -> list[dict[str, Any]] | None:
        """The first person's messages with the bot, once there are two."""
        messages = await self.messages()
        return messages if len(messages) > 1 else None

    async def view(self, person: str = "chen") -> Any:
        """The modal that a person sees."""
        return (await self.http.get("/sim/view", params={"person": person})).json()

    async def say(self, text: str, person: str = "chen", chat: str = "D1CHEN", **more: Any) -> Any:
        """A person writes."""
        return await self.sim("send", person=person, chat=chat, text=text, **more)

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        """Order a fault."""
        await self.sim("faults", channel="slack", method=method, kind=kind, **more)

    @asynccontextmanager
    async def socket_app(self, app: AsyncApp) -> AsyncIterator[None]:
        """Run a bolt app over socket mode."""
        handler = AsyncSocketModeHandler(app, "xapp-standin", ping_interval=1)
        await handler.connect_async()
        try:
            yield
        finally:
            await handler.close_async()

    @asynccontextmanager
    async def http_app(self, app: AsyncApp) -> AsyncIterator[list[Request]]:
        """Run a bolt app behind a request URL; gives the requests that came."""
        handler, came, port = AsyncSlackRequestHandler(app), [], free_port()

        async def endpoint(request: Request) -> Response:
            came.append(request)
            return await handler.handle(request)

        web = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
        async with served(web, port):
            self.request_url = f"http://127.0.0.1:{port}/slack/events"
            await self.sim("slack/request_url", url=self.request_url)
            came.clear()
            yield came

    def app(self, **more: Any) -> AsyncApp:
        """A bolt app of the first workspace."""
        return AsyncApp(client=self.client(), signing_secret=SECRET, **more)


@asynccontextmanager
async def slack_house(home: Path, **settings: Any) -> AsyncIterator[House]:
    """The stand-ins with their data under `home`; started again in the same home they remember it."""
    data = home / "standins"
    data.mkdir(exist_ok=True)
    (data / "people.json").write_bytes(msgspec.json.encode(PEOPLE))
    (data / "slack.json").write_bytes(msgspec.json.encode(SETTINGS | settings))
    house = House(home, free_port())
    app = build_app(home, house.url, {"MENDLINE_SLACK_SIGNING_SECRET": SECRET})
    await house.running.enter_async_context(served(app, house.port))
    house.running.push_async_callback(house.http.aclose)
    try:
        yield house
    finally:
        await house.stop()
