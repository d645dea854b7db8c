"""`mendline web`: GraphQL, webhooks of the chats, the page behind a sticker, health; in development the explorer."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from mendline.app.http.chat import routes as chat_routes
from mendline.app.http.device_page import device_page
from mendline.app.http.edge import BODY_LIMIT, Edge
from mendline.app.http.explorer import explorer_routes
from mendline.app.http.negative_cache import NegativeCache
from mendline.app.readiness import readiness
from mendline.app.start import start
from mendline.kernel import close_pools, settings
from mendline.tickets import keep_ending_shares
from mendline_schema import close_hub, graphql_view
from mendline_tenants import public_keys

FAREWELL = 5
"""Seconds that open requests and subscriptions get when the process is asked to end."""


async def healthz(_: Request) -> Response:
    """Alive: the process answers, whatever its parts do."""
    return PlainTextResponse("alive")


async def readyz(_: Request) -> Response:
    """Ready: every part answers; 503 names the one that does not."""
    told = await readiness()
    return JSONResponse(told, status_code=200 if told["ready"] else 503)


async def audit_keys(_: Request) -> Response:
    """The public keys of the audit's checkpoints, as a JSON Web Key Set, for whoever keeps checkpoints as a witness."""
    return JSONResponse(public_keys(), headers={"cache-control": "public, max-age=3600"})


def make_app() -> ASGIApp:
    """The application; pools and domains are opened by whoever serves it (`run`, or a test)."""
    graphql = graphql_view()
    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/.well-known/jwks.json", audit_keys),
        Route("/graphql", graphql, methods=["POST"]),
        WebSocketRoute("/graphql", graphql),
        Route("/d/{label:path}", device_page),
        *chat_routes(),
    ]
    if settings().environment == "development":
        routes += explorer_routes()
    return Edge(Starlette(routes=routes), {"/graphql": graphql})


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    """What the application stands on, for as long as it is served."""
    await start("web", "app", "gateway")
    ending = asyncio.create_task(keep_ending_shares())
    try:
        yield
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
        await close_hub()
        await close_pools()


async def _serve(config: uvicorn.Config) -> None:
    async with serving():
        config.app = make_app()
        await uvicorn.Server(config).serve()


def run() -> None:
    """Serves until SIGTERM or Ctrl-C; open requests are answered first."""
    chosen = settings()
    config = uvicorn.Config(
        "mendline",  # the application itself is made once the pools are open
        host=chosen.host,
        port=chosen.port,
        http=NegativeCache,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(chosen.trusted_proxies),  # else anybody could pass for any address
        forwarded_allow_ips=chosen.trusted_proxies,
        ws_max_size=BODY_LIMIT,
        timeout_graceful_shutdown=FAREWELL,
    )
    for wanted in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it is done; the rest must still run
        signal.signal(wanted, lambda *_: None)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(config))
