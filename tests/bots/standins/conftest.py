"""Starts the stand-ins in this process on a free port, with three people to play."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import segno
import uvicorn

from mendline_bots.standins.server import build_app, server_of

PEOPLE = [
    {
        "key": "nurse-li",
        "name": "李静",
        "name_en": "Li Jing",
        "organisation": "江城市第一医院",
        "organisation_en": "Jiangcheng First Hospital",
        "role": "护士",
        "role_en": "Nurse",
        "channel": "telegram",
        "user_id": 501,
        "labels": [{"title": "输液泵 IP-0007", "title_en": "Infusion pump IP-0007", "file": "ip-0007.png"}],
    },
    {
        "key": "manager-wang",
        "name": "王敏",
        "name_en": "Wang Min",
        "organisation": "江城市第一医院",
        "role": "护士长",
        "language": "en",
        "channel": "telegram",
        "user_id": 502,
    },
    {
        "key": "stranger",
        "name": "陌生人",
        "organisation": "",
        "role": "",
        "channel": "telegram",
        "user_id": 503,
        "started": False,
    },
]


@dataclass
class Standins:
    """A running server and a client for it."""

    url: str
    home: Path
    http: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        """GET, answered as JSON."""
        answer = await self.http.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        """POST of JSON, answered as JSON."""
        answer = await self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def serving(server: uvicorn.Server) -> AsyncIterator[str]:
    """Run a server on this loop."""
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.config.port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Standins]:
    """The stand-ins over a home folder."""
    port = free_port()
    server = server_of(build_app(home, f"http://127.0.0.1:{port}", {}), port)
    async with serving(server) as url, httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        yield Standins(url, home, http)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with one label picture."""
    labels = tmp_path / "demo" / "labels"
    labels.mkdir(parents=True)
    segno.make("https://example.org/d/ip-0007").save(str(labels / "ip-0007.png"), scale=8)
    return tmp_path


@pytest.fixture
def serve() -> Callable[[Path], AbstractAsyncContextManager[Standins]]:
    """Start the stand-ins over a given home, so that a test can start them twice."""
    return running


@pytest.fixture
def serve_beside() -> Callable[[Any], AbstractAsyncContextManager[str]]:
    """Serve another ASGI application beside them, such as a webhook."""
    return lambda app: serving(uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="warning")))


@pytest.fixture
async def standins(home: Path) -> AsyncIterator[Standins]:
    """Running stand-ins with the people above."""
    async with running(home) as standins:
        assert (await standins.http.post("/sim/people", json=PEOPLE)).status_code == 201
        yield standins


@pytest.fixture
def picture(home: Path) -> bytes:
    """A PNG."""
    return (home / "demo" / "labels" / "ip-0007.png").read_bytes()
