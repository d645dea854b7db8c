"""`mendline organisations`: an operator founds organisations, lists them, and hands over those that are kept."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import available_timezones

from rich.console import Console
from rich.table import Table

from mendline.app.start import start
from mendline.app.worklists import organisations
from mendline.kernel import DomainError, close_pools, fetch, gateway, rows, run, say, transaction
from mendline_tenants import ClaimCodeMade, Organisation, ask_and_wait, bootstrap, system_actor


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


def steward(code: str, keeper: str, name: dict[str, str], locale: str, timezone: str) -> int:
    """Founds a hospital that a vendor or manufacturer keeps until it is claimed."""

    async def work() -> None:
        wanted = {"code": code, "name": name, "locale": locale, "timezone": timezone}
        await ask_and_wait(system_actor(await _tenant(keeper)), "tenants.steward", wanted)
        Console(stderr=True).print(f"{keeper} keeps {code} until it is claimed; see `organisations claim-code {code}`.")

    return _do(work)


def claim_code(code: str) -> int:
    """Prints a claim code of a hospital that is kept, this once."""

    async def work() -> None:
        made: ClaimCodeMade = await run(system_actor(await _tenant(code)), "tenants.make_claim_code", {})
        Console(stderr=True).print(
            f"Who claims {code} with this code until {made.expires_at:%Y-%m-%d %H:%M} UTC owns it:"
        )
        print(made.code)  # noqa: T201 - alone on standard output, so that a script can take it

    return _do(work)


async def _tenant(code: str) -> UUID:
    known = await organisations(code)
    if not known:
        raise DomainError("not_found", what="organisation")
    return known[0][1]


def show() -> int:
    """Prints code, kind and name of every organisation, and whether another keeps it."""

    async def work() -> None:
        async with gateway():
            known = await fetch("SELECT code, tenant_id FROM organisation_slug ORDER BY code")
        table = Table("code", "kind", "name", "")
        for slug in known:
            async with transaction(slug["tenant_id"]):
                organisation = await rows.get(Organisation, slug["tenant_id"], slug["tenant_id"])
            names = " ".join(dict.fromkeys(organisation.name.values()))
            table.add_row(slug["code"], organisation.kind, names, "kept" if organisation.stewarded_by else "")
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
