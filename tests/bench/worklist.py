"""A worklist's first page among a million tickets: the buffers it reads, and how little a flood by another moves it."""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

from graphql import get_variable_values

from mendline.kernel import close_pools, open_pools
from mendline_schema.reads.explain import explain
from mendline_schema.reads.statements import Request
from mendline_schema.reads.values import Inputs
from mendline_schema.schema import build_schema
from mendline_tenants import actor_from_token
from support.bench_house import House, bench_house, look_into
from support.crowd import Crowd, Organisation
from support.load import Driver, Sent, Told, driver, post

BUFFERS = 100
"""Goal: shared buffers that a first page may read."""

SHIFT = 1.10
"""Goal: what the flood of one may make of the others' p99."""

MAY, TIMES = 10, 100
"""Pages that the flooding organisation may ask for in a second, and how many times as many it asks for."""

CONNECTIONS = 20
"""Connections of the flood."""

OTHERS, PACE = 8, 25
"""The others that ask meanwhile, and the pages that each of them asks for in a second."""

SILENT, WITHIN, FLOOD = "silent", "within its quota", "a flood"
"""What the one does meanwhile. What it may ask is its right, and takes its time: a quota answers for what is beyond."""

LEAD = 2.0
"""Seconds for which the flood runs before and after the others are looked at."""

_ASKED = (
    "{ nodes { number state priority openedAt device { assetNumber } events { command at } } pageInfo { endCursor } }"
)

PAGES = {
    "all": f"{{ worklist(first: 50) {_ASKED} }}",
    "open only": f"{{ worklist(first: 50, filter: {{ phase: [OPEN] }}) {_ASKED} }}",
    "open, working or waiting": f"{{ worklist(first: 50, filter: {{ phase: [OPEN, WORKING, WAITING] }}) {_ASKED} }}",
    "one status": f"{{ worklist(first: 50, filter: {{ state: [ACCEPTED] }}) {_ASKED} }}",
    "three statuses": f"{{ worklist(first: 50, filter: {{ state: [REPORTED, ACCEPTED, FINISHED] }}) {_ASKED} }}",
}


def main() -> None:
    """One large hospital, and thousands of small ones."""
    parser = arguments(__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--organisations", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each part of a run")
    parser.add_argument("--pairs", type=int, default=5, help="runs of all three: silent, within the quota, a flood")
    options = parser.parse_args()
    report = Report("Worklists")
    vendors = max(1, options.organisations // 10)
    crowd = Crowd(options.organisations - vendors, vendors, options.tickets, 1.2, children=False)
    with bench_house(crowd) as house, driver() as load, driver(nice=19) as flood:
        asyncio.run(_pages(report, house))
        if options.pairs:
            _flood(report, house, load, flood, options.pairs, options.seconds)
    report.finish(options.json)


async def _pages(report: Report, house: House) -> None:
    """The buffers of each page, for the smallest list, the largest, and the largest hospital's."""
    listed = sorted((one for one in house.organisations if one.listed), key=lambda one: one.listed)
    await open_pools("app")
    try:
        for title, organisation in (("smallest", listed[0]), ("largest", listed[-1])):
            for page, document in PAGES.items():
                case = f"{page}, {title} of {len(house.organisations):,} ({organisation.listed:,} tickets)"
                report.add(case, "buffers", await _buffers(organisation, document), "pages", "goal", BUFFERS)
    finally:
        await close_pools()


async def _buffers(organisation: Organisation, document: str) -> int:
    """Shared buffers that the compiler's own statement reads, the second time that it is run."""
    schema = build_schema()
    judged = schema.admission.documents.of(document)
    operation = judged.operation(None)
    variables = get_variable_values(schema._schema, (), {})
    assert not isinstance(variables, list)
    inputs = Inputs(variables, await actor_from_token(organisation.token()))
    request = Request(schema._schema, operation, judged.fragments, variables)
    for _ in range(2):
        told = await explain(*schema.statements.bare_query(request, inputs), inputs)
    return told.hit + told.read


def _flood(report: Report, house: House, load: Driver, flood: Driver, pairs: int, seconds: float) -> None:
    """Others ask at their pace while one asks for nothing, for what it may, and for a hundred times as much."""
    web = house.web()
    hospitals = [one for one in house.organisations if one.kind == "hospital" and one.listed]
    flooding, others = hospitals[0], hospitals[1 : 1 + OTHERS]
    asyncio.run(_restrict(flooding))
    asked = (_request(flooding),)
    asking = {
        SILENT: [],
        WITHIN: [Sent(asked, every=1 / MAY, limited=True)],
        FLOOD: [Sent(asked, every=CONNECTIONS / (TIMES * MAY), limited=True)] * CONNECTIONS,
    }
    load.drive(web.port, _paced(others), min(seconds, 5.0))
    shifts: dict[str, list[float]] = {SILENT: [], WITHIN: []}
    for number in range(1, pairs + 1):
        p99 = {}
        for case in asking if number % 2 else reversed(asking):
            waited = flood.begin(web.port, asking[case], seconds + 2 * LEAD) if asking[case] else None
            time.sleep(LEAD)  # until the bucket is empty
            p99[case] = load.drive(web.port, _paced(others), seconds).share(0.99)
            if waited:
                told = waited()
                report.add(f"{case}, run {number}", "asked", _asked(told), "1/s", "what it may ask", MAY)
                report.add(f"{case}, run {number}", "answered", told.rate, "1/s", "what it may ask", MAY)
        for case, found in shifts.items():
            report.add(f"others, run {number}", "p99", p99[FLOOD] * 1e3, "ms", f"while it is {case}", p99[case] * 1e3)
            found.append(p99[FLOOD] / p99[case])
    for case, found in shifts.items():
        title = f"others, median of all runs, beside {case}"
        report.add(title, "p99 with the flood", statistics.median(found), "times", "goal", SHIFT)


def _paced(others: Sequence[Organisation]) -> list[Sent]:
    return [Sent((_request(one),), every=1 / PACE) for one in others]


def _asked(told: Told) -> float:
    return (len(told.seconds) + told.limited) / told.wall


def _request(organisation: Organisation) -> bytes:
    return post({"query": PAGES["open only"]}, {"authorization": f"Bearer {organisation.token()}"})


async def _restrict(organisation: Organisation) -> None:
    """Sets the organisation's quota so that it may ask for MAY pages a second."""
    judged = build_schema().admission.documents.of(PAGES["open only"])
    cost = build_schema().admission._cost(judged, judged.operation(None), {})
    units = cost * MAY
    await look_into(
        "INSERT INTO quota (tenant_id, id, per_second, burst, trusted_documents) VALUES ($1, $1, $2, $2, false)"
        " RETURNING 1",
        organisation.id,
        units,
    )


if __name__ == "__main__":
    main()
