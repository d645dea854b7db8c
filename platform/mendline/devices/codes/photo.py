"""Reads the barcodes on a photo a phone has sent, within bounds of size, memory and time."""

import io
import time
import warnings
from collections.abc import Iterator
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from mendline.kernel import DomainError

MOST_BYTES: Final = 20 * 1024 * 1024
"""Telegram's limit for a file that a bot may fetch; a Slack photo is smaller."""

MOST_JPEG_PIXELS: Final = 64_000_000
"""A JPEG is decoded at a fraction of its size, so what the largest phones send is fine."""

MOST_PIXELS: Final = 24_000_000
"""Other formats are decoded whole: 24 million pixels of colour take about 100 MB for a moment."""

LONGEST_SIDE: Final = 2560
"""Pixels worked on. At 1280 a DataMatrix of 6 % of the width was read 12 of 12 times; more only helps small codes."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
_SYMBOLOGIES: Final = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
        zxingcpp.BarcodeFormat.EANUPC,
        zxingcpp.BarcodeFormat.ITF14,
        zxingcpp.BarcodeFormat.DataBar,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Aztec,
    ]
)


def read_codes(image: bytes, *, seconds: float = 4.0) -> list[str]:
    """The texts of all codes on the photo, each with its symbology identifier, so that GS1 parsing sees FNC1.

    Empty when no code is found. It blocks for up to `seconds` and one try more: call it in a thread.
    Raises `photo_too_large` (megabytes, megapixels: the limits) or `photo_unreadable` (not an image, or damaged).
    """
    deadline = time.monotonic() + seconds
    photo = _open(image)
    found: dict[str, None] = {}
    for number, attempt in enumerate(_attempts(photo)):
        found |= dict.fromkeys(_decode(attempt))
        # The second size often finds the code that the first one missed beside a larger one.
        if (found and number >= 1) or time.monotonic() > deadline:
            break
    return list(found)


def _open(data: bytes) -> Image.Image:
    """The photo upright, in grey and no larger than `LONGEST_SIDE`."""
    if len(data) > MOST_BYTES:
        raise _too_large()
    with warnings.catch_warnings():
        # Pillow warns of large images and odd EXIF; the bounds below are stricter and the EXIF is optional.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_large() from error
        except Exception as error:
            raise DomainError("photo_unreadable") from error
        limit = MOST_JPEG_PIXELS if image.format == "JPEG" else MOST_PIXELS
        if image.width * image.height > limit:
            raise _too_large()
        try:
            image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            upright = ImageOps.exif_transpose(image)
            flat = _on_white(upright)
        # A damaged file makes Pillow's readers raise almost anything: struct.error, SyntaxError, IndexError, …
        except Exception as error:
            raise DomainError("photo_unreadable") from error
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return flat


def _too_large() -> DomainError:
    return DomainError("photo_too_large", megabytes=MOST_BYTES >> 20, megapixels=MOST_PIXELS // 1_000_000)


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("L")
    return image.convert("L")


def _attempts(photo: Image.Image) -> Iterator[Image.Image]:
    """The photo in the ways that make a code readable, the cheap and likely ones first."""
    middle = _no_longer_than(photo, 1400)
    yield middle
    yield photo
    yield ImageOps.autocontrast(middle, cutoff=2)
    yield middle.filter(ImageFilter.UnsharpMask(radius=3, percent=200))
    yield _no_longer_than(photo, 800).filter(ImageFilter.MedianFilter(3))
    yield ImageOps.autocontrast(photo.filter(ImageFilter.UnsharpMask(radius=4, percent=250)), cutoff=2)
    for angle in (15, 30, 45):
        yield middle.rotate(angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    # A code cut out closely has no quiet zone, which every symbology asks for.
    yield ImageOps.expand(middle, border=40, fill=255)


def _no_longer_than(photo: Image.Image, side: int) -> Image.Image:
    smaller = photo.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return smaller


def _decode(photo: Image.Image) -> list[str]:
    results = zxingcpp.read_barcodes(photo, formats=_SYMBOLOGIES, text_mode=zxingcpp.TextMode.Plain)
    return [result.symbology_identifier + result.text for result in results if result.text]
