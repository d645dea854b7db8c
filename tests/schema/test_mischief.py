"""Mischief: some thousands of malformed requests; the house stays up, and nothing of its machinery is told."""

import traceback
from typing import Any

import pytest

from mendline.app.http import edge
from mendline.kernel import log, run
from mendline_schema.schema import build_schema
from mendline_tenants import system_actor
from support.battering import Damage, batter
from support.cast import PEOPLE, Cast
from support.mischief import Mischief
from support.sockets import served

ATTACKS = 2_000
PEOPLE_HERE = ["admin_a", "engineer_a", "nurse_a", "dispatcher_v", "technician_v", "admin_m"]


def _told(event: str, facts: dict[str, Any]) -> str:
    cause = facts.pop("exc_info", None)
    return "".join([f"{event}: {facts}\n", *(traceback.format_exception(cause) if cause else ())])


@pytest.mark.timeout(600)
async def test_nothing_breaks_and_nothing_is_told(
    portal: Any, cast: Cast, blobs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[str] = []
    for module_log in (log, edge.log):
        monkeypatch.setattr(module_log, "error", lambda event, **facts: failures.append(_told(event, facts)))
    ticket = await portal.report()
    await cast.drain()
    for organisation in cast.organisations.values():
        quota = {"per_second": 1_000_000, "burst": 10_000_000, "sockets": 1_000}
        await run(system_actor(organisation), "tenants.set_quota", quota)
    ids = [
        ticket,
        *(cast.device_id(name) for name in ("pump_a", "monitor_a", "pump_b")),
        *(cast.member_id(name) for name in PEOPLE),
        *(cast.organisation_id(name) for name in cast.organisations),
        *(cast.place_id(name) for name in ("ward_a", "ward_b")),
    ]

    async def token(who: str, anew: bool) -> str:
        if anew:
            portal.tokens.pop(who, None)
        return str(await portal.token(who))

    damage = Damage()
    async with served() as port:
        mischief = Mischief(build_schema()._schema, 20261125, ids, PEOPLE_HERE)
        await batter(port, mischief.attacks(ATTACKS), token, damage)
    wrong = [*failures, *damage.found]
    assert not wrong, f"{len(wrong)} of {ATTACKS}:\n" + "\n".join(wrong[:10])
    assert sum(damage.statuses.values()) == ATTACKS
    assert len(damage.codes) > 15, f"the attacks reach many different refusals: {damage.codes}"
    portal.tokens.clear()
    assert (await portal.ask("engineer_b", "{ me { name } }")).data, "and the house answers as before"
