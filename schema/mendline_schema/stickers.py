"""Codes and stickers over GraphQL: what a scanned text may mean, and stickers of our own as a PDF."""

import hashlib
from datetime import date
from typing import Annotated

import msgspec

from mendline.devices import (
    Check,
    DeviceIdentifier,
    PrintStickers,
    StickersOrdered,
    System,
    find_devices,
    parse_identifier,
    stickers_of,
    stickers_pdf,
)
from mendline.kernel import DeviceId, DomainError, opaque, presign_download, put_blob, run, transaction
from mendline_schema.context import Context
from mendline_schema.declarations.calls import Options


class ReadCode(msgspec.Struct, frozen=True):
    """A text as it was scanned or typed."""

    text: Annotated[str, msgspec.Meta(max_length=512)]


class KnownDevice(msgspec.Struct, frozen=True):
    """A device of the reader's own registry."""

    device: DeviceId


class CodeReading(msgspec.Struct, frozen=True):
    """One meaning of a text, the likeliest first. Several where a scanner dropped the mark that ends a field.

    device_identifier: the UDI-DI. check: whether the code's check character fits, cannot be verified, or there is none.
    devices: those of the own registry that this meaning fits, at most eight.
    """

    system: System
    check: Check
    device_identifier: str | None
    serial: str | None
    lot: str | None
    manufactured: date | None
    expires: date | None
    asset_number: str | None
    organisation_code: str | None
    devices: list[KnownDevice]


class CodeRead(msgspec.Struct, frozen=True):
    """All that the text may mean."""

    readings: list[CodeReading]


class StickersPrinted(msgspec.Struct, frozen=True):
    """Stickers as a PDF. Its URL holds for five minutes; size in bytes, SHA-256 in hex."""

    url: str
    filename: str
    size: int
    sha256: str
    stickers: int
    pages: int


async def read_code(context: Context, input: ReadCode, _: Options) -> CodeRead:
    """Tells what a code means, and which known devices each meaning fits. Changes nothing."""
    async with transaction(context.actor.organisation):
        readings = [await _reading(context, meaning) for meaning in parse_identifier(input.text)]
    return CodeRead(readings)


async def _reading(context: Context, meaning: DeviceIdentifier) -> CodeReading:
    try:
        fitting = await find_devices(context.actor.organisation, [meaning])
    except DomainError:  # none fits this meaning
        fitting = []
    return CodeReading(
        meaning.system,
        meaning.check,
        meaning.device_identifier,
        meaning.serial,
        meaning.lot,
        meaning.manufactured,
        meaning.expires,
        meaning.asset,
        meaning.organisation,
        [KnownDevice(opaque("dv", device.tenant_id, device.id)) for device in fitting],
    )


async def print_stickers(context: Context, input: PrintStickers, options: Options) -> StickersPrinted:
    """Makes stickers with QR codes for devices, on a sheet of labels or a roll."""
    ordered: StickersOrdered = await run(
        context.actor, "devices.print_stickers", input, key=options.key, expected_version=options.expected_version
    )
    async with transaction(context.actor.organisation):
        stickers = await stickers_of(context.actor, input.devices)
    pdf = await stickers_pdf(stickers, input.sheet, input.first)
    digest, filename = hashlib.sha256(pdf).hexdigest(), f"stickers-{input.sheet}.pdf"
    key = f"{context.actor.organisation}/stickers/{digest}.pdf"
    await put_blob(key, pdf, "application/pdf", digest)
    url = presign_download(key, filename)
    return StickersPrinted(url, filename, len(pdf), digest, ordered.stickers, ordered.pages)
