"""What every embedded part has in common: how it is prepared, run, found ready and left tidy."""

from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path

from mendline.app.child import Process


class PartFailed(Exception):
    """A part did not start. The message says which, why, and where its log is."""


class Part(ABC):
    """An embedded server. `prepare` may be called before each start; a part keeps its port for its whole life."""

    name: str
    title: str
    timeout: float = 30

    @abstractmethod
    def prepare(self) -> None:
        """Make its files, and clear away what a killed run has left."""

    @abstractmethod
    def process(self) -> Process:
        """How to run it."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    @abstractmethod
    def address(self) -> str:
        """Where it listens, for people; without a password."""

    def tidy(self) -> None:  # noqa: B027
        """Remove what it leaves outside the home when it has ended."""

    def finish(self) -> None:  # noqa: B027 - most parts need nothing more
        """What remains to be done once it answers, each time it has started."""


def installed(package: str, setting: str) -> Path:
    """The folder of a wheel that brings a part's program, found without importing it. Raises PartFailed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise PartFailed(f"{package} is not installed: install the `embedded` extra, or set {setting}")
    return Path(spec.origin).parent
