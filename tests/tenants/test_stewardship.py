"""Stewardship: a kept hospital is its steward's to serve and nobody's to sign for, until it is claimed."""

import asyncio
from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, gateway, new_id, now, opaque, parse_opaque, rows, run, transaction
from mendline_tenants import (
    STEWARDS,
    Member,
    Organisation,
    OrganisationSlug,
    Partner,
    ReceivedAgreement,
    Stewardship,
    acting_for,
    agreed,
    ask_and_wait,
    claim,
    day_at,
    login,
    permissions_of,
    system_actor,
)
from mendline_tenants.partnership import stewardship
from support.database import look, unchanged
from support.queues import drain

ADMINISTRATOR = ("it", "管理员", "first password")


def fresh_code() -> str:
    return f"K{new_id().hex[-8:].upper()}"


async def kept(cast, who="desk_v", code=None, **options):
    given = {"code": code or fresh_code(), "name": {"zh": "小医院", "en": "Small Hospital"}}
    return await ask_and_wait(cast.actor(who), "tenants.steward", given, **options)


@pytest.fixture
async def hospital(cast):
    """(id, code) of a hospital that vendor V keeps."""
    made = await kept(cast)
    return parse_opaque("or", made.hospital).id, made.code


async def steward(cast, hospital, who="desk_v"):
    return await acting_for(cast.actor(who), hospital[0])


async def claim_code(cast, hospital):
    return (await run(await steward(cast, hospital), "tenants.make_claim_code", {})).code


async def refused(code, action):
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code, caught.value


async def own(tenant):
    async with transaction(tenant):
        return await rows.find(Organisation, tenant, tenant)


async def told(tenant):
    found = await look(
        "SELECT command, facts FROM organisation_audit WHERE tenant_id = $1 ORDER BY recorded_at", tenant
    )
    return {row["command"]: row["facts"] for row in found}


async def test_a_vendor_founds_a_hospital_and_both_know_each_other(cast, hospital):
    tenant, code = hospital
    made = await own(tenant)
    assert (made.kind, made.code, made.stewarded_by, made.name["en"]) == (
        "hospital",
        code,
        cast["vendor_v"],
        "Small Hospital",
    )
    async with transaction(tenant):
        assert (await rows.get(Partner, tenant, cast["vendor_v"])).name["en"] == "Vendor V"
        assert await rows.select(Member, "tenant_id = $1", tenant) == []
    async with transaction(cast["vendor_v"]):
        assert (await rows.get(Partner, cast["vendor_v"], tenant)).code == code
        assert (await rows.get(Stewardship, cast["vendor_v"], tenant)).ended_at is None
    assert (await told(tenant))["tenants.found"] == {"code": code, "asked_by": str(cast["vendor_v"])}
    assert (await told(cast["vendor_v"]))["tenants.take_into_care"] == {"hospital": str(tenant), "code": code}


async def test_who_may_not_keep_hospitals_founds_none(cast):
    async with unchanged():
        await refused("not_a_keeper", kept(cast, "admin_a"))
        await refused("forbidden", kept(cast, "technician_v"))
        await refused("invalid_input", kept(cast, code="small hospital"))
        given = {"code": fresh_code(), "name": {"zh": "x"}, "timezone": "Mars/Base"}
        await refused("invalid_input", ask_and_wait(cast.actor("desk_v"), "tenants.steward", given))


async def test_a_code_that_is_taken_founds_nothing_and_keeps_nothing(cast):
    async with unchanged("errand", "organisation_audit"):
        await refused("code_taken", kept(cast, code=cast.codes["hospital_b"]))


async def test_a_founding_that_was_cut_short_is_completed(cast, monkeypatch):
    async def killed(*_, **__):
        raise ConnectionError("killed")

    code = fresh_code()
    for name in ("bootstrap", "run"):  # before anything was founded, then before the steward has it on its list
        with monkeypatch.context() as broken:
            broken.setattr(stewardship, name, killed)
            asked = await cast.run("desk_v", "tenants.steward", {"code": code, "name": {"zh": "x"}}, key="k")
            await drain([cast["vendor_v"]], queues=["errand"], at=now() + timedelta(seconds=60), failures=True)
    await drain([cast["vendor_v"]], queues=["errand"], at=now() + timedelta(seconds=600), failures=True)
    made = await kept_again(cast, code)
    assert asked.errand
    async with gateway():
        slugs = await rows.select(OrganisationSlug, "code = $1", code)
    assert [slug.tenant_id for slug in slugs] == [parse_opaque("or", made.hospital).id]


async def kept_again(cast, code):
    given = {"code": code, "name": {"zh": "x"}}
    return await ask_and_wait(cast.actor("desk_v"), "tenants.steward", given, key="k")


async def test_a_steward_serves_and_never_decides(cast, hospital):
    actor = await steward(cast, hospital)
    assert (actor.organisation, actor.kind, actor.asked_by, actor.roles) == (
        hospital[0],
        "steward",
        cast["vendor_v"],
        (),
    )
    assert actor.permissions == STEWARDS <= permissions_of(("system",))
    place = await run(actor, "tenants.upsert_place", {"kind": "unit", "name": {"zh": "门诊"}})
    assert parse_opaque("pl", place.place).tenant == hospital[0]
    assert (await told(hospital[0]))["tenants.upsert_place"]["asked_by"] == str(cast["vendor_v"])
    ward = {"login": "x", "name": "x", "roles": ["ward_manager"], "password": "a password"}
    slot = opaque("sl", hospital[0], new_id())
    share = {"organisation": cast.organisation_id("vendor_w"), "groups": ["people"]}
    ticket = opaque("tk", hospital[0], new_id())
    async with unchanged():
        for command, given in (
            ("tenants.upsert_member", ward),
            ("tenants.set_policy", {"name": "triage", "value": "direct"}),
            ("tenants.create_api_key", {"name": "x", "scopes": ["portal"]}),
            ("quality.sign", {"slot": slot}),
            ("quality.check", {"ticket": ticket}),
            ("quality.archive", {"ticket": ticket}),
            ("quality.reject", {"slot": slot, "ticket": ticket, "reason": "x"}),
            ("quality.condemn", {"ticket": ticket, "reason": "x"}),
            ("tickets.triage", {"ticket": ticket, "route": "own"}),
            ("tickets.answer_quotation", {"quotation": opaque("qt", *2 * hospital[:1]), "approved": True}),
            ("tickets.answer_subcontract", {"subcontract": opaque("sc", *2 * hospital[:1]), "approved": True}),
            ("tickets.share", {"ticket": ticket, **share}),
            ("tenants.steward", {"code": "X", "name": {"zh": "x"}}),
            ("tenants.claim", {"code": "x", "login": "x", "name": "x", "password": "a password"}),
        ):
            await refused("forbidden", run(actor, command, given))
        consent = {
            "organisation": cast.organisation_id("vendor_v"),
            "part": "service_provider",
            "groups": ["people"],
            "subcontracting": True,
        }
        await refused("forbidden", run(actor, "tenants.upsert_agreement", consent))


async def test_only_members_of_the_steward_act_for_it(cast, hospital):
    for who, code in (
        ("desk_v", None),
        ("admin_v", None),
        ("technician_v", "forbidden"),
        ("dispatcher_w", "forbidden"),
        ("admin_a", "not_stewarded"),
        ("admin_m", "not_stewarded"),
        ("vendor_v", "not_stewarded"),
    ):
        if code is None:
            assert (await steward(cast, hospital, who)).organisation == hospital[0]
        else:
            await refused(code, steward(cast, hospital, who))
    for foreign in (cast["hospital_a"], cast["vendor_v"], new_id()):
        await refused("not_stewarded", acting_for(cast.actor("desk_v"), foreign))


async def test_a_claim_makes_the_hospital_its_own_and_ends_the_stewardship_at_once(cast, hospital):
    acting = await steward(cast, hospital)
    code = await claim_code(cast, hospital)
    assert await claim(hospital[1], f" {code[:8].lower()}-{code[8:]} ", *ADMINISTRATOR)
    assert (await own(hospital[0])).stewarded_by is None
    async with unchanged():
        await refused("not_stewarded", run(acting, "tenants.upsert_place", {"kind": "unit", "name": {"zh": "x"}}))
        await refused("not_stewarded", run(acting, "tickets.report", {"symptom": "x"}))
        await refused("already_claimed", run(acting, "tenants.make_claim_code", {}))
        await refused("already_claimed", run(system_actor(hospital[0]), "tenants.make_claim_code", {}))
        await refused("not_stewarded", steward(cast, hospital))
    assert await login(hospital[1], "it", "first password")
    await drain([hospital[0]], queues=["errand"])
    async with transaction(cast["vendor_v"]):
        assert (await rows.get(Stewardship, cast["vendor_v"], hospital[0])).ended_at is not None
    assert (await told(hospital[0]))["tenants.claim"]["code_made_by"] == str(cast.members["desk_v"])
    assert (await told(cast["vendor_v"]))["tenants.end_stewardship"]["asked_by"] == str(hospital[0])


async def test_no_code_works_twice_and_every_wrong_one_is_told_the_same(cast, hospital):
    first = await claim_code(cast, hospital)
    second = await claim_code(cast, hospital)
    await claim_of_another(cast)
    said = set()
    async with unchanged("claim_code"):
        for named, code in (
            (hospital[1], first),
            (hospital[1], "A" * 16),
            ("NOBODY", second),
            (hospital[1], ""),
        ):
            with pytest.raises(DomainError) as caught:
                await claim(named, code, *ADMINISTRATOR)
            said.add(str(caught.value))
        with frozen(now() + timedelta(days=15)):
            with pytest.raises(DomainError) as caught:
                await claim(hospital[1], second, *ADMINISTRATOR)
            said.add(str(caught.value))
        await refused("password_too_short", claim(hospital[1], second, "it", "x", "short"))
        await refused("claim_code_wrong", claim(cast.codes["hospital_a"], second, *ADMINISTRATOR))
    assert await claim(hospital[1], second, *ADMINISTRATOR)
    async with unchanged("claim_code"):
        with pytest.raises(DomainError) as caught:
            await claim(hospital[1], second, "other", "x", "another password")
        said.add(str(caught.value))
    assert said == {"claim_code_wrong()"}


async def claim_of_another(cast):
    """A second hospital in the same care: its code must not open the first."""
    other = await kept(cast)
    return await claim_code(cast, (parse_opaque("or", other.hospital).id, other.code))


async def test_no_stranger_keeps_the_hospital_out_by_typing_wrong_codes(cast, hospital):
    code = await claim_code(cast, hospital)
    async with unchanged():
        outcomes = await asyncio.gather(
            *(claim(hospital[1], f"{n:A>16}", *ADMINISTRATOR) for n in range(40)), return_exceptions=True
        )
    assert {outcome.code for outcome in outcomes} == {"claim_code_wrong"}
    assert await claim(hospital[1], code, *ADMINISTRATOR)


async def test_a_steward_promises_no_more_than_a_part_needs(cast, hospital):
    actor = await steward(cast, hospital)
    own = {"organisation": cast.organisation_id("vendor_v"), "part": "service_provider"}
    async with unchanged():
        for part, groups in (
            ("service_provider", ["vigilance"]),
            ("manufacturer", ["people"]),
            ("testing_body", ["clinical"]),
            ("participant", ["quality"]),
        ):
            given = {**own, "part": part, "groups": groups}
            await refused("steward_promises_more", run(actor, "tenants.upsert_agreement", given))
    await run(actor, "tenants.upsert_agreement", {**own, "groups": ["people", "clinical", "commercial"]})


async def test_what_a_steward_has_promised_is_laid_before_the_hospital_and_what_goes_too_far_ends(cast, hospital):
    """An agreement that went further was made before stewards were held to the needs of a part."""
    actor = await steward(cast, hospital)
    own = {"organisation": cast.organisation_id("vendor_v"), "part": "service_provider"}
    kept_on = await run(actor, "tenants.upsert_agreement", {**own, "groups": ["people"]})
    whole = {**own, "groups": ["people", "vigilance"], "part": "participant"}
    beyond = await run(system_actor(hospital[0]), "tenants.upsert_agreement", whole)
    answer = await claim(hospital[1], await claim_code(cast, hospital), *ADMINISTRATOR)
    assert "1 份继续有效" in answer.confirm and "1 份超出所需范围" in answer.confirm
    facts = (await told(hospital[0]))["tenants.claim"]
    assert [one["agreement"] for one in facts["agreements"]] == [str(parse_opaque("ag", kept_on.agreement).id)]
    assert [one["agreement"] for one in facts["ended"]] == [str(parse_opaque("ag", beyond.agreement).id)]
    await drain([hospital[0], cast["vendor_v"]], queues=["errand"])
    books = (await told(cast["vendor_v"]))["tenants.end_stewardship"]
    assert (books["agreements"], books["ended"]) == (facts["agreements"], facts["ended"])
    async with transaction(hospital[0]):
        today = day_at(await rows.get(Organisation, hospital[0], hospital[0]), now())
        assert [one.groups for one in await agreed(hospital[0], today)] == [["progress", "people"]]
    async with transaction(cast["vendor_v"]):
        copies = await rows.select(ReceivedAgreement, "tenant_id = $1 AND giver = $2", cast["vendor_v"], hospital[0])
    assert sorted(copy.ends_on is None for copy in copies) == [False, True]


async def test_of_two_claims_at_once_one_wins(cast, hospital):
    code = await claim_code(cast, hospital)
    outcomes = await asyncio.gather(
        *(claim(hospital[1], code, f"it{n}", "x", "a password") for n in range(3)), return_exceptions=True
    )
    assert sorted(getattr(outcome, "code", "claimed") for outcome in outcomes) == [
        "claim_code_wrong",
        "claim_code_wrong",
        "claimed",
    ]
    async with transaction(hospital[0]):
        assert len(await rows.select(Member, "tenant_id = $1", hospital[0])) == 1


async def test_what_a_steward_has_begun_ends_before_the_claim_or_is_refused(cast, hospital):
    code = await claim_code(cast, hospital)
    acting = await steward(cast, hospital)

    async def places(n):
        given = {"kind": "unit", "name": {"zh": "x"}, "system": "S", "number": str(n)}
        await run(acting, "tenants.upsert_place", given)
        return now()

    began = await asyncio.gather(
        *(places(n) for n in range(6)),
        claim(hospital[1], code, *ADMINISTRATOR),
        *(places(n) for n in range(6, 12)),
        return_exceptions=True,
    )
    refusals = [outcome for outcome in began if isinstance(outcome, DomainError)]
    assert {refusal.code for refusal in refusals} <= {"not_stewarded"}
    (claimed,) = await look(
        "SELECT recorded_at FROM organisation_audit WHERE tenant_id = $1 AND command = 'tenants.claim'", hospital[0]
    )
    places_made = await look("SELECT count(*) FROM place WHERE tenant_id = $1", hospital[0])
    assert claimed
    assert places_made[0][0] == 12 - len(refusals)


async def test_the_code_is_stored_as_a_keyed_hash_alone(cast, hospital):
    code = await claim_code(cast, hospital)
    for table in ("claim_code", "organisation_audit", "idempotency_key", "outbox"):
        found = await look(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE $1', f"%{code}%")
        assert found == [], table
