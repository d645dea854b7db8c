"""Buckets: how much may be spent at once and per second, counted in Valkey for all processes together.

A bucket is kept as the moment at which it would be full again (the generic cell rate algorithm): one number, one key,
and nothing to refill. Each process remembers what it was last told. That is never more than what has been spent, so a
caller far over its limit is refused without asking Valkey again; and it is what a process counts by itself while
Valkey is away. Nobody is turned away for Valkey's sake, and nobody gets without limit.
"""

import asyncio
from collections import OrderedDict
from math import ceil
from time import monotonic
from typing import NamedTuple

import msgspec
from redis.exceptions import RedisError

from mendline.kernel.cache import valkey
from mendline.kernel.log import log

TIMEOUT = 0.25
"""Seconds that Valkey may take to answer before the process counts alone."""

REST = 5.0
"""Seconds for which Valkey is not asked again after it has failed."""

REMEMBERED = 20_000
"""Buckets that a process remembers; the one longest unused is forgotten first."""

BUCKET_WORDS = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local function full_at(key) return math.max(tonumber(redis.call('GET', key) or 0), now) end
local function wait_for(at, interval, burst, cost) return at - now + interval * (cost - burst) end
local function keep(key, at)
  redis.call('SET', key, string.format('%.3f', at), 'PX', string.format('%.0f', at - now + 1000))
end
"""
"""Lua that every script over buckets begins with. Times are milliseconds; an interval is that of one unit."""

_SPEND = (
    BUCKET_WORDS
    + """
local interval, burst, cost, owed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = full_at(KEYS[1]) + owed
local wait = wait_for(at, interval, burst, cost)
if wait > 0 then
  if owed > 0 then keep(KEYS[1], at) end
  return {0, string.format('%.3f', at - now)}
end
keep(KEYS[1], at + interval * cost)
return {1, string.format('%.3f', at - now + interval * cost)}
"""
)


_SETTLE = (
    BUCKET_WORDS
    + """
local at = full_at(KEYS[1]) + tonumber(ARGV[1])
keep(KEYS[1], at)
return string.format('%.3f', at - now)
"""
)

SETTLED_AFTER = 0.02
"""Seconds until Valkey is told what was spent ahead."""


class Rate(msgspec.Struct, frozen=True):
    """What a bucket holds: `burst` units when full, and `per_second` that flow back."""

    per_second: float
    burst: int

    @property
    def interval(self) -> float:
        """Milliseconds in which one unit flows back."""
        return 1000 / self.per_second


class Spent(NamedTuple):
    """What came of it.

    remaining, limit: units. retry_after: seconds until so much can be spent (0 when it was). full_after: seconds until
    the bucket is full.
    """

    allowed: bool
    cost: int
    remaining: int
    limit: int
    retry_after: float
    full_after: float


_known: OrderedDict[str, float] = OrderedDict()  # the bucket -> when it would be full, on this process's clock, in ms
_away_until = 0.0


def can_spend(bucket: str, rate: Rate, cost: int) -> Spent:
    """What spending so much would come to, as far as this process knows: a refusal is certain, a yes is not."""
    now = monotonic() * 1000
    ahead = max(_known.get(bucket, now), now) - now
    allowed = ahead + rate.interval * (cost - rate.burst) <= 0
    return _told(rate, cost, allowed, ahead + (rate.interval * cost if allowed else 0))


async def spend(bucket: str, rate: Rate, cost: int) -> Spent:
    """Spends `cost` units of a bucket, or nothing when it holds less. The bucket's name must carry its tenant."""
    global _away_until  # noqa: PLW0603 - one Valkey for the process
    guess = can_spend(bucket, rate, cost)
    asked = monotonic()
    if not guess.allowed:
        return guess
    if asked >= _away_until:
        owed = _owed.pop(bucket, 0.0)  # what was spent ahead a moment ago counts before this does
        try:
            answer = await valkey(TIMEOUT, 1).eval(_SPEND, 1, f"bucket:{bucket}", rate.interval, rate.burst, cost, owed)
        except (RedisError, OSError) as error:
            _away_until = monotonic() + REST
            log.warning("valkey is away: each process counts what is spent by itself", error=str(error))
        else:
            _remember(bucket, asked * 1000 + float(answer[1]))
            return _told(rate, cost, bool(answer[0]), float(answer[1]))
    _remember(bucket, (asked + guess.full_after) * 1000)
    return guess


def spend_ahead(bucket: str, rate: Rate, cost: int) -> Spent | None:
    """Spends from a bucket of which more than half is left, as far as this process knows; None: it has to be asked for.

    Valkey is told a moment later, for all that was spent meanwhile in one message: asking it each time costs this
    process as much as the whole rest of a small read. What several processes spend in that moment may pass the limit
    by so much, once; it counts all the same.
    """
    if bucket not in _known or monotonic() < _away_until:
        return None
    guess = can_spend(bucket, rate, cost)
    if not guess.allowed or guess.remaining * 2 < rate.burst:
        return None
    _remember(bucket, (monotonic() + guess.full_after) * 1000)
    if not _owed:
        settling = asyncio.create_task(_settle())
        _settling.add(settling)
        settling.add_done_callback(_settling.discard)
    _owed[bucket] = _owed.get(bucket, 0.0) + rate.interval * cost
    return guess


_owed: dict[str, float] = {}  # the bucket -> milliseconds by which it is later full than Valkey knows
_settling: set[asyncio.Task[None]] = set()


async def _settle() -> None:
    global _away_until  # noqa: PLW0603 - one Valkey for the process
    await asyncio.sleep(SETTLED_AFTER)
    owed = dict(_owed)
    _owed.clear()
    asked = monotonic()
    telling = valkey(TIMEOUT, 1).pipeline(transaction=False)
    for bucket, milliseconds in owed.items():
        telling.eval(_SETTLE, 1, f"bucket:{bucket}", milliseconds)
    try:
        told = await telling.execute()
    except (RedisError, OSError) as error:
        _away_until = monotonic() + REST
        log.warning("valkey is away: each process counts what is spent by itself", error=str(error))
    else:
        for bucket, ahead in zip(owed, told, strict=True):
            _remember(bucket, asked * 1000 + float(ahead))


def _remember(bucket: str, full_at: float) -> None:
    # Of two answers that overtake each other the later moment holds: what is spent does not become less.
    _known[bucket] = max(_known.get(bucket, 0.0), full_at)
    _known.move_to_end(bucket)
    if len(_known) > REMEMBERED:
        _known.popitem(last=False)


def _told(rate: Rate, cost: int, allowed: bool, ahead: float) -> Spent:
    """ahead: milliseconds until the bucket is full."""
    remaining = max(0, int(rate.burst - ahead / rate.interval + 1e-6))
    wait = 0.0 if allowed else max(0.0, ahead + rate.interval * (cost - rate.burst)) / 1000
    return Spent(allowed, cost, remaining, rate.burst, wait, ahead / 1000)


def whole_seconds(seconds: float) -> int:
    """Seconds as a header gives them: never too early."""
    return ceil(seconds)
