"""A picture as PNG: the very SVG, rendered with a packaged font, so that every machine draws the same."""

import importlib.resources
from functools import cache

FONT_PACKAGE, FONT_FILE = "manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"
FAMILY = "Noto Sans CJK SC"


@cache
def _font() -> str:
    return str(importlib.resources.files(FONT_PACKAGE) / FONT_FILE)


def to_png(svg: str, zoom: float = 1.5) -> bytes:
    """The picture's pixels. It takes some 50 ms of a processor: call it in a thread where others wait."""
    import resvg_py  # noqa: PLC0415 - only who draws loads it

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=zoom,
            font_files=[_font()],
            skip_system_fonts=True,
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )
