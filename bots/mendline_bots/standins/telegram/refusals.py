"""What Telegram answers when it refuses a call, in its own words (as the public Bot API server says them)."""

from typing import Any


class TelegramRefusalError(Exception):
    """A refused call: HTTP status, Telegram's description, and `parameters` where it sends some."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(description: str, **parameters: int) -> TelegramRefusalError:
    """A 400 with Telegram's usual prefix."""
    return TelegramRefusalError(400, f"Bad Request: {description}", parameters or None)


def forbidden(description: str) -> TelegramRefusalError:
    """A 403 with Telegram's usual prefix."""
    return TelegramRefusalError(403, f"Forbidden: {description}")


def too_many_requests(seconds: float) -> TelegramRefusalError:
    """A 429; Telegram gives whole seconds, never less than one."""
    wait = max(1, round(seconds))
    return TelegramRefusalError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})


def conflict(description: str) -> TelegramRefusalError:
    """A 409: two readers of one queue."""
    return TelegramRefusalError(409, f"Conflict: {description}")


NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
