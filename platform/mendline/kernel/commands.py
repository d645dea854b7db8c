"""Commands: every change is one, and one runner gives all of them the same guarantees."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
from tortoise import fields

from mendline.kernel import outbox
from mendline.kernel.clock import now
from mendline.kernel.database import fetchrow, fetchval
from mendline.kernel.errors import DomainError
from mendline.kernel.ids import new_id
from mendline.kernel.log import log
from mendline.kernel.problems import problem_facts
from mendline.kernel.settings import settings
from mendline.kernel.storable import require_storable
from mendline.kernel.tables import Kind, Record, table
from mendline.kernel.wake import wake
from mendline.kernel.work import Principal, Work, _work

KEY_LIFETIME = timedelta(hours=48)
"""How long a key answers with the first result; clients may rely on 24 hours."""

TRIES = 3
"""How often a command is run that loses a race: a deadlock, or a row that another has just put."""

READ_TIME = 1.0
"""Seconds for which a read may keep the command's locks; a longer one is for after the commit."""

Read = Callable[[Any], Awaitable[None]]
"""Reads, within a command's transaction, what the command's result names."""


class _ReadFailed(Exception):
    """The read within the transaction failed, and with it the transaction."""


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

    authorise(actor, permission) raises a refusal. unit_of_work(tenant) is the transaction. record(work) writes the
    audit, brings every viewer's list up to date, and answers who may know of each ticket that was touched.
    """

    authorise: Callable[[Any, str], None]
    unit_of_work: Callable[[UUID], AbstractAsyncContextManager[Any]]
    record: Callable[[Work], Awaitable[outbox.Viewers]]


_runner: Runner | None = None


def install_runner(runner: Runner) -> None:
    """Called once by the composition root."""
    global _runner  # noqa: PLW0603 - one runner for the process
    _runner = runner


def parse_input(entry: Command, given: Any) -> msgspec.Struct:
    """The typed input of a command. Raises DomainError invalid_input with the field and what would be right."""
    try:
        typed = given if isinstance(given, entry.input) else msgspec.convert(given, entry.input, strict=False)
        require_storable(typed)
    except msgspec.ValidationError as error:
        raise DomainError("invalid_input", **problem_facts(str(error))) from None
    except RecursionError:
        raise DomainError("invalid_input", field="input", problem="too_deep") from None
    return typed


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
    read: Read | None = None,
) -> Any:
    """Runs one command for `actor` in one transaction and answers its result.

    key: an idempotency key; the same key and input give the first result again without doing anything.
    expected_version: the version that the caller has seen. occurred_at: only for offline replay and imports.
    read: reads what the result names, within the transaction and after all its writes, so that it sees what the commit
    will show. A read that fails, or takes longer than READ_TIME, never undoes the command: that is then run again
    without it, and the caller reads after the commit.
    A command that loses a race (a deadlock, or another one has just put the same row) is run again from the start.
    Raises DomainError: unknown_command, invalid_input, forbidden, key_reused, stale_version, already_exists, or what
    the domain refuses. A refused command stores nothing.
    """
    entry = COMMANDS.get(name)
    if entry is None:
        raise DomainError("unknown_command", name=name)
    typed = parse_input(entry, given)
    _installed().authorise(actor, entry.permission)
    moment = now()
    _require_claimable(occurred_at, moment)
    if key is not None:
        _require_key(key)
    work = partial(Work, actor, name, occurred_at or moment, occurred_at is not None, expected_version)
    try:
        result, deliveries = await _run_to_commit(entry, typed, work, key, read)
    except _ReadFailed as failed:
        log.info("read_after_commit", command=name, error=repr(failed.__cause__))
        result, deliveries = await _run_to_commit(entry, typed, work, key, None)
    if deliveries:
        wake()
    log.info("command", command=name, channel=actor.channel, organisation=str(actor.organisation), key=key)
    return result


def _installed() -> Runner:
    if _runner is None:
        raise RuntimeError("no runner is installed; call mendline.app's start first")
    return _runner


def _require_claimable(occurred_at: datetime | None, moment: datetime) -> None:
    if occurred_at is None:
        return
    require_storable(occurred_at, "occurredAt")
    if occurred_at > moment:
        raise DomainError("invalid_input", field="occurredAt", problem="in_future")


def _require_key(key: str) -> None:
    require_storable(key, "idempotencyKey")
    if not 1 <= len(key) <= 200:
        raise DomainError("invalid_input", field="idempotencyKey", problem="key_length")


async def _run_to_commit(
    entry: Command, typed: msgspec.Struct, work: Callable[[], Work], key: str | None, read: Read | None
) -> tuple[Any, int]:
    """The command's result and how many deliveries wait for the relay; one that loses a race is run again."""
    for left in reversed(range(TRIES)):
        try:
            return await _run_once(entry, typed, work(), key, read)
        except asyncpg.DeadlockDetectedError:
            if not left:
                raise
        except asyncpg.UniqueViolationError:
            if not left:
                raise DomainError("already_exists") from None
        log.info("command_lost_a_race", command=entry.name)
    raise AssertionError("the last try answers or raises")


async def _run_once(
    entry: Command, typed: msgspec.Struct, work: Work, key: str | None, read: Read | None
) -> tuple[Any, int]:
    actor, runner = work.actor, _installed()
    token = _work.set(work)
    try:
        async with runner.unit_of_work(actor.organisation):
            digest = _digest(entry.name, typed) if key is not None else b""
            if key is not None and not await _claim_key(actor, key, digest):
                result, deliveries = msgspec.convert(await _first_result(actor, key, digest), entry.result), 0
            else:
                result = await entry.function(actor, typed)
                viewers = await runner.record(work)
                deliveries = await outbox.conclude(work, viewers, key, _storable_result(result))
            if read is not None:
                await _read(read, result)
            return result, deliveries
    finally:
        _work.reset(token)


async def _read(read: Read, result: Any) -> None:
    try:
        async with asyncio.timeout(READ_TIME):
            await read(result)
    except Exception as error:
        raise _ReadFailed from error


async def _claim_key(actor: Principal, key: str, digest: bytes) -> bool:
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


def _storable_result(result: Any) -> Any:
    """What a replay answers: without what is shown once."""
    stored = msgspec.to_builtins(result)
    for name in getattr(result, "shown_once", ()):
        stored[name] = None
    return stored
