"""Events: written with the command or not at all, delivered to each consumer after the commit, at least once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from mendline.kernel import (
    CHANNEL,
    DomainError,
    Envelope,
    command,
    consumer,
    correlation_id,
    emit,
    event,
    new_correlation,
    settings,
)
from mendline_tenants import Actor
from support.cast import Cast
from support.database import look, unchanged
from support.forgery import superuser
from support.trials import passing


class Input(msgspec.Struct, frozen=True):
    n: int
    fail: str = ""


@dataclass
class Trial:
    """What the consumers have heard, and what lay in the tables while the command was still under way."""

    heard: list[tuple[str, Envelope, str]] = field(default_factory=list)
    before_commit: list[int] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)


@pytest_asyncio.fixture
async def trial(database: None) -> AsyncIterator[Trial]:
    seen = Trial()
    with passing():

        @event("trial.happened", version=2)
        class Happened(msgspec.Struct, frozen=True):
            n: int

        @command("trial.do", "tickets.report")
        async def do(actor: Actor, input: Input) -> int:
            emit(Happened(input.n))
            rows = await look("SELECT count(*) AS rows FROM outbox WHERE tenant_id = $1", actor.organisation)
            seen.before_commit.append(rows[0]["rows"])
            if input.fail == "refused":
                raise DomainError("forbidden", permission="none", why={"zh": "不", "en": "no"})
            if input.fail:
                raise ZeroDivisionError(input.fail)
            return input.n

        for name in ("one", "two"):

            @consumer(name, Happened)
            async def hear(envelope: Envelope, name: str = name) -> None:
                if name in seen.refuse:
                    seen.refuse.discard(name)
                    raise ConnectionError("the other side is away")
                seen.heard.append((name, envelope, correlation_id()))

        yield seen


async def test_an_event_reaches_every_consumer_once_and_only_after_the_commit(cast: Cast, trial: Trial) -> None:
    correlation = new_correlation()
    assert await cast.run("nurse_a", "trial.do", {"n": 7}) == 7
    assert trial.before_commit == [0]
    assert trial.heard == []
    assert await cast.drain() == 2
    assert await cast.drain() == 0
    assert sorted(name for name, _, _ in trial.heard) == ["one", "two"]
    _, envelope, bound = trial.heard[0]
    assert (envelope.name, envelope.event.n) == ("trial.happened", 7)
    assert (envelope.organisation, envelope.actor) == (cast["hospital_a"], cast.members["nurse_a"])
    assert envelope.visible_to == (cast["hospital_a"],)
    assert envelope.correlation == bound == correlation


@pytest.mark.parametrize(("fail", "error"), [("refused", DomainError), ("broken", ZeroDivisionError)])
async def test_a_command_that_fails_stores_no_event(
    cast: Cast, trial: Trial, fail: str, error: type[Exception]
) -> None:
    async with unchanged():
        with pytest.raises(error):
            await cast.run("nurse_a", "trial.do", {"n": 1, "fail": fail}, key="k")
    assert await cast.drain() == 0


async def test_one_consumers_failure_is_its_own(cast: Cast, trial: Trial) -> None:
    trial.refuse.add("one")
    await cast.run("nurse_a", "trial.do", {"n": 1})
    assert await cast.drain(failures=True) == 1
    assert [name for name, _, _ in trial.heard] == ["two"]
    (waiting,) = await look(
        "SELECT consumer, error, attempts FROM delivery WHERE tenant_id = $1 AND completed_at IS NULL",
        cast["hospital_a"],
    )
    assert (waiting["consumer"], waiting["attempts"]) == ("one", 1)
    assert "the other side is away" in waiting["error"]


async def test_readers_ignore_fields_that_they_do_not_know_and_consumers_that_are_gone(
    cast: Cast, trial: Trial
) -> None:
    from support.database import administrator

    await cast.run("nurse_a", "trial.do", {"n": 1})
    async with superuser() as connection:  # as a later version would have written it
        later = "UPDATE outbox SET payload = payload || '{\"later\": 1}'::jsonb WHERE tenant_id = $1"
        await connection.execute(later, cast["hospital_a"])
    await administrator().execute(
        "UPDATE delivery SET consumer = 'gone' WHERE tenant_id = $1 AND consumer = 'two'", cast["hospital_a"]
    )
    assert await cast.drain() == 2
    assert [name for name, _, _ in trial.heard] == ["one"]


async def test_the_relay_is_woken_after_the_commit(cast: Cast, trial: Trial) -> None:
    woken = asyncio.Event()
    connection = await asyncpg.connect(settings().role_url("relay"))
    try:
        await connection.add_listener(CHANNEL, lambda *_: woken.set())
        await cast.run("nurse_a", "trial.do", {"n": 1})
        await asyncio.wait_for(woken.wait(), 2)
    finally:
        await connection.close()
