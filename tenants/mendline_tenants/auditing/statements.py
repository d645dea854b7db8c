"""Statements: what a checkpoint says, signed with this system's audit key, so that anyone can check it."""

import base64
import binascii
import hashlib
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mendline.kernel import SettingMissing, settings

_ALGORITHM = "Ed25519"  # RFC 9864; EdDSA, its older name, says less


class Statement(msgspec.Struct, frozen=True):
    """What an organisation's checkpoint says.

    number: 1, 2, 3 ... for each organisation. start: leaves in all checkpoints before it. size: leaves in this one.
    root: of the Merkle tree over them (hex). previous: SHA-256 of the signed statement before it (hex), null for 1.
    It names no ticket and no person: a witness learns how much was written in that minute, and nothing of what.
    """

    organisation: UUID
    number: int
    start: int
    size: int
    root: str
    previous: str | None
    at: datetime


class NotSigned(Exception):
    """The text is no statement that a known key has signed."""


def sign(statement: Statement) -> str:
    """The statement as a compact JWS (RFC 7515); its header names the key by its thumbprint (RFC 7638)."""
    key = _own_key(settings().audit_key)
    header = {"alg": _ALGORITHM, "kid": key.thumbprint()}
    return jws.serialize_compact(header, msgspec.json.encode(statement), key, algorithms=[_ALGORITHM])


def read_statement(signed: str) -> Statement:
    """What a signed statement says. Raises NotSigned when no known key has signed it, or it says no such thing."""
    try:
        key = _known_keys(settings().audit_key, settings().audit_retired_keys)[key_id(signed)]
        payload = jws.deserialize_compact(signed, key, algorithms=[_ALGORITHM]).payload
        return msgspec.json.decode(payload, type=Statement)
    except KeyError as unknown:
        raise NotSigned(f"signed with a key that is not known here: {unknown}") from None
    except (JoseError, msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        raise NotSigned(f"the signature does not fit: {error}") from None


def key_id(signed: str) -> str:
    """The id of the key that a statement says it is signed with."""
    try:
        header: dict[str, Any] = jws.extract_compact(signed.encode()).protected
        return str(header.get("kid"))
    except (JoseError, ValueError, UnicodeEncodeError) as error:
        raise NotSigned(f"it is no signed statement: {error}") from None


def statement_hash(signed: str) -> bytes:
    """What the next statement names as `previous`."""
    return hashlib.sha256(signed.encode()).digest()


def public_keys() -> dict[str, Any]:
    """The keys that sign or have signed, as a JSON Web Key Set (RFC 7517), the one in use first."""
    known = _known_keys(settings().audit_key, settings().audit_retired_keys)
    described = {"use": "sig", "alg": _ALGORITHM}
    return {"keys": [{**key.as_dict(private=False), "kid": name, **described} for name, key in known.items()]}


@cache
def _known_keys(own: str, retired: str) -> dict[str, OKPKey]:
    keys = [_own_key(own), *(_public_key(x) for x in retired.replace(",", " ").split())]
    return {key.thumbprint(): key for key in keys}


@cache
def _own_key(seed: str) -> OKPKey:
    raw = _bytes(seed, "MENDLINE_AUDIT_KEY")
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _text(public), "d": _text(raw)})


def _public_key(x: str) -> OKPKey:
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _text(_bytes(x, "MENDLINE_AUDIT_RETIRED_KEYS"))})


def _bytes(text: str, variable: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise SettingMissing(f"{variable}: each key is 32 bytes of base64url (43 characters)")
    return raw


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
