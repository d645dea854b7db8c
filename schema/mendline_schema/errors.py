"""Errors as clients see them: our refusals in their language with a code; anything else as an id that the log knows."""

import re
from typing import Any

import msgspec
from graphql import GraphQLError

from mendline.kernel import DomainError, StoreAway, log, new_id, say

_SUGGESTION = re.compile(r" Did you mean .*$|（你是想.*$", re.DOTALL)


def present(error: GraphQLError, locale: str, stranger: bool) -> GraphQLError:
    """What of an error leaves the house. Strangers get no suggestions of names that exist."""
    cause = error.original_error
    if error.extensions and "code" in error.extensions:
        return error
    if isinstance(cause, DomainError):
        return refusal(cause, locale, error)
    if isinstance(cause, TimeoutError):
        return refusal(DomainError("deadline_exceeded"), locale, error)
    if isinstance(cause, StoreAway):
        log.warning("store_away", path=error.path, error=str(cause))
        return refusal(DomainError("store_away"), locale, error)
    if cause is None or isinstance(cause, GraphQLError):
        message = _SUGGESTION.sub("", error.message) if stranger else error.message
        return GraphQLError(message, error.nodes, path=error.path, extensions={"code": "bad_request"})
    return _unexpected(error, cause, locale)


def refusal(cause: DomainError, locale: str, error: GraphQLError | None = None, path: Any = None) -> GraphQLError:
    """A refusal in the reader's language, with its code and facts."""
    return GraphQLError(
        say(f"error.{cause.code}", locale, **cause.facts),
        error.nodes if error else None,
        path=error.path if error else path,
        extensions={"code": cause.code, "facts": msgspec.to_builtins(cause.facts, enc_hook=str)},
    )


def _unexpected(error: GraphQLError, cause: BaseException, locale: str) -> GraphQLError:
    number = new_id().hex
    log.error("graphql failed", error=number, path=error.path, exc_info=cause)
    return GraphQLError(
        say("error.internal", locale, id=number),
        error.nodes,
        path=error.path,
        extensions={"code": "internal", "id": number},
    )
