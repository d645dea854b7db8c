"""`mendline organisations`: an operator founds organisations, each with its first administrator, and lists them."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from zoneinfo import available_timezones

from rich.console import Console
from rich.table import Table

from mendline.app.start import start
from mendline.kernel import DomainError, close_pools, fetch, gateway, rows, run, say, transaction
from mendline_tenants import Organisation, bootstrap, system_actor


def found(code: str, kind: str, name: dict[str, str], login: str, person: str, locale: str, timezone: str) -> int:
    """Founds an organisation and prints the password of its first administrator, this once."""

    async def work() -> None:
        if not re.fullmatch("[A-Z][A-Z0-9]{0,11}", code):
            raise DomainError("invalid_input", field="code", problem="wrong_code")
        if timezone not in available_timezones():
            raise DomainError("invalid_input", field="timezone", problem="wrong_zone")
        password = secrets.token_urlsafe(12)
        tenant = await bootstrap(code, kind, name, locale=locale, timezone=timezone)
        administrator = {"login": login, "name": person, "roles": ["admin"], "locale": locale, "password": password}
        await run(system_actor(tenant), "tenants.upsert_member", administrator)
        Console(stderr=True).print(f"{login} logs in to {code} on GraphQL with this password, shown this once:")
        print(password)  # noqa: T201 - alone on standard output, so that a script can take it

    return _do(work)


def show() -> int:
    """Prints code, kind and name of every organisation."""

    async def work() -> None:
        async with gateway():
            known = await fetch("SELECT code, tenant_id FROM organisation_slug ORDER BY code")
        table = Table("code", "kind", "name")
        for slug in known:
            async with transaction(slug["tenant_id"]):
                organisation = await rows.get(Organisation, slug["tenant_id"], slug["tenant_id"])
            table.add_row(slug["code"], organisation.kind, " ".join(dict.fromkeys(organisation.name.values())))
        Console().print(table if known else "No organisations.")

    return _do(work)


def _do(work: Callable[[], Awaitable[None]]) -> int:
    async def begin() -> int:
        await start("organisations", "app", "gateway", pool_size=2)
        try:
            await work()
        except DomainError as refused:
            Console(stderr=True).print(say(f"error.{refused.code}", "en", **refused.facts))
            return 1
        finally:
            await close_pools()
        return 0

    return asyncio.run(begin())
