"""Log lines: structured, with the correlation id of the cause, and without anyone's secrets."""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import structlog

from mendline.kernel.ids import new_id
from mendline.kernel.settings import settings

_SECRET_NAME = re.compile(r"token|password|secret|authorization|cookie|api_?key", re.IGNORECASE)
_SECRET_TEXT = (
    (re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{20,}"), "<telegram token>"),
    (re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+"), "<slack token>"),
    (re.compile(r"(\w+://[^:/@\s]*):[^@/\s]+@"), r"\1:<password>@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 <credentials>"),
    (re.compile(r"(?i)(X-Amz-Signature|X-Amz-Credential)=[^&\s]+"), r"\1=<signature>"),
)
# Most texts hold nothing of the kind: one look spares five.
_SUSPECT = re.compile(r"\d{6}:|xox|xapp-|://|X-Amz-|bearer|basic", re.IGNORECASE)
# These write a line for every request they send or serve, some with the token in the address.
_CHATTY = (
    "httpx",
    "httpcore",
    "telegram",
    "slack_bolt",
    "slack_sdk",
    "botocore",
    "boto3",
    "urllib3",
    "asyncio",
    "pika",
)

_NAME = "mendline"

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(_NAME)
"""The logger of the whole house: `log.info("ticket accepted", ticket=number)`. Name facts, write no sentences."""


def configure_logging(process: str) -> None:
    """Send this process's log lines to standard error: readable on a terminal, JSON elsewhere.

    `process` (web, worker, relay, ...) is on every line. Lines of libraries take the same way. Standard output is left
    to the answer of a command, which a script may take.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    render: structlog.types.Processor = structlog.processors.JSONRenderer(serializer=_json)
    watched = sys.stderr.isatty()
    if watched:
        render = structlog.dev.ConsoleRenderer()
    global _requests  # noqa: PLW0603 - a process has one log
    _requests = None if watched else {"event": "request", "level": "info", "process": process}
    # Exceptions become text before `redact`: their messages may quote an address with a password in it.
    last: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*last, render]))
    logging.basicConfig(handlers=[handler], level=settings().log_level.upper(), force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_request(**facts: Any) -> None:
    """The line of one request. There are many of them, so where nobody watches it is written without the machinery
    of levels and processors, in 8 µs in place of 36; the same is in it."""
    if _requests is None or not logging.getLogger(_NAME).isEnabledFor(logging.INFO):
        log.info("request", **facts)
        return
    bound = structlog.contextvars.get_contextvars()
    line = {"correlation": bound.get("correlation"), **{name: _clean(name, value) for name, value in facts.items()}}
    if len(bound) > 1:
        line = {**redact(None, "info", bound), **line}
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    os.write(sys.stderr.fileno(), _encode({**line, **_requests, "timestamp": moment}) + b"\n")


_requests: dict[str, str] | None = None
"""What is the same on every request's line, where lines are JSON."""


def bind(**context: Any) -> None:
    """Put facts (tenant, actor, update, ...) on every further line of this task and of the tasks it starts."""
    structlog.contextvars.bind_contextvars(**context)


def new_correlation(given: str | None = None) -> str:
    """Start a new cause, or continue the one a message names. Clears what was bound before; gives the id."""
    structlog.contextvars.clear_contextvars()
    correlation = given or new_id().hex
    structlog.contextvars.bind_contextvars(correlation=correlation)
    return correlation


def correlation_id() -> str:
    """The id of the cause this task works for; starts a new one when there is none."""
    bound = structlog.contextvars.get_contextvars().get("correlation")
    return str(bound) if bound else new_correlation()


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what looks like a secret, by its name or by its form, at any depth."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if _names_secret(name) and value and not isinstance(value, bool):
        return "<secret>"
    if isinstance(value, str):
        if not _SUSPECT.search(value):
            return value
        for pattern, substitute in _SECRET_TEXT:
            value = pattern.sub(substitute, value)
        return value
    if isinstance(value, dict):
        return {key: _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in value]
    return value


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _json(event: Any, **_: Any) -> str:
    # A tenth of the time that Python's own json takes; what it does not know is told as text.
    return _encode(event).decode()


def _encode(event: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


def _named(process: str) -> structlog.types.Processor:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("process", process)
        return event

    return add
