"""`mendline organisations quota`: an operator reads and sets what an organisation may ask of GraphQL."""

import asyncio

from rich.console import Console

from mendline.app.start import start
from mendline.app.worklists import organisations
from mendline.kernel import DomainError, close_pools, rows, run, say, transaction
from mendline_tenants import QuotaSaved, QuotaSet, SetQuota, system_actor


def set_quota(
    code: str, per_second: int | None, burst: int | None, sockets: int | None, trusted_documents: bool | None
) -> int:
    """Sets what was given and leaves the rest as it was; 0 goes back to what holds for all. Prints what holds now."""

    async def begin() -> int:
        await start("quota", "app", "gateway", pool_size=2)
        try:
            known = await organisations(code)
            if not known:
                Console(stderr=True).print(
                    f"There is no organisation {code}; `mendline organisations list` shows the codes."
                )
                return 1
            tenant = known[0][1]
            async with transaction(tenant):
                now = await rows.find(QuotaSet, tenant, tenant) or QuotaSet(tenant_id=tenant, id=tenant)
            wanted = SetQuota(
                per_second=_chosen(per_second, now.per_second),
                burst=_chosen(burst, now.burst),
                sockets=_chosen(sockets, now.sockets),
                trusted_documents=now.trusted_documents if trusted_documents is None else trusted_documents,
            )
            saved: QuotaSaved = await run(system_actor(tenant), "tenants.set_quota", wanted)
        except DomainError as refused:
            Console(stderr=True).print(say(f"error.{refused.code}", "en", **refused.facts))
            return 1
        finally:
            await close_pools()
        documents = "trusted documents alone" if saved.trusted_documents else "any document"
        Console().print(
            f"{code}: {saved.per_second} units per second, {saved.burst} at once, {saved.sockets} sockets, {documents}."
        )
        return 0

    return asyncio.run(begin())


def _chosen(given: int | None, known: int | None) -> int | None:
    return known if given is None else given or None
