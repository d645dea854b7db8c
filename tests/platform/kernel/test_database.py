"""Transactions: bound to one tenant, closed with their block, and begun on a connection that is alive."""

import asyncio
import gc
from typing import Any

import pytest

from mendline.kernel import execute, fetchval, gateway, new_id, pool, session, transaction
from support.database import administrator


async def test_a_transaction_is_bound_to_its_tenant_and_to_no_other(database: None) -> None:
    tenant = new_id()
    async with transaction(tenant):
        assert await fetchval("SELECT cur()") == tenant
    async with gateway():
        assert await fetchval("SELECT cur()") is None


async def test_a_transaction_never_nests(database: None) -> None:
    async with transaction(new_id()):
        with pytest.raises(RuntimeError, match="do not nest"):
            async with transaction(new_id()):
                pass


async def test_without_a_tenant_there_is_no_transaction(database: None) -> None:
    with pytest.raises(TypeError, match="tenant"):
        async with transaction(None):  # type: ignore[arg-type]
            pass


async def test_a_task_that_outlives_its_transaction_is_refused(database: None) -> None:
    gate = asyncio.Event()

    async def late() -> None:
        await gate.wait()
        session()

    async with transaction(new_id()):
        task = asyncio.create_task(late())
    gate.set()
    with pytest.raises(RuntimeError, match="has ended"):
        await task


async def test_an_error_rolls_back_and_the_connection_is_good_again(database: None) -> None:
    for _ in range(pool("app").get_max_size() + 1):
        with pytest.raises(ZeroDivisionError):
            async with transaction(new_id()):
                await execute("CREATE TEMPORARY TABLE gone (x int)")
                raise ZeroDivisionError
    async with transaction(new_id()):
        assert await fetchval("SELECT to_regclass('pg_temp.gone')") is None


async def test_connections_that_died_in_the_pool_are_passed_over(database: None) -> None:
    for _ in range(5):
        await asyncio.gather(*(_touch() for _ in range(6)))
        await administrator().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'app'"
        )
        await _touch()


async def _touch() -> None:
    async with transaction(new_id()):
        await execute("SELECT pg_sleep(0.01)")


async def test_who_is_cancelled_twice_leaves_a_connection_that_works(database: None) -> None:
    """A client that hangs up cancels its stream, and whoever closes the stream cancels it once more."""
    problems: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    home = pool("app")

    async def work() -> None:
        async with transaction(new_id()):
            await fetchval("SELECT pg_sleep(20)")

    try:
        for pause in (0, 0.0005, 0.002, 0.01):
            tasks = [asyncio.create_task(work()) for _ in range(home.get_max_size())]
            await asyncio.sleep(0.1)
            for _ in range(3):
                for task in tasks:
                    task.cancel()
                await asyncio.sleep(pause)
            assert all(
                isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True)
            )
        async with transaction(new_id()):
            assert await fetchval("SELECT 1") == 1
        await asyncio.sleep(0.1)
        gc.collect()
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert problems == []
