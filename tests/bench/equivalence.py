"""Random operations, compiled and by graphql-core's own executor: how many are compared, and whether any differs."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

from mendline.app.database.migrate import migrate
from mendline.app.parts import start_parts
from mendline.app.start import install
from mendline.kernel import Settings, settings
from mendline_tenants import LOGIN_ROLES
from support.cast import make_cast
from support.database import opened_pools
from support.documents import BY_THE_CLOCK
from support.equivalence import Hunt, readable
from support.full_house import READERS, fill
from support.material import material
from support.reference_rows import Rows


async def main(report: Report, operations: int, first: int, most: int) -> int:
    """Compares the operations of `operations` seeds from `first` on; answers how many differ, at most `most`."""
    async with _house():
        cast = await make_cast()
        await fill(cast)
        rows = Rows()
        actors = [cast.actor(who, locale=("zh", "en")[n % 2]) for n, who in enumerate(READERS)]
        hunt = Hunt(actors, rows, await material(actors, rows))
        faults, began, seed = 0, time.perf_counter(), first
        while hunt.counts["compared"] < operations and faults < most:
            fault = await hunt.compare(seed)
            if fault is not None:
                faults += 1
                print(fault, file=sys.stderr, flush=True)
            seed += 1
            if seed % 1_000 == 0:
                print(f"seed {seed}: {dict(hunt.counts)}, {faults} differ", flush=True)
        seconds = time.perf_counter() - began
    print(f"seeds {first} to {seed - 1}")
    left_out = sorted(f"{type_}.{name}" for type_, name in readable() - hunt.fields - BY_THE_CLOCK)
    if left_out:
        print(f"never asked for: {', '.join(left_out)}")
    for what in ("compared", "invalid", "too large"):
        report.add("operations", what, hunt.counts[what], "operations")
    report.add("operations", "different", faults, "operations", "allowed", 0)
    report.add("operations", "fields asked for", len(hunt.fields), "fields", "that there are", len(readable()))
    report.add("operations", "rate, both ways together", hunt.counts["compared"] / seconds, "1/s")
    return faults


@asynccontextmanager
async def _house() -> AsyncIterator[None]:
    """Database and evidence store as `up` has them, in a home that goes away."""
    with (
        tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder,
        start_parts(Settings(home=Path(folder) / "home")) as parts,
    ):
        os.environ.update(parts.environment())
        settings.cache_clear()
        chosen = settings()
        passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}
        await migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords)
        install()
        async with opened_pools():
            yield


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--operations", type=int, default=20_000, help="operations to compare")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--most", type=int, default=20, help="stop after so many differences")
    options = parser.parse_args()
    figures = Report("Equivalence")
    found = asyncio.run(main(figures, options.operations, options.seed, options.most))
    figures.finish(options.json)
    sys.exit(1 if found else 0)
