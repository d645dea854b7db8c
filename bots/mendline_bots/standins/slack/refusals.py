"""How Slack says no: a short code, and for wrong documents a list of what is wrong and where."""

from typing import Any

Wire = dict[str, Any]
"""A JSON object as it travels on the wire; its keys are Slack's, so it stays a plain dictionary."""


class Refusal(Exception):
    """An API call that Slack refuses with HTTP 200 and `ok: false`.

    `code` is Slack's error word, `messages` its `response_metadata.messages`, `facts` further members of the answer
    (such as `needed` and `provided` of `missing_scope`).
    """

    def __init__(self, code: str, messages: list[str] | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []
        self.facts = facts

    def answer(self) -> Wire:
        """The body of the refusing answer."""
        body: Wire = {"ok": False, "error": self.code, **self.facts}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body


def wrong(*messages: str) -> Refusal:
    """`invalid_arguments` with one `[ERROR] …` line per message."""
    return Refusal("invalid_arguments", [f"[ERROR] {message}" for message in messages])
