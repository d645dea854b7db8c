"""Buckets: a burst, then what flows back; shared by processes, cheap to refuse, and never without limit."""

import asyncio
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from mendline.kernel import Rate, buckets, cache, can_spend, new_id, settings, spend, spend_ahead
from support.brokers import OwnValkey

SLOW = Rate(per_second=1, burst=10)


def bucket() -> str:
    return f"test:{new_id().hex}"


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets what this process was told."""
    monkeypatch.setattr(buckets, "_known", type(buckets._known)())


async def test_a_burst_passes_and_what_is_left_is_told(database: None) -> None:
    name = bucket()
    first = await spend(name, SLOW, 4)
    assert (first.allowed, first.cost, first.remaining, first.limit, first.retry_after) == (True, 4, 6, 10, 0)
    assert 3.9 < first.full_after <= 4
    second = await spend(name, SLOW, 7)
    assert not second.allowed
    assert second.remaining == 6
    assert 0.9 < second.retry_after <= 1
    assert (await spend(name, SLOW, 6)).allowed


async def test_what_was_spent_flows_back(database: None) -> None:
    name, rate = bucket(), Rate(per_second=50, burst=5)
    assert (await spend(name, rate, 5)).allowed
    refused = await spend(name, rate, 3)
    await asyncio.sleep(refused.retry_after + 0.005)
    assert (await spend(name, rate, 3)).allowed


async def test_processes_spend_from_one_bucket(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    name = bucket()
    assert (await spend(name, SLOW, 6)).allowed
    another_process(monkeypatch)
    assert can_spend(name, SLOW, 6).allowed, "this process knows nothing of it"
    assert not (await spend(name, SLOW, 6)).allowed


async def test_many_at_once_spend_no_more_than_there_is(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    name = bucket()
    monkeypatch.setattr(buckets, "_remember", lambda *_: None)  # every one must ask
    spent = await asyncio.gather(*(spend(name, Rate(per_second=0.01, burst=10), 1) for _ in range(50)))
    assert sum(one.allowed for one in spent) == 10


async def test_who_is_far_over_is_refused_without_asking(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    name = bucket()
    await spend(name, SLOW, 10)

    def asked(*_: Any) -> Any:
        raise AssertionError("Valkey was asked")

    monkeypatch.setattr(buckets, "valkey", asked)
    assert not any([(await spend(name, SLOW, 5)).allowed for _ in range(100)])


async def test_from_a_full_bucket_is_spent_ahead_and_told_soon(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    name, rate = bucket(), Rate(per_second=0.01, burst=100)
    assert spend_ahead(name, rate, 1) is None, "nobody has told this process of the bucket"
    await spend(name, rate, 1)
    ahead = [spend_ahead(name, rate, 7) for _ in range(7)]
    assert [one.remaining for one in ahead if one] == [92, 85, 78, 71, 64, 57, 50]
    assert spend_ahead(name, rate, 7) is None, "less than half would be left: Valkey is asked"
    await asyncio.sleep(buckets.SETTLED_AFTER * 5)
    another_process(monkeypatch)
    assert (await spend(name, rate, 1)).remaining == 49, "another process finds all of it spent"


async def test_what_is_spent_ahead_counts_even_beyond_the_limit(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, rate = bucket(), Rate(per_second=0.01, burst=100)
    await spend(name, rate, 1)
    assert spend_ahead(name, rate, 49)
    with monkeypatch.context() as elsewhere:
        another_process(elsewhere)
        elsewhere.setattr(buckets, "_owed", {})
        assert (await spend(name, rate, 90)).allowed
    await asyncio.sleep(buckets.SETTLED_AFTER * 5)
    assert not (await spend(name, rate, 1)).allowed
    assert not can_spend(name, rate, 1).allowed, "and this process was told so"


async def test_while_valkey_is_away_each_process_counts_alone(
    database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey = OwnValkey(tmp_path)
    valkey.start()
    theirs = settings().model_copy(update={"cache_url": valkey.url})
    monkeypatch.setattr(cache, "settings", lambda: theirs)
    monkeypatch.setattr(cache, "_clients", WeakKeyDictionary())
    monkeypatch.setattr(buckets, "_away_until", 0.0)
    name = bucket()
    try:
        assert (await spend(name, SLOW, 4)).remaining == 6
        valkey.kill()
        for left in (4, 2, 0):
            assert (await spend(name, SLOW, 2)).remaining == left
        assert not (await spend(name, SLOW, 2)).allowed
        monkeypatch.setattr(buckets, "_away_until", 0.0)
        valkey.start()
        assert (await spend(bucket(), SLOW, 4)).allowed
        assert buckets._away_until == 0.0, "it is asked again"
    finally:
        await cache.valkey(buckets.TIMEOUT, 1).aclose()
        valkey.stop()


async def test_a_process_forgets_what_is_long_unused(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    another_process(monkeypatch)
    monkeypatch.setattr(buckets, "REMEMBERED", 3)
    for _ in range(5):
        await spend(bucket(), SLOW, 1)
    assert len(buckets._known) == 3
