"""Malformed requests by the hundred thousand: no 5xx, nothing of the machinery told, steady memory, no late answer."""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from report import Report, arguments

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mendline.app.memory import proportional_bytes
from mendline.kernel import new_id, now, rows, transaction
from mendline_schema.schema import build_schema
from mendline_tenants import LoginSession
from mendline_tenants.access.tokens import ACCESS_LIFETIME, access_token
from support.battering import SLOW, Damage, batter, tells
from support.cast import PEOPLE, Cast
from support.mischief import Mischief
from support.schemathesis_cases import faults_of
from support.web_house import House, web_house

WARM_UP = 5_000
"""Requests after which the process has its caches and pools, and its memory is looked at for the first time."""

GROWTH = 50
"""MB that the web process may grow by after that."""

WHO = ["admin_a", "engineer_a", "nurse_a", "dispatcher_v", "technician_v", "admin_m"]
BREAKAGE = re.compile(r"Traceback|(?:request|graphql|socket) failed|Task exception was never retrieved")


class Sessions:
    """Access tokens that are made anew when they are old or their session has ended."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._made: dict[str, tuple[float, str]] = {}

    async def token(self, who: str, anew: bool) -> str:
        """A token of this person."""
        made, token = self._made.get(who, (0.0, ""))
        if anew or time.monotonic() - made > ACCESS_LIFETIME.total_seconds() / 2:
            tenant, session = self._cast[PEOPLE[who][0]], new_id()
            row = LoginSession(tenant_id=tenant, id=session, member_id=self._cast.members[who], refresh_hash=b"none")
            row.expires_at = now() + ACCESS_LIFETIME
            async with transaction(tenant):
                await rows.insert(row)
            token = access_token(tenant, self._cast.members[who], session)
            self._made[who] = time.monotonic(), token
        return token


async def main(report: Report, requests: int, examples: int, seed: int) -> int:
    """Batters one web process; answers how many things were wrong."""
    async with web_house(store=True) as house:
        sessions = Sessions(house.cast)
        ids = await known_ids(house)
        damage, took = Damage(), []
        before = 0.0
        schema = build_schema()._schema
        # What writes files and draws pages loads 70 MB when it is first asked for.
        printed = (
            f'mutation {{ x: printStickers(input: {{devices: ["{house.cast.device_id("pump_a")}"]}}) {{ size }} }}'
        )
        assert "size" in await ask(house, await sessions.token("admin_a", True), printed)
        warm = min(WARM_UP, requests // 2)
        for part, number in enumerate((warm, requests - warm)):
            began = time.monotonic()
            await batter(house.port, Mischief(schema, seed + part, ids, WHO).attacks(number), sessions.token, damage)
            took.append(time.monotonic() - began)
            await asyncio.sleep(1)
            if part == 0:
                before = memory(house)
                report.add("malformed requests", "memory when warm", before, "MB")
        after = memory(house)
        report.add("malformed requests", "sent", sum(damage.statuses.values()), "requests", "asked for", requests)
        report.add("malformed requests", "rate", requests / sum(took), "1/s")
        report.add("malformed requests", "different refusals", len(damage.codes), "codes")
        report.add("malformed requests", "wrong answers", len(damage.found), "answers")
        report.add("malformed requests", f"answers later than {SLOW:g} s", len(damage.slow), "answers")
        report.add("malformed requests", "slowest answer", damage.slowest[0], "s")
        report.add("malformed requests", "memory growth", after - before, "MB", "goal", GROWTH)
        for status, count in sorted(damage.statuses.items()):
            report.add("malformed requests", f"answered {status}", count, "requests")
        url, token = f"http://127.0.0.1:{house.port}/graphql", await sessions.token("engineer_a", True)
        answers = await asyncio.to_thread(lambda: list(faults_of(url, token, examples, seed)))
        bad = [f"{label}: {told}" for label, status, text, sent in answers if (told := tells(str(status), text, sent))]
        report.add("schemathesis", "operations sent", len(answers), "operations")
        report.add("schemathesis", "wrong answers", len(bad), "answers")
        broken = Counter(BREAKAGE.findall(house.log.read_text(errors="replace")))
        report.add("log of the web process", "breakages", sum(broken.values()), "lines")
        alive = "x" in (await ask(house, await sessions.token("engineer_b", True), "{ x: __typename }"))
        report.add("web process", "answers afterwards", int(alive), "yes")
        print(f"slowest: {damage.slowest[1]}", file=sys.stderr)
        for line in (*damage.found[:20], *damage.slow[:20], *bad[:20], *(str(one) for one in broken.items())):
            print(line, file=sys.stderr)
        wrong = len(damage.found) + len(damage.slow) + len(bad) + sum(broken.values())
        return wrong + (not alive) + (after - before > GROWTH)


def memory(house: House) -> float:
    """MB of the web process."""
    return (proportional_bytes([house.web]) or 0) / 1e6


async def ask(house: House, token: str, operation: str) -> str:
    """What a good operation answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    body = json.dumps({"query": operation})
    head = f"host: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    writer.write(f"POST /graphql HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n{body}".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer.partition("\r\n\r\n")[2] if " 200 " in answer[:20] else ""


async def known_ids(house: House) -> list[str]:
    """Opaque ids of every kind, of several organisations."""
    cast = house.cast
    reported = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "x"})
    return [
        reported.ticket,
        *(cast.device_id(name) for name in ("pump_a", "monitor_a", "pump_b")),
        *(cast.member_id(name) for name in PEOPLE),
        *(cast.organisation_id(name) for name in cast.organisations),
        *(cast.place_id(name) for name in ("ward_a", "ward_b")),
    ]


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="malformed requests to send")
    parser.add_argument("--examples", type=int, default=10, help="of schemathesis, for each operation and kind")
    parser.add_argument("--seed", type=int, default=1, help="another seed sends other requests")
    options = parser.parse_args()
    figures = Report("Malformed requests")
    wrong = asyncio.run(main(figures, options.requests, options.examples, options.seed))
    figures.finish(options.json)
    sys.exit(1 if wrong else 0)
