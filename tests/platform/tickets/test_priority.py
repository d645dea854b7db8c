"""Priority: an organisation's own weights and floors, a person's word with its reason, and what neither may do."""

import pytest

from mendline.kernel import DomainError, now, parse_opaque, rows, say, transaction
from mendline.tickets import Ticket, TicketClinical
from support.clocks import OFFICE, act, at, contract, kept, reported
from support.database import look, unchanged


async def weighed(cast, ticket, viewer="hospital_a"):
    """Priority, and its reasons as {input: (value, points)}."""
    async with transaction(cast[viewer]):
        row = await rows.get(Ticket, *parse_opaque("tk", ticket))
        clinical = await rows.get(TicketClinical, *parse_opaque("tk", ticket))
    return row.priority, {r["input"]: (r["value"], r["points"]) for r in clinical.priority_reasons}


async def test_an_organisation_weighs_by_its_own_policy(cast):
    first = await reported(cast, now(), "down")
    assert await weighed(cast, first) == (
        2,
        {
            "device_function": ("therapeutic", 25),
            "use_state": ("down", 25),
            "clinical_location": ("0", 0),
            "no_backup": ("true", 10),
        },
    )
    policy = {"function": {"therapeutic": 60}, "no_backup": 0, "levels": [80, 60, 40], "floors": {"therapeutic": 2}}
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": policy})
    second = await reported(cast, now(), "down")
    level, reasons = await weighed(cast, second)
    assert (level, reasons["device_function"], reasons["no_backup"]) == (1, ("therapeutic", 60), ("true", 0))
    third = await reported(cast, now(), "degraded")
    assert (await weighed(cast, third))[0] == 2
    await act(cast, now(), "nurse_a", "tickets.set_use_state", first, use_state="degraded")
    level, reasons = await weighed(cast, first)
    assert (level, reasons["device_function"]) == (2, ("therapeutic", 60)), "tickets under way follow it"


async def test_a_floor_says_what_it_did(cast):
    policy = {"levels": [100, 90, 80], "floors": {"therapeutic": 3}}
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": policy})
    level, reasons = await weighed(cast, await reported(cast, now(), "degraded"))
    assert (level, reasons["floor_therapeutic"]) == (3, ("3", 0))


async def test_a_contracts_tier_counts(cast):
    await contract(cast, None)
    given = {
        "title": "输液泵全保 Infusion pumps, full service",
        "provider": cast.organisation_id("vendor_v"),
        "starts_on": "2020-01-01",
        "ends_on": "2030-01-01",
        "device_classes": ["infusion_pump"],
        "direct": True,
        "tier": "premium",
    }
    await cast.run("admin_a", "devices.upsert_contract", given)
    ticket = await reported(cast, now(), "down")
    assert (await weighed(cast, ticket))[1]["sla_tier"] == ("premium", 10)
    await act(cast, now(), "nurse_a", "tickets.set_use_state", ticket, use_state="degraded")
    assert (await weighed(cast, ticket))[1]["sla_tier"] == ("premium", 10)


async def test_a_policy_that_is_none_is_refused(cast):
    wrong = [
        ({"levels": [50, 60, 40]}, "not_descending"),
        ({"levels": [50, 40]}, "too_short"),
        ({"floors": {"life_support": 3}}, "life_support_floor"),
        ({"no_backup": -1}, "too_small"),
        ({"function": {"pump": 1}}, "unknown_value"),
        ({"weather": 1}, None),
    ]
    async with unchanged():
        for value, problem in wrong:
            with pytest.raises(DomainError) as refusal:
                await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": value})
            assert refusal.value.code == "invalid_input"
            assert problem in (None, refusal.value.facts["problem"]), (value, refusal.value.facts)
        with pytest.raises(DomainError, match="forbidden"):
            await cast.run("engineer_a", "tenants.set_policy", {"name": "priority", "value": {}})


async def test_a_person_sets_the_priority_with_a_reason_and_the_clocks_follow(cast):
    await contract(cast, OFFICE, by_priority=[{"priority": 1, "restoration": 120}])
    ticket = await reported(cast, at("2026-06-08T09:00"))
    scored = (await weighed(cast, ticket))[0]
    given = {"priority": 1, "reason": "手术室今天全部占用"}
    await act(cast, at("2026-06-08T10:00"), "dispatcher_v", "tickets.override_priority", ticket, **given)
    level, reasons = await weighed(cast, ticket, "vendor_v")
    assert (level, reasons["override"]) == (1, ("1", 0))
    assert (await kept(cast, ticket))[0].restoration_due_at == at("2026-06-08T11:00")
    (entry,) = await look(
        "SELECT facts FROM audit_entry WHERE tenant_id = $1 AND command = 'tickets.override_priority'",
        cast["hospital_a"],
    )
    assert entry["facts"] == {"priority": {"from": scored, "to": 1}}, "the reason may speak of the ward"
    # What the ward says of the device is weighed anew beside it; a person's word stands.
    await act(cast, at("2026-06-08T10:10"), "nurse_a", "tickets.set_use_state", ticket, use_state="down")
    level, reasons = await weighed(cast, ticket)
    assert (level, reasons["use_state"], reasons["override"]) == (1, ("down", 25), ("1", 0))
    await act(cast, at("2026-06-08T10:20"), "engineer_a", "tickets.override_priority", ticket, reason="已有备用机")
    level, reasons = await weighed(cast, ticket)
    assert (level, "override" in reasons) == (2, False)


async def test_nobody_sets_a_priority_below_the_hospitals_floor(cast):
    """The floor is the user facility's; its provider, who does not read its policies, is held to it as well."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": {"floors": {"therapeutic": 2}}})
    ticket = await reported(cast, now(), "degraded")
    assert (await weighed(cast, ticket))[1]["floor_therapeutic"] == ("2", 0)
    async with unchanged():
        for who in ("engineer_a", "dispatcher_v"):
            with pytest.raises(DomainError, match="priority_floor") as refused:
                await act(cast, now(), who, "tickets.override_priority", ticket, priority=3, reason="不急")
            assert refused.value.facts == {
                "number": refused.value.facts["number"],
                "lowest": 2,
                "function": "therapeutic",
                "floor": "floors.therapeutic",
            }
            for locale, words in (("zh", "“治疗”类设备设有下限"), ("en", "(therapy)")):
                assert words in say("error.priority_floor", locale, **refused.value.facts)
    await act(cast, now(), "dispatcher_v", "tickets.override_priority", ticket, priority=1, reason="急")
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": {"floors": {"therapeutic": 4}}})
    await act(cast, now(), "engineer_a", "tickets.override_priority", ticket, priority=3, reason="不急")
    level, reasons = await weighed(cast, ticket)
    assert (level, "floor_therapeutic" in reasons) == (3, False), "what the hospital has changed counts at once"


async def test_a_floor_that_acts_and_one_that_does_not_are_both_kept(cast):
    """A ticket above its floor falls to it and no further."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": {"floors": {"therapeutic": 2}}})
    ticket = await reported(cast, now(), "patient_affected")
    assert (await weighed(cast, ticket))[1]["floor_therapeutic"] == ("2", 0)
    await act(cast, now(), "nurse_a", "tickets.set_use_state", ticket, use_state="degraded")
    async with unchanged():
        with pytest.raises(DomainError, match="priority_floor"):
            await act(cast, now(), "engineer_a", "tickets.override_priority", ticket, priority=4, reason="x")


async def test_a_provider_does_not_lower_a_priority(cast):
    """It answers for the clocks that run by it: its breach does not vanish, nor what the hospital has set."""
    levels = [{"priority": 3, "response": 20, "restoration": 120}, {"priority": 2, "response": 15, "restoration": 90}]
    await contract(cast, OFFICE, {}, [*levels, {"priority": 4, "response": 600}])
    ticket = await reported(cast, at("2026-06-08T09:00"))

    async def refused(lowest, **given):
        async with unchanged():
            with pytest.raises(DomainError, match="priority_of_facility") as refusal:
                await act(cast, at("2026-06-08T09:55"), "dispatcher_v", "tickets.override_priority", ticket, **given)
        assert refusal.value.facts["lowest"] == lowest
        for locale, words in (
            ("zh", "请由使用单位的工程师操作"),
            ("en", "An engineer of the user facility can lower it"),
        ):
            assert words in say("error.priority_of_facility", locale, **refusal.value.facts)

    async def set_by(who, priority=None):
        given = {"reason": "x"} | ({"priority": priority} if priority else {})
        await act(cast, at("2026-06-08T09:56"), who, "tickets.override_priority", ticket, **given)
        return (await weighed(cast, ticket))[0]

    await refused(3, priority=4, reason="x")
    await refused(3, priority=1, reason="nothing is agreed for it, so nothing would be late")
    assert (await kept(cast, ticket))[1]["restoration"].target == 120 * 60
    assert await set_by("dispatcher_v", 2) == 2
    assert await set_by("dispatcher_v") == 3, "what it has raised itself it may take back"
    assert await set_by("engineer_a", 2) == 2
    for given in ({"priority": 3}, {}):
        await refused(2, **given, reason="x")
    assert await set_by("dispatcher_v", 2) == 2
    assert await set_by("dispatcher_v") == 2, "the hospital's own word comes back"
    await refused(2, reason="x")
    assert await set_by("engineer_a") == 3


async def test_what_a_provider_has_raised_holds_no_higher_score_down(cast):
    ticket = await reported(cast, now())
    await act(cast, now(), "dispatcher_v", "tickets.override_priority", ticket, priority=3, reason="x")
    await act(cast, now(), "nurse_a", "tickets.set_use_state", ticket, use_state="down")
    level, reasons = await weighed(cast, ticket)
    assert (level, "override" in reasons) == (2, False)


async def test_a_priority_that_is_set_back_keeps_the_floor_of_now(cast):
    ticket = await reported(cast, now())
    await act(cast, now(), "engineer_a", "tickets.override_priority", ticket, reason="r", priority=1)
    await cast.run("admin_a", "tenants.set_policy", {"name": "priority", "value": {"floors": {"therapeutic": 2}}})
    await act(cast, now(), "engineer_a", "tickets.override_priority", ticket, reason="r")
    assert (await weighed(cast, ticket))[0] == 2


async def test_a_patient_comes_before_a_persons_word(cast):
    ticket = await reported(cast, now())
    await act(cast, now(), "engineer_a", "tickets.override_priority", ticket, priority=4, reason="备用")
    await act(cast, now(), "nurse_a", "tickets.set_use_state", ticket, use_state="patient_affected")
    level, reasons = await weighed(cast, ticket)
    assert (level, "override" in reasons) == (1, False)
    async with unchanged():
        for who, code in (
            ("engineer_a", "priority_floor_patient"),
            ("nurse_a", "forbidden"),
            ("engineer_b", "not_found"),
        ):
            with pytest.raises(DomainError, match=code):
                await act(cast, now(), who, "tickets.override_priority", ticket, priority=2, reason="x")
