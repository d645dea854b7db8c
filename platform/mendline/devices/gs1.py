"""GS1 element strings, bracketed text and digital links of a device's label, read into fields and written again.

Sources: GS1 General Specifications, sections 3 (application identifiers), 7.8 (element strings) and 7.12 (dates).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Final

import msgspec
from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from mendline.kernel import DomainError

FNC1: Final = "\x1d"
"""What a scanner sends for FNC1, the mark that ends a field of variable length."""

_FOLLOWERS: Final = ("10", "11", "17", "21")
"""Fields that makers print after a lot or a serial number; only these are guessed when FNC1 was dropped."""

_MOST_READINGS: Final = 24
"""A hostile string may be cut in thousands of ways; a label in two or three."""

_LONGEST_VALUE: Final = 90
"""Characters: the company-internal fields (91) to (99) are the longest."""

_BRACKETED: Final = re.compile(r"\(([0-9]{2,4})\)")
_LINKED_GTIN: Final = re.compile(r"/(?:01|gtin)/([0-9]{8,14})(?=[/?#]|$)")


class Gs1Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What one GS1 code says. `gtin` is None where the code is the second half of a label and names no product."""

    gtin: str | None = None
    serial: str | None = None
    lot: str | None = None
    manufactured: date | None = None
    expires: date | None = None


def check_digit_fits(gtin: str) -> bool:
    """Whether the last digit of a GTIN-8, -12, -13 or -14 is the one its other digits ask for (section 7.9)."""
    return gs1_standard_check_digit(gtin[:-1]) == int(gtin[-1])


def gtin14(gtin: str) -> str:
    """The GTIN filled with zeros to 14 digits. Raises `barcode_check_digit`: a wrong digit is refused, never mended."""
    if not check_digit_fits(gtin):
        raise DomainError("barcode_check_digit", number=gtin)
    return gtin.zfill(14)


def element_string(fields: Gs1Fields, *, bracketed: bool = False) -> str:
    """Write the fields as a scanner sends them (FNC1 after lot), or `bracketed` as printed beside the code."""
    # The lot stands before the serial, as most makers print it; only a field that is not last needs its FNC1.
    parts = [
        ("01", fields.gtin, False),
        ("11", fields.manufactured and f"{fields.manufactured:%y%m%d}", False),
        ("17", fields.expires and f"{fields.expires:%y%m%d}", False),
        ("10", fields.lot, True),
        ("21", fields.serial, True),
    ]
    present = [(ai, value, variable) for ai, value, variable in parts if value]
    if bracketed:
        return "".join(f"({ai}){value}" for ai, value, _ in present)
    return "".join(f"{ai}{value}{FNC1 if variable else ''}" for ai, value, variable in present).removesuffix(FNC1)


def read_element_string(text: str) -> list[Gs1Fields]:
    """Every reading of an element string, the likeliest first; more than one only where FNC1 was dropped.

    Readings with a serial number come first because they name one unit; the registry decides which of them it knows.
    Raises `barcode_check_digit`, or `barcode_unreadable` when the text is no element string.
    """
    if re.match(r"0[13][0-9]{14}", text):
        gtin14(text[2:16])
    readings = [_each_field(text)] if FNC1 in text else islice(_cuts(text, frozenset()), _MOST_READINGS)
    found = list(dict.fromkeys(_fields(reading) for reading in readings if reading))
    if not found or not text.isascii():
        raise DomainError("barcode_unreadable", text=text[:60])
    return sorted(found, key=lambda fields: fields.serial is None)


def read_bracketed(text: str) -> Gs1Fields:
    """Read text as printed, `(01)…(21)…`. Raises `barcode_check_digit` or `barcode_unreadable`."""
    _, *pieces = _BRACKETED.split(text)
    if not pieces or not text.startswith("("):
        raise DomainError("barcode_unreadable", text=text[:60])
    return _fields(_parsed([ai + value for ai, value in zip(pieces[::2], pieces[1::2], strict=True)]))


def read_digital_link(url: str) -> Gs1Fields:
    """Read a GS1 digital link, `https://…/01/<gtin>/21/<serial>`.

    Raises `barcode_check_digit` or `barcode_unreadable`.
    """
    if linked := _LINKED_GTIN.search(url):
        gtin14(linked.group(1))
    try:
        return _fields(GS1DigitalLinkURI.parse(url).element_strings)
    # urlsplit, inside biip, raises plain ValueError for a broken host.
    except (ParseError, ValueError) as error:
        raise DomainError("barcode_unreadable", text=url[:60]) from error


def joined(codes: Sequence[Sequence[Gs1Fields]]) -> list[Gs1Fields]:
    """Put the halves of a label together: a code with the product and codes with only date, lot or serial.

    Makers often print two linear codes. Nothing is joined when the codes name two products: whose serial it is would
    be a guess. `codes` holds the readings of each code.
    """
    named = [readings for readings in codes if any(reading.gtin for reading in readings)]
    halves = [readings for readings in codes if not any(reading.gtin for reading in readings)]
    whole = [reading for readings in named for reading in readings]
    if len({reading.gtin for reading in whole}) != 1:
        return whole
    for readings in halves:
        whole = [merged for known in whole for half in readings if (merged := _merged(known, half))] or whole
    return whole


def _merged(known: Gs1Fields, half: Gs1Fields) -> Gs1Fields | None:
    values = {}
    for name in known.__struct_fields__:
        one, other = getattr(known, name), getattr(half, name)
        if one and other and one != other:
            return None
        values[name] = one or other
    return Gs1Fields(**values)


def _parsed(texts: Sequence[str]) -> list[GS1ElementString]:
    try:
        return [GS1ElementString.parse(text) for text in texts]
    except ParseError as error:
        raise DomainError("barcode_unreadable", text="".join(texts)[:60]) from error


def _each_field(text: str) -> list[GS1ElementString]:
    """The one reading of a text that kept its FNC1: within a segment only the last field may vary in length."""
    elements: list[GS1ElementString] = []
    for segment in filter(None, text.split(FNC1)):
        cut = next(_cuts(segment, frozenset(), guess=False), None)
        if cut is None:
            return []
        elements += cut
    return elements


def _cuts(text: str, seen: frozenset[str], *, guess: bool = True) -> Iterator[list[GS1ElementString]]:
    """Each way to cut `text` into fields without using a field twice, the way without guesses first."""
    if not text:
        yield []
        return
    try:
        identifier = GS1ApplicationIdentifier.extract(text)
    except ParseError:
        return
    if identifier.ai in seen:
        return
    for end in _ends(identifier, text, guess=guess):
        try:
            element = GS1ElementString.parse(text[:end])
        except ParseError:
            continue
        for rest in _cuts(text[end:], seen | {identifier.ai}, guess=guess):
            yield [element, *rest]


def _ends(identifier: GS1ApplicationIdentifier, text: str, *, guess: bool) -> Iterator[int]:
    if not identifier.separator_required:
        fixed = re.match(identifier.pattern.removesuffix("$"), text)
        if fixed:
            yield fixed.end()
        return
    yield len(text)
    if guess:
        start = len(identifier.ai) + 1
        stop = min(len(text), start + _LONGEST_VALUE)
        yield from (end for end in range(start, stop) if text.startswith(_FOLLOWERS, end))


def _fields(elements: Sequence[GS1ElementString]) -> Gs1Fields:
    values = {element.ai.ai: element.value for element in elements}
    dates = {element.ai.ai: element.date for element in elements}
    product = next((values[ai][:14] for ai in ("01", "8006", "03") if ai in values), None)
    return Gs1Fields(
        gtin=gtin14(product) if product else None,
        serial=values.get("21"),
        lot=values.get("10"),
        manufactured=dates.get("11"),
        expires=dates.get("17"),
    )
