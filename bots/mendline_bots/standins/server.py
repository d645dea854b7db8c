"""The stand-ins as one process: both channels and the simulator page on one port of this machine."""

import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from .channel import Bell, ChannelStandin, SimulatorError, Stage
from .faults import Faults
from .journal import Journal
from .person import People
from .requests import answer
from .simulator import SimulatorApi
from .slack import SlackStandin
from .telegram import TelegramStandin
from .transcript import Transcript

HOST = "127.0.0.1"  # no login here: the stand-ins never listen to another machine
PORT = 8090


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, SimulatorError)
    return answer({"error": error.message}, error.status)


def build_app(home: Path, url: str, environment: Mapping[str, str]) -> Starlette:
    """The stand-ins with their data under `<home>/standins`; `url` is where others reach them."""
    data = home / "standins"
    journal = Journal(data / "transcript.jsonl")
    stage = Stage(
        data=data,
        labels=home / "demo" / "labels",
        url=url,
        people=People(data / "people.json"),
        faults=Faults(),
        transcript=Transcript(journal),
        bell=Bell(),
    )
    channels: dict[str, ChannelStandin] = {
        "telegram": TelegramStandin.from_environment(stage, environment),
        "slack": SlackStandin.from_environment(stage, environment),
    }

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        for channel in channels.values():
            await channel.start()
        yield
        for channel in channels.values():
            await channel.stop()
        journal.close()

    routes = [*SimulatorApi(stage, channels).routes()]
    for channel in channels.values():
        routes += channel.routes()
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={SimulatorError: _refused})

    def release() -> None:
        for end in (stage.bell.close, *stage.before_end):
            end()

    app.state.release = release
    return app


class _Server(uvicorn.Server):
    """Lets go of open event streams and long polls before it stops: they would hold it to the time limit."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        release: Callable[[], None] = self.config.app.state.release  # type: ignore[union-attr]
        release()
        await super().shutdown(sockets)


def server_of(app: Starlette, port: int) -> uvicorn.Server:
    """A server for the stand-ins on this machine's loopback."""
    config = uvicorn.Config(
        app, host=HOST, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    return _Server(config)


def run(environment: Mapping[str, str] = os.environ) -> None:
    """Serve until told to stop. `MENDLINE_HOME` (default `.mendline`), `MENDLINE_STANDINS_PORT` (default 8090)."""
    home = Path(environment.get("MENDLINE_HOME") or ".mendline")
    port = int(environment.get("MENDLINE_STANDINS_PORT") or PORT)
    app = build_app(home, f"http://{HOST}:{port}", environment)
    server_of(app, port).run()
