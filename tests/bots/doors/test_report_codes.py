"""Reporting by codes of other issuers than GS1: read from a photo or typed, asked about where nobody can be sure."""

import io
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from mendline.devices import DeviceModel
from mendline.kernel import rows, transaction
from support.database import look
from support.doors import words_of

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def label_pumps(cast: "Cast", identifier: str) -> None:
    """Gives the pumps of hospital A another maker's device identifier."""
    tenant = cast["hospital_a"]
    async with transaction(tenant):
        found = await rows.select(DeviceModel, "tenant_id = $1 AND device_identifier IS NOT NULL", tenant)
        await rows.update(found[0], device_identifier=identifier)


async def reported(cast: "Cast") -> list[UUID]:
    made = await look("SELECT device_id FROM ticket WHERE tenant_id = $1 ORDER BY opened_at", cast["hospital_a"])
    return [row["device_id"] for row in made]


def photo_of(text: str, symbology: zxingcpp.BarcodeFormat) -> bytes:
    symbol = Image.fromarray(zxingcpp.create_barcode(text, symbology).to_image(scale=3))
    photo = Image.new("RGB", (1280, 960), "white")
    photo.paste(symbol, (60, 60))
    file = io.BytesIO()
    photo.save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("identifier", "code", "symbology"),
    [
        ("A123BJC5D6E71", "+A123BJC5D6E71/$+SN1001?", zxingcpp.BarcodeFormat.DataMatrix),
        ("A123BJC5D6E71", "+A123BJC5D6E71/$+SN1001?", zxingcpp.BarcodeFormat.Code128),
        ("110375286414", "[)>\x1e06\x1d9N110375286414\x1dSSN1001\x1e\x04", zxingcpp.BarcodeFormat.DataMatrix),
    ],
)
async def test_a_photographed_code_names_its_unit(
    doors: "Doors", cast: "Cast", blobs: None, identifier: str, code: str, symbology: zxingcpp.BarcodeFormat
) -> None:
    await label_pumps(cast, identifier)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
    if code.endswith("?"):
        code = code[:-1] + alphabet[sum(map(alphabet.index, code[:-1])) % 43]
    await doors.photo("nurse_a", photo_of(code, symbology), "报警")
    assert await reported(cast) == [cast.devices["pump_a"]]


async def test_an_ma_code_offers_its_unit_and_takes_it_only_from_a_person(
    doors: "Doors", cast: "Cast", blobs: None
) -> None:
    await label_pumps(cast, "MA.156.M0.100472.11103316")
    code = "MA.156.M0.100472.11103316.SSN1001.M240101.C7"
    await doors.photo("nurse_a", photo_of(code, zxingcpp.BarcodeFormat.QRCode), "报警")
    assert "校验位无法核对" in words_of(await doors.last("nurse_a"))
    assert await reported(cast) == []
    await doors.press("nurse_a", "SB-0001 输液泵")
    assert await reported(cast) == [cast.devices["pump_a"]]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("+A123BJC5D6E71H", "校验位不对"),
        ("=/A9999XYZ100T094", "ICCBBA 码在"),
        ("MA.156.M0.100472.1110", "MA 码在"),
        ("MF1234567*BN24*SN1", "AHM 码,其规则未公开"),
    ],
)
async def test_a_code_that_cannot_be_right_is_refused_in_words(
    doors: "Doors", cast: "Cast", typed: str, told: str
) -> None:
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", typed)
    assert told in words_of(await doors.last("nurse_a"))
    assert await reported(cast) == []


async def test_a_device_identifier_typed_alone_offers_the_units_of_its_model(doors: "Doors", cast: "Cast") -> None:
    await label_pumps(cast, "MF1234567890123")
    await doors.say("nurse_a", "报修")
    await doors.say("nurse_a", "MF1234567890123")
    assert {"SB-0001 输液泵", "SB-0002 输液泵"} <= set(await doors.labels("nurse_a"))
