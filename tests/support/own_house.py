"""A house of a benchmark's own: parts that keep nothing, a migrated database, every domain loaded, pools open."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mendline.app.database.migrate import migrate
from mendline.app.parts import start_parts
from mendline.app.start import install
from mendline.kernel import Settings, settings
from mendline_tenants import LOGIN_ROLES
from support.database import opened_pools


@asynccontextmanager
async def own_house() -> AsyncIterator[None]:
    """Database and Valkey in a folder that goes away; no evidence store."""
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        given = Settings(home=Path(folder) / "home", s3_endpoint_url="http://127.0.0.1:9")
        with start_parts(given, durable=False) as parts:
            os.environ.update(parts.environment())
            settings.cache_clear()
            chosen = settings()
            passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}
            await migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords)
            install()
            async with opened_pools():
                yield
