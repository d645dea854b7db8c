"""What every benchmark here writes: figures beside the reference they are judged by, as a table and as JSON."""

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value. `reference` says in words what it is compared with; `ratio` is value over that."""

    case: str
    metric: str
    value: float
    unit: str
    reference: str | None = None
    reference_value: float | None = None
    ratio: float | None = None


class Report:
    """Collects figures, prints them, and writes them where `--json` says."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._figures: list[Figure] = []
        self._missed: list[Figure] = []

    def add(
        self,
        case: str,
        metric: str,
        value: float,
        unit: str,
        reference: str | None = None,
        reference_value: float | None = None,
    ) -> None:
        """Add one figure; the ratio follows from the reference."""
        ratio = value / reference_value if reference_value else None
        self._figures.append(Figure(case, metric, value, unit, reference, reference_value, ratio))

    def must(self, case: str, goal: str, holds: bool) -> None:
        """A goal that this run is held to; one that is missed is told in table and JSON, and `finish` says so."""
        if not holds:
            self._missed.append(Figure(case, f"FAILED: {goal}", 1.0, "goal"))

    def add_times(self, case: str, seconds: Sequence[float]) -> None:
        """Add the median and the 99th percentile of these durations, in milliseconds."""
        ordered = sorted(seconds)
        self.add(case, "p50", statistics.median(ordered) * 1e3, "ms")
        self.add(case, "p99", ordered[min(len(ordered) - 1, round(len(ordered) * 0.99))] * 1e3, "ms")

    def finish(self, json_file: Path | None) -> bool:
        """Print the table, and write the list of figures; whether every goal was met."""
        self._figures += self._missed
        table = Table(title=self._title, title_justify="left", box=None, padding=(0, 2))
        for column in ("case", "metric", "value", "unit", "reference", "its value", "ratio"):
            table.add_column(column, justify="right" if column in {"value", "its value", "ratio"} else "left")
        for figure in self._figures:
            numbers = (_shown(figure.value), figure.unit, figure.reference or "")
            table.add_row(figure.case, figure.metric, *numbers, _shown(figure.reference_value), _shown(figure.ratio))
        console = Console()
        (console if console.is_terminal else Console(width=160)).print(table)
        if json_file:
            json_file.write_text(json.dumps([asdict(figure) for figure in self._figures], indent=2) + "\n")
        return not self._missed


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options every benchmark has; add your own before parsing."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}"
