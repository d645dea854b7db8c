"""The sheets that labels are printed on: where each label lies, as data."""

from typing import Final, Literal, NamedTuple

SheetName = Literal["a4_3x8", "a4_2x7", "a4_3x7", "a4_5x13", "roll_70x37", "roll_50x30"]


class Sheet(NamedTuple):
    """A page and its labels, row by row from the top left. All lengths in millimetres.

    left, top: of the first label. across, down: between the left (upper) edges of neighbours.
    """

    width: float
    height: float
    columns: int
    rows: int
    label_width: float
    label_height: float
    left: float
    top: float
    across: float
    down: float

    @property
    def labels(self) -> int:
        """How many labels a page has."""
        return self.columns * self.rows


def _roll(width: float, height: float) -> Sheet:
    return Sheet(width, height, 1, 1, width, height, 0, 0, width, height)


SHEETS: Final[dict[SheetName, Sheet]] = {
    "a4_3x8": Sheet(210, 297, 3, 8, 70, 37, 0, 0.5, 70, 37),
    "a4_2x7": Sheet(210, 297, 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1),
    "a4_3x7": Sheet(210, 297, 3, 7, 63.5, 38.1, 7.25, 15.15, 66, 38.1),
    "a4_5x13": Sheet(210, 297, 5, 13, 38.1, 21.2, 4.75, 10.7, 40.6, 21.2),
    "roll_70x37": _roll(70, 37),
    "roll_50x30": _roll(50, 30),
}
"""Self-adhesive sheets that every stationer sells, by columns and rows, and rolls of label printers, a label a page."""
