"""The context of one GraphQL request: who asks, in which language, and what was wrong with their token."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from mendline.kernel import DomainError, known_locale, parse_opaque
from mendline_tenants import Actor, acting_for, actor_from_token


@dataclass
class Context:
    """Filled before the document is read; a WebSocket's token may come with its first message.

    acting_for: the opaque id of the hospital in whose name a steward acts, from `X-Acting-For`.
    """

    request: HTTPConnection
    locale: str
    known: Actor | None = None
    refusal: DomainError | None = None
    token: str | None = None
    acting_for: str | None = None
    connection_params: dict[str, Any] | None = None

    @property
    def actor(self) -> Actor:
        """Who asks. Raises DomainError unauthenticated, session_ended or key_revoked."""
        if self.known is None:
            raise self.refusal or DomainError("unauthenticated")
        return self.known

    async def authenticate(self, token: str | None, acting_for: str | None = None) -> None:
        """Finds who the token belongs to; a bad one is told when something is asked for that needs an actor."""
        self.token, self.acting_for = token, acting_for
        if token is None:
            return
        try:
            self.known = await self._read(token)
            self.locale = self.known.locale
            self.refusal = None
        except DomainError as refusal:
            self.refusal = refusal

    async def again(self) -> Actor:
        """Who asks, read anew: a subscription ends with its session, its key, its access token or its stewardship.

        Raises DomainError unauthenticated, session_ended, key_revoked or not_stewarded.
        """
        if self.token is not None:
            try:
                self.known = await self._read(self.token)
            except DomainError as refusal:
                self.known, self.refusal = None, refusal
        return self.actor

    async def _read(self, token: str) -> Actor:
        actor = await actor_from_token(token, channel="graphql", locale=self.locale)
        if self.acting_for is None:
            return actor
        return await acting_for(actor, parse_opaque("or", self.acting_for).id)


def bearer(text: str | None) -> str | None:
    """The token in an Authorization header (or a WebSocket's connection parameter)."""
    scheme, _, token = (text or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def wished_locale(request: HTTPConnection) -> str:
    """The language that the client asks for in Accept-Language, the first that we speak."""
    wishes = [wish.split(";")[0].strip() for wish in request.headers.get("accept-language", "").split(",")]
    return known_locale(*wishes)
