"""Coming in and leaving over GraphQL: login, refresh, logout, and codes that link a chat account."""

from typing import Annotated

import msgspec

from mendline.kernel import DomainError, MemberId, parse_opaque
from mendline_schema.context import Context
from mendline_schema.declarations.calls import Options
from mendline_tenants import ClaimedSession, LinkOffer, Origin, Tokens, claim, origin_of
from mendline_tenants import link_code as make_link_code
from mendline_tenants import login as open_session
from mendline_tenants import logout as end_session
from mendline_tenants import refresh as refresh_session


class Login(msgspec.Struct, frozen=True):
    """Who comes in: the organisation's code, the login and the password."""

    organisation: str
    login: str
    password: str


class Refresh(msgspec.Struct, frozen=True):
    """The refresh token of a session, good for one use."""

    refresh_token: str


class Logout(msgspec.Struct, frozen=True):
    """The session that ends: of this refresh token, or else of the access token that was sent."""

    refresh_token: str | None = None


class LinkCodeFor(msgspec.Struct, frozen=True):
    """Whose chat account shall be linked; without a member, one's own."""

    member: MemberId | None = None


async def login(context: Context, input: Login, options: Options) -> Tokens:
    """Opens a session."""
    tokens = await open_session(input.organisation, input.login, input.password, origin=_origin(context))
    await context.authenticate(tokens.access_token)
    return tokens


async def refresh(context: Context, input: Refresh, options: Options) -> Tokens:
    """New tokens for a refresh token, which is used up by this."""
    tokens = await refresh_session(input.refresh_token, _origin(context))
    await context.authenticate(tokens.access_token)
    return tokens


def _origin(context: Context) -> Origin:
    client = context.request.client
    return origin_of(client.host if client else None, context.request.headers.get("user-agent"))


async def logout(context: Context, input: Logout, options: Options) -> None:
    """Ends a session at once."""
    token = input.refresh_token or context.token
    if token is None:
        raise DomainError("unauthenticated")
    await end_session(token)


class ClaimHospital(msgspec.Struct, frozen=True):
    """A hospital's own code and its claim code, and its first administrator: login, name and password."""

    organisation: Annotated[str, msgspec.Meta(max_length=60)]
    code: Annotated[str, msgspec.Meta(max_length=60)]
    login: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^\S+$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    password: Annotated[str, msgspec.Meta(max_length=200)]


async def claim_hospital(context: Context, input: ClaimHospital, options: Options) -> ClaimedSession:
    """Makes a hospital that was kept by another its own: the code is used up, and its steward acts for it no more.

    Answers a session of its first administrator, and what of its steward's promises is to be confirmed.
    """
    tokens = await claim(input.organisation, input.code, input.login, input.name, input.password)
    await context.authenticate(tokens.access_token)
    return tokens


async def make_code(context: Context, input: LinkCodeFor, options: Options) -> LinkOffer:
    """A code to type into the chat within ten minutes, once."""
    member = parse_opaque("mb", input.member).id if input.member else None
    return await make_link_code(context.actor, member)
