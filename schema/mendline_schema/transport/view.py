"""The ASGI view of GraphQL: POST with JSON, server-sent events, and graphql-transport-ws; nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.unset import UnsetType

from mendline.kernel import DomainError
from mendline_schema.admission.budget import costs_told
from mendline_schema.admission.gate import Admission, Asked, Refused
from mendline_schema.context import Context, Head, bearer, wished_locale
from mendline_schema.errors import refusal
from mendline_schema.reads.execution import answer_query
from mendline_schema.reads.explain import HEADER, explain_query, require_explaining
from mendline_schema.reads.statements import Statements
from mendline_schema.schema import build_schema
from mendline_schema.transport.headers import Posted
from mendline_schema.transport.open_lines import line, lines_of
from mendline_schema.transport.requests import (
    EVENTS,
    GRAPHQL,
    JSON,
    Malformed,
    Operation,
    answer_type,
    asked_in,
    decoded,
    require_json,
)
from mendline_schema.transport.socket import Socket
from mendline_schema.transport.streams import EventStream

BAD_REQUEST, TOO_MANY_REQUESTS = 400, 429

OPERATION_DEADLINE = 20.0
"""Seconds that one operation may take, whatever it does; a subscription's are those of each message."""

PATIENCE = timedelta(seconds=10)
"""How long a WebSocket may stay open before it says who is there."""


class View(GraphQL[Context, None]):
    """Strawberry's view with our admission, our context, our JSON and our refusals."""

    graphql_transport_ws_handler_class = Socket

    def __init__(self, allowed_origins: tuple[str, ...] = ()) -> None:
        schema = build_schema()
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=PATIENCE,
            max_subscriptions_per_connection=None,  # the socket counts them, and says so in the reader's language
            allowed_origins=allowed_origins,
        )
        self.admission: Admission = schema.admission
        self.statements: Statements = schema.statements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one WebSocket."""
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
            return
        request = Posted(scope, receive)
        try:
            asked = await self._query_in(request)
            explains = HEADER in request.headers
            if explains:
                require_explaining(asked is not None)
            if asked is not None:
                await self._answer_query(request, asked, send, explains)
                return
            response = await self.run(request)
        except Malformed as malformed:
            error = refusal(malformed.refusal, wished_locale(request))
            response = self._answer({"errors": [error.formatted]}, malformed.status, JSON)
        await response(scope, receive, send)

    async def _query_in(self, request: Request) -> Asked | None:
        """What is asked for, where it is a query that one statement answers; whatever is odd about it is not."""
        headers = request.headers
        if request.method != "POST" or EVENTS in headers.get("accept", ""):
            return None
        require_json(headers.get("content-type"))
        asked = asked_in(await request.body())
        return asked if self.admission.reads(asked, HEADER in headers) else None

    async def _answer_query(self, request: Request, asked: Asked, send: Send, explains: bool) -> None:
        """Answers a query. It needs nothing of Strawberry's, which is 0.2 ms of this process for each."""
        head = Head(answer_type(request.headers.get("accept")))
        context = self._context(request)
        context.response = head
        told: dict[str, Any]
        beside: dict[str, Any] = {}
        try:
            document, operation = await self.admission.admit(context, asked)
        except Refused as refused:
            self._mark(refused, head)
            told, errors = {}, refused.errors
        else:
            query = (self.statements, operation, document.fragments, asked.variables, context)
            try:
                async with asyncio.timeout(OPERATION_DEADLINE):
                    result = await answer_query(*query)
                    if explains and context.known is not None:
                        beside["explain"] = await explain_query(*query)
                told, errors = {"data": result.data}, result.errors or []
            except TimeoutError:
                told, errors = {"data": None}, [refusal(DomainError("deadline_exceeded"), context.locale)]
        if errors:
            told["errors"] = [error.formatted for error in errors]
        beside |= costs_told()
        if beside:
            told["extensions"] = beside
        body = msgspec.json.encode(told, enc_hook=str)
        named = {"content-type": f"{head.media_type}; charset=utf-8", "content-length": str(len(body)), **head.headers}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        raw.append((b"cache-control", b"no-store"))
        await send({"type": "http.response.start", "status": head.status_code or 200, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def _socket(self, socket: WebSocket) -> None:
        with line() as held:
            try:
                held.hold(Context(socket, ""))
            except DomainError:
                await self.reject_websocket(socket)
                return
            socket.state.line = held
            await self.run(socket)

    async def get_root_value(self, request: HTTPConnection) -> None:
        """There is none."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """What is known of a request at once; who asks is found out when its operation is admitted."""
        context = self._context(request)
        if isinstance(request, Request) and isinstance(response, Response):
            response.media_type = answer_type(request.headers.get("accept"))
            context.response = response
            request.state.asking = context
        return context

    def _context(self, request: Request | WebSocket) -> Context:
        headers = request.headers
        token = bearer(headers.get("authorization"))
        return Context(request, wished_locale(request), token, acting_for=headers.get("x-acting-for"))

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Who asks, from the first message when the handshake had no token. Refuses strangers.

        Raises DomainError rate_limited, too_many_sockets.
        """
        params = {name.lower(): value for name, value in (context.connection_params or {}).items()}
        given = params.get("authorization") or params.get("token")
        if context.token is None and isinstance(given, str):
            context.token = bearer(given) or given
            hospital = params.get("x-acting-for", context.acting_for)
            context.acting_for = None if hospital is None else str(hospital)
        await self.admission.knock(context)
        if context.known is None:
            raise ConnectionRejectionError
        context.request.state.line.hold(context)
        return await super().on_ws_connect(context)

    def is_request_allowed(self, request: Any) -> bool:
        """POST only: a GET can be made by any page. Raises Malformed for the rest."""
        if request.method != "POST":
            raise Malformed(405, "post_only")
        return True

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        """The operation in a request. Raises Malformed."""
        require_json(request.content_type)
        asked = asked_in(await request.get_body())
        transport = self._get_stream_transport_from_headers(request.headers)
        return Operation(asked, transport.protocol if transport else "http")

    async def execute_operation(
        self,
        request: Any,
        request_adapter: Any,
        request_data: Any,
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> Any:
        """Admits an operation and runs it. A subscription is a stream; so is any other for who takes events alone."""
        try:
            admitted = await self.admission.admit(context, request_data.asked)
            request_data.query = admitted.text
            if admitted.follows and request_data.protocol == "http":
                cause = DomainError("subscription_needs_stream")
                raise Refused(406, [refusal(cause, context.locale)])
        except Refused as refused:
            self._mark(refused, sub_response)
            return PreExecutionError(None, refused.errors, costs_told())
        if not admitted.follows and sub_response.media_type != EVENTS:
            request_data.protocol = "http"
        try:
            async with asyncio.timeout(OPERATION_DEADLINE):
                return await super().execute_operation(
                    request, request_adapter, request_data, context, root_value, sub_response
                )
        except TimeoutError:
            return PreExecutionError(None, [refusal(DomainError("deadline_exceeded"), context.locale)], costs_told())

    def _mark(self, refused: Refused, head: Response | Head) -> None:
        """Gives an answer without data its status, except where clients of old expect 200."""
        if refused.status != BAD_REQUEST or head.media_type == GRAPHQL:
            head.status_code = refused.status

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer; one that was never begun has no data, not even null."""
        told = await super().process_result(request, result)
        if isinstance(result, PreExecutionError):
            told.pop("data", None)
        return told

    def decode_json(self, data: str | bytes) -> object:
        """Reads a message of a WebSocket."""
        try:
            return decoded(data)
        except Malformed as malformed:
            raise json.JSONDecodeError(str(malformed), "", 0) from None

    def encode_json(self, data: object) -> str:
        """Text, because bytes would become binary WebSocket frames; what Postgres wrote goes on as it is."""
        return msgspec.json.encode(data, enc_hook=str).decode()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer, in the form that the client likes best."""
        response = self._answer(response_data, sub_response.status_code or 200, sub_response.media_type or JSON)
        response.headers.raw.extend(sub_response.headers.raw)
        return response

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """A stream of events, held open as a socket is."""
        told = {**sub_response.headers, **{name.lower(): value for name, value in headers.items()}}
        told["cache-control"] = "no-store, no-transform"
        asking: Context = request.state.asking
        full = refusal(DomainError("too_many_sockets", limit=lines_of(asking)), asking.locale)
        refused = self._answer({"errors": [full.formatted]}, TOO_MANY_REQUESTS, JSON)
        return EventStream(stream(), sub_response.status_code or 200, told, asking, refused)

    def _answer(self, told: Any, status: int, media_type: str) -> Response:
        kind = JSON if media_type == EVENTS else media_type
        response = Response(msgspec.json.encode(told, enc_hook=str), status, media_type=f"{kind}; charset=utf-8")
        response.headers["cache-control"] = "no-store"
        return response
