"""A canvas: shapes and words put together as SVG text, everything escaped, nothing from outside."""

from html import escape
from typing import Literal

FONT = "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Helvetica Neue', Arial, sans-serif"

Anchor = Literal["start", "middle", "end"]


class Canvas:
    """A picture of so many pixels; later shapes lie over earlier ones."""

    def __init__(self, width: float, height: float, title: str, background: str = "#ffffff") -> None:
        self.width = width
        self.height = height
        self._title = title
        self._parts: list[str] = []
        self.rect(0, 0, width, height, fill=background)

    def rect(self, x: float, y: float, width: float, height: float, *, radius: float = 0, **style: object) -> None:
        """A rectangle."""
        round_ = f' rx="{_n(radius)}"' if radius else ""
        self._add(f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"{round_}{_style(style)}/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, **style: object) -> None:
        """A straight line."""
        self._add(f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"{_style(style)}/>')

    def path(self, d: str, **style: object) -> None:
        """A path; `d` is made of numbers and letters of ours."""
        self._add(f'<path d="{d}"{_style(style)}/>')

    def circle(self, x: float, y: float, radius: float, **style: object) -> None:
        """A circle."""
        self._add(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_style(style)}/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 14,
        *,
        anchor: Anchor = "start",
        weight: int = 400,
        fill: str = "#1f2933",
        halo: str = "",
    ) -> None:
        """Words whose baseline begins (or is centred, or ends) there. halo: a colour around them, for busy grounds."""
        shown = escape("".join(c for c in words if c.isprintable()))
        around = (
            f' stroke="{halo}" stroke-width="{_n(size / 4)}" stroke-linejoin="round" paint-order="stroke"'
            if halo
            else ""
        )
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        bold = f' font-weight="{weight}"' if weight != 400 else ""
        self._add(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{where}{bold} fill="{fill}"{around}>{shown}</text>'
        )

    def _add(self, part: str) -> None:
        self._parts.append(part)

    def svg(self) -> str:
        """The whole picture."""
        width, height = _n(self.width), _n(self.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' font-family="{FONT}" role="img"><title>{escape(self._title)}</title>{"".join(self._parts)}</svg>'
        )


def width_of(words: str, size: float) -> float:
    """About how wide words are: a Chinese character is as wide as it is high, a Latin one little more than half."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.62 if c.isupper() or c.isdigit() else 0.54 for c in words) * size


def fitted(words: str, size: float, most: float) -> str:
    """Words cut to so many pixels, with an ellipsis; empty where not even two characters fit."""
    if width_of(words, size) <= most:
        return words
    kept = words
    while kept and width_of(kept + "…", size) > most:
        kept = kept[:-1]
    return f"{kept.rstrip()}…" if len(kept) > 1 else ""


def ending(words: str, size: float, most: float) -> str:
    """The last words that fit, of a place the most exact ones; where not even the last one does, it is cut."""
    if width_of(words, size) <= most:
        return words
    parts = words.split()
    tails = (f"…{' '.join(parts[number:])}" for number in range(1, len(parts)))
    return next((tail for tail in tails if width_of(tail, size) <= most), fitted(words, size, most))


def _n(number: float) -> str:
    """A number without needless digits."""
    return f"{number:.1f}".rstrip("0").rstrip(".")


def _style(style: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
