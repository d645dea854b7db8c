"""GraphQL: types declared over tables, compiled reads, mutations from commands, subscriptions.

Every process loads this package for its consumer of ticket changes; GraphQL itself is loaded only where it is served.
"""

from typing import TYPE_CHECKING

from mendline.kernel import register_locales
from mendline_schema.live.hub import Change, close_hub, publish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import HTTPConnection

    from mendline_schema.admission.documents import Trusted
    from mendline_schema.transport.view import View

register_locales(__file__)


def graphql_view(allowed_origins: tuple[str, ...] = ()) -> "View":
    """The ASGI application that answers GraphQL over HTTP, SSE and WebSocket.

    allowed_origins: further origins whose pages may open a WebSocket. Raises TypeError, in words, for a declaration
    that could not work.
    """
    from mendline_schema.transport.view import View  # noqa: PLC0415 - see above

    return View(allowed_origins)


async def charge_stranger(request: "HTTPConnection", cost: int) -> None:
    """Lets a stranger's request in, from the same bucket as what its address asks of GraphQL.

    Raises DomainError rate_limited (retryAfter in seconds).
    """
    from mendline_schema.admission.budget import charge, stranger_payer  # noqa: PLC0415 - see above

    await charge(stranger_payer(request), cost)


def trusted_documents() -> "Mapping[str, Trusted]":
    """The documents that a request may name, by their identifier: `sha256:` and the hash of the text."""
    from mendline_schema.admission.documents import trusted_documents as listed  # noqa: PLC0415 - see above

    return listed()


def print_schema() -> str:
    """The schema as text, as `schema/schema.graphql` keeps it."""
    from mendline_schema.schema import print_schema as printed  # noqa: PLC0415 - see above

    return printed()


def print_access() -> str:
    """Who may read which field, by role and by part, as `schema/access.txt` keeps it."""
    from mendline_schema.schema import print_access as printed  # noqa: PLC0415 - see above

    return printed()


__all__ = [
    "Change",
    "charge_stranger",
    "close_hub",
    "graphql_view",
    "print_access",
    "print_schema",
    "publish",
    "trusted_documents",
]
