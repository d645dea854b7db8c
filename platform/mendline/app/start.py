"""The start of a process: domains known, the runner installed, pools open, logs configured."""

from mendline.app.channels import CHANNELS
from mendline.app.domains import load_domains
from mendline.kernel import Runner, configure_logging, install_runner, open_pools, transaction
from mendline.tickets import record
from mendline_bots import install_channels
from mendline_tenants import authorise


def install() -> None:
    """Makes every domain known and hands the command runner what it needs."""
    load_domains()
    install_channels(CHANNELS)
    install_runner(Runner(authorise, transaction, record))


async def start(process: str, *roles: str, pool_size: int = 8) -> None:
    """Starts a process that works as these database roles; `close_pools()` ends it."""
    configure_logging(process)
    install()
    await open_pools(*roles, size=pool_size)
