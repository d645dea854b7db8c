"""How a ticket ended is kept when it is archived, and only what was a fault teaches and is likened to."""

from datetime import timedelta
from importlib import import_module

import pytest

from mendline.kernel import DomainError, fetch, fetchval, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Ticket, TicketLikeness, WorklistRow
from mendline.tickets.faults.lessons import stock_of
from support.database import look, unchanged

FAULT = {"symptom": "泵报警停机", "fault_code": "ALM"}


async def report(cast, device="pump_a", **more):
    return (await cast.run("nurse_a", "tickets.report", {"device": cast.device_id(device), **FAULT, **more})).ticket


async def archived(cast, ticket):
    await cast.run("engineer_a", "quality.archive", {"ticket": ticket})


async def cancelled(cast, **more):
    ticket = await report(cast, **more)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    return ticket


async def duplicate(cast, of, **more):
    ticket = await report(cast, **more)
    await cast.run("engineer_a", "tickets.mark_duplicate", {"ticket": ticket, "of": of})
    return ticket


async def signed(cast, ticket, result="repaired", sign=True):
    """From the remote repair to the last signature, and what follows by itself."""
    await cast.run("dispatcher_v", "tickets.fix_remotely", {"ticket": ticket})
    done = {"ticket": ticket, "result": result, "cause": "设置", "action": "远程恢复"}
    await cast.run("vendor_v", "fieldwork.finish", done)
    await cast.drain()
    tenant, id_ = parse_opaque("tk", ticket)
    for signatory in ("manager_a", "engineer_a") if sign else ():
        async with transaction(tenant):
            slot = await rows.first(SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, id_)
        await cast.run(signatory, "quality.sign", {"slot": opaque("sl", tenant, slot.id)})
    await cast.drain()
    return ticket


async def outcomes(cast, viewer, *tickets):
    """(state, outcome) of each, once by the tickets and once by the viewer's worklist, which must say the same."""
    ids = [parse_opaque("tk", ticket).id for ticket in tickets]
    async with transaction(cast[viewer]):
        stored = {t.id: (t.state, t.outcome) for t in await rows.select(Ticket, "id = ANY ($1)", ids)}
        listed = await rows.select(WorklistRow, "tenant_id = $1 AND ticket_id = ANY ($2)", cast[viewer], ids)
    assert {row.ticket_id: (row.state, row.outcome) for row in listed} == stored
    return [stored[id_] for id_ in ids]


async def likened(cast, ticket):
    async with transaction(cast["hospital_a"]):
        sql = "tenant_id = $1 AND ticket_id = $2"
        return {like.other_id for like in await rows.select(TicketLikeness, sql, *parse_opaque("tk", ticket))}


async def test_what_was_no_fault_of_its_own_teaches_nothing_and_is_no_repeat_when_it_is_archived(cast):
    first = await report(cast)
    for ticket in (await cancelled(cast), await duplicate(cast, first)):
        await archived(cast, ticket)
    async with transaction(cast["hospital_a"]):
        assert (await stock_of(cast["hospital_a"])).closed == 0
    await signed(cast, first)
    async with transaction(cast["hospital_a"]):
        assert (await stock_of(cast["hospital_a"])).closed == 1, "the repair teaches"
    with frozen(now() + timedelta(days=2)):
        again = await report(cast)
    assert await likened(cast, again) == {parse_opaque("tk", first).id}, "the one repair is what comes back"


async def test_a_child_that_was_cancelled_and_archived_hides_its_parents_repair_from_nobody(cast):
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    parent = await report(cast)
    child = await cast.run(
        "engineer_a", "tickets.pass_on", {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    )
    await cast.run("engineer_a", "tickets.cancel", {"ticket": child.ticket})
    await archived(cast, child.ticket)
    await cast.run("engineer_a", "tickets.take_back", {"ticket": parent})
    again = await report(cast)
    assert await likened(cast, again) == {parse_opaque("tk", parent).id}
    async with transaction(cast["hospital_a"]):
        await rows.change(Ticket, *parse_opaque("tk", parent), state="archived", phase="closed", outcome="completed")
        assert (await stock_of(cast["hospital_a"])).closed == 1


async def test_every_way_to_end_is_kept_and_told_to_all_who_see_the_ticket(cast):
    repaired, condemned = await report(cast), await report(cast, device="pump_a2")
    dropped, doubled = await cancelled(cast), await duplicate(cast, repaired)
    assert await outcomes(cast, "hospital_a", repaired, dropped, doubled) == [
        ("triaged", None),
        ("cancelled", "cancelled"),
        ("duplicate", "duplicate"),
    ]
    for ticket in (dropped, doubled):
        await archived(cast, ticket)
    await signed(cast, repaired)
    await signed(cast, condemned, "not_repairable", sign=False)
    await cast.run("engineer_a", "quality.condemn", {"ticket": condemned, "reason": "老旧"})
    assert await outcomes(cast, "vendor_v", condemned) == [("condemned", "condemned")]
    await archived(cast, condemned)
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    parent = await report(cast, device="monitor_a")
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    await signed(cast, child)
    told = (repaired, dropped, doubled, condemned, child)
    expected = ["completed", "cancelled", "duplicate", "condemned", "completed"]
    assert await outcomes(cast, "vendor_v", *told) == [("archived", outcome) for outcome in expected]
    assert await outcomes(cast, "hospital_a", *told, parent) == [
        ("archived", outcome) for outcome in (*expected, "passed_on")
    ]
    migration = import_module("mendline.app.migrations.0026_keep_outcomes")
    found = await look(
        f"SELECT t.id, t.outcome, {migration.TOLD} AS told FROM ticket t WHERE t.tenant_id = $1",
        cast["hospital_a"],
    )
    assert len(found) == 6 and {row["id"]: row["told"] for row in found} == {row["id"]: row["outcome"] for row in found}


async def test_what_is_brought_along_from_another_system_was_completed(cast):
    ended = now() - timedelta(days=3)
    given = {
        **{"system": "old", "number": "n-1", "device": cast.device_id("pump_a"), "symptom": "黑屏"},
        **{"provider": cast.organisation_id("vendor_v"), "opened_at": ended, "finished_at": ended, "closed_at": ended},
    }
    kept = await cast.run("admin_a", "tickets.import_closed", given)
    assert await outcomes(cast, "hospital_a", kept.ticket) == [("archived", "completed")]


async def test_an_archived_ticket_that_was_none_takes_no_duplicates_and_no_disputes(cast):
    """Archiving must not open again what the end of a ticket has shut."""
    gone, other = await cancelled(cast), await report(cast)
    await archived(cast, gone)
    dispute = {"ticket": gone, "entitlement": "warranty", "reason": "保修期内"}
    async with unchanged():
        with pytest.raises(DomainError, match="other_not_open"):
            await cast.run("engineer_a", "tickets.mark_duplicate", {"ticket": other, "of": gone})
        with pytest.raises(DomainError, match="ticket_closed"):
            await cast.run("engineer_a", "tickets.dispute_entitlement", dispute)


async def test_the_database_takes_no_ended_ticket_that_does_not_say_how(cast):
    ticket = await report(cast)
    reference = parse_opaque("tk", ticket)
    for changes in ({"state": "archived", "phase": "closed"}, {"outcome": "completed"}):
        with pytest.raises(Exception, match="ticket_ended_check"):
            async with transaction(cast["hospital_a"]):
                await rows.change(Ticket, *reference, **changes)
    async with transaction(cast["hospital_a"]):
        assert await fetchval("SELECT outcome FROM ticket WHERE tenant_id = $1 AND id = $2", *reference) is None
        assert await fetch("SELECT FROM ticket WHERE tenant_id = $1 AND state = 'archived'", cast["hospital_a"]) == []
