"""Reads Health Industry Bar Codes: primary, secondary and combined data structures.

Source: ANSI/HIBC 2.6, Supplier Labeling Standard, section 2 (data structures) and appendix B (check character); FDA,
"UDI formats by FDA-accredited issuing agency".
"""

import re
from datetime import date, datetime, timedelta
from typing import Any, Final

from mendline.devices.codes.reading import Code, DeviceIdentifier, malformed, put
from mendline.kernel import DomainError

SYSTEM: Final = "HIBCC"

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_BEGINS: Final = re.compile(r"\*?\+(?:[A-Z][0-9A-Z]{3}[0-9A-Z]+[0-9]|\$)", re.IGNORECASE)
_PRIMARY: Final = re.compile(r"\+([A-Z][0-9A-Z]{3}[0-9A-Z]{1,18}[0-9])")
_LOT_OR_SERIAL: Final = re.compile(r"\$(?P<serial>\+)?(?P<value>[0-9A-Z.\-]{1,18})")
# After `$$`: `+` before a serial number, or a quantity of two or five digits; then the date, whose first digit tells
# its form (a month begins with 0 or 1); then lot or serial number.
_DATED: Final = re.compile(
    r"\$\$(?:(?P<serial>\+)|8[0-9]{2}|9[0-9]{5})?"
    r"(?P<date>[01][0-9]{3}|2[0-9]{6}|3[0-9]{6}|4[0-9]{8}|5[0-9]{5}|6[0-9]{7}|7)(?P<value>[0-9A-Z.\-]{0,18})"
)
_QUANTITY_ALONE: Final = re.compile(r"\$\$(?:8[0-9]{2}|9[0-9]{5})")
_SUPPLEMENT: Final = re.compile(r"(?P<identifier>[0-9]{0,3}[A-Z])(?P<value>[0-9A-Z.\-]+)")
_FORMS: Final = {"2": "%m%d%y", "3": "%y%m%d", "4": "%y%m%d%H", "5": "%y%j", "6": "%y%j%H"}


def recognises(text: str) -> bool:
    """Whether the text begins as a code of this system does."""
    return bool(_BEGINS.match(text))


def check_character(text: str) -> str:
    """The character that the others ask for: the sum of their values, modulo 43 (appendix B)."""
    return _ALPHABET[sum(_ALPHABET.index(character) for character in text) % 43]


def read(text: str, raw: str) -> Code:
    """Read one code. Raises `barcode_check_digit`, or `barcode_malformed` where it breaks the rules."""
    body, check = _checked(text.upper(), raw)
    values: dict[str, Any] = {}
    if body.startswith("+$"):
        pieces, link = body[1:-1].split("/"), body[-1]
    else:
        primary, *pieces = body.split("/")
        named = _PRIMARY.fullmatch(primary)
        if named is None:
            raise malformed(SYSTEM, primary)
        link, values["device_identifier"] = "", named[1]
    for piece in pieces:
        if not _take(values, piece):
            raise malformed(SYSTEM, piece)
    return Code([DeviceIdentifier(system=SYSTEM, raw=raw, check="fits", **values)], check, link)


def _checked(text: str, raw: str) -> tuple[str, str]:
    """The code without its check character, and that character; asterisks of Code 39 taken off."""
    bare = text[1:-1] if text.startswith("*") and text.endswith("*") else text
    body, check = bare[:-1], bare[-1].replace("_", " ")  # a space is printed as an underscore beside the code
    if raw.rstrip("\t\r\n").endswith(" "):  # the space that was taken off with the blanks around the text
        body, check = bare, " "
    if not _spelt(body):
        raise malformed(SYSTEM, bare)
    if check_character(body) != check:
        raise DomainError("barcode_check_digit", number=bare[:60])
    return body, check


def _spelt(text: str) -> bool:
    return all(character in _ALPHABET for character in text)


def _take(values: dict[str, Any], piece: str) -> bool:
    """Notes what one piece between slashes says. False where it is no piece, or says two things of one field."""
    if piece.startswith("$"):
        if _QUANTITY_ALONE.fullmatch(piece):
            return True
        if found := _DATED.fullmatch(piece):
            try:
                expires = _date(found["date"])
            except ValueError:
                return False
            return (expires is None or put(values, "expires", expires)) and (
                not found["value"] or put(values, "serial" if found["serial"] else "lot", found["value"])
            )
        found = _LOT_OR_SERIAL.fullmatch(piece)
        return found is not None and put(values, "serial" if found["serial"] else "lot", found["value"])
    found = _SUPPLEMENT.fullmatch(piece)
    if found is None:
        return False
    if found["identifier"] == "S":
        return len(found["value"]) <= 18 and put(values, "serial", found["value"])
    if name := {"16D": "manufactured", "14D": "expires"}.get(found["identifier"]):
        try:
            return put(values, name, _exact(found["value"], "%Y%m%d"))
        except ValueError:
            return False
    return True  # a quantity, or what another data identifier says: nothing that tells which device it is


def _date(spelt: str) -> date | None:
    """The last day of use; a month alone is good until its last day. Raises ValueError for a day that is none."""
    form = _FORMS.get(spelt[0])
    if form is not None:
        return _exact(spelt[1:], form)
    if spelt == "7":
        return None
    first = _exact(f"01{spelt}", "%d%m%y")
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _exact(spelt: str, form: str) -> date:
    read = datetime.strptime(spelt, form)
    if read.strftime(form) != spelt:  # strptime takes days 366 of short years, and numbers that lack a digit
        raise ValueError(spelt)
    # Devices did not carry this code before 1984, and strptime puts 69 to 99 into the last century.
    return read.date().replace(year=read.year + 100) if "%y" in form and read.year < 1984 else read.date()
