"""Reads GS1 element strings, bracketed text and digital links with biip, which knows the application identifiers.

Apart from `gs1` because biip takes 18 MB and a tenth of a second to import: only a process that meets a code pays.
Sources: GS1 General Specifications, sections 3 (application identifiers), 7.8 (element strings) and 7.12 (dates).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from mendline.devices.codes.gs1 import FNC1, Gs1Fields, gtin14
from mendline.devices.codes.reading import malformed, unreadable

_FOLLOWERS: Final = ("10", "11", "17", "21")
"""Fields that makers print after a lot or a serial number; only these are guessed when FNC1 was dropped."""

_MOST_READINGS: Final = 24
"""A hostile string may be cut in thousands of ways; a label in two or three."""

_LONGEST_VALUE: Final = 90
"""Characters: the company-internal fields (91) to (99) are the longest."""

_BRACKETED: Final = re.compile(r"\(([0-9]{2,4})\)")
_LINKED_GTIN: Final = re.compile(r"/(?:01|gtin)/([0-9]{8,14})(?=[/?#]|$)")


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
        raise unreadable(text)
    return sorted(found, key=lambda fields: fields.serial is None)


def read_bracketed(text: str) -> Gs1Fields:
    """Read text as printed, `(01)…(21)…`. Raises `barcode_check_digit` or `barcode_unreadable`."""
    _, *pieces = _BRACKETED.split(text)
    if not pieces or not text.startswith("("):
        raise unreadable(text)
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
        raise unreadable(url) from error


def _parsed(texts: Sequence[str]) -> list[GS1ElementString]:
    try:
        return [GS1ElementString.parse(text) for text in texts]
    except ParseError as error:
        raise unreadable("".join(texts)) from error


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
    """What the fields say. Raises `barcode_malformed` where one is said twice with two values (section 4.13.1)."""
    values: dict[str, str] = {}
    for element in elements:
        if values.setdefault(element.ai.ai, element.value) != element.value:
            raise malformed("GS1", f"({element.ai.ai}){element.value}")
    dates = {element.ai.ai: element.date for element in elements}
    products = {gtin14(values[ai][:14]) for ai in ("01", "8006", "03") if ai in values}
    if len(products) > 1:
        raise malformed("GS1", " ".join(sorted(products)))
    return Gs1Fields(
        gtin=next(iter(products), None),
        serial=values.get("21"),
        lot=values.get("10"),
        manufactured=dates.get("11"),
        expires=dates.get("17"),
    )
