"""Housekeeping of what precedes the tenant: linking codes and wrong attempts that are long past."""

from datetime import timedelta

from mendline.kernel import execute, gateway, now, recurring

KEPT = timedelta(days=1)
"""How long an expired code is kept: who types it later is told that it has expired, not that it never was."""


@recurring("forget_link_codes", every=timedelta(hours=6))
async def forget_link_codes() -> None:
    """Deletes linking codes that expired, and attempts that were made, more than a day ago."""
    async with gateway():
        await execute("DELETE FROM link_code WHERE expires_at < $1", now() - KEPT)
        await execute("DELETE FROM link_attempt WHERE since < $1", now() - KEPT)
