"""What the house says when it refuses: a code and facts, rendered later in the reader's language."""

from typing import Any


class DomainError(Exception):
    """A refusal that its reader can act on.

    `code` names the sentence (`error.<code>` in the locales), `facts` are the values that stand in it.
    Raising one inside a command rolls the whole command back.
    """

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


def not_found(what: str) -> DomainError:
    """The one answer for what is not there and for what is not yours: nobody can tell them apart."""
    return DomainError("not_found", what=what)
