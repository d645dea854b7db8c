"""Tokens: how sessions and API keys look outside. Each carries its organisation, so that it is looked up under RLS."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from mendline.kernel import DomainError, now, settings

ACCESS_LIFETIME = timedelta(minutes=10)
"""How long an access token may be shown; what it allows is read from the database each time."""

_REFRESH = "mr_"
_API_KEY = "mk_"
_ALGORITHM = "HS256"


class AccessClaims(NamedTuple):
    """What an access token says: whose session it is, and until when."""

    organisation: UUID
    member: UUID
    session: UUID
    expires_at: datetime


class RefreshToken(NamedTuple):
    """A refresh token that we made, and its digest as stored."""

    organisation: UUID
    session: UUID
    digest: bytes


class KeyToken(NamedTuple):
    """An API key as shown, and the digest of its secret."""

    organisation: UUID
    key: UUID
    digest: bytes


def derived_key(purpose: str) -> bytes:
    """A key of its own for each purpose, from the secret of this system."""
    return _derive(settings().secret_key, purpose)


@cache
def _derive(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)


def access_token(organisation: UUID, member: UUID, session: UUID) -> str:
    """A JWS (HS256) that names the session for ten minutes."""
    claims = {
        "organisation": organisation.hex,
        "member": member.hex,
        "session": session.hex,
        "exp": int((now() + ACCESS_LIFETIME).timestamp()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, _signing_key(derived_key("access token")))


def read_access_token(token: str) -> AccessClaims:
    """The claims of a token that we signed. Raises DomainError unauthenticated for any other, and for an old one."""
    read = _verified(token, derived_key("access token"))
    if read is None or read.expires_at <= now():
        raise DomainError("unauthenticated")
    return read


@lru_cache(maxsize=4096)
def _verified(token: str, key: bytes) -> AccessClaims | None:
    """Cached, because a signature that was good stays good; expiry and revocation are looked at each time."""
    try:
        claims = jwt.decode(token, _signing_key(key), algorithms=[_ALGORITHM]).claims
        return AccessClaims(
            UUID(claims["organisation"]),
            UUID(claims["member"]),
            UUID(claims["session"]),
            datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None


@cache
def _signing_key(key: bytes) -> OctKey:
    return OctKey.import_key(key)


def refresh_token(organisation: UUID, session: UUID) -> str:
    """A new refresh token. It is authenticated, so that a forged one can be told from an old one that was stolen."""
    body = organisation.bytes + session.bytes + secrets.token_bytes(16)
    return _REFRESH + _encode(body + _seal(body))


def read_refresh_token(token: str) -> RefreshToken:
    """Reads a refresh token that we made, whether or not it is the newest. Raises DomainError unauthenticated."""
    raw = _decode(token, _REFRESH, 64)
    if not hmac.compare_digest(raw[48:], _seal(raw[:48])):
        raise DomainError("unauthenticated")
    return RefreshToken(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), digest(token))


def _seal(body: bytes) -> bytes:
    return hmac.digest(derived_key("refresh token"), body, hashlib.sha256)[:16]


def api_key_token(organisation: UUID, key: UUID) -> str:
    """A new API key, shown once; only the digest of its secret is kept."""
    return _API_KEY + _encode(organisation.bytes + key.bytes + secrets.token_bytes(32))


def is_api_key(token: str) -> bool:
    """Whether a bearer token has the form of an API key."""
    return token.startswith(_API_KEY)


def read_api_key(token: str) -> KeyToken:
    """Reads the form of an API key; whether it is one is the database's to say. Raises DomainError unauthenticated."""
    raw = _decode(token, _API_KEY, 64)
    return KeyToken(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), digest(token))


def digest(secret: str) -> bytes:
    """SHA-256 of a secret that is random itself (so that no salt or slow hash is needed)."""
    return hashlib.sha256(secret.encode()).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str, prefix: str, length: int) -> bytes:
    body = token.removeprefix(prefix)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not token.startswith(prefix) or len(raw) != length or _encode(raw) != body:
        raise DomainError("unauthenticated")
    return raw
