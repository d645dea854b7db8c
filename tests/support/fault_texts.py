"""Labelled fault texts: real work orders when they are at hand, and the synthetic Chinese ones that lie here."""

import csv
from pathlib import Path

WORK_ORDERS = Path(__file__).parents[3] / "shared" / "data" / "excavator_work_orders.csv"
CHINESE = Path(__file__).with_suffix(".tsv")

Labelled = list[tuple[str, str]]


def work_orders() -> Labelled:
    """(text, PM type) of the real work orders, but one whose columns are shifted."""
    with WORK_ORDERS.open() as file:
        found = [(row["OriginalShorttext"], row["PMType"]) for row in csv.DictReader(file)]
    return [(text, kind) for text, kind in found if kind.startswith("PM")]


def chinese(part: str) -> Labelled:
    """(text, category) of the synthetic Chinese texts to `train` with, or to `test` with."""
    lines = [line.split("\t") for line in CHINESE.read_text().splitlines() if not line.startswith("#")]
    return [(text, category) for of_part, category, text in lines if of_part == part]
