"""Turns what was scanned or typed into the device identifiers it may mean, or says in words why it cannot."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote

from mendline.devices.codes import ahm, hibc, ifa, isbt128, ma
from mendline.devices.codes.gs1 import FNC1, Gs1Fields, check_digit_fits, gtin14
from mendline.devices.codes.reading import Code, DeviceIdentifier, joined, unreadable
from mendline.kernel import DomainError

LONGEST: Final = 512
"""Characters. The largest GS1 message holds 48 to 90 of them, our links less; what is longer is no label."""

_SPELT_FNC1: Final = re.compile("␝|<GS>|\\{GS\\}|\\^\\]", re.IGNORECASE)
_SYMBOLOGY: Final = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_GS1_SYMBOLOGIES: Final = ("C1", "d2", "Q3", "e0", "e1", "e2", "J1")
_GTIN_SYMBOLOGIES: Final = ("E0", "E1", "E2", "E3", "E4")
_OUR_LINK: Final = re.compile(r"https?://[^/\s]+/d/(?P<organisation>[^/\s?#]+)/(?P<asset>[^/\s?#]+)(?:/[^/\s?#]+)?/?$")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")  # no registry holds a number with what Postgres cannot store
# `SN20240077` is a whole serial number, so a Latin word needs something between itself and the number.
_NAMED: Final = re.compile(
    r"(?:(?P<serial>序列号|(?:s/?n|serial(?: no\.?| number)?)(?=[\s:]))"
    r"|(?P<asset>资产编号|asset(?: no\.?| number)?(?=[\s:])))\s*:?\s*",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?=.*[0-9])\w[\w\-./#()]{1,63}")

_NOTHING: Final = Code([])
_SYSTEMS: Final = (hibc, isbt128, ma, ahm, ifa)
"""The issuers whose codes tell by their beginning whose they are; GS1's are read where none of them is meant."""


def device_link(base_url: str, organisation: str, asset: str, code: str = "") -> str:
    """The address in our sticker's QR code; `parse_identifier` reads it back. `organisation` is the hospital's code.

    code: the proof that the sticker is ours (see `label_code`); stickers printed before there was one have none.
    """
    link = f"{base_url.rstrip('/')}/d/{quote(organisation, safe='')}/{quote(asset, safe='')}"
    return f"{link}/{code}" if code else link


def parse_identifier(text: str) -> list[DeviceIdentifier]:
    """All that `text` may mean, the likeliest first, never empty; the registry decides which names a known device.

    Raises `barcode_check_digit` (number), `barcode_malformed` (system, part), `barcode_incomplete` (serial, lot: the
    code names no product), `barcode_unsupported` (system) or `barcode_unreadable` (text).
    """
    return parse_codes([text])


def parse_certain(text: str) -> list[DeviceIdentifier]:
    """As `parse_identifier`, for where no person looks at the device that is found.

    Raises also `barcode_unverified` (system), for a code whose check character nobody can check.
    """
    meant = parse_identifier(text)
    if unverified := [one.system for one in meant if one.check == "unverified"]:
        raise DomainError("barcode_unverified", system=unverified[0])
    return meant


def parse_codes(texts: Sequence[str]) -> list[DeviceIdentifier]:
    """As `parse_identifier`, for all codes of one photo: halves of a label are joined, a code that says nothing
    is passed over as long as another names a device.
    """
    codes: list[Code] = []
    others: list[DeviceIdentifier] = []
    refusals: list[DomainError] = []
    for text in texts:
        try:
            code, numbers = _read(text)
        except DomainError as refusal:
            refusals.append(refusal)
            continue
        others += numbers
        if code.readings:
            codes.append(code)
    candidates = [reading for reading in joined(codes) if reading.device_identifier] + others
    if candidates:
        return candidates
    if codes:
        half = codes[0].readings[0]
        raise DomainError("barcode_incomplete", serial=half.serial, lot=half.lot)
    raise _most_telling(refusals)


def _most_telling(refusals: Sequence[DomainError]) -> DomainError:
    order = ("barcode_check_digit", "barcode_malformed", "barcode_unsupported", "barcode_unreadable")
    nothing = unreadable("")
    return min(refusals, key=lambda refusal: order.index(refusal.code), default=nothing)


def _read(text: str) -> tuple[Code, list[DeviceIdentifier]]:
    """What one code says as a code of an issuer, and as a plain number."""
    if len(text) > LONGEST:
        raise unreadable(text)
    symbology, content = _content(text)
    for system in _SYSTEMS:
        if system.recognises(content):
            return system.read(content, text), []
    if any(ord(character) < 32 and character not in "\t\r\n" + FNC1 for character in content):
        raise unreadable(text)
    if ours := _OUR_LINK.match(content):
        asset, organisation = unquote(ours["asset"]), unquote(ours["organisation"])
        if _UNSTORABLE.search(asset + organisation):
            raise unreadable(text)
        return _NOTHING, [DeviceIdentifier(system="asset", raw=text, asset=asset, organisation=organisation)]
    gs1, numbers = _gs1(symbology, content, text)
    return Code([_from_gs1(fields, text) for fields in gs1]), numbers


def _gs1(symbology: str | None, content: str, raw: str) -> tuple[list[Gs1Fields], list[DeviceIdentifier]]:
    """The GS1 readings of a text, and the plain numbers that it may be instead."""
    closed_up = re.sub(r"[ \t\r\n]", "", content)
    is_link = content.lower().startswith(("http://", "https://"))
    is_element_string = symbology in _GS1_SYMBOLOGIES or FNC1 in closed_up or re.match(r"01[0-9]{14}", closed_up)
    if symbology in _GTIN_SYMBOLOGIES:
        return [_bare_gtin(closed_up)], []
    if not (is_link or is_element_string or closed_up.startswith("(")):
        return _gtin_in_doubt(closed_up), _plain_numbers(content, raw)
    from mendline.devices.codes import gs1_reading  # noqa: PLC0415 - see there: it is heavy, and most texts are plain numbers

    if is_link:
        return [gs1_reading.read_digital_link(content)], []
    if closed_up.startswith("("):
        return [gs1_reading.read_bracketed(closed_up)], []
    return gs1_reading.read_element_string(closed_up), []


def _content(text: str) -> tuple[str | None, str]:
    """The symbology identifier, if the scanner sent one (ISO/IEC 15424), and the text without it and in half width."""
    # Chinese keyboards type full-width digits and brackets; NFKC brings them back.
    content = _SPELT_FNC1.sub(FNC1, unicodedata.normalize("NFKC", text)).strip()
    found = _SYMBOLOGY.match(content)
    content = content[3:].strip() if found else content
    return (found.group(1) if found else None), content


def _bare_gtin(digits: str) -> Gs1Fields:
    if not re.fullmatch(r"[0-9]{8,14}", digits):
        raise unreadable(digits)
    return Gs1Fields(gtin=gtin14(digits))


def _gtin_in_doubt(digits: str) -> list[Gs1Fields]:
    """The GTIN that bare digits may be.

    Hospitals number assets with 8 to 14 digits too, often beginning with a year, so digits that do not add up are
    refused only where nothing but a GTIN looks like them: 14 with a leading 0, or 13 in China's range 690-699.
    """
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", digits):
        return []
    if re.fullmatch(r"0[0-9]{13}|69[0-9]{11}", digits) or check_digit_fits(digits):
        return [_bare_gtin(digits)]
    return []


def _plain_numbers(content: str, raw: str) -> list[DeviceIdentifier]:
    named = _NAMED.match(content)
    number = content[named.end() :] if named else content
    if not _NUMBER.fullmatch(number):
        raise unreadable(content)
    asset = DeviceIdentifier(system="asset", raw=raw, asset=number)
    serial = DeviceIdentifier(system="serial", raw=raw, serial=number)
    if named is None:
        # A device identifier alone, as it is typed from a code that cannot be read. Digits alone would be a GTIN.
        product = [] if number.isdecimal() else [DeviceIdentifier(system="product", raw=raw, device_identifier=number)]
        return [asset, serial, *product]
    return [serial] if named["serial"] else [asset]


def _from_gs1(fields: Gs1Fields, raw: str) -> DeviceIdentifier:
    return DeviceIdentifier(
        system="GS1",
        raw=raw,
        device_identifier=fields.gtin,
        serial=fields.serial,
        lot=fields.lot,
        manufactured=fields.manufactured,
        expires=fields.expires,
        check="fits" if fields.gtin else "none",
    )
