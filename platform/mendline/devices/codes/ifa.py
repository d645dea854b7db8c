"""Reads codes of IFA (Germany): a PPN in the envelope of ISO/IEC 15434, format 06.

Source: IFA, "UDI - use of the IFA Coding System for medical devices", section 3, and "Check digit calculations of PPN";
data identifiers of ANSI MH10.8.2.
"""

import re
from datetime import date
from typing import Any, Final

from mendline.devices.codes.reading import Code, DeviceIdentifier, malformed, put
from mendline.kernel import DomainError

SYSTEM: Final = "IFA"

_BEGINS: Final = re.compile(r"\[\)>\x1e?06\x1d")
# 11 and a PZN, or 13, a company's number, its article and the packaging level; two check digits.
_PPN: Final = re.compile(r"11[0-9]{10}|13[0-9A-Z]{5}[0-9A-Z.\-]{2,20}[0-9]{2}")
_FIELD: Final = re.compile(r"(9N|1T|S|D|16D|[0-9]{0,3}[A-Z])([!-~]{1,40})")
_TEXTS: Final = {"1T": "lot", "S": "serial"}


def recognises(text: str) -> bool:
    """Whether the text begins as a code of this system does."""
    return bool(_BEGINS.match(text))


def check_digits(ppn: str) -> str:
    """The two digits that a PPN without them asks for: ASCII values weighted 2, 3, 4, ..., modulo 97."""
    return f"{sum(ord(character) * weight for weight, character in enumerate(ppn, 2)) % 97:02}"


def read(text: str, raw: str) -> Code:
    """Read one code. Raises `barcode_check_digit` or `barcode_malformed`."""
    values: dict[str, Any] = {}
    for piece in filter(None, re.split("[\x1d\x1e\x04]", text[_begun(text) :])):
        if not _take(values, piece):
            raise malformed(SYSTEM, piece)
    return Code([DeviceIdentifier(system=SYSTEM, raw=raw, check="fits", **values)])


def _begun(text: str) -> int:
    found = _BEGINS.match(text)
    if found is None:
        raise malformed(SYSTEM, text)
    return found.end()


def _take(values: dict[str, Any], piece: str) -> bool:
    found = _FIELD.fullmatch(piece)
    if found is None:
        return False
    identifier, value = found.groups()
    if identifier == "9N":
        if not _PPN.fullmatch(value):
            return False
        if check_digits(value[:-2]) != value[-2:]:
            raise DomainError("barcode_check_digit", number=value)
        return put(values, "device_identifier", value)
    if identifier in _TEXTS:
        return put(values, _TEXTS[identifier], value)
    if identifier in ("D", "16D"):
        day = _day(value, 6 if identifier == "D" else 8)
        return day is not None and put(values, "expires" if identifier == "D" else "manufactured", day)
    return True


def _day(spelt: str, length: int) -> date | None:
    """`YYMMDD` or `YYYYMMDD`; day 00 is the month's last."""
    if not re.fullmatch(rf"[0-9]{{{length}}}", spelt):
        return None
    year, month, day = int(spelt[:-4]) % 100 + 2000 if length == 6 else int(spelt[:-4]), int(spelt[-4:-2]), spelt[-2:]
    try:
        if day == "00":
            return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
        return date(year, month, int(day))
    except ValueError:
        return None
