"""The budget: who pays for an operation, from which bucket, and how the payer is told what is left."""

from contextvars import ContextVar
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple
from uuid import UUID

from starlette.requests import HTTPConnection

from mendline.kernel import LRU, DomainError, Rate, Spent, can_spend, now, settings, spend, spend_ahead, whole_seconds
from mendline_schema.context import Context
from mendline_tenants import Quota, organisation_of, standard_quota

NETWORK = 64
"""Bits of an IPv6 address that name a network: one customer has all the addresses behind them."""

TOLD = ("RateLimit-Policy", "RateLimit", "Retry-After")
"""The headers of what is left."""

_quotas: LRU[UUID, Quota] = LRU(10_000)
"""What each organisation may ask, as its last operation in this process found it."""

spent_on_this: ContextVar[Spent | None] = ContextVar("spent_on_this", default=None)
"""What the operation of this task has cost."""


class Payer(NamedTuple):
    """Who pays: an organisation, or everybody behind one address who has not said who they are."""

    policy: str
    bucket: str
    rate: Rate


def payer_of(asking: Context) -> Payer:
    """Who pays for what is asked, told without the database; a token that may be invented pays as a stranger's."""
    organisation = organisation_of(asking.token) if asking.token else None
    return stranger_payer(asking.request) if organisation is None else organisation_payer(organisation)


def stranger_payer(request: HTTPConnection) -> Payer:
    """Everybody behind the address that asks."""
    chosen = settings()
    rate = Rate(chosen.stranger_per_second, chosen.stranger_burst)
    return Payer("address", f"address:{network_of(request)}", rate)


def organisation_payer(organisation: UUID) -> Payer:
    """The organisation as payer."""
    quota = _quotas.get(organisation) or standard_quota()
    return Payer("organisation", f"organisation:{organisation}", quota.rate)


def remember_quota(organisation: UUID, quota: Quota | None) -> None:
    """Holds what an organisation may ask, for its next operation."""
    if quota is not None:
        _quotas.put(organisation, quota)


def network_of(request: HTTPConnection) -> str:
    """The client's address; of IPv6 the network."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{IPv6Address(int(address) >> NETWORK << NETWORK)}/{NETWORK}"
    return str(address)


def require_any(payer: Payer) -> None:
    """Raises DomainError rate_limited for one whom nothing is left, as far as this process knows; costs nothing."""
    told = can_spend(payer.bucket, payer.rate, 1)
    if not told.allowed:
        spent_on_this.set(told)
        raise too_much(told)


async def charge(payer: Payer, cost: int) -> Spent:
    """Spends the cost. Raises DomainError rate_limited, or costs_too_much for what no waiting makes possible."""
    told = spend_ahead(payer.bucket, payer.rate, cost) or await spend(payer.bucket, payer.rate, cost)
    spent_on_this.set(told)
    if not told.allowed:
        raise too_much(told)
    return told


def too_much(told: Spent) -> DomainError:
    """The refusal of one who has spent too much."""
    if told.cost > told.limit:
        return DomainError("costs_too_much", cost=told.cost, limit=told.limit)
    facts = {"cost": told.cost, "remaining": told.remaining, "limit": told.limit}
    return DomainError("rate_limited", **facts, retryAfter=max(1, whole_seconds(told.retry_after)))


def headers(payer: Payer, told: Spent) -> dict[str, str]:
    """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), and Retry-After when it was refused."""
    window = max(1, whole_seconds(payer.rate.burst / payer.rate.per_second))
    found = {
        "RateLimit-Policy": f'"{payer.policy}";q={told.limit};w={window}',
        "RateLimit": f'"{payer.policy}";r={told.remaining};t={whole_seconds(told.retry_after or told.full_after)}',
    }
    if not told.allowed and told.cost <= told.limit:
        found["Retry-After"] = str(max(1, whole_seconds(told.retry_after)))
    return found


def take_back(asking: Context) -> None:
    """Tells nothing of what is left: who asked turned out not to be of the organisation that has paid."""
    spent_on_this.set(None)
    asking.untell(TOLD)


def costs_told() -> dict[str, Any]:
    """What an answer's `extensions` tell of the cost of the operation that this task has just paid for, once.

    resetAt: when the whole limit is there again.
    """
    told = spent_on_this.get()
    if told is None:
        return {}
    spent_on_this.set(None)
    moment = now() + timedelta(seconds=told.full_after)
    return {"cost": {"requested": told.cost, "remaining": told.remaining, "limit": told.limit, "resetAt": moment}}
