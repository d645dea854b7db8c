"""Rates: one writer for each chat, a burst and then the interval, and a hold that concerns one chat alone."""

import asyncio
import time
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from mendline.kernel import cache, new_id, settings
from mendline_bots import rates
from mendline_bots.channel import Address, Limit
from mendline_bots.rates import Lane
from support.brokers import OwnValkey


def chat() -> Address:
    return Address("test", "", new_id().hex)


async def test_one_worker_at_a_time_writes_into_a_chat(database: None) -> None:
    to = chat()
    lanes = [Lane(to) for _ in range(8)]
    waits = await asyncio.gather(*(lane.enter(()) for lane in lanes))
    assert sorted(waits)[0] == 0 and sorted(waits)[1] > 0
    assert await Lane(chat()).enter(()) == 0
    for lane in lanes:  # only the one that holds it can give it back
        await lane.leave()
    assert await Lane(to).enter(()) == 0


async def test_a_burst_passes_and_then_the_interval_counts(database: None) -> None:
    bucket = (Limit(new_id().hex, 500, 3),)
    for _ in range(3):
        assert await Lane(chat()).enter(bucket) == 0
    wait = await Lane(chat()).enter(bucket)
    assert 0.3 < wait <= 0.5
    await asyncio.sleep(wait + 0.02)
    assert await Lane(chat()).enter(bucket) == 0


async def test_who_must_wait_leaves_the_chat_free_and_spends_nothing(database: None) -> None:
    to, full, other = chat(), Limit(new_id().hex, 60_000, 1), Limit(new_id().hex, 60_000, 1)
    assert await Lane(chat()).enter((full,)) == 0
    assert await Lane(to).enter((other, full)) > 50
    assert await Lane(to).enter((other,)) == 0


async def test_what_was_not_written_is_given_back(database: None) -> None:
    bucket = (Limit(new_id().hex, 60_000, 1),)
    lane = Lane(chat())
    assert await lane.enter(bucket) == 0
    await lane.refund(bucket)
    assert await Lane(chat()).enter(bucket) == 0
    assert await Lane(chat()).enter(bucket) > 50


async def test_a_hold_concerns_one_chat(database: None) -> None:
    to = chat()
    lane = Lane(to)
    assert await lane.enter(()) == 0
    await lane.hold(2)
    await lane.leave()
    assert 1 < await Lane(to).enter(()) <= 2
    assert await Lane(chat()).enter(()) == 0


async def test_a_dead_worker_gives_its_chat_back(database: None, monkeypatch: object) -> None:
    from mendline_bots import rates

    monkeypatch.setattr(rates, "LANE_MILLISECONDS", 200)  # type: ignore[attr-defined]
    to = chat()
    assert await Lane(to).enter(()) == 0
    began = time.monotonic()
    while await Lane(to).enter(()) > 0:  # noqa: ASYNC110 - the lease is what is measured
        await asyncio.sleep(0.05)
    assert time.monotonic() - began < 1


async def test_a_restart_of_valkey_costs_nobody_a_turn(
    database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey = OwnValkey(tmp_path)
    valkey.start()
    theirs = settings().model_copy(update={"cache_url": valkey.url})
    monkeypatch.setattr(cache, "settings", lambda: theirs)
    monkeypatch.setattr(cache, "_clients", WeakKeyDictionary())
    try:
        await asyncio.gather(*(Lane(chat()).enter(()) for _ in range(6)))
        valkey.kill()
        valkey.start()
        assert await asyncio.gather(*(Lane(chat()).enter(()) for _ in range(6))) == [0] * 6
        await cache.valkey(rates._TIMEOUT, rates._TRIES).aclose()
    finally:
        valkey.stop()
