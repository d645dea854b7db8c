"""Duplicates and repeats are found at intake with score and reasons, shown to who may know, and merged by people."""

import asyncio
from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, now, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketLikeness, triage
from support.database import unchanged


async def report(cast, device="pump_a", symptom="泵报警停机", who="nurse_a", **more):
    return await cast.run(who, "tickets.report", {"device": cast.device_id(device), "symptom": symptom, **more})


async def alike(cast, ticket, viewer="hospital_a"):
    reference = parse_opaque("tk", ticket)
    async with transaction(cast[viewer]):
        return await rows.select(
            TicketLikeness, "tenant_id = $1 AND ticket_id = $2 ORDER BY score DESC, other_id", *reference
        )


async def closed(cast, ago, **more):
    """A ticket of the pump that was repaired so many days ago."""
    ended = now() - timedelta(days=ago)
    history = {
        **{"system": "old", "number": f"n-{ago}-{len(more)}", "device": cast.device_id("pump_a")},
        **{"provider": cast.organisation_id("vendor_v"), "symptom": "泵报警,停机"},
        **{"opened_at": ended - timedelta(hours=5), "finished_at": ended, "closed_at": ended, **more},
    }
    return await cast.run("admin_a", "tickets.import_closed", history)


def id_of(answer):
    return parse_opaque("tk", answer.ticket).id


async def test_an_open_ticket_of_the_device_is_a_possible_duplicate_with_its_reasons(cast):
    first = await report(cast, fault_code="ALM")
    second = await report(cast, symptom="输液泵报警,停机", fault_code="ALM")
    (found,) = await alike(cast, second.ticket)
    assert (found.other_id, found.kind, found.days) == (id_of(first), "duplicate", 0)
    assert {reason["input"] for reason in found.reasons} == {"same_device", "text", "still_open", "same_code"}
    assert found.score == sum(reason["points"] for reason in found.reasons) <= 100
    assert found.alike >= 40 and "停机" in "".join(found.words)
    assert await alike(cast, first.ticket) == []


async def test_another_fault_of_the_same_device_is_offered_too_but_scores_less(cast):
    await report(cast)
    other = await report(cast, symptom="外壳开裂")
    same = await report(cast, symptom="泵报警停机")
    (weak,) = await alike(cast, other.ticket)
    strong = (await alike(cast, same.ticket))[0]
    assert weak.kind == strong.kind == "duplicate"
    assert weak.score < strong.score and weak.words == []


async def test_a_fault_that_comes_back_within_the_days_is_a_repeat(cast):
    lately, _ = await closed(cast, 12), await closed(cast, 31)
    again = await report(cast)
    (found,) = await alike(cast, again.ticket)
    assert (found.kind, found.other_id, found.days) == ("repeat", id_of(lately), 12)
    await cast.run("admin_a", "tenants.set_policy", {"name": "repeat_faults", "value": {"days": 60}})
    wider = await report(cast, device="pump_a")
    assert [f.kind for f in await alike(cast, wider.ticket)].count("repeat") == 2
    await cast.run("admin_a", "tenants.set_policy", {"name": "repeat_faults", "value": {"days": 60, "alike": 100}})
    none = await report(cast, symptom="报警停机两次")
    assert "repeat" not in [f.kind for f in await alike(cast, none.ticket)]


async def test_the_same_code_is_enough_whatever_the_words(cast):
    first = await report(cast, fault_code="ALM")
    async with transaction(cast["hospital_a"]):
        ticket = await rows.get(Ticket, *parse_opaque("tk", first.ticket))
        await rows.update(ticket, state="archived", phase="closed", outcome="completed", closed_at=now())
    with frozen(now() + timedelta(days=5)):
        by_code = await report(cast, symptom="电源灯不亮", fault_code="ALM")
        by_nothing = await report(cast, symptom="外壳开裂", fault_code="CASE")
    kinds = {f.other_id: f.kind for f in await alike(cast, by_code.ticket)}
    assert kinds[id_of(first)] == "repeat"
    assert id_of(first) not in {f.other_id for f in await alike(cast, by_nothing.ticket)}


async def test_a_like_fault_of_another_device_of_the_model_is_kept_beside(cast):
    first = await report(cast, device="pump_a2")
    await report(cast, device="monitor_a")
    await report(cast, device="pump_a2", symptom="外壳开裂")
    second = await report(cast)
    (found,) = await alike(cast, second.ticket)
    assert (found.kind, found.other_id) == ("model", id_of(first))


async def test_who_does_not_hold_the_words_of_both_hears_nothing(cast):
    first, second = await report(cast), await report(cast)
    (seen,) = await alike(cast, second.ticket, "vendor_v")
    assert seen.other_id == id_of(first)
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    hidden = await report(cast)  # the hospital's own, of which no vendor hears
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "direct"})
    third = await report(cast)
    assert len(await alike(cast, third.ticket)) == 3
    assert id_of(hidden) not in {f.other_id for f in await alike(cast, third.ticket, "vendor_v")}
    share = {"ticket": third.ticket, "organisation": cast.organisation_id("vendor_w"), "groups": ["clinical"]}
    await cast.run("engineer_a", "tickets.share", share)
    assert id_of(hidden) not in {f.other_id for f in await alike(cast, third.ticket, "vendor_w")}
    for stranger in ("hospital_b", "manufacturer_m"):
        assert await alike(cast, third.ticket, stranger) == []


async def test_a_child_is_compared_anew_and_never_with_its_own_parent(cast):
    before = await report(cast, device="monitor_a", symptom="黑屏")
    parent = await report(cast, device="monitor_a", symptom="屏幕黑屏")
    passing = {"ticket": parent.ticket, "provider": cast.organisation_id("vendor_v")}
    child = await cast.run("engineer_a", "tickets.pass_on", passing)
    assert [f.other_id for f in await alike(cast, child.ticket)] == [id_of(before)]
    assert await alike(cast, child.ticket, "vendor_v") == [], "the vendor knows nothing of the first"
    again = await report(cast, device="monitor_a", symptom="黑屏")
    assert {f.other_id for f in await alike(cast, again.ticket)} == {id_of(before), id_of(child)}


async def test_people_merge_a_duplicate_and_the_link_stays(cast):
    first, second = await report(cast), await report(cast)
    merge = {"ticket": second.ticket, "of": first.ticket}
    merged = await cast.run("engineer_a", "tickets.mark_duplicate", merge)
    assert (merged.state, merged.phase) == ("duplicate", "closed")
    async with transaction(cast["hospital_a"]):
        stored = await rows.get(Ticket, *parse_opaque("tk", second.ticket))
    assert stored.duplicate_of_id == id_of(first)
    third = await report(cast)
    assert [f.other_id for f in await alike(cast, third.ticket)] == [id_of(first)], "the duplicate is no case any more"


async def test_a_wrong_merge_is_refused_and_changes_nothing(cast):
    first, second, cancelled = await report(cast), await report(cast), await report(cast)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": cancelled.ticket})
    given = {"device": cast.device_id("pump_b"), "symptom": "报警"}
    foreign = await cast.run("nurse_b", "tickets.report", given)
    merge = {"ticket": second.ticket, "of": first.ticket}
    async with unchanged():
        for who, told, code in (
            ("nurse_a", merge, "forbidden"),
            ("engineer_b", merge, "not_found"),
            ("engineer_a", {**merge, "of": second.ticket}, "not_a_duplicate"),
            ("engineer_a", {**merge, "of": cancelled.ticket}, "other_not_open"),
            ("engineer_a", {**merge, "of": foreign.ticket}, "not_found"),
            ("engineer_a", {**merge, "of": "tk_" + "A" * 43}, "not_found"),
            ("engineer_a", {**merge, "of": 7}, "invalid_input"),
        ):
            with pytest.raises(DomainError, match=code):
                await cast.run(who, "tickets.mark_duplicate", told)
        with pytest.raises(DomainError, match="stale_version"):
            await cast.run("engineer_a", "tickets.mark_duplicate", merge, expected_version=second.version + 1)


async def test_of_two_tickets_merged_into_each_other_at_once_one_stays(cast, monkeypatch):
    first, second, real = await report(cast), await report(cast), triage.move

    async def slow(*given, **options):
        await asyncio.sleep(0.2)
        return await real(*given, **options)

    monkeypatch.setattr(triage, "move", slow)
    told = await asyncio.gather(
        cast.run("engineer_a", "tickets.mark_duplicate", {"ticket": first.ticket, "of": second.ticket}),
        cast.run("desk_v", "tickets.mark_duplicate", {"ticket": second.ticket, "of": first.ticket}),
        return_exceptions=True,
    )
    assert [one.code for one in told if isinstance(one, DomainError)] == ["other_not_open"]
    async with transaction(cast["hospital_a"]):
        phases = [(await rows.get(Ticket, *parse_opaque("tk", one.ticket))).phase for one in (first, second)]
    assert sorted(phases) == ["closed", "open"]


async def test_a_fault_is_not_merged_into_one_that_is_over_or_of_another_device(cast):
    over, fault, other = await closed(cast, 3), await report(cast), await report(cast, device="monitor_a")
    async with unchanged():
        for of, code in ((over, "other_not_open"), (other, "other_device")):
            with pytest.raises(DomainError, match=code) as refused:
                await cast.run("engineer_a", "tickets.mark_duplicate", {"ticket": fault.ticket, "of": of.ticket})
    assert refused.value.facts["asset_number"] == "SB-0001"


async def test_a_vendor_merges_no_hospitals_tickets_with_anothers(cast):
    """Vendor W sees tickets of both hospitals; their numbers must not cross."""
    contract = {"title": "监护仪", "provider": cast.organisation_id("vendor_w"), "direct": True}
    contract |= {"device_classes": ["patient_monitor"], "starts_on": "2020-01-01", "ends_on": "2100-01-01"}
    await cast.run("admin_a", "devices.upsert_contract", contract)
    mine = await report(cast, device="monitor_a", symptom="黑屏")
    theirs = await cast.run("nurse_b", "tickets.report", {"device": cast.device_id("pump_b"), "symptom": "黑屏"})
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await cast.run("vendor_w", "tickets.mark_duplicate", {"ticket": mine.ticket, "of": theirs.ticket})


@pytest.mark.parametrize("value", [{"days": 0}, {"days": 4000}, {"alike": 0}, {"alike": 101}, {"weeks": 4}, "30", [30]])
async def test_a_wrong_policy_is_refused(cast, value):
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input"):
            await cast.run("admin_a", "tenants.set_policy", {"name": "repeat_faults", "value": value})


async def share(cast, ticket, *groups):
    partner = cast.organisation_id("testing_t")
    await cast.run("engineer_a", "tickets.share", {"ticket": ticket, "organisation": partner, "groups": list(groups)})


async def unshare(cast, ticket):
    partner = cast.organisation_id("testing_t")
    await cast.run("engineer_a", "tickets.unshare", {"ticket": ticket, "organisation": partner})


async def test_a_share_of_one_ticket_tells_nothing_of_another_that_is_like_it(cast):
    """Nor when it is taken back and given again, nor when the other one is shared later."""
    hidden = (await report(cast, symptom="电源故障 冒烟 canary")).ticket
    shown = (await report(cast, symptom="电源故障 冒烟 canary again")).ticket
    assert len(await alike(cast, shown)) == len(await alike(cast, shown, "vendor_v")) == 1
    await share(cast, shown, "clinical")
    assert await alike(cast, shown, "testing_t") == []
    await unshare(cast, shown)
    await share(cast, shown, "clinical", "commercial")
    await share(cast, hidden, "clinical")
    assert await alike(cast, shown, "testing_t") == []
    assert len(await alike(cast, shown, "vendor_v")) == 1


async def test_who_loses_either_of_two_tickets_loses_what_was_told_of_them(cast):
    other = (await report(cast)).ticket
    await share(cast, other, "clinical")
    agreement = {"organisation": cast.organisation_id("testing_t"), "part": "testing_body", "groups": ["clinical"]}
    await cast.run("admin_a", "tenants.upsert_agreement", agreement)
    for lose in (lambda: unshare(cast, other), lambda: share(cast, other, "quality")):
        told = (await report(cast)).ticket
        seen = [one.other_id for one in await alike(cast, told, "testing_t")]
        assert parse_opaque("tk", other).id in seen
        await lose()
        assert parse_opaque("tk", other).id not in [one.other_id for one in await alike(cast, told, "testing_t")]
        await share(cast, other, "clinical")
        assert parse_opaque("tk", other).id not in [one.other_id for one in await alike(cast, told, "testing_t")]
