"""The ASGI view of GraphQL: POST with JSON, server-sent events, and graphql-transport-ws; nothing else."""

import json
from typing import Any

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from mendline_schema.context import Context, bearer, wished_locale
from mendline_schema.schema import build_schema

SUBSCRIPTIONS = 20
"""Operations that one WebSocket may have open."""

NOT_IN_CARE = ("not_stewarded", "not_found", "forbidden")
"""What a good token is refused with that names a hospital to act for."""

JSON_DEPTH = 40
"""Brackets inside each other that a body may have: the variables' limit and room for the rest."""


class View(GraphQL[Context, None]):
    """Strawberry's view with our context, our JSON and our refusals.

    POST needs `application/json`, which no form on another site can send; GET is refused.
    """

    def __init__(self, allowed_origins: tuple[str, ...] = ()) -> None:
        super().__init__(
            build_schema(),
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            max_subscriptions_per_connection=SUBSCRIPTIONS,
            allowed_origins=allowed_origins,
        )

    async def get_root_value(self, request: HTTPConnection) -> None:
        """There is none."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, from the Authorization header, and for whom (`X-Acting-For`, for stewards).

        A token that is no good makes the answer's status 401, a hospital that is not in one's care 403.
        """
        context = Context(request, wished_locale(request))
        headers = request.headers
        await context.authenticate(bearer(headers.get("authorization")), headers.get("x-acting-for"))
        if context.refusal is not None and isinstance(response, Response):
            response.status_code = 403 if context.refusal.code in NOT_IN_CARE else 401
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Who asks, from the first message when the handshake had no token. Refuses strangers."""
        params = {name.lower(): value for name, value in (context.connection_params or {}).items()}
        given = params.get("authorization") or params.get("token")
        if context.known is None and isinstance(given, str):
            hospital = params.get("x-acting-for", context.acting_for)
            await context.authenticate(bearer(given) or given, None if hospital is None else str(hospital))
        if context.known is None:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)

    def is_request_allowed(self, request: Any) -> bool:
        """POST only: a GET can be made by any page."""
        return bool(request.method == "POST")

    def decode_json(self, data: str | bytes) -> object:
        """Reads JSON that is not nested deeper than any request of ours."""
        try:
            decoded: object = msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None
        if _deeper_than(decoded, JSON_DEPTH):
            raise json.JSONDecodeError(f"nested deeper than {JSON_DEPTH}", "", 0)
        return decoded

    def encode_json(self, data: object) -> str:
        """Text, because bytes would become binary WebSocket frames; what Postgres wrote goes on as it is."""
        return msgspec.json.encode(data, enc_hook=str).decode()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer; nobody may keep it."""
        response = super().create_response(response_data, sub_response)
        response.headers["cache-control"] = "no-store"
        return response


def _deeper_than(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += [v for v in item.values() if isinstance(v, dict | list)]
            elif isinstance(item, list):
                inner += [v for v in item if isinstance(v, dict | list)]
        if not inner:
            return False
        level = inner
    return True
