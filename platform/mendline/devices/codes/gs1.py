"""The GS1 fields of a device's label: their check digit, and how they are written.

Source: GS1 General Specifications, sections 3 (application identifiers), 7.8 (element strings) and 7.9 (check digits).
"""

from datetime import date
from typing import Final

import msgspec

from mendline.kernel import DomainError

FNC1: Final = "\x1d"
"""What a scanner sends for FNC1, the mark that ends a field of variable length."""


class Gs1Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What one GS1 code says. `gtin` is None where the code is the second half of a label and names no product."""

    gtin: str | None = None
    serial: str | None = None
    lot: str | None = None
    manufactured: date | None = None
    expires: date | None = None


def check_digit_fits(gtin: str) -> bool:
    """Whether the last digit of a GTIN-8, -12, -13 or -14 is the one its other digits ask for (section 7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(gtin)))
    return weighted % 10 == 0


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
