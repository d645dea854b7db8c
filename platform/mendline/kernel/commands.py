"""Commands: every change is one, and one runner gives all of them the same guarantees."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
from tortoise import fields

from mendline.kernel import outbox
from mendline.kernel.clock import now
from mendline.kernel.database import execute, fetchrow, fetchval
from mendline.kernel.errors import DomainError
from mendline.kernel.ids import new_id
from mendline.kernel.log import log
from mendline.kernel.settings import settings
from mendline.kernel.tables import Kind, Record, table
from mendline.kernel.wake import wake
from mendline.kernel.work import Principal, Work, _work

KEY_LIFETIME = timedelta(hours=48)
"""How long a key answers with the first result; clients may rely on 24 hours."""


@table(Kind.OWN, key=("tenant_id", "actor", "key"), update=("result",), delete=True)
class IdempotencyKey(Record):
    """A key that an actor has used: the digest of command and input, and the command's result."""

    actor = fields.UUIDField()
    key = fields.TextField()
    digest = fields.BinaryField()
    result = fields.JSONField[Any](null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "idempotency_key"
        indexes = (("recorded_at",),)


@dataclass(frozen=True)
class Command:
    """A registered command: its name, the permission it needs, and the types of its input and result."""

    name: str
    permission: str
    function: Callable[..., Awaitable[Any]]
    input: type[msgspec.Struct]
    result: Any


COMMANDS: dict[str, Command] = {}


def command(name: str, permission: str) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """Registers `async def function(actor, input) -> result` as the command `name`.

    The input's type is a frozen msgspec struct, the result's a struct or a plain value that JSON can hold. Fields that
    the result names in `shown_once: ClassVar[tuple[str, ...]]` are answered and never stored: a replay shows None.
    """

    def register(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        hints = get_type_hints(function)
        if name in COMMANDS:
            raise TypeError(f"two commands are named {name}")
        COMMANDS[name] = Command(name, permission, function, hints["input"], hints["return"])
        return function

    return register


@dataclass(frozen=True)
class Runner:
    """What `app` hands to the kernel.

    authorise(actor, permission) raises a refusal. unit_of_work(tenant) is the transaction. audit(work) writes the
    entries and answers who may see them. project_worklists(work) brings every viewer's list up to date.
    """

    authorise: Callable[[Any, str], None]
    unit_of_work: Callable[[UUID], AbstractAsyncContextManager[Any]]
    audit: Callable[[Work], Awaitable[list[UUID]]]
    project_worklists: Callable[[Work], Awaitable[None]]


_runner: Runner | None = None


def install_runner(runner: Runner) -> None:
    """Called once by the composition root."""
    global _runner  # noqa: PLW0603 - one runner for the process
    _runner = runner


def parse_input(entry: Command, given: Any) -> msgspec.Struct:
    """The typed input of a command. Raises DomainError invalid_input with the field and what would be right."""
    if isinstance(given, entry.input):
        return given
    try:
        return msgspec.convert(given, entry.input, strict=False)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at ")
        raise DomainError("invalid_input", field=place.strip("`$.") or "input", problem=words) from None


def _digest(name: str, given: msgspec.Struct) -> bytes:
    told = name.encode() + b"\0" + msgspec.json.encode(given, order="deterministic")
    return hmac.digest(settings().secret_key.encode(), told, hashlib.sha256)  # keyed: the input may hold a password


async def run(
    actor: Principal,
    name: str,
    given: Any,
    *,
    key: str | None = None,
    expected_version: int | None = None,
    occurred_at: datetime | None = None,
) -> Any:
    """Runs one command for `actor` in one transaction and answers its result.

    key: an idempotency key; the same key and input give the first result again without doing anything.
    expected_version: the version that the caller has seen. occurred_at: only for offline replay and imports.
    Raises DomainError: unknown_command, invalid_input, forbidden, key_reused, stale_version, or what the domain
    refuses. A refused command stores nothing.
    """
    if _runner is None:
        raise RuntimeError("no runner is installed; call mendline.app's start first")
    entry = COMMANDS.get(name)
    if entry is None:
        raise DomainError("unknown_command", name=name)
    typed = parse_input(entry, given)
    _runner.authorise(actor, entry.permission)
    moment = now()
    work = Work(actor, name, occurred_at or moment, occurred_at is not None, expected_version)
    token = _work.set(work)
    try:
        async with _runner.unit_of_work(actor.organisation):
            digest = _digest(name, typed)
            if key is not None and not await _claim_key(actor, key, digest):
                return msgspec.convert(await _first_result(actor, key, digest), entry.result)
            result = await entry.function(actor, typed)
            visible_to = await _runner.audit(work)
            await _runner.project_worklists(work)
            deliveries = await outbox.write(work, visible_to)
            if key is not None:
                await _store_result(actor, key, result)
    finally:
        _work.reset(token)
    if deliveries:
        wake()
    log.info("command", command=name, channel=actor.channel, organisation=str(actor.organisation), key=key)
    return result


async def _claim_key(actor: Principal, key: str, digest: bytes) -> bool:
    if not 1 <= len(key) <= 200:
        raise DomainError("invalid_input", field="idempotencyKey", problem="it must have 1 to 200 characters")
    inserted = await fetchval(
        "INSERT INTO idempotency_key (tenant_id, id, actor, key, digest, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING RETURNING 1",
        actor.organisation,
        new_id(),
        actor.id,
        key,
        digest,
        now(),
    )
    return inserted is not None


async def _first_result(actor: Principal, key: str, digest: bytes) -> Any:
    stored = await fetchrow(
        "SELECT digest, result FROM idempotency_key WHERE tenant_id = $1 AND actor = $2 AND key = $3",
        actor.organisation,
        actor.id,
        key,
    )
    if stored is None or stored["digest"] != digest:
        raise DomainError("key_reused", key=key)
    return stored["result"]


async def _store_result(actor: Principal, key: str, result: Any) -> None:
    stored = msgspec.to_builtins(result)
    for name in getattr(result, "shown_once", ()):
        stored[name] = None
    await execute(
        "UPDATE idempotency_key SET result = $4 WHERE tenant_id = $1 AND actor = $2 AND key = $3",
        actor.organisation,
        actor.id,
        key,
        stored,
    )
