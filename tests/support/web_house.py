"""One web process over a real database and Valkey, as `up` has them: what benches ask."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mendline.app.child import Child, wait_until
from mendline.app.database.migrate import migrate
from mendline.app.parts import start_parts
from mendline.app.plan import mendline
from mendline.app.ports import is_free
from mendline.app.start import install
from mendline.kernel import Settings, settings
from mendline_tenants import LOGIN_ROLES
from support.cast import Cast, make_cast
from support.database import opened_pools

NO_LIMIT = {
    "MENDLINE_QUOTA_PER_SECOND": "1000000",
    "MENDLINE_QUOTA_BURST": "100000000",
    "MENDLINE_STRANGER_PER_SECOND": "1000000",
    "MENDLINE_STRANGER_BURST": "100000000",
}
"""Settings under which nobody is refused for having asked too much: a bench asks as much as it can."""


@dataclass(frozen=True)
class House:
    """cast: fresh organisations. port: of the web process. pids: of all servers. log: the web process's."""

    cast: Cast
    port: int
    web: int
    pids: list[int]
    log: Path


@asynccontextmanager
async def web_house(*, store: bool = False, **more: str) -> AsyncIterator[House]:
    """A migrated database with the cast, pools of this process onto it, and one web process. more: its settings.

    store: with a store of files, which takes some seconds to come up.
    """
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        given = Settings(home=Path(folder) / "home", s3_endpoint_url=None if store else "http://127.0.0.1:9")
        with start_parts(given) as parts:
            port = next(port for port in range(18080, 19000) if is_free(port))
            environment = parts.environment() | NO_LIMIT | more | {"MENDLINE_PORT": str(port)}
            os.environ.update(environment)
            settings.cache_clear()
            chosen = settings()
            passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}
            await migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords)
            install()
            async with opened_pools():
                log = Path(folder) / "web.log"
                web = Child(mendline("web", environment), log)
                web.start()
                try:
                    assert await asyncio.to_thread(wait_until, lambda: not is_free(port), 30), web.last_lines()
                    pids = [child.pid for child in (*parts.children(), web) if child.pid]
                    yield House(await make_cast(), port, web.pid or 0, pids, log)
                finally:
                    web.stop()
