"""The links of our stickers: a code in each proves that it is ours, and a word starts a bot with its device.

The code is keyed with the system's secret, so nobody finds out by trying which organisations and devices there are
(decision 0037).
"""

import base64
import binascii
import hashlib
import hmac

from mendline.devices.codes.identifiers import device_link
from mendline.kernel import settings
from mendline_tenants import derived_key

BYTES = 12
"""Of a code: 96 bits, 16 characters."""

LONGEST_START = 64
"""Characters that Telegram passes on from a link to the bot that it opens; `A-Za-z0-9_-` alone."""

_START = "d_"


def label_code(organisation: str, asset: str) -> str:
    """The code that the link of this device's sticker ends in; `organisation` is the hospital's code."""
    told = "\0".join((organisation, asset)).encode()
    digest = hmac.digest(derived_key("device label"), told, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:BYTES]).decode()


def sticker_link(organisation: str, asset: str) -> str:
    """The address in the QR code of a sticker that we print."""
    return device_link(settings().public_url, organisation, asset, label_code(organisation, asset))


def start_word(organisation: str, asset: str) -> str | None:
    """What a bot is started with to report a fault of this device: what the sticker shows, nothing more.

    None where that is longer than a channel passes on.
    """
    packed = base64.urlsafe_b64encode(f"{organisation}\0{asset}".encode()).rstrip(b"=").decode()
    return f"{_START}{packed}" if len(_START) + len(packed) <= LONGEST_START else None


def read_start_word(word: str) -> tuple[str, str] | None:
    """The organisation's code and the asset number that `start_word` packed; None for anything else."""
    if not word.startswith(_START) or len(word) > LONGEST_START:
        return None
    packed = word.removeprefix(_START)
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):  # a UnicodeDecodeError is one too
        return None
    organisation, _, asset = raw.partition("\0")
    return (organisation, asset) if organisation and asset and "\0" not in asset else None
