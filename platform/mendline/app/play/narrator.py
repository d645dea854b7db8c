"""Tells the story as it happens: a line per step with time, who and where, and below it what the card says."""

import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Literal, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

Language = Literal["en", "zh"]
WIDTH = 110
_WIDTHS = (2, 8, 26, 3, 12, 8)


class Sentence(NamedTuple):
    """The same sentence in both languages."""

    en: str
    zh: str


@dataclass
class Narrator:
    """Prints to a terminal, or plain lines elsewhere; `file` takes them instead of standard output."""

    language: Language = "en"
    file: IO[str] | None = None

    def __post_init__(self) -> None:
        console = Console(highlight=False, file=self.file)
        self._console = (
            console if console.is_terminal else Console(width=WIDTH, highlight=False, soft_wrap=True, file=self.file)
        )
        self._step = 0

    def pick(self, en: str, zh: str) -> str:
        """The words in the language of the narration."""
        return zh if self.language == "zh" else en

    def chapter(self, title: Sentence) -> None:
        """A new part of the story."""
        self._console.print(f"\n[bold]{escape(self.pick(*title))}[/]")

    def step(self, who: str, where: str, what: Sentence) -> None:
        """One step: who does what, and in which channel."""
        self._step += 1
        head = f"[dim]{_clock()}[/] [cyan]{self._step:>2}[/] [bold]{escape(who)}[/] [dim]({escape(where)})[/]"
        self._console.print(f"{head}  {escape(self.pick(*what))}")

    def says(self, text: str, *, buttons: tuple[str, ...] = ()) -> None:
        """What a card, a window or an answer shows, word for word."""
        for line in text.splitlines():
            for part in textwrap.wrap(line, WIDTH - 20) or [""]:
                self._console.print(f"              [green]│[/] {escape(part)}")
        if buttons:
            self._console.print("              [green]│[/] " + " ".join(f"[reverse] {escape(b)} [/]" for b in buttons))

    def aside(self, what: Sentence) -> None:
        """Something seen at the same time: a portal follows, an outsider looks and finds nothing."""
        self._console.print(f"[dim]{_clock()}      · {escape(self.pick(*what))}[/]")

    def row(self, text: str) -> None:
        """A line of a list."""
        self._console.print(f"  {escape(text)}")

    def cells(self, *texts: str) -> None:
        """A line of a table: columns of the story's widths, Chinese characters being two wide."""
        widths = (*_WIDTHS, *([0] * len(texts)))
        self.row("  ".join(set_cell_size(t, max(w, cell_len(t))) for t, w in zip(texts, widths, strict=False)))

    def end(self, what: Sentence) -> None:
        """The story has come to its end."""
        self._console.print(f"\n[bold green]✓ {escape(self.pick(*what))}[/]")

    def stuck(self, why: str) -> None:
        """The story stops here, and why."""
        lead = self.pick("The story stops here", "故事在此中断")
        self._console.print(f"\n[bold red]✗ {lead}:[/] {escape(why)}")


def _clock() -> str:
    return f"{datetime.now():%H:%M:%S}"
