"""Codes are read from photos as phones send them, and what is no photo is refused within bounds."""

import io
import struct
import time
import zlib
from datetime import date

import pytest
from PIL import Image, ImageDraw, ImageFilter

from mendline.app.demo import demo_package
from mendline.devices import (
    Gs1Fields,
    device_link,
    element_string,
    label_image,
    label_png,
    parse_codes,
    phone_photo,
    read_codes,
)
from mendline.devices.labels.label import data_matrix
from mendline.kernel import DomainError

DEMO = demo_package().demo(date(2026, 11, 22))


def label_of(index: int):
    device = DEMO.devices[index]
    return device, demo_package().device_label(DEMO, device)


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def names(device, photo: bytes) -> bool:
    return any(r.serial == device.serial or r.asset == device.asset for r in parse_codes(read_codes(photo)))


@pytest.mark.parametrize("index", range(0, len(DEMO.devices), 7))
def test_the_phone_photo_of_a_label_names_its_device(index):
    device, label = label_of(index)
    read = parse_codes(read_codes(phone_photo(label_image(label), seed=index)))
    assert (read[0].system, read[0].serial, read[0].lot) == ("GS1", device.serial, device.lot)
    assert [r.asset for r in read if r.system == "asset"] == [device.asset]


def test_a_photo_is_the_same_for_the_same_seed():
    image = label_image(label_of(0)[1])
    assert phone_photo(image, seed=5) == phone_photo(image, seed=5) != phone_photo(image, seed=6)


def test_the_data_matrix_begins_with_a_real_fnc1():
    fields = Gs1Fields(gtin="06901234567892", lot="B7781", serial="SN1", manufactured=date(2024, 1, 31))
    symbol = Image.new("L", (400, 400), 255)
    symbol.paste(data_matrix(fields, scale=8), (60, 60))
    assert read_codes(jpeg(symbol)) == ["]d2" + element_string(fields)]


@pytest.mark.parametrize("angle", [0, 33, 90, 135, 180, 270])
def test_a_turned_label_is_read(angle):
    device, label = label_of(3)
    assert names(device, jpeg(label_image(label).rotate(angle, expand=True, fillcolor="grey")))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_read(orientation):
    device, label = label_of(4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert names(device, jpeg(label_image(label), exif=exif))


@pytest.mark.parametrize(("blur", "quality", "width"), [(3, 60, 4032), (1.2, 40, 1280), (0.8, 75, 900)])
def test_a_blurred_or_small_label_is_read(blur, quality, width):
    device, label = label_of(9)
    image = label_image(label)
    image = image.resize((width, round(width * image.height / image.width)))
    assert names(device, jpeg(image.filter(ImageFilter.GaussianBlur(blur)), quality=quality))


def test_a_dark_photo_of_low_contrast_is_read():
    device, label = label_of(12)
    assert names(device, jpeg(label_image(label).point(lambda level: 40 + level // 8)))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_are_read(form):
    device, label = label_of(2)
    file = io.BytesIO()
    label_image(label).save(file, form)
    assert names(device, file.getvalue())


def test_a_transparent_png_lies_on_white():
    device, label = label_of(2)
    image = label_image(label).convert("RGBA")
    image.putdata([(0, 0, 0, 0) if sum(pixel[:3]) > 600 else pixel for pixel in image.get_flattened_data()])
    file = io.BytesIO()
    image.save(file, "PNG")
    assert names(device, file.getvalue())


def test_a_photo_without_a_code_gives_nothing_in_bounded_time():
    noise = Image.effect_noise((4000, 3000), 90).convert("RGB")
    ImageDraw.Draw(noise).line((0, 0, 4000, 3000), fill="black", width=20)
    started = time.monotonic()
    assert read_codes(jpeg(noise), seconds=1.0) == []
    assert time.monotonic() - started < 8


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff\xd8\xff",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bytes(5000),
        _png_header(400, 400),
    ],
    ids=["empty", "text", "stub", "pdf", "svg", "zeros", "truncated png"],
)
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(DomainError) as caught:
        read_codes(data)
    assert caught.value.code == "photo_unreadable"


@pytest.mark.parametrize(
    "data",
    [b"\xff\xd8\xff" + bytes(21 << 20), _png_header(60_000, 60_000), _png_header(6000, 5000)],
    ids=["bytes", "bomb", "png"],
)
def test_what_is_too_large_is_refused_before_it_is_decoded(data):
    started = time.monotonic()
    with pytest.raises(DomainError) as caught:
        read_codes(data)
    assert caught.value.code == "photo_too_large"
    assert time.monotonic() - started < 1


def test_damaged_photos_are_read_or_refused():
    _, label = label_of(1)
    photo = phone_photo(label_image(label), seed=1)
    for cut in range(0, len(photo), len(photo) // 12):
        for damaged in (photo[:cut], photo[:cut] + b"\0" * 64 + photo[cut + 64 :]):
            try:
                read_codes(damaged, seconds=0.3)
            except DomainError as error:
                assert error.code == "photo_unreadable"


def test_the_picture_of_a_label_names_its_device():
    device, label = label_of(0)
    assert names(device, label_png(label))


def test_a_sticker_alone_names_the_asset():
    link = device_link("https://mendline.example", "YQH", "YQ6854-0001")
    assert parse_codes([f"]Q1{link}"])[0].asset == "YQ6854-0001"
