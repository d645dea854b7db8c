"""Errands that nobody waits for are carried by the relay and done by a worker, as any row of work."""

from datetime import timedelta

import pytest

from mendline.app.child import Child
from mendline_tenants.partnership import errands
from support.cast import Cast
from support.database import look
from support.processes import until
from support.work import relaying


async def test_a_worker_does_what_was_asked(worker: Child, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "HEAD_START", timedelta(0))  # who asked is gone at once
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    wanted = {"ticket": made.ticket, "subcontractor": cast.organisation_id("vendor_w"), "reason": "需要厂家工装"}
    await cast.run("desk_v", "tickets.ask_subcontract", wanted)
    promise = {"organisation": cast.organisation_id("vendor_v"), "part": "participant", "groups": ["quality"]}
    await cast.run("engineer_a", "tenants.upsert_agreement", promise)

    async def told() -> bool:
        asked = await look("SELECT 1 FROM subcontract WHERE tenant_id = $1 AND state = 'asked'", cast["hospital_a"])
        copies = await look("SELECT 1 FROM received_agreement WHERE tenant_id = $1", cast["vendor_v"])
        return len(asked) == len(copies) == 1

    async with relaying():
        await until(told)
    states = await look("SELECT state FROM errand WHERE tenant_id = ANY ($1)", [cast["vendor_v"], cast["hospital_a"]])
    assert [row["state"] for row in states] == ["done", "done"]
