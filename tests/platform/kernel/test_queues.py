"""Queues: whatever the order of messages, failures, deaths and waits, no row is lost and its effect is had once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mendline.kernel import (
    DomainError,
    Later,
    cancel_timer,
    command,
    frozen,
    new_id,
    now,
    perform,
    replay,
    run,
    set_timer,
    settings,
    timer,
    told,
    transaction,
)
from mendline_tenants import Actor, system_actor
from support.database import look
from support.queues import drain
from support.trials import passing


class Killed(BaseException):
    """The process dies here: nothing after it runs."""


class Bench:
    """A worker's handler that does as it was told for each attempt of each row, and counts what it did."""

    def __init__(self) -> None:
        self.plans: dict[str, list[str]] = {}
        self.begun: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.inside: set[str] = set()

    async def work(self, row: Any) -> None:
        plan = self.plans[row.key]
        step = plan[min(self.begun[row.key], len(plan) - 1)]
        self.begun[row.key] += 1
        assert row.key not in self.inside, "two workers have one row"
        self.inside.add(row.key)
        try:
            await asyncio.sleep(0)
            await self._step(step, row)
        finally:
            self.inside.discard(row.key)

    async def _step(self, step: str, row: Any) -> None:
        if step == "fail":
            raise ConnectionError("away")
        if step == "refuse":
            raise DomainError("forbidden", permission="none", why={"zh": "不", "en": "no"})
        if step == "later":
            raise Later(30)
        if step == "die before":
            raise Killed
        await run(system_actor(row.tenant_id), "trial.effect", {"of": row.key}, key=f"timer:{row.id}")
        self.effects[row.key] += 1
        if step == "die after":
            raise Killed
        if step == "fail after":
            raise ConnectionError("away when all was done")


class Effect(msgspec.Struct, frozen=True):
    of: str


@pytest_asyncio.fixture(scope="module")
async def bench(database: None) -> AsyncIterator[Bench]:
    own = Bench()
    with passing():
        timer("trial.work")(own.work)

        @command("trial.effect", "tickets.report")
        async def effect(actor: Actor, input: Effect) -> str:
            told(of=input.of)
            return input.of

        yield own


async def _rows(tenant: UUID) -> dict[str, Any]:
    return {row["key"]: row for row in await look("SELECT * FROM timer WHERE tenant_id = $1", tenant)}


async def _effects(tenant: UUID) -> Counter[str]:
    """What idempotent consumers have stored, by row."""
    found = await look("SELECT facts FROM organisation_audit WHERE tenant_id = $1 AND command = 'trial.effect'", tenant)
    return Counter(row["facts"]["of"] for row in found)


async def _plan(bench: Bench, tenant: UUID, plans: list[list[str]]) -> list[str]:
    keys = [f"{tenant}-{n}" for n in range(len(plans))]
    async with transaction(tenant):
        for key, plan in zip(keys, plans, strict=True):
            bench.plans[key] = [*plan, "done"]
            await set_timer(tenant, "trial.work", key, now())
    return keys


async def _message(id: UUID, tenant: UUID) -> None:
    with suppress(Killed):
        await perform("timer", tenant, id)


PLANS = st.lists(
    st.lists(st.sampled_from(["fail", "later", "die before", "die after", "fail after", "refuse"]), max_size=4),
    min_size=1,
    max_size=3,
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.integers(0, 2)),
        st.tuples(st.just("messages at once"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 25, 400])),
    ),
    max_size=12,
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(plans=PLANS, actions=ACTIONS)
async def test_no_row_is_lost_and_an_idempotent_effect_is_had_once(
    bench: Bench, plans: list[list[str]], actions: list[tuple[str, int]]
) -> None:
    tenant = new_id()
    keys = await _plan(bench, tenant, plans)
    ids = {key: row["id"] for key, row in (await _rows(tenant)).items()}
    moment = now()
    for action, n in actions:
        with frozen(moment):
            chosen = ids[keys[n % len(keys)]]
            if action == "message":
                await _message(chosen, tenant)
            elif action == "messages at once":
                await asyncio.gather(*(_message(chosen, tenant) for _ in range(3)))
            else:
                moment += timedelta(seconds=n)
    await _sweep_until_done(tenant, moment)

    stored = await _effects(tenant)
    letters = {row["row_id"] for row in await look("SELECT row_id FROM dead_letter WHERE tenant_id = $1", tenant)}
    for key in keys:
        refused = ids[key] in letters
        assert stored[key] <= 1, "an idempotent effect was had twice"
        assert stored[key] == 1 or refused, "a row was lost"
        assert refused == ("refuse" in bench.plans[key][: bench.begun[key]])


async def _sweep_until_done(tenant: UUID, moment: datetime) -> None:
    """The relay goes on publishing what is due until nothing is left."""
    for _ in range(40):
        moment += timedelta(seconds=max(settings().lease_seconds, 301))
        waiting = [row for row in (await _rows(tenant)).values() if row["completed_at"] is None]
        if not waiting:
            return
        with frozen(moment):
            for row in waiting:
                assert row["due_at"] <= moment, "a row is not due although its lease and its pause are over"
                await _message(row["id"], tenant)
    raise AssertionError("rows are never done")


async def test_a_second_message_finds_nothing_to_do_while_the_first_is_worked_on(bench: Bench) -> None:
    tenant = new_id()
    (key,) = await _plan(bench, tenant, [[]])
    row = (await _rows(tenant))[key]["id"]
    assert sorted(await asyncio.gather(*(perform("timer", tenant, row) for _ in range(8)))) == [False] * 7 + [True]
    assert bench.begun[key] == 1
    assert await perform("timer", tenant, row) is False


async def test_pauses_between_failures_grow(bench: Bench) -> None:
    tenant, pauses = new_id(), []
    (key,) = await _plan(bench, tenant, [["fail"] * 7])
    row, moment = (await _rows(tenant))[key]["id"], now()
    for _ in range(7):
        with frozen(moment):
            assert await perform("timer", tenant, row) is False
            due = (await _rows(tenant))[key]["due_at"]
            pauses.append((due - moment).total_seconds())
        with frozen(due - timedelta(milliseconds=1)):
            assert await perform("timer", tenant, row) is False, "a message that came too early is not heeded"
        moment = due
    assert bench.begun[key] == 7
    assert pauses == [2, 4, 8, 16, 32, 64, 128]


async def test_a_row_whose_workers_die_each_time_ends_as_a_dead_letter(bench: Bench) -> None:
    tenant = new_id()
    (key,) = await _plan(bench, tenant, [["die before"] * 99])
    await _sweep_until_done(tenant, now())
    (letter,) = await look("SELECT queue, error, attempts FROM dead_letter WHERE tenant_id = $1", tenant)
    assert letter["queue"] == "timer"
    assert "died" in letter["error"]
    assert bench.begun[key] == 8


async def test_what_is_refused_is_final_at_once_and_can_be_replayed(bench: Bench) -> None:
    tenant = new_id()
    (key,) = await _plan(bench, tenant, [["refuse"]])
    assert await drain([tenant], failures=True) == 0
    (letter,) = await look("SELECT * FROM dead_letter WHERE tenant_id = $1", tenant)
    assert letter["error"].startswith("DomainError: forbidden")
    assert letter["attempts"] == 1
    with pytest.raises(DomainError, match="not_found"):
        await replay(new_id(), letter["id"])
    await replay(tenant, letter["id"])
    assert await drain([tenant]) == 1
    assert (await _effects(tenant))[key] == 1
    (letter,) = await look("SELECT replayed_at FROM dead_letter WHERE tenant_id = $1", tenant)
    assert letter["replayed_at"] is not None


async def test_later_does_not_count_as_an_attempt(bench: Bench) -> None:
    tenant = new_id()
    (key,) = await _plan(bench, tenant, [["later"] * 20])
    await _sweep_until_done(tenant, now())
    assert bench.begun[key] == 21
    assert await look("SELECT 1 FROM dead_letter WHERE tenant_id = $1", tenant) == []


async def test_an_error_keeps_no_secret(bench: Bench) -> None:
    tenant = new_id()

    async def leak(_: Any) -> None:
        raise ConnectionError("https://api.telegram.org/bot7000000001:AAbbccddeeffgghhiijjkkllmm/getMe")

    with passing():
        timer("trial.leak")(leak)
        async with transaction(tenant):
            await set_timer(tenant, "trial.leak", "leak", now())
        await drain([tenant], failures=True)
    error = (await _rows(tenant))["leak"]["error"]
    assert "AAbbcc" not in error
    assert "telegram" in error


async def test_a_timer_that_is_moved_or_cancelled_does_not_ring_for_old_messages(bench: Bench) -> None:
    tenant = new_id()
    moved, cancelled = await _plan(bench, tenant, [[], []])
    old = {key: row["id"] for key, row in (await _rows(tenant)).items()}
    async with transaction(tenant):
        await set_timer(tenant, "trial.work", moved, now() + timedelta(hours=1))
        await cancel_timer(tenant, cancelled)
    for row in old.values():
        assert await perform("timer", tenant, row) is False
    assert bench.begun[moved] == bench.begun[cancelled] == 0
    assert await drain([tenant], at=now() + timedelta(hours=2)) == 1
    assert bench.begun[moved] == 1


async def test_a_timer_may_set_itself_again(bench: Bench) -> None:
    tenant, rung = new_id(), []

    async def again(row: Any) -> None:
        rung.append(row.id)
        async with transaction(row.tenant_id):
            await set_timer(row.tenant_id, "trial.again", row.key, now() + timedelta(hours=1))

    with passing():
        timer("trial.again")(again)
        async with transaction(tenant):
            await set_timer(tenant, "trial.again", "daily", now())
        assert await drain([tenant]) == 1
        assert await drain([tenant]) == 0
        assert (await _rows(tenant))["daily"]["completed_at"] is None
        moment = now() + timedelta(hours=1, seconds=1)
        assert await drain([tenant], at=moment) == 1
    assert len(set(rung)) == 2
