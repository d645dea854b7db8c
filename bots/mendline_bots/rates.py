"""How fast we may write: buckets in Valkey that all workers share, and one message at a time for each chat."""

import asyncio
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from mendline.kernel import new_id, settings
from mendline_bots.channel import Address, Limit

LANE_MILLISECONDS = 15_000
"""A worker that dies holds a chat no longer than this; one send takes ten seconds at the most."""

_TRIES = 8
"""Together two and a half seconds: as long as Valkey takes to come back when the supervisor starts it again."""

# One round trip: 0 when the chat is ours now, -1 while another worker writes there, else milliseconds to wait.
# A caller that asks again because the answer was lost finds the chat its own.
# Buckets are kept as the time at which they would be full again (GCRA), in milliseconds.
_TAKE = """
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then return wait end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
  and redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local longest, full = 0, {}
for n = 3, #KEYS do
  local interval, burst = tonumber(ARGV[n * 2 - 3]), tonumber(ARGV[n * 2 - 2])
  local at = math.max(tonumber(redis.call('GET', KEYS[n]) or 0), now)
  longest = math.max(longest, at - now - interval * (burst - 1))
  full[n] = at + interval
end
if longest > 0 then redis.call('DEL', KEYS[1]) return longest end
for n = 3, #KEYS do
  local lasts = string.format('%.0f', full[n] - now + 1000)
  redis.call('SET', KEYS[n], string.format('%.0f', full[n]), 'PX', lasts)
end
return 0
"""

_REFUND = """
for n = 1, #KEYS do if redis.call('EXISTS', KEYS[n]) == 1 then redis.call('DECRBY', KEYS[n], ARGV[n]) end end
return 0
"""

_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()


def _valkey() -> Redis:
    """A client belongs to its loop; a worker has one loop, tests may have several."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        # After a restart of Valkey every pooled connection is dead; without new tries each would cost a send its turn.
        _clients[loop] = Redis.from_url(
            settings().cache_url or "",
            socket_timeout=5,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), _TRIES),
            retry_on_error=[RedisConnectionError],
        )
    return _clients[loop]


class Lane:
    """The right to write into one chat, held by one worker at a time."""

    def __init__(self, to: Address) -> None:
        name = ":".join(to)
        self._lane, self._hold = f"chat:lane:{name}", f"chat:hold:{name}"
        self._holder = new_id().hex

    async def enter(self, limits: tuple[Limit, ...]) -> float:
        """0 when the chat is ours and the rates are spent; else the seconds to wait before the next try."""
        keys = [self._lane, self._hold, *(f"chat:rate:{limit.bucket}" for limit in limits)]
        numbers = [number for limit in limits for number in (limit.interval, limit.burst)]
        answer = int(await _valkey().eval(_TAKE, len(keys), *keys, self._holder, LANE_MILLISECONDS, *numbers))
        return 0.25 if answer < 0 else answer / 1000

    async def leave(self) -> None:
        """Gives the chat to the next one."""
        await _valkey().eval(_LEAVE, 1, self._lane, self._holder)

    async def refund(self, limits: tuple[Limit, ...]) -> None:
        """Nothing was written after all: what entering spent is given back."""
        if limits:
            keys = [f"chat:rate:{limit.bucket}" for limit in limits]
            await _valkey().eval(_REFUND, len(keys), *keys, *(limit.interval for limit in limits))

    async def hold(self, seconds: float) -> None:
        """Leaves this chat, and no other, alone for a while, as the channel asked."""
        await _valkey().set(self._hold, "1", px=max(1, int(seconds * 1000)))
