"""What a verification has found: counts of what was looked at, and each thing that is wrong, in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mendline.kernel import say

GRACE = timedelta(hours=1)
"""How long what was written may wait for its checkpoint, and a checkpoint for its copy, before that is wrong."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: `audit.<code>` in the locales is its sentence, `facts` are the values in it."""

    code: str
    facts: dict[str, Any]

    def words(self, locale: str) -> str:
        """The sentence."""
        return say(f"audit.{self.code}", locale, **self.facts)


@dataclass
class Checked:
    """One organisation's verification so far.

    waiting: what was written lately and no checkpoint covers yet, and checkpoints that have no copy yet.
    uncompared: parts that were left out, such as copies when there is no store to ask.
    """

    progress: Callable[[str, int], None] = lambda part, done: None
    tickets: int = 0
    entries: int = 0
    book: int = 0
    checkpoints: int = 0
    copies: int = 0
    witnessed: int = 0
    proofs: int = 0
    waiting: int = 0
    uncompared: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, code: str, **facts: Any) -> None:
        """Notes what is wrong."""
        self.findings.append(Finding(code, facts))

    def count(self, part: str, more: int) -> None:
        """Counts what was looked at, and tells of it."""
        total = getattr(self, part) + more
        setattr(self, part, total)
        self.progress(part, total)

    def awaited(self, since: datetime, now: datetime) -> bool:
        """Whether something written at `since` may still wait; it is then counted as waiting."""
        if now - since > GRACE:
            return False
        self.waiting += 1
        return True
