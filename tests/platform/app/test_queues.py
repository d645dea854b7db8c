"""`mendline queues` and `mendline dead-letters`, and the two processes that do the work, as an operator meets them."""

import asyncio
from pathlib import Path
from typing import Any

from mendline.app.queues import dead_letters, queues_status
from mendline.kernel import DomainError, new_id, now, perform, set_timer, timer, transaction
from mendline.workers import alive
from support.command_line import mendline, started
from support.database import look
from support.processes import running, until
from support.trials import passing


async def _refuse(_: Any) -> None:
    raise DomainError("forbidden", permission="none", why={"zh": "不", "en": "no"})


async def test_a_dead_letter_is_listed_and_replayed(database: None) -> None:
    tenant = new_id()
    with passing():
        timer("trial.refused")(_refuse)
        async with transaction(tenant):
            await set_timer(tenant, "trial.refused", "refused", now())
        (row,) = await look("SELECT id FROM timer WHERE tenant_id = $1", tenant)
        await perform("timer", tenant, row["id"])
    (letter,) = [letter for letter in await dead_letters() if letter.organisation == tenant]
    assert (letter.queue, letter.attempts) == ("timer", 1)

    code, told = await mendline("dead-letters", "list")
    assert code == 0
    assert "forbidden" in told
    code, told = await mendline("dead-letters", "replay", str(letter.id))
    assert code == 0
    assert f"{letter.id} is due again in timer" in told
    (row,) = await look("SELECT completed_at, attempts FROM timer WHERE tenant_id = $1", tenant)
    assert (row["completed_at"], row["attempts"]) == (None, 0)
    assert tenant not in {letter.organisation for letter in await dead_letters()}
    assert (await mendline("dead-letters", "replay", str(letter.id)))[0] == 1


async def test_queues_tell_what_is_due_and_what_will_be(database: None) -> None:
    tenant = new_id()
    (before,) = [status for status in await queues_status() if status.queue == "timer"]
    async with transaction(tenant):
        await set_timer(tenant, "trial.none", "due", now())
        await set_timer(tenant, "trial.none", "later", now().replace(year=now().year + 1))
    (after,) = [status for status in await queues_status() if status.queue == "timer"]
    assert (after.due, after.later) == (before.due + 1, before.later + 1)
    code, told = await started("queues")
    assert code == 0
    assert "delivery" in told
    await look("UPDATE timer SET completed_at = now() WHERE tenant_id = $1 RETURNING 1", tenant)


async def test_worker_and_relay_beat_while_they_run_and_end_when_asked(database: None, tmp_path: Path) -> None:
    for name in ("worker", "relay"):
        async with running(tmp_path / f"{name}.log", "-m", "mendline.app.cli", name) as child:

            async def beats(name: str = name) -> bool:
                return await alive(name)

            await until(beats, 20, child.last_lines)
            await asyncio.to_thread(child.stop)
            assert child.exit_code == 0, child.last_lines()
        assert not await alive(name)
