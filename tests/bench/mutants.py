"""Every protection of rows and fields taken away or opened, one at a time: each mutant must be caught, by name."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

from support.database import administrator
from support.isolation.battery import make_battery
from support.isolation.fields import field_mutants, hunt_fields
from support.isolation.hunt import BEHAVIOUR, DECLARED, NOTHING, Caught, equivalent, make_hunter
from support.isolation.mutants import Mutant, mutants
from support.isolation.stage import borrowed
from support.isolation.world import make_world
from support.own_house import own_house


async def main(options: argparse.Namespace, report: Report) -> int:
    """Puts in each mutant, looks for it, takes it back; answers how many neither behaviour nor declarations caught.

    And how many are caught of those that are said to change nothing: one for each reason is looked for.
    """
    async with own_house():
        world = await make_world(administrator())
        found = await mutants(administrator(), world.shapes)
        same = [mutant for mutant in found if equivalent(mutant)]
        wanted = [m for m in found if not equivalent(m) and _chosen(m, options)]
        caught, made, taken = [], Counter(mutant.kind for mutant in wanted), Counter[str]()
        began = time.monotonic()
        async with borrowed(administrator()) as stage:
            hunter = await make_hunter(stage, await make_battery(administrator(), world))
            for mutant in wanted[:: options.every]:
                since = time.monotonic()
                caught += await hunter.hunt([mutant], told=None if options.quiet else _tell)
                taken[mutant.kind] += time.monotonic() - since
            changed = await hunter.hunt({equivalent(mutant): mutant for mutant in same}.values())
        of_fields = [one for one in field_mutants() if _chosen(one.mutant, options)]
        for one in hunt_fields(of_fields[:: options.every]):
            caught.append(one)
            if not options.quiet:
                _tell(one)
        report.add("all mutants", "looked for in", time.monotonic() - began, "s")
    for kind, count in Counter(one.mutant.kind for one in caught).items():
        by = Counter(one.by for one in caught if one.mutant.kind == kind)
        if taken[kind]:
            report.add(kind, "looked for, each", taken[kind] / count * 1000, "ms", "of its kind there are", made[kind])
        for what in (BEHAVIOUR, DECLARED, NOTHING):
            if by[what] or what == NOTHING:
                report.add(kind, f"caught by {what}", by[what], "mutants", "all of its kind", count)
    left = [one for one in caught if one.by == NOTHING]
    for what in (BEHAVIOUR, DECLARED, NOTHING):
        report.add("all mutants", f"caught by {what}", sum(o.by == what for o in caught), "mutants", "all", len(caught))
    report.add("all mutants", "equivalent, not counted", len(same), "mutants")
    for one in caught:
        if one.by == DECLARED:
            print(f"not by behaviour, only because no declaration makes it: {one.mutant.kind}: {one.mutant.name}")
        elif one.by == NOTHING:
            print(f"NOT CAUGHT: {one.mutant.kind}: {one.mutant.name}")
    wrong = [one for one in changed if one.by != NOTHING]
    for one in wrong:
        print(f"said to change nothing, but caught: {one.mutant.name}  <-  {one.evidence}")
    for mutant in same:
        print(f"not counted, it changes nothing: {mutant.name} ({equivalent(mutant)})")
    return len(left) + len(wrong)


def _chosen(mutant: Mutant, options: argparse.Namespace) -> bool:
    return (not options.kind or mutant.kind in options.kind) and options.named in mutant.name


def _tell(one: Caught) -> None:
    print(f"{one.by:9} {one.mutant.kind}: {one.mutant.name}  <-  {' '.join(one.evidence.split())[:160]}")


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--kind", action="append", help="only mutants of this kind (may be given again)")
    parser.add_argument("--named", default="", help="only mutants in whose name this text is")
    parser.add_argument("--every", type=int, default=1, help="only every n-th mutant")
    parser.add_argument("--quiet", action="store_true", help="do not list each mutant with what caught it")
    chosen = parser.parse_args()
    figures = Report("Mutants")
    survivors = asyncio.run(main(chosen, figures))
    figures.finish(chosen.json)
    sys.exit(1 if survivors else 0)
