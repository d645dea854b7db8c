"""The context of one GraphQL request: who asks, in which language, and what was wrong with their token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response

from mendline.kernel import DomainError, accepted_locale, parse_opaque
from mendline_tenants import Actor, Presumed, acting_for, actor_from_token, presumed_from_token

NOT_IN_CARE = ("not_stewarded", "not_found", "forbidden")
"""What a good token is refused with that names a hospital to act for."""


@dataclass
class Head:
    """The head of an HTTP answer, while it is being found: status, media type and headers."""

    media_type: str
    status_code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Context:
    """Made before the document is read; who asks is known when the operation was admitted.

    response: what becomes the head of an HTTP answer; a socket has none. A socket's token may come with its first
    message. acting_for: the opaque id of the hospital in whose name a steward acts, from `X-Acting-For`. presumed: set
    while who asks is `known` from the last time alone.
    """

    request: HTTPConnection
    locale: str
    token: str | None = None
    response: Response | Head | None = None
    known: Actor | None = None
    presumed: Presumed | None = None
    refusal: DomainError | None = None
    acting_for: str | None = None
    connection_params: dict[str, Any] | None = None

    @property
    def actor(self) -> Actor:
        """Who asks. Raises DomainError unauthenticated, session_ended or key_revoked."""
        if self.known is None:
            raise self.refusal or DomainError("unauthenticated")
        return self.known

    async def authenticate(self, token: str | None) -> None:
        """Finds who the token belongs to, anew each time.

        A bad one is told when something is asked for that needs an actor, and makes an HTTP answer's status 401; a
        hospital to act for that is not in one's care makes it 403.
        """
        known = refusal = None
        if token is not None:
            try:
                known = await self._read(token)
            except DomainError as refused:
                refusal = refused
        # All at once: other operations of the same socket must never find nobody here.
        self.token, self.known, self.presumed, self.refusal = token, known, None, refusal
        self.locale = known.locale if known else self.locale
        if self.response is not None:
            status = None if refusal is None else 403 if refusal.code in NOT_IN_CARE else 401
            self.response.status_code = status

    def presume(self) -> bool:
        """Takes who showed the token last time for who asks, until the statement that answers has proven it.

        False for who is not known here. Not for a socket, whose operations share this context, and not for a steward,
        whose stewardship is looked at each time.
        """
        if self.token is None or self.response is None or self.acting_for is not None:
            return False
        try:
            self.presumed = presumed_from_token(self.token, channel="graphql", locale=self.locale)
        except DomainError:
            return False
        if self.presumed is None:
            return False
        self.known = self.presumed.actor
        self.locale = self.known.locale
        return True

    async def again(self) -> Actor:
        """Who asks, read anew: a subscription ends with its session, its key, its access token or its stewardship.

        Raises DomainError unauthenticated, session_ended, key_revoked or not_stewarded.
        """
        if self.token is not None:
            await self.authenticate(self.token)
        return self.actor

    async def _read(self, token: str) -> Actor:
        actor = await actor_from_token(token, channel="graphql", locale=self.locale)
        if self.acting_for is None:
            return actor
        return await acting_for(actor, parse_opaque("or", self.acting_for).id)

    def tell(self, headers: Mapping[str, str]) -> None:
        """Headers for the answer, where it is one over HTTP."""
        if self.response is not None:
            self.response.headers.update(headers)

    def untell(self, names: Iterable[str]) -> None:
        """Takes headers back that were told."""
        for name in names:
            if self.response is not None and name in self.response.headers:
                del self.response.headers[name]


def bearer(text: str | None) -> str | None:
    """The token in an Authorization header (or a WebSocket's connection parameter)."""
    scheme, _, token = (text or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def wished_locale(request: HTTPConnection) -> str:
    """The language that the client asks for in Accept-Language, of those that we speak."""
    return accepted_locale(request.headers.get("accept-language", ""))
