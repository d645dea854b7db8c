"""Estimates: every revision is kept with its reason, and what slips is told."""

from datetime import timedelta

import pytest

from mendline.fieldwork import Estimate
from mendline.kernel import DomainError, frozen, now, parse_opaque, rows, transaction
from mendline.tickets import Ticket
from support.clocks import reported, taken
from support.database import look, unchanged

MOMENT = now().replace(microsecond=0)
HOUR = timedelta(hours=1)


async def revisions(cast, ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        named = parse_opaque("tk", ticket)
        found = await rows.select(Estimate, "tenant_id = $1 AND ticket_id = $2 ORDER BY recorded_at, id", *named)
        return await rows.get(Ticket, *named), [
            (e.estimated, e.before_at and e.before_at - MOMENT, e.expected_at - MOMENT, e.reason) for e in found
        ]


async def slips(cast):
    found = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'fieldwork.estimate_slipped'", cast["vendor_v"]
    )
    return [row["payload"]["estimated"] for row in found]


async def test_every_revision_is_kept_and_a_slip_is_told(cast):
    ticket = await reported(cast, MOMENT)
    await taken(cast, MOMENT, ticket)
    with frozen(MOMENT):
        for hours, reason in ((4, ""), (4, "无变化"), (3, "备件已到"), (6, "等待备件")):
            given = {"ticket": ticket, "at": (MOMENT + hours * HOUR).isoformat(), "reason": reason}
            await cast.run("technician_v", "fieldwork.estimate_completion", given)
        await cast.run("technician_v", "fieldwork.set_eta", {"ticket": ticket, "minutes": 30})
        await cast.run("technician_v", "fieldwork.set_eta", {"ticket": ticket, "minutes": 90})
    for viewer in ("hospital_a", "vendor_v"):
        row, kept = await revisions(cast, ticket, viewer)
        assert row.completion_at == MOMENT + 6 * HOUR
        assert kept == [
            ("completion", None, 4 * HOUR, ""),
            ("completion", 4 * HOUR, 3 * HOUR, "备件已到"),
            ("completion", 3 * HOUR, 6 * HOUR, "等待备件"),
            ("arrival", None, HOUR / 2, ""),
            ("arrival", HOUR / 2, 3 * HOUR / 2, ""),
        ]
    assert await slips(cast) == ["completion", "arrival"]


async def test_only_who_does_the_work_says_when(cast):
    ticket = await reported(cast, MOMENT)
    async with unchanged():
        with pytest.raises(DomainError, match="not_your_job"):
            await cast.run("technician_v", "fieldwork.estimate_completion", {"ticket": ticket, "minutes": 60})
    await taken(cast, MOMENT, ticket)
    async with unchanged():
        for who, given, code in (
            ("technician_v2", {"minutes": 60}, "not_your_job"),
            ("engineer_a", {"minutes": 60}, "wrong_part"),
            ("nurse_a", {"minutes": 60}, "forbidden"),
            ("technician_w", {"minutes": 60}, "not_found"),
            ("technician_v", {}, "invalid_input"),
            ("technician_v", {"at": (MOMENT - HOUR).isoformat()}, "invalid_input"),
        ):
            with pytest.raises(DomainError, match=code):
                await cast.run(who, "fieldwork.estimate_completion", {"ticket": ticket, **given})


async def test_a_finished_job_is_expected_no_more(cast):
    ticket = await reported(cast, MOMENT)
    await taken(cast, MOMENT, ticket)
    await cast.run("technician_v", "fieldwork.estimate_completion", {"ticket": ticket, "minutes": 60})
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    report = {"ticket": ticket, "result": "repaired", "cause": "堵塞", "action": "更换"}
    await cast.run("technician_v", "fieldwork.finish", report)
    assert (await revisions(cast, ticket))[0].completion_at is None
    async with unchanged():
        with pytest.raises(DomainError, match="nothing_to_estimate"):
            await cast.run("technician_v", "fieldwork.estimate_completion", {"ticket": ticket, "minutes": 60})
