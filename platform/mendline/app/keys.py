"""`mendline keys`: an operator makes, lists and revokes an organisation's API keys, in the name of its system."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from rich.console import Console
from rich.table import Table

from mendline.app.start import start
from mendline.app.worklists import organisations
from mendline.kernel import DomainError, close_pools, opaque, rows, run, say, transaction
from mendline_tenants import ApiKey, ApiKeyCreated, system_actor


def make(code: str, name: str, scopes: list[str]) -> int:
    """Prints a new key, this once. Without scopes it gets those of a partner's portal."""

    async def work(tenant: UUID) -> None:
        wanted = {"name": name, "scopes": scopes or ["portal"]}
        made: ApiKeyCreated = await run(system_actor(tenant), "tenants.create_api_key", wanted)
        Console(stderr=True).print(f"{made.key} may: {', '.join(made.scopes)}. The key is shown this once:")
        print(made.secret)  # noqa: T201 - alone on standard output, so that a script can take it

    return _for(code, work)


def show(code: str) -> int:
    """Prints the keys of an organisation, never their secrets."""

    async def work(tenant: UUID) -> None:
        async with transaction(tenant):
            keys = await rows.select(ApiKey, "tenant_id = $1 ORDER BY recorded_at", tenant)
        table = Table("key", "name", "scopes", "made", "last used", "state")
        for key in keys:
            state = "revoked" if key.revoked_at else "in force"
            used = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"
            made = f"{key.recorded_at:%Y-%m-%d}"
            table.add_row(opaque("ak", tenant, key.id), key.name, ", ".join(key.scopes), made, used, state)
        Console().print(table if keys else "This organisation has no API keys.")

    return _for(code, work)


def revoke(code: str, key: str) -> int:
    """Ends a key at once."""

    async def work(tenant: UUID) -> None:
        await run(system_actor(tenant), "tenants.revoke_api_key", {"key": key})
        Console().print("The key is revoked; it is refused from its next request on.")

    return _for(code, work)


def _for(code: str, work: Callable[[UUID], Awaitable[None]]) -> int:
    async def begin() -> int:
        await start("keys", "app", "gateway", pool_size=2)
        try:
            known = await organisations(code)
            if not known:
                Console(stderr=True).print(
                    f"There is no organisation {code}; `mendline organisations list` shows the codes."
                )
                return 1
            await work(known[0][1])
        except DomainError as refused:
            Console(stderr=True).print(say(f"error.{refused.code}", "en", **refused.facts))
            return 1
        finally:
            await close_pools()
        return 0

    return asyncio.run(begin())
