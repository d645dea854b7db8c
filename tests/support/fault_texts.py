"""Labelled fault texts: real work orders when they are at hand, and the synthetic ones that lie here."""

import csv
from pathlib import Path
from typing import NamedTuple

WORK_ORDERS = Path(__file__).parents[3] / "shared" / "data" / "excavator_work_orders.csv"
CHINESE = Path(__file__).with_suffix(".tsv")

DANGERS = CHINESE.with_name("danger_texts.tsv")

HARMLESS = "harmless"

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


class Told(NamedTuple):
    """A text that tells of a danger, or of none. part: `tune`, or `held`, from which nothing is learned."""

    part: str
    language: str
    kind: str
    text: str

    @property
    def harmless(self) -> bool:
        """Whether nobody is in danger."""
        return self.kind == HARMLESS


def dangers() -> list[Told]:
    """The synthetic texts, written apart from the product's words of danger."""
    return [Told(*line.split("\t")) for line in DANGERS.read_text().splitlines() if not line.startswith("#")]
