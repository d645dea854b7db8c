"""Reads ISBT 128 codes, ICCBBA's: devices with human tissue, and blood bags.

Source: ICCBBA ST-011 (device identifier, production identifiers, compound messages) and ST-001; FDA, "UDI formats by
FDA-accredited issuing agency". Every structure has a fixed length and names itself by two or three characters, so they
need no separator and stand in any order. The characters carry no check; the symbols that hold them do.
"""

import re
from datetime import date, timedelta
from typing import Any, Final

from mendline.devices.codes.reading import Code, DeviceIdentifier, malformed, put

SYSTEM: Final = "ICCBBA"

_BEGINS: Final = re.compile(r"[=&][!-~]")
_FACILITY: Final = r"[A-NP-Z1-9][0-9A-NP-Z][0-9]{3}"
_STRUCTURES: Final[dict[str, re.Pattern[str]]] = {
    "compound": re.compile(r"=\+([0-9]{2})[0-9A-Z]{3}"),
    # The processor's facility, its own product code, and the product description code.
    "device_identifier": re.compile(rf"=/({_FACILITY}[0-9A-Z]{{6}}[A-Z][0-9]{{4}})"),
    "container": re.compile(r"=\)([0-9A-Z]{10})"),
    "serial": re.compile(r"=,([0-9A-Z]{6})"),
    "lot": re.compile(r"&,1([0-9A-Z]{18})"),
    "container_lot": re.compile(r"&\)([0-9A-Z]{10})"),
    "expires": re.compile(r"=>([0-9]{6})|&>([0-9]{6})(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "manufactured": re.compile(r"=\}([0-9]{6})|&\}([0-9]{6})(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "donation": re.compile(rf"=({_FACILITY}[0-9]{{8}}[0-9A-Z]{{2}})"),
}
_FIELDS: Final = {"container": "device_identifier", "container_lot": "lot"}


def recognises(text: str) -> bool:
    """Whether the text begins as a code of this system does."""
    return bool(_BEGINS.match(text))


def read(text: str, raw: str) -> Code:
    """Read one code. Raises `barcode_malformed` where a structure is none, or has been said otherwise before."""
    values: dict[str, Any] = {}
    rest, count, announced = text.upper(), 0, None
    while rest:
        name, found = next(((n, m) for n, p in _STRUCTURES.items() if (m := p.match(rest))), (None, None))
        if found is None or name is None:
            raise malformed(SYSTEM, rest)
        said: Any = found[1] or found[2]
        if name == "compound" and not count and announced is None:
            announced, count = int(said), -1
        elif name in ("expires", "manufactured"):
            said = _day(said)
            if said is None:
                raise malformed(SYSTEM, found[0])
        if (name == "compound" and announced is None) or not put(values, _FIELDS.get(name, name), said):
            raise malformed(SYSTEM, found[0])
        rest, count = rest[found.end() :], count + 1
    if announced not in (None, count):
        raise malformed(SYSTEM, text)
    kept = {name: value for name, value in values.items() if name not in ("compound", "donation")}
    return Code([DeviceIdentifier(system=SYSTEM, raw=raw, **kept)])


def _day(spelt: str) -> date | None:
    """`cyyjjj`: the century's digit (0 is 2000, 9 is 1900), the year and the day of the year."""
    century, year, day = {"9": 1900, "0": 2000, "1": 2100}.get(spelt[0]), int(spelt[1:3]), int(spelt[3:])
    if century is None or not day:
        return None
    found = date(century + year, 1, 1) + timedelta(days=day - 1)
    return found if found.year == century + year else None
