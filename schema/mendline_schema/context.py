"""The context of one GraphQL request: who asks, in which language, and what was wrong with their token."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from mendline.kernel import DomainError, known_locale
from mendline_tenants import Actor, actor_from_token


@dataclass
class Context:
    """Filled before the document is read; a WebSocket's token may come with its first message."""

    request: HTTPConnection
    locale: str
    known: Actor | None = None
    refusal: DomainError | None = None
    token: str | None = None
    connection_params: dict[str, Any] | None = None

    @property
    def actor(self) -> Actor:
        """Who asks. Raises DomainError unauthenticated, session_ended or key_revoked."""
        if self.known is None:
            raise self.refusal or DomainError("unauthenticated")
        return self.known

    async def authenticate(self, token: str | None) -> None:
        """Finds who the token belongs to; a bad one is told when something is asked for that needs an actor."""
        self.token = token
        if token is None:
            return
        try:
            self.known = await actor_from_token(token, channel="graphql", locale=self.locale)
            self.locale = self.known.locale
            self.refusal = None
        except DomainError as refusal:
            self.refusal = refusal

    async def again(self) -> Actor:
        """Who asks, read anew: a subscription ends with its session, its key or its access token.

        Raises DomainError unauthenticated, session_ended or key_revoked.
        """
        if self.token is not None:
            try:
                self.known = await actor_from_token(self.token, channel="graphql", locale=self.locale)
            except DomainError as refusal:
                self.known, self.refusal = None, refusal
        return self.actor


def bearer(text: str | None) -> str | None:
    """The token in an Authorization header (or a WebSocket's connection parameter)."""
    scheme, _, token = (text or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def wished_locale(request: HTTPConnection) -> str:
    """The language that the client asks for in Accept-Language, the first that we speak."""
    wishes = [wish.split(";")[0].strip() for wish in request.headers.get("accept-language", "").split(",")]
    return known_locale(*wishes)
