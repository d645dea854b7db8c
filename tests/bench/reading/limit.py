"""The limit: each operation as one hand-written statement behind a bare Starlette endpoint; run by its path.

Role, connection settings, row-level security and the tenant bound with BEGIN are the house's own, and so is the check
of the access token's signature. A statement that reads people's names writes the row of the read log, as it must;
`-unrecorded` is the same without. What the house does beyond that, the limit does not: whether the session is still
open and the member active, permissions, masks, GraphQL, limits, buckets, log lines.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import by_hand
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.kernel import open_pools, parse_opaque, pool
from mendline.tickets import feed_cursor
from mendline_tenants.access.tokens import AccessClaims, read_access_token

_CONNECTIONS = 8


Read = Callable[[AccessClaims, Any], tuple[Any, ...]]
"""Takes a statement's parameters from who asks and from the variables."""


def endpoint(sql: str, read: Read) -> Callable[[Request], Awaitable[Response]]:
    """Answers POST with what one statement writes. What is recorded waits for no disk, as with us."""
    bound = "; SET LOCAL synchronous_commit = off" if "read_log" in sql else ""

    async def answer(request: Request) -> Response:
        given = msgspec.json.decode(await request.body())
        claims = read_access_token(request.headers["authorization"].removeprefix("Bearer "))
        async with pool("app").acquire() as connection:
            await connection.execute(f"BEGIN; SET LOCAL app.tenant = '{claims.organisation}'{bound}")
            text = await connection.fetchval(sql, *read(claims, given.get("variables")))
            await connection.execute("COMMIT")
        return Response(text, media_type="application/json")

    return answer


def _ticket(claims: AccessClaims, given: Any) -> tuple[Any, ...]:
    return (*parse_opaque("tk", given["id"]), claims.organisation, claims.member)


def _filtered(claims: AccessClaims, given: Any) -> tuple[Any, ...]:
    return claims.organisation, given["state"][0].lower(), claims.member


def _changes(claims: AccessClaims, given: Any) -> tuple[Any, ...]:
    cursor = feed_cursor(given["since"], claims.organisation)
    return claims.organisation, cursor.changed_in, cursor.owner, cursor.ticket


OPERATIONS: dict[str, tuple[str, Read]] = {
    "worklist": (by_hand.WORKLIST, lambda claims, _: (claims.organisation, claims.member)),
    "worklist-unrecorded": (by_hand.WORKLIST_UNRECORDED, lambda claims, _: (claims.organisation,)),
    "ticket": (by_hand.TICKET, _ticket),
    "ticket-unrecorded": (by_hand.TICKET_UNRECORDED, lambda _, given: parse_opaque("tk", given["id"])),
    "filtered": (by_hand.FILTERED, _filtered),
    "filtered-unrecorded": (by_hand.FILTERED_UNRECORDED, lambda claims, given: _filtered(claims, given)[:2]),
    "device": (by_hand.DEVICE, lambda _, given: parse_opaque("dv", given["id"])),
    "changes": (by_hand.CHANGES, _changes),
}


async def serve(port: int) -> None:
    """Serves until it is ended."""
    await open_pools("app", size=_CONNECTIONS)
    routes = [Route(f"/{name}", endpoint(*told), methods=["POST"]) for name, told in OPERATIONS.items()]
    app = Starlette(routes=routes)
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning", access_log=False, server_header=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    config = uvicorn.Config("none")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve(int(sys.argv[1])))
