"""Requests: how an operation must come over HTTP, and in which form its answer goes.

One operation a request, as a JSON object, by POST. No form of a foreign page can send `application/json` without the
browser asking us first, which we never allow: that is the protection against forged requests.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from mendline.kernel import DomainError
from mendline_schema.admission.gate import Asked
from mendline_schema.admission.limits import deeper_than

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"

JSON_DEPTH = 40
"""Brackets inside each other that a body may have: the variables' limit and room for the rest."""


class Malformed(Exception):
    """A request that is no operation: the HTTP status and the refusal."""

    def __init__(self, status: int, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.status = status
        self.refusal = DomainError(code, **facts)


class Operation(GraphQLRequestData):
    """An operation as Strawberry passes it on, with what was asked for."""

    def __init__(self, asked: Asked, protocol: GraphQLRequestProtocol) -> None:
        super().__init__(asked.query, asked.variables, asked.operation_name, None, protocol)
        self.asked = asked


@lru_cache(maxsize=1000)
def require_json(content_type: str | None) -> None:
    """Raises Malformed for a body that is not declared to be JSON in UTF-8."""
    essence, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    charsets = [value.strip('"') for name, _, value in (one.partition("=") for one in parameters) if name == "charset"]
    if essence != JSON or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise Malformed(415, "wrong_content_type", given=essence or "-", wanted=JSON)


def asked_in(body: bytes) -> Asked:
    """The operation in a body. Raises Malformed."""
    try:
        told = _WELL_FORMED.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return asked_of(decoded(body))  # which says what is wrong with it
    if body.count(b"[") + body.count(b"{") > JSON_DEPTH:
        decoded(body)
    return Asked(told.query, told.document_id, told.variables, told.operation_name or None)


class _Body(msgspec.Struct, rename="camel"):
    """What a body holds, as it should be."""

    query: str | None = None
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


_WELL_FORMED = msgspec.json.Decoder(_Body)


def asked_of(told: object) -> Asked:
    """The operation in a JSON value. Raises Malformed."""
    if isinstance(told, list):
        raise Malformed(400, "batch_refused")
    if not isinstance(told, dict):
        raise Malformed(400, "malformed_body", problem="not_an_object")
    for name, wanted in (("query", str), ("documentId", str), ("operationName", str)):
        if not isinstance(told.get(name), wanted | None):
            raise Malformed(400, "malformed_body", problem="not_text", field=name)
    for name in ("variables", "extensions"):
        if not isinstance(told.get(name), dict | None):
            raise Malformed(400, "malformed_body", problem="not_object", field=name)
    return Asked(told.get("query"), told.get("documentId"), told.get("variables"), told.get("operationName") or None)


def decoded(data: str | bytes) -> object:
    """The value of a JSON text that is not nested deeper than any request of ours. Raises Malformed."""
    try:
        value: object = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Malformed(400, "malformed_body", problem="not_json") from None
    if deeper_than(value, JSON_DEPTH):
        raise Malformed(400, "malformed_body", problem="nested", limit=JSON_DEPTH)
    return value


@lru_cache(maxsize=1000)
def answer_type(accept: str | None) -> str:
    """The media type of the answer: the one the client likes best, of those it may be.

    A client that takes anything gets `application/json`, as ever. Raises Malformed with 406 when it takes none.
    """
    wishes = dict(reversed(list(_wishes(accept or "*/*"))))
    named = list(wishes)[::-1]
    liked = []
    for place, kind in enumerate((JSON, GRAPHQL, EVENTS)):
        # What names the type itself counts before what only includes it.
        wish = next((one for one in (kind, f"{kind.partition('/')[0]}/*", "*/*") if one in wishes), None)
        if wish is not None and wishes[wish] > 0:
            liked.append((-wishes[wish], named.index(wish), place, kind))
    if not liked:
        raise Malformed(406, "not_acceptable", known=", ".join((JSON, GRAPHQL, EVENTS)))
    return min(liked)[-1]


def _wishes(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        kind, *parameters = (one.strip().lower() for one in part.split(";"))
        quality = 1.0
        for name, _, value in (one.partition("=") for one in parameters):
            if name.strip() == "q":
                try:
                    quality = min(1.0, max(0.0, float(value)))
                except ValueError:
                    quality = 0.0
        yield kind, quality
