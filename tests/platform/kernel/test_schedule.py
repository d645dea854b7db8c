"""Recurring jobs: run by one process when due; what the kernel's own jobs remove and what they leave."""

import asyncio
from datetime import timedelta

from mendline.kernel import (
    RECURRING,
    WORK_LIFETIME,
    frozen,
    new_id,
    now,
    recurring,
    run_recurring,
    set_timer,
    transaction,
)
from mendline.kernel.housekeeping import forget_keys, purge_queues
from support.cast import Cast
from support.database import administrator, look
from support.trials import passing


async def test_a_job_is_run_by_one_of_many_and_again_when_due(database: None) -> None:
    name, ran = f"trial {new_id()}", []
    with passing():

        @recurring(name, every=timedelta(hours=1))
        async def job() -> None:
            ran.append(now())

        await asyncio.gather(*(run_recurring() for _ in range(4)))
        assert len(ran) == 1
        with frozen(now() + timedelta(hours=1, seconds=1)):
            assert name in await run_recurring()
        assert len(ran) == 2


async def test_a_job_that_fails_is_due_again(database: None) -> None:
    name, ran = f"trial {new_id()}", []
    with passing():

        @recurring(name, every=timedelta(hours=1))
        async def job() -> None:
            ran.append(1)
            if len(ran) == 1:
                raise ConnectionError("away")

        assert name not in await run_recurring()
        assert name in await run_recurring()


async def test_old_keys_are_forgotten_and_young_ones_kept(cast: Cast) -> None:
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    await cast.run("nurse_a", "tickets.report", report, key="young")
    await cast.run("engineer_a", "tickets.report", {**report, "device": cast.device_id("monitor_a")}, key="old")
    await administrator().execute(
        "UPDATE idempotency_key SET recorded_at = recorded_at - interval '49 hours'"
        " WHERE tenant_id = $1 AND key = 'old'",
        cast["hospital_a"],
    )
    await forget_keys()
    left = await look("SELECT key FROM idempotency_key WHERE tenant_id = $1", cast["hospital_a"])
    assert [row["key"] for row in left] == ["young"]


async def test_work_done_long_ago_is_removed_but_nothing_that_waits_or_failed(database: None) -> None:
    tenant, long_ago = new_id(), now() - WORK_LIFETIME - timedelta(hours=1)
    async with transaction(tenant):
        for key in ("done", "failed", "waiting", "young"):
            await set_timer(tenant, "trial.none", key, now() + timedelta(days=1))
    change = "UPDATE timer SET completed_at = $3, error = $4 WHERE tenant_id = $1 AND key = $2"
    await administrator().execute(change, tenant, "done", long_ago, None)
    await administrator().execute(change, tenant, "failed", long_ago, "it failed")
    await administrator().execute(change, tenant, "young", now(), None)
    await purge_queues()
    left = await look("SELECT key FROM timer WHERE tenant_id = $1 ORDER BY key", tenant)
    assert [row["key"] for row in left] == ["failed", "waiting", "young"]


async def test_every_job_of_the_house_runs(database: None) -> None:
    with frozen(now() + timedelta(days=2)):
        assert set(await run_recurring()) == set(RECURRING)
    assert {"forget_idempotency_keys", "purge_queues", "forget_link_codes", "forget_dialogs"} <= set(RECURRING)
