"""`mendline worklists rebuild`: every viewer's list worked out again from the tickets."""

import asyncio
from uuid import UUID

import asyncpg

from mendline.app.start import start
from mendline.kernel import close_pools, execute, fetch, gateway, transaction

_BATCH = 500

_NEXT = "SELECT id FROM ticket WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3"
_PUT = "SELECT worklist_put($1, id) FROM unnest($2::uuid[]) AS id"


async def rebuild(tenant: UUID) -> int:
    """Rebuilds the rows of all tickets that `tenant` owns, for every viewer; answers how many tickets there are.

    It may run while the house is at work. Rows that are right stay as they are and are no news in any feed.
    """
    done, last = 0, UUID(int=0)
    while True:
        try:
            async with transaction(tenant):
                batch = [row["id"] for row in await fetch(_NEXT, tenant, last, _BATCH)]
                await execute(_PUT, tenant, batch)
        except asyncpg.DeadlockDetectedError:  # a command held two of these tickets in another order
            continue
        if not batch:
            return done
        done, last = done + len(batch), batch[-1]


async def organisations(code: str | None) -> list[tuple[str, UUID]]:
    """Code and id of the organisation with this code, or of all."""
    async with gateway():
        found = await fetch(
            "SELECT code, tenant_id FROM organisation_slug WHERE $1::text IS NULL OR code = $1 ORDER BY code", code
        )
    return [(row["code"], row["tenant_id"]) for row in found]


def run(code: str | None) -> int:
    """The command; 1 when there is no such organisation."""

    async def work() -> int:
        await start("worklists", "app", "gateway", pool_size=2)
        try:
            known = await organisations(code)
            for name, tenant in known:
                print(f"{name}: {await rebuild(tenant)} tickets")  # noqa: T201 - a command's answer
            if not known:
                print(f"There is no organisation {code}; see `mendline organisations list`.")  # noqa: T201
            return 0 if known else 1
        finally:
            await close_pools()

    return asyncio.run(work())
