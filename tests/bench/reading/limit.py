"""The limit: each operation as one hand-written statement behind a bare Starlette endpoint; run by its path.

Role, connection settings, row-level security and the tenant bound with BEGIN are the house's own, and so is the check
of the access token's signature. What the house does beyond that, the limit does not: whether the session is still open
and the member active, permissions, GraphQL, limits, buckets, log lines.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import by_hand
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.kernel import open_pools, parse_opaque, pool
from mendline_tenants.tokens import read_access_token

_CONNECTIONS = 8


def endpoint(sql: str, read: Callable[[UUID, Any], tuple[Any, ...]]) -> Callable[[Request], Awaitable[Response]]:
    """Answers POST with what one statement writes; `read` takes its parameters from tenant and variables."""

    async def answer(request: Request) -> Response:
        given = msgspec.json.decode(await request.body())
        tenant = read_access_token(request.headers["authorization"].removeprefix("Bearer ")).organisation
        async with pool("app").acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL app.tenant = '{tenant}'")
            text = await connection.fetchval(sql, *read(tenant, given.get("variables")))
            await connection.execute("COMMIT")
        return Response(text, media_type="application/json")

    return answer


async def serve(port: int) -> None:
    """Serves until it is ended."""
    await open_pools("app", size=_CONNECTIONS)
    operations = {
        "worklist": endpoint(by_hand.WORKLIST, lambda tenant, _: (tenant,)),
        "ticket": endpoint(by_hand.TICKET, lambda _, given: parse_opaque("tk", given["id"])),
        "filtered": endpoint(
            by_hand.FILTERED,
            lambda tenant, given: (
                tenant,
                given["state"][0].lower(),
            ),
        ),
        "device": endpoint(by_hand.DEVICE, lambda _, given: parse_opaque("dv", given["id"])),
    }
    app = Starlette(routes=[Route(f"/{name}", answer, methods=["POST"]) for name, answer in operations.items()])
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning", access_log=False, server_header=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    config = uvicorn.Config("none")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve(int(sys.argv[1])))
