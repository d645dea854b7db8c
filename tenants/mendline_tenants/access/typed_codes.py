"""Typed codes: short secrets that a person reads in one place and types in another."""

import hashlib
import hmac
import secrets

from mendline_tenants.access.tokens import derived_key

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread aloud or by eye: no 0 O 1 I L


def typed_code(length: int) -> str:
    """A new code of so many letters and digits, about five bits each."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def code_digest(purpose: str, typed: str) -> bytes:
    """What is stored of a code; blanks, dashes and small letters do not matter.

    Keyed, a key for each purpose, because a code is short enough to be guessed from a plain hash.
    """
    return hmac.digest(derived_key(purpose), "".join(typed.split()).replace("-", "").upper().encode(), hashlib.sha256)
