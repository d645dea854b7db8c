"""Reads MA codes (IDcode), issued by China's ZIIOT: `MA.156.M0.<registrant>.<product>` and production identifiers.

Source: the issuer's coding rules as its registrars publish them (DI, and the units L, S, M, D, V, E, C). Check
characters are recognised and never relied on: their rule is not public, and the two forms of it that are in use
elsewhere disagree with each other and with codes in the field. See decision 0029.
"""

import re
from datetime import date
from typing import Any, Final

from mendline.devices.codes.reading import Code, DeviceIdentifier, malformed, put

SYSTEM: Final = "MA"

_BEGINS: Final = re.compile(r"(?:https?://\S*[/?=])?MA\.\d{1,3}\.M\d\.", re.IGNORECASE)
_PRODUCT: Final = re.compile(
    # Country, industry, registrant; packaging level, item and check character: eight by the rules, more in the field.
    r"(?:https?://\S*[/?=])?(?P<prefix>ma\.[0-9]{3}\.m[0-9])\.(?P<product>[0-9]{6}\.[0-9][0-9a-z]{6,14}[0-9])"
    r"(?=\.|$)",
    re.IGNORECASE,
)
_PARTS: Final = {"L": "lot", "S": "serial", "M": "manufactured", "P": "manufactured", "V": "expires", "E": "ends"}
_PASSED_OVER: Final = ("D", "Y")
"""The lot of sterilisation, and a number of the health insurance."""

_VALUE: Final = re.compile(r"[0-9A-Za-z\-_/+#@*]{1,40}")


def recognises(text: str) -> bool:
    """Whether the text begins as a code of this system does."""
    return bool(_BEGINS.match(text))


def read(text: str, raw: str) -> Code:
    """Read one code; its check is always `unverified`. Raises `barcode_malformed` where it breaks the rules."""
    named = _PRODUCT.match(text)
    if named is None:
        raise malformed(SYSTEM, text)
    values: dict[str, Any] = {"device_identifier": f"{named['prefix'].upper()}.{named['product']}"}
    pieces = text[named.end() + 1 :].split(".") if named.end() < len(text) else []
    if len({piece[:1] for piece in pieces}) != len(pieces):
        raise malformed(SYSTEM, text)
    for place, piece in enumerate(pieces):
        if not _take(values, piece, last=place == len(pieces) - 1):
            raise malformed(SYSTEM, piece or text)
    # Some print only the day on which it ends, some the last day of use too.
    ends = values.pop("ends", None)
    values.setdefault("expires", ends)
    return Code([DeviceIdentifier(system=SYSTEM, raw=raw, check="unverified", **values)])


def _take(values: dict[str, Any], piece: str, *, last: bool) -> bool:
    letter, value = piece[:1], piece[1:]
    if letter == "C":
        return last and re.fullmatch(r"[0-9A-Za-z]", value) is not None
    if letter in _PASSED_OVER:
        return _VALUE.fullmatch(value) is not None
    name = _PARTS.get(letter)
    if name is None or not _VALUE.fullmatch(value):
        return False
    if name in ("lot", "serial"):
        return put(values, name, value)
    day = _day(value)
    return day is not None and put(values, name, day)


def _day(spelt: str) -> date | None:
    """`YYMMDD` or `YYYYMMDD`."""
    if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", spelt):
        return None
    spelt = spelt if len(spelt) == 8 else f"20{spelt}"
    try:
        return date(int(spelt[:4]), int(spelt[4:6]), int(spelt[6:]))
    except ValueError:
        return None
