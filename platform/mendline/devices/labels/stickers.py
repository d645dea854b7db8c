"""Our own sticker for a device: its QR code leads to the device, its words tell a person; sheets of them as PDF."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Final, Literal

import msgspec

from mendline.devices.labels.label_sheets import SHEETS, SheetName
from mendline.press import Document, press

_TEMPLATE: Final = "stickers.typ"


class Sticker(msgspec.Struct, frozen=True, kw_only=True):
    """What one sticker says. link: the address in its QR code (see `device_link`). Words are printed as they are."""

    link: str
    asset: str
    organisation: str
    name: str
    serial: str = ""


class _Printed(msgspec.Struct, frozen=True):
    square: str
    asset: str
    organisation: str
    name: str
    serial: str


class _Given(msgspec.Struct, frozen=True):
    title: str
    first: int
    sheet: dict[str, float]
    stickers: list[_Printed]


def pages(stickers: int, sheet: SheetName, first: int = 1) -> int:
    """How many pages that many stickers fill, when `first` is the first free label of the first page."""
    return -(-(first - 1 + stickers) // SHEETS[sheet].labels)


async def stickers_pdf(stickers: Sequence[Sticker], sheet: SheetName, first: int = 1, title: str = "") -> bytes:
    """The stickers as a PDF, from the label `first` (from 1) of the first page on.

    The same stickers give the same bytes. It takes about half a second and 2 ms a sticker. Raises ChildFailed.
    """
    labels = SHEETS[sheet].labels
    if not 1 <= first <= labels:
        raise ValueError(f"label {first} of {labels}")
    return await _pressed(_Given(title, first, SHEETS[sheet]._asdict(), [_printed(one) for one in stickers]), "pdf")


async def sticker_png(sticker: Sticker) -> bytes:
    """One sticker as a picture of 827 x 437 pixels, as it comes from a label printer. Raises ChildFailed."""
    return await _pressed(_Given("", 1, SHEETS["roll_70x37"]._asdict(), [_printed(sticker)]), "png")


async def _pressed(given: _Given, form: Literal["pdf", "png"]) -> bytes:
    template = files("mendline.devices").joinpath(_TEMPLATE).read_bytes()
    return await press(Document(template, msgspec.json.encode(given), form))


def _printed(sticker: Sticker) -> _Printed:
    serial = f"SN {sticker.serial}" if sticker.serial else ""
    return _Printed(_square(sticker.link), sticker.asset, sticker.organisation, sticker.name, serial)


def _square(text: str) -> str:
    """The QR code as SVG, a unit a module, with the quiet zone of four modules that readers ask for."""
    import zxingcpp  # noqa: PLC0415 - 5 MB that only a process which prints or reads codes pays

    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(symbol.to_svg(add_quiet_zones=True))
