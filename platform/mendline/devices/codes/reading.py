"""One meaning of what was scanned or typed, and how the halves of a label are put together."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal, NamedTuple

import msgspec

from mendline.kernel import DomainError

System = Literal["GS1", "HIBCC", "ICCBBA", "MA", "IFA", "product", "serial", "asset"]
"""Whose code it is. `product` is a device identifier typed alone, which does not tell its issuer."""

Check = Literal["fits", "unverified", "none"]
"""What is known of the code's check character: it fits, its rule is not public, or the system has none."""


class DeviceIdentifier(msgspec.Struct, frozen=True, kw_only=True):
    """One meaning of a scanned or typed text.

    `device_identifier` is the UDI-DI in the form in which registries keep it: a GTIN filled to 14 digits; HIBC's
    labeler, product and unit of measure without `+` and check character; ICCBBA's 16 characters; MA's with its dots;
    IFA's PPN. `asset` is the hospital's own number, `organisation` the code of the hospital when our own sticker was
    read. Dates are those of the label; `expires` is the last day of use, and day 00 has become the month's last day.
    """

    system: System
    raw: str
    device_identifier: str | None = None
    serial: str | None = None
    lot: str | None = None
    manufactured: date | None = None
    expires: date | None = None
    asset: str | None = None
    organisation: str | None = None
    check: Check = "none"


class Code(NamedTuple):
    """One code on a label: its readings, the likeliest first.

    check, link: HIBC's check character, and the check character of the other half that this half says it belongs to.
    """

    readings: Sequence[DeviceIdentifier]
    check: str = ""
    link: str = ""


_UNSPEAKABLE: Final = re.compile("[\0-\x1f\x7f\ud800-\udfff]")
PARTS: Final = ("device_identifier", "serial", "lot", "manufactured", "expires")


def joined(codes: Sequence[Code]) -> list[DeviceIdentifier]:
    """Put halves together: a code with the product and codes of its system with only date, lot or serial.

    Makers often print two linear codes. Nothing is joined when the codes name two products, or to a half that names
    another by its link character: whose serial it is would be a guess.
    """
    found: list[DeviceIdentifier] = []
    for system in dict.fromkeys(reading.system for code in codes for reading in code.readings):
        found += _of_system([code for code in codes if code.readings[0].system == system])
    return found


def _of_system(codes: Sequence[Code]) -> list[DeviceIdentifier]:
    named = [code for code in codes if any(reading.device_identifier for reading in code.readings)]
    whole = [reading for code in named for reading in code.readings]
    if len({reading.device_identifier for reading in whole}) != 1:
        return whole
    checks = {code.check for code in named}
    for half in codes:
        if half not in named and (not half.link or half.link in checks):
            whole = [both for known in whole for reading in half.readings if (both := _both(known, reading))] or whole
    return whole


def _both(known: DeviceIdentifier, half: DeviceIdentifier) -> DeviceIdentifier | None:
    values = {}
    for name in PARTS:
        one, other = getattr(known, name), getattr(half, name)
        if one and other and one != other:
            return None
        values[name] = one or other
    return msgspec.structs.replace(known, raw=f"{known.raw}\n{half.raw}", **values)


def malformed(system: str, part: str) -> DomainError:
    """The refusal of a code that begins like this system's and goes on otherwise. part: what does not fit."""
    return DomainError("barcode_malformed", system=system, part=_told(part))


def unreadable(text: str) -> DomainError:
    """The refusal of a text that is no code and no number."""
    return DomainError("barcode_unreadable", text=_told(text))


def _told(text: str) -> str:
    # What cannot be shown or stored is no letter of any code.
    return _UNSPEAKABLE.sub("·", text[:60])


def put(values: dict[str, Any], name: str, value: Any) -> bool:
    """Notes what a code says; False where it has said otherwise before."""
    return bool(values.setdefault(name, value) == value)
