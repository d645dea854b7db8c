"""Equivalence: random operations over a full house are answered as graphql-core's own executor answers them."""

import os

from support.cast import Cast
from support.equivalence import Hunt, material
from support.full_house import fill
from support.reference import Rows

OPERATIONS = int(os.environ.get("OPS", "500"))
ACTORS = ("engineer_a", "dispatcher_v", "admin_a", "nurse_a", "technician_v", "analyst_m", "quality_a", "admin_v")


async def test_random_operations(cast: Cast, blobs: None) -> None:
    await fill(cast)
    rows = Rows()
    actors = [cast.actor(who, locale=("zh", "en")[n % 2]) for n, who in enumerate(ACTORS)]
    hunt = Hunt(actors, rows, await material(actors, rows))
    shown = set()
    for seed in range(OPERATIONS):
        fault = await hunt.compare(seed)
        if fault and fault.difference[:60] not in shown:
            shown.add(fault.difference[:60])
            print("FAULT", fault)
            if len(shown) > 12:
                break
    print("FAULT", hunt.counts)
