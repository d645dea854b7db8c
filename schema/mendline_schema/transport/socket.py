"""The WebSocket: graphql-transport-ws, whose every message is looked at before it is believed."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)

from mendline.kernel import DomainError
from mendline_schema.admission.gate import Refused
from mendline_schema.context import Context
from mendline_schema.errors import refusal
from mendline_schema.transport.requests import Malformed, asked_of

SUBSCRIPTIONS = 20
"""Operations that one WebSocket may have open."""

Id = Annotated[str, Meta(min_length=1, max_length=100)]


class Frame(Struct, frozen=True):
    """A message of the protocol, as far as all have it."""

    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: Id | None = None
    payload: dict[str, Any] | None = None


class Socket(BaseGraphQLTransportWSHandler[Context, None]):
    """One WebSocket.

    Strawberry's handler keeps the protocol's order. Here its messages get a form, its operations are admitted as those
    over HTTP are, and what it says is said in the reader's language.
    """

    view: Any

    async def handle_message(self, message: Any) -> None:
        """Looks at the form of a message; one without ends the connection, as the protocol has it."""
        try:
            frame = msgspec.convert(message, Frame)
        except msgspec.ValidationError:
            await self.handle_invalid_message("Invalid message")
            return
        told: Any = {"type": frame.type}
        if frame.payload is not None:
            told["payload"] = frame.payload
        if frame.type in ("subscribe", "complete"):
            if frame.id is None:
                await self.handle_invalid_message("Invalid message")
                return
            told["id"] = frame.id
        await super().handle_message(told)

    async def handle_connection_init(self, message: Any) -> None:
        """Says who is there."""
        try:
            await super().handle_connection_init(message)
        except DomainError as refused:
            await self.websocket.close(4429, refused.code)

    async def handle_subscribe(self, message: Any) -> None:
        """Begins an operation."""
        if not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized")
        elif message["id"] in self.operations:
            await self.websocket.close(4409, "Subscriber already exists")
        elif len(self.operations) >= SUBSCRIPTIONS:
            await self._refuse(message["id"], DomainError("too_many_operations", limit=SUBSCRIPTIONS))
        else:
            try:
                asked = asked_of(message.get("payload"))
            except Malformed as malformed:
                await self._refuse(message["id"], malformed.refusal)
                return
            payload: Any = {"query": asked, "variables": asked.variables, "operationName": asked.operation_name}
            await super().handle_subscribe({"type": "subscribe", "id": message["id"], "payload": payload})

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Admits an operation and runs it."""
        try:
            admitted = await self.view.admission.admit(self.context, operation.query)
            operation.query = admitted.text
        except Refused as refused:
            await operation.send_initial_errors(refused.errors)
            return
        await super().run_operation(operation)

    async def _refuse(self, id: str, cause: DomainError) -> None:
        await self.send_message({"id": id, "type": "error", "payload": [refusal(cause, self.context.locale).formatted]})
