"""Keeping: members, places, partners, policies and agreements change by commands, and only at home."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mendline.kernel import DomainError, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketPeople, TicketQuality
from mendline_tenants import Agreement, Member, Partner, Place, agreed, own_organisation
from support.database import unchanged


async def refused(code, action) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code
    return caught.value


async def load(model, kind, id):
    reference = parse_opaque(kind, id)
    async with transaction(reference.tenant):
        return await rows.get(model, *reference)


async def test_a_member_is_made_and_changed_by_login(cast):
    person = {"login": "li.si", "name": "李四", "roles": ["technician", "dispatcher", "technician"], "phone": "138"}
    made = await cast.run("admin_v", "tenants.upsert_member", person)
    changed = await cast.run("admin_v", "tenants.upsert_member", {**person, "name": "李四光", "roles": ["dispatcher"]})
    assert made == changed
    member = await load(Member, "mb", made.member)
    assert (member.name, member.roles, member.phone, member.status) == ("李四光", ["dispatcher"], "138", "active")
    async with unchanged():
        await refused("forbidden", cast.run("dispatcher_v", "tenants.upsert_member", person))
        await refused("invalid_input", cast.run("admin_v", "tenants.upsert_member", {**person, "roles": ["system"]}))
        await refused("invalid_input", cast.run("admin_v", "tenants.upsert_member", {**person, "login": "a b"}))
        await refused(
            "not_found", cast.run("admin_v", "tenants.upsert_member", {**person, "place": cast.place_id("ward_a")})
        )
        await refused("not_found", cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id("nurse_a")}))
        await refused(
            "not_yourself", cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id("admin_v")})
        )


async def test_a_place_is_found_by_its_external_reference(cast):
    ward = {"kind": "unit", "name": {"zh": "五病区", "en": "Ward 5"}, "system": "HIS", "number": "W5"}
    made = await cast.run("admin_a", "tenants.upsert_place", {**ward, "parent": cast.place_id("ward_a")})
    again = await cast.run("admin_a", "tenants.upsert_place", {**ward, "clinical_weight": 3})
    assert made == again
    place = await load(Place, "pl", made.place)
    assert (place.clinical_weight, place.parent_id) == (3, None)
    above = {"kind": "unit", "name": {"zh": "三病区"}, "place": cast.place_id("ward_a"), "parent": made.place}
    await cast.run("admin_a", "tenants.upsert_place", above)
    async with unchanged():
        below = {**ward, "parent": cast.place_id("ward_a")}
        await refused("place_inside_itself", cast.run("admin_a", "tenants.upsert_place", below))
        await refused("not_found", cast.run("admin_b", "tenants.upsert_place", {**ward, "place": made.place}))
        await refused("invalid_input", cast.run("admin_a", "tenants.upsert_place", {**ward, "latitude": 91}))


async def test_a_partner_is_known_by_the_name_one_gives_it(cast):
    partner = {"organisation": cast.organisation_id("vendor_w"), "code": "W", "kind": "vendor", "name": {"zh": "沃德"}}
    await cast.run("admin_m", "tenants.upsert_partner", partner)
    await cast.run("admin_m", "tenants.upsert_partner", {**partner, "name": {"zh": "沃德维修"}})
    async with transaction(cast["manufacturer_m"]):
        known = await rows.get(Partner, cast["manufacturer_m"], cast["vendor_w"])
    assert known.name == {"zh": "沃德维修"}
    async with unchanged():
        own = {**partner, "organisation": cast.organisation_id("manufacturer_m")}
        await refused("not_found", cast.run("admin_m", "tenants.upsert_partner", own))


async def test_policies_are_checked(cast):
    slots = [{"role": "clinical_engineer", "meaning": "technical"}]
    for name, value in (("acceptance", slots), ("triage", "direct")):
        await cast.run("admin_a", "tenants.set_policy", {"name": name, "value": value})
    async with transaction(cast["hospital_a"]):
        policies = (await own_organisation(cast["hospital_a"])).policies
    assert policies == {"acceptance": slots, "triage": "direct"}
    async with unchanged():
        for name, value in (
            ("acceptance", []),
            ("acceptance", [{"role": "technician", "meaning": "x"}]),
            ("triage", "nobody"),
        ):
            await refused("invalid_input", cast.run("admin_a", "tenants.set_policy", {"name": name, "value": value}))
        await refused("unknown_policy", cast.run("admin_a", "tenants.set_policy", {"name": "x", "value": 1}))
    assert (await cast.run("admin_a", "tenants.set_policy", {"name": "acceptance"})).policies.keys() == {
        "triage",
    }


async def test_agreements_hold_for_their_devices_and_days(cast):
    hospital, today = cast["hospital_a"], now().astimezone(ZoneInfo("Asia/Shanghai")).date()

    async def parts(on: date, device_class=None, maker=None):
        async with transaction(hospital):
            return [(a.partner_id, a.part, a.groups) for a in await agreed(hospital, on, device_class, maker)]

    maker = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer", "groups": ["quality"]}
    tester = {
        "organisation": cast.organisation_id("testing_t"),
        "part": "testing_body",
        "groups": ["progress", "messages"],
        "device_classes": ["infusion_pump"],
        "starts_on": (today + timedelta(days=1)).isoformat(),
    }
    first = await cast.run("engineer_a", "tenants.upsert_agreement", maker)
    second = await cast.run("admin_a", "tenants.upsert_agreement", tester)
    own = (cast["manufacturer_m"], "manufacturer", ["progress", "quality"])
    test = (cast["testing_t"], "testing_body", ["progress", "messages"])
    assert await parts(today, "infusion_pump", cast["manufacturer_m"]) == [own]
    assert await parts(today, "infusion_pump", cast["vendor_v"]) == []
    assert await parts(today + timedelta(days=1), "infusion_pump", cast["manufacturer_m"]) == [own, test]
    assert await parts(today + timedelta(days=1), "monitor") == []
    await cast.run(
        "admin_a", "tenants.upsert_agreement", {**tester, "device_classes": [], "agreement": second.agreement}
    )
    assert await parts(today + timedelta(days=1), "monitor") == [test]
    await cast.run("engineer_a", "tenants.end_agreement", {"agreement": first.agreement})
    assert await parts(today, "infusion_pump", cast["manufacturer_m"]) == []
    async with unchanged():
        for wrong, code in (
            ({"groups": ["everything"]}, "unknown_group"),
            ({"ends_on": (today - timedelta(days=1)).isoformat()}, "agreement_ends_early"),
            ({"organisation": cast.organisation_id("hospital_b")}, "not_found"),
            ({"agreement": opaque("ag", hospital, cast["vendor_v"])}, "not_found"),
        ):
            await refused(code, cast.run("engineer_a", "tenants.upsert_agreement", {**maker, **wrong}))
        await refused("forbidden", cast.run("nurse_a", "tenants.upsert_agreement", maker))
        await refused("not_found", cast.run("admin_b", "tenants.end_agreement", {"agreement": first.agreement}))
    assert (await load(Agreement, "ag", first.agreement)).ends_on == today - timedelta(days=1)


async def test_when_an_agreement_may_end(cast):
    """Its days are those of the organisation, not of the meridian: the first morning of a day in Shanghai counts."""
    maker = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer", "groups": ["quality"]}
    with frozen(datetime(2026, 11, 30, 22, 0, tzinfo=UTC)):  # 1 December, 06:00 in Shanghai
        made = await cast.run("engineer_a", "tenants.upsert_agreement", {**maker, "ends_on": "2026-12-20"})
        assert (await load(Agreement, "ag", made.agreement)).starts_on == date(2026, 12, 1)
    ending = {"agreement": made.agreement}
    with frozen(datetime(2026, 12, 9, 22, 0, tzinfo=UTC)):  # 10 December there
        async with unchanged():
            for ends_on, code in (
                ("2026-11-29", "agreement_ends_early"),
                ("2026-12-08", "agreement_held"),
                ("2026-12-20", "agreement_ends_already"),
                ("2027-01-01", "agreement_ends_already"),
            ):
                await refused(code, cast.run("engineer_a", "tenants.end_agreement", {**ending, "ends_on": ends_on}))
        await cast.run("engineer_a", "tenants.end_agreement", {**ending, "ends_on": "2026-12-15"})
        await cast.run("engineer_a", "tenants.end_agreement", ending)
        assert (await load(Agreement, "ag", made.agreement)).ends_on == date(2026, 12, 9)
        async with unchanged():
            await refused("agreement_ends_already", cast.run("engineer_a", "tenants.end_agreement", ending))
        later = await cast.run("engineer_a", "tenants.upsert_agreement", {**maker, "starts_on": "2027-01-01"})
        await cast.run("engineer_a", "tenants.end_agreement", {"agreement": later.agreement})
        assert (await load(Agreement, "ag", later.agreement)).ends_on == date(2026, 12, 31)  # it never begins


async def test_an_agreement_shares_new_tickets_by_itself(cast):
    maker = {"organisation": cast.organisation_id("manufacturer_m"), "part": "manufacturer", "groups": ["quality"]}
    await cast.run("engineer_a", "tenants.upsert_agreement", maker)

    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    ticket = parse_opaque("tk", made.ticket)
    async with transaction(cast["manufacturer_m"]):
        assert await rows.find(Ticket, *ticket)
        assert await rows.find(TicketQuality, *ticket)
        assert await rows.find(TicketPeople, *ticket) is None
