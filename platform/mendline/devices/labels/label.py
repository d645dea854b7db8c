"""Draws the label of a device, with GS1 DataMatrix and asset sticker, and photos of it as phones take them."""

import io
import random
from datetime import date
from functools import cache
from typing import Final

import msgspec
import pylopdf_fonts_zh_cn
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mendline.devices.codes.gs1 import Gs1Fields, element_string

_SIZE: Final = (1180, 600)
_PAPER: Final = (246, 246, 242)
_INK: Final = (24, 26, 28)
_PHOTO: Final = (1280, 960)


class DeviceLabel(msgspec.Struct, frozen=True, kw_only=True):
    """All that is printed on a device: the maker's plate on the left, the hospital's asset sticker on the right.

    Names come in both languages. `link` is the address in the sticker's QR code (see `device_link`).
    """

    maker_zh: str
    maker_en: str
    model_zh: str
    model_en: str
    model_number: str
    registration: str
    gtin: str
    serial: str
    manufactured: date
    hospital_zh: str
    hospital_en: str
    department_zh: str
    department_en: str
    asset: str
    link: str
    lot: str | None = None
    expires: date | None = None

    @property
    def udi(self) -> Gs1Fields:
        """The fields of the DataMatrix."""
        return Gs1Fields(
            gtin=self.gtin, serial=self.serial, lot=self.lot, manufactured=self.manufactured, expires=self.expires
        )


def label_image(label: DeviceLabel) -> Image.Image:
    """The label as a picture of 1180 x 600 pixels."""
    image = Image.new("RGB", _SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    _draw_plate(image, draw, label)
    _draw_sticker(image, draw, label)
    return image


def label_png(label: DeviceLabel) -> bytes:
    """The label as a PNG file."""
    file = io.BytesIO()
    label_image(label).save(file, "PNG")
    return file.getvalue()


def data_matrix(fields: Gs1Fields, *, scale: int) -> Image.Image:
    """A square GS1 DataMatrix with a real FNC1 in first position, `scale` pixels a module, without quiet zone."""
    symbol = zxingcpp.create_barcode(
        element_string(fields, bracketed=True), zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True
    )
    return _drawn(symbol, scale)


def phone_photo(label: Image.Image, seed: int) -> bytes:
    """A JPEG of 1280 x 960 such as a phone takes: turned, slanted, shaded, a little blurred and noisy.

    The same label and seed give the same photo.
    """
    dice = random.Random(seed)  # noqa: S311 - a picture, not a secret
    width, height = _PHOTO
    photo = _table_top(dice)
    scale = dice.uniform(0.60, 0.80) * width / label.width
    shape = (round(label.width * scale), round(label.height * scale))
    print_ = label.resize(shape, Image.Resampling.LANCZOS).convert("RGBA")
    print_ = _slanted(print_, dice).rotate(dice.uniform(-12, 12), expand=True, resample=Image.Resampling.BICUBIC)
    at = (
        (width - print_.width) // 2 + dice.randint(-40, 40),
        (height - print_.height) // 2 + dice.randint(-50, 50),
    )
    photo.paste(print_, at, print_)
    photo = Image.composite(photo, Image.new("RGB", _PHOTO, (20, 22, 30)), _light(dice))
    photo = photo.filter(ImageFilter.GaussianBlur(dice.uniform(0.4, 1.1)))
    photo = Image.blend(photo, _noise(dice), 0.05)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=dice.randint(72, 88))
    return file.getvalue()


def _drawn(symbol: zxingcpp.Barcode, scale: int) -> Image.Image:
    return Image.fromarray(symbol.to_image(scale=scale, add_quiet_zones=False))


def _draw_plate(image: Image.Image, draw: ImageDraw.ImageDraw, label: DeviceLabel) -> None:
    draw.rounded_rectangle((14, 14, 764, 586), radius=18, outline=_INK, width=3)
    y = 36
    for zh, en, size in ((label.maker_zh, label.maker_en, 30), (label.model_zh, label.model_en, 26)):
        for line, height in _lines(zh, en, size):
            draw.text((40, y), line, fill=_INK, font=_font(height))
            y += height + 10
    facts = [
        ("REF", "型号", label.model_number),
        ("SN", "序列号", label.serial),
        ("LOT", "批号", label.lot),
        ("Date of manufacture", "生产日期", f"{label.manufactured:%Y-%m-%d}"),
        ("Use by", "有效期至", label.expires and f"{label.expires:%Y-%m-%d}"),
        ("Registration", "注册证编号", label.registration),
    ]
    y = max(y + 12, 210)
    for en, zh, value in facts:
        if value:
            draw.text((40, y), f"{zh} {en}:  {value}", fill=_INK, font=_font(20))
            y += 32
    symbol = data_matrix(label.udi, scale=6)
    image.paste(symbol, (48, 566 - symbol.height))
    printed = element_string(label.udi, bracketed=True).replace("(", "\n(").strip()
    draw.multiline_text(
        (48 + symbol.width + 28, 570), f"UDI\n{printed}", fill=_INK, font=_font(18), anchor="ld", spacing=2
    )
    draw.text((590, 500), "IP22  ~100-240V", fill=_INK, font=_font(17))
    draw.text((590, 528), "50/60Hz  CF", fill=_INK, font=_font(17))


def _draw_sticker(image: Image.Image, draw: ImageDraw.ImageDraw, label: DeviceLabel) -> None:
    blue = (0, 92, 152)
    draw.rounded_rectangle((796, 60, 1166, 540), radius=14, fill=(255, 255, 255), outline=blue, width=4)
    draw.rounded_rectangle((796, 60, 1166, 148), radius=14, fill=blue, corners=(True, True, False, False))
    lines = _lines(label.hospital_zh, label.hospital_en, 24)
    y = 82
    for line, height in lines:
        draw.text((981, y), line, fill=(255, 255, 255), font=_fitting(line, height, 350), anchor="ma")
        y += height + 6
    square = _drawn(zxingcpp.create_barcode(label.link, zxingcpp.BarcodeFormat.QRCode, ec_level="M"), 6)
    square = square.resize((230, 230), Image.Resampling.NEAREST)
    image.paste(square, (866, 168))
    draw.text((981, 416), "资产编号 Asset No.", fill=_INK, font=_font(18), anchor="ma")
    draw.text((981, 442), label.asset, fill=_INK, font=_fitting(label.asset, 34, 350), anchor="ma")
    place = f"{label.department_zh} {label.department_en}"
    draw.text((981, 496), place, fill=_INK, font=_fitting(place, 20, 350), anchor="ma")


def _lines(zh: str, en: str, size: int) -> list[tuple[str, int]]:
    """What to print of a name: both languages, the Chinese one larger."""
    return [(zh, size), (en, round(size * 0.68))]


def _slanted(image: Image.Image, dice: random.Random) -> Image.Image:
    """As seen from a little to the side: each corner is drawn inwards by up to 4 % of the width."""
    width, height = image.size
    reach = round(width * 0.04)
    corners = [(dice.randint(-reach, 0), dice.randint(-reach, 0)) for _ in range(4)]
    (a, b), (c, d), (e, f), (g, h) = corners
    quad = (a, b, c, height - d, width - e, height - f, width - g, h)
    return image.transform(image.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)


def _table_top(dice: random.Random) -> Image.Image:
    tint = dice.choice([(120, 134, 146), (168, 160, 148), (96, 104, 100), (176, 182, 186)])
    grain = Image.frombytes("L", (16, 12), dice.randbytes(192)).resize(_PHOTO, Image.Resampling.BICUBIC)
    return Image.blend(Image.new("RGB", _PHOTO, tint), grain.convert("RGB"), 0.15)


def _light(dice: random.Random) -> Image.Image:
    """A mask that leaves one side darker, as under a ceiling lamp."""
    spots = bytes(dice.randint(185, 255) for _ in range(6))
    return Image.frombytes("L", (3, 2), spots).resize(_PHOTO, Image.Resampling.BICUBIC)


def _noise(dice: random.Random) -> Image.Image:
    width, height = _PHOTO
    return Image.frombytes("RGB", (width // 2, height // 2), dice.randbytes(width * height // 4 * 3)).resize(_PHOTO)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Packaged, so that a label has its Chinese, and looks the same, on every machine.
    return ImageFont.truetype(pylopdf_fonts_zh_cn.sans_path(), size)


def _fitting(text: str, size: int, width: int) -> ImageFont.FreeTypeFont:
    while size > 10 and _font(size).getlength(text) > width:
        size -= 1
    return _font(size)
