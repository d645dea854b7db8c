"""Errands: what one organisation asks of another, done by the other's own system in a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Generic, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from tortoise import fields

from mendline.kernel import (
    DomainError,
    ErrandId,
    Kind,
    Queued,
    command,
    correlation_id,
    fetchval,
    handles,
    log,
    new_id,
    now,
    opaque,
    parse_opaque,
    perform,
    rows,
    run,
    table,
    told,
    transaction,
)
from mendline_tenants.actor import Actor, system_actor
from mendline_tenants.auditing.book import note
from mendline_tenants.permissions import refusal

HEAD_START = timedelta(seconds=5)
"""For so long an errand is left to the caller who waits for it; then a worker does it."""

PATIENCE = 10.0
"""Seconds that a caller waits for the outcome."""

_PAUSE = 0.05


Result = TypeVar("Result")


@table(Kind.QUEUE, checks={"state": "state IN ('asked', 'done', 'refused')"})
class Errand(Queued):
    """What this organisation has asked of another, and what came of it.

    asked_of: the other organisation. asked_by: the actor whose command asked. command, input: what the other's system
    shall do. outcome: the result when it was done, {code, facts} when it was refused.
    """

    asked_of = fields.UUIDField()
    asked_by = fields.UUIDField()
    command = fields.TextField()
    input = fields.JSONField[dict[str, Any]]()
    state = fields.TextField(default="asked")
    outcome = fields.JSONField[Any](null=True)
    recorded_at = fields.DatetimeField(default=now)
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "errand"
        indexes = (("tenant_id", "recorded_at"),)


class Asked(msgspec.Struct, Generic[Result], frozen=True):
    """That the other organisation has been asked; `outcome` waits for the Result that it answers."""

    errand: ErrandId


@dataclass(frozen=True)
class Askable:
    """What may be asked of another organisation: how an errand of it is done, and the type of its result."""

    do: Callable[[Errand], Awaitable[Any]]
    result: Any


ASKABLE: dict[str, Askable] = {}
"""All that one organisation can ask of another. What is not here cannot be asked."""

Check = Callable[[Actor, Any], Awaitable[None]]
Function = Callable[..., Awaitable[Any]]


def askable(name: str, allowed: Check) -> Callable[[Function], Function]:
    """Registers `async def function(actor, input) -> result` as a command that other organisations may ask for.

    It runs as the asked organisation's system; `actor.asked_by` is who asks. `allowed` comes first, in the same
    transaction, and raises what a stranger shall hear: not_found, as if nothing were there.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        async def checked(actor: Actor, input: Any) -> Any:
            if actor.asked_by is None:
                raise DomainError("forbidden", permission="tenants.errand", why=refusal("tenants.errand"))
            await allowed(actor, input)
            return await function(actor, input)

        ASKABLE[name] = Askable(in_the_others_name, get_type_hints(function)["return"])
        return command(name, "tenants.errand")(checked)

    return register


async def ask(actor: Actor, of: UUID, name: str, given: msgspec.Struct, *, waits: bool = True) -> Asked[Any]:
    """Asks another organisation, within the running command, for one of ASKABLE; it is done right after the commit.

    waits: whether the caller waits for the outcome (see `outcome`) and does the errand itself; otherwise a worker does.
    """
    if name not in ASKABLE:
        raise TypeError(f"{name} is nothing that another organisation can be asked for")
    errand = Errand(
        tenant_id=actor.organisation,
        id=new_id(),
        due_at=now() + HEAD_START if waits else now(),
        correlation=correlation_id(),
        asked_of=of,
        asked_by=actor.id,
        command=name,
        input=msgspec.to_builtins(given),
    )
    await rows.insert(errand)
    told(errand=str(errand.id), asked_of=str(of), asked_for=name)
    return Asked(opaque("er", errand.tenant_id, errand.id))


async def ask_and_wait(
    actor: Actor, name: str, given: Any, *, key: str | None = None, expected_version: int | None = None
) -> Any:
    """Runs a command that asks another organisation, and answers the outcome (see `outcome`).

    The same key asks once, however often it is called, and gives the outcome each time.
    """
    asked: Asked[Any] = await run(actor, name, given, key=key, expected_version=expected_version)
    return await outcome(asked)


async def outcome(asked: Asked[Any]) -> Any:
    """Does the errand, or waits for the worker that does it; answers the result of what was asked.

    Raises what the other organisation refused it with, and errand_under_way when it takes too long: it will still be
    done. Call it outside any transaction.
    """
    reference = parse_opaque("er", asked.errand)
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                # In a task of its own, which keeps what `perform` binds to the log away from the caller.
                await asyncio.create_task(perform("errand", *reference))
                async with transaction(reference.tenant):
                    errand = await rows.get(Errand, *reference)
                if errand.state != "asked":
                    break
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        raise DomainError("errand_under_way") from None
    if errand.state == "refused":
        raise DomainError(errand.outcome["code"], **errand.outcome["facts"])
    return msgspec.convert(errand.outcome, ASKABLE[errand.command].result)


@handles(Errand)
async def run_errand(row: Queued) -> None:
    """Does what was asked, in a transaction of the other's, then stores the outcome in one of the asker's.

    Cut short anywhere it is done again: what the other has done already answers with its first result.
    """
    assert isinstance(row, Errand)
    if row.state != "asked":
        return
    try:
        if row.command not in ASKABLE:  # taken out of the code while the errand waited
            raise DomainError("unknown_command", name=row.command)
        result = await ASKABLE[row.command].do(row)
    except DomainError as refused:
        log.info("errand_refused", command=row.command, code=refused.code)
        await _answer(row, "refused", {"code": refused.code, "facts": refused.facts})
    else:
        await _answer(row, "done", result)


def errand_key(row: Errand, step: str = "") -> str:
    """The idempotency key of what is done for an errand; such keys are never forgotten (kernel/housekeeping.py)."""
    return f"errand:{row.tenant_id}:{row.id}{step}"


async def in_the_others_name(row: Errand) -> Any:
    """Runs the command of an errand as the system of the organisation that is asked; answers its result."""
    doer = system_actor(row.asked_of, asked_by=row.tenant_id)
    return await run(doer, row.command, row.input, key=errand_key(row))


async def _answer(row: Errand, state: str, answer: Any) -> None:
    """What was done counts, even where another attempt at it has been refused."""
    async with transaction(row.tenant_id):
        changed = await fetchval(
            "UPDATE errand SET state = $3, outcome = $4, answered_at = $5 WHERE tenant_id = $1 AND id = $2"
            " AND (state = 'asked' OR (state = 'refused' AND $3 = 'done')) RETURNING 1",
            row.tenant_id,
            row.id,
            state,
            msgspec.to_builtins(answer),
            now(),
        )
        if changed:
            system = system_actor(row.tenant_id)
            facts = {"errand": str(row.id), "asked_of": str(row.asked_of), "asked_for": row.command, "outcome": state}
            await note(row.tenant_id, system.id, system.name, system.channel, "tenants.errand_answered", **facts)
