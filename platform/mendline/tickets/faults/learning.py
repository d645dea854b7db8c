"""Learning fault models: asked for or due, learned by a worker in a child process that can be killed."""

import asyncio
from uuid import UUID

from msgspec import Struct

from mendline.faulttext import Learned, LearningFailed, Lesson, learn_in_child
from mendline.kernel import (
    DomainError,
    Envelope,
    Later,
    Timer,
    command,
    consumer,
    emit,
    event,
    log,
    rows,
    run,
    timer,
    told,
    transaction,
)
from mendline.tickets.faults.keeping import KeepFaultModel
from mendline.tickets.faults.lessons import stock_of, texts_of
from mendline.tickets.faults.model import FaultModel
from mendline_tenants import Actor, system_actor

TIMER = "tickets.learn_fault_model"

BUSY = 30.0
"""Seconds after which a worker looks again whose process is learning already."""

_turn = asyncio.Semaphore(1)
"""One lesson at a time in a process: a second one would only take the first one's processor and memory."""


class LearnFaults(Struct, frozen=True):
    """Asks for a new version, however little is new."""


@event("tickets.fault_learning_asked")
class FaultLearningAsked(Struct, frozen=True):
    """An administrator wants a new version of the organisation's fault model."""

    asked_by: UUID


@command("tickets.learn_faults", "tickets.teach")
async def learn_faults(actor: Actor, input: LearnFaults) -> None:
    """A worker learns a new version from the organisation's own closed tickets.

    Raises fault_texts_missing with how many more closed tickets with a fault code it takes.
    """
    stock = await stock_of(actor.organisation)
    if stock.missing:
        raise DomainError("fault_texts_missing", missing=stock.missing)
    told(closed=stock.closed)
    emit(FaultLearningAsked(asked_by=actor.id))


@consumer("tickets.learn_faults", FaultLearningAsked)
async def learn_when_asked(envelope: Envelope) -> None:
    """Learns what was asked for; not again where a version has been learned since."""
    asked: FaultLearningAsked = envelope.event
    sql = "tenant_id = $1 AND cause = 'asked' AND learned_at >= $2"
    async with transaction(envelope.organisation):
        done = await rows.first(FaultModel, sql, envelope.organisation, envelope.occurred_at)
    if done is None:
        await _learn(envelope.organisation, "asked", asked.asked_by)


@timer(TIMER)
async def learn_when_due(due: Timer) -> None:
    """Learns where enough tickets have closed since the last version, and there is enough to learn from at all."""
    async with transaction(due.tenant_id):
        stock = await stock_of(due.tenant_id)
    if stock.enough_new and not stock.missing:
        await _learn(due.tenant_id, "closed", None)


async def _learn(organisation: UUID, cause: str, asked_by: UUID | None) -> None:
    """Outside any transaction; what fails is kept as a version too, so that somebody sees it."""
    if _turn.locked():
        raise Later(BUSY)
    async with _turn:
        async with transaction(organisation):
            texts, closed = await texts_of(organisation), (await stock_of(organisation)).closed
        learned: Learned | None = None
        failure = ""
        try:
            learned = await learn_in_child(Lesson(texts))
        except LearningFailed as failed:
            failure = str(failed)[:300]
            log.warning("fault_learning_failed", why=failure)
    kept = KeepFaultModel(
        cause=cause,
        asked_by=asked_by,
        closed=closed,
        model=learned.model if learned else b"",
        figures=learned.figures if learned else None,
        failure=failure,
    )
    await run(system_actor(organisation), "tickets.keep_fault_model", kept)
