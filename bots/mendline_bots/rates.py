"""How fast we may write: buckets in Valkey that all workers share, and one message at a time for each chat."""

from mendline.kernel import BUCKET_WORDS, new_id, valkey
from mendline_bots.channel import Address, Limit

LANE_MILLISECONDS = 15_000
"""A worker that dies holds a chat no longer than this; one send takes ten seconds at the most."""

_TIMEOUT = 5.0
_TRIES = 8
"""Together two and a half seconds: as long as Valkey takes to come back when the supervisor starts it again."""

# One round trip: 0 when the chat is ours now, -1 while another worker writes there, else milliseconds to wait.
# A caller that asks again because the answer was lost finds the chat its own.
_TAKE = (
    BUCKET_WORDS
    + """
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then return wait end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
  and redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local longest, full = 0, {}
for n = 3, #KEYS do
  local interval, burst = tonumber(ARGV[n * 2 - 3]), tonumber(ARGV[n * 2 - 2])
  local at = full_at(KEYS[n])
  longest = math.max(longest, wait_for(at, interval, burst, 1))
  full[n] = at + interval
end
if longest > 0 then redis.call('DEL', KEYS[1]) return math.ceil(longest) end
for n = 3, #KEYS do keep(KEYS[n], full[n]) end
return 0
"""
)

_REFUND = (
    BUCKET_WORDS
    + """
for n = 1, #KEYS do
  if redis.call('EXISTS', KEYS[n]) == 1 then keep(KEYS[n], math.max(full_at(KEYS[n]) - ARGV[n], now)) end
end
return 0
"""
)

_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


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
        answer = int(
            await valkey(_TIMEOUT, _TRIES).eval(_TAKE, len(keys), *keys, self._holder, LANE_MILLISECONDS, *numbers)
        )
        return 0.25 if answer < 0 else answer / 1000

    async def leave(self) -> None:
        """Gives the chat to the next one."""
        await valkey(_TIMEOUT, _TRIES).eval(_LEAVE, 1, self._lane, self._holder)

    async def refund(self, limits: tuple[Limit, ...]) -> None:
        """Nothing was written after all: what entering spent is given back."""
        if limits:
            keys = [f"chat:rate:{limit.bucket}" for limit in limits]
            await valkey(_TIMEOUT, _TRIES).eval(_REFUND, len(keys), *keys, *(limit.interval for limit in limits))

    async def hold(self, seconds: float) -> None:
        """Leaves this chat, and no other, alone for a while, as the channel asked."""
        await valkey(_TIMEOUT, _TRIES).set(self._hold, "1", px=max(1, int(seconds * 1000)))
