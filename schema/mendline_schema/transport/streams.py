"""Streams: subscriptions as server-sent events, each a line held open as a socket is."""

from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mendline.kernel import DomainError
from mendline_schema.context import Context
from mendline_schema.transport.open_lines import line


class EventStream(StreamingResponse):
    """A stream of events. Who holds as many lines as they may gets `full` in its place."""

    def __init__(
        self, events: AsyncIterator[str], status: int, headers: Mapping[str, str], asking: Context, full: Response
    ) -> None:
        super().__init__(events, status, headers)
        self._asking = asking
        self._full = full

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it until the client leaves or there is nothing more to come."""
        with line() as held:
            try:
                held.hold(self._asking)
            except DomainError:
                await self._full(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
