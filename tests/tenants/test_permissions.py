"""Permissions: one table that every command and every sentence agrees with."""

import pytest

from mendline.kernel import COMMANDS, DomainError, catalogue, rows, run, say, transaction
from mendline_tenants import (
    BUNDLES,
    PERMISSIONS,
    ROLES,
    SCOPES,
    Member,
    actor_of_member,
    authorise,
    permissions_of,
    refusal,
)
from mendline_tenants.access.api_keys import FOR_PERSONS_ALONE
from support.database import unchanged


def test_every_command_names_a_permission_that_exists(database):
    assert {name: entry.permission for name, entry in COMMANDS.items() if entry.permission not in PERMISSIONS} == {}


def test_every_permission_is_used_or_read(database):
    used = {entry.permission for entry in COMMANDS.values()}
    spare = {name for name in PERMISSIONS if not name.startswith("read.")} - used
    assert spare <= {"tenants.link"}, "a permission that nothing asks for"


def test_every_row_names_known_roles_and_speaks_both_languages():
    for name, row in PERMISSIONS.items():
        assert set(row.roles) <= set(ROLES), name
        assert set(row.refusal) == {"zh", "en"} and all(row.refusal.values()), name
    assert permissions_of(("system",)) == set(PERMISSIONS)
    assert permissions_of(()) == permissions_of(("no such role",)) == frozenset()


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_refusal_says_who_may(database, locale):
    for name in PERMISSIONS:
        sentence = say("error.forbidden", locale, permission=name, why=refusal(name))
        assert refusal(name)[locale] in sentence
        assert "{" not in sentence and "…" not in sentence


async def test_who_lacks_a_permission_changes_nothing(cast, ticket):
    people = {"nurse_a": "tenants.manage", "technician_v": "dispatch.offer", "analyst_m": "tickets.comment"}
    for person, permission in people.items():
        actor = cast.actor(person)
        assert not actor.may(permission)
        for name, entry in COMMANDS.items():
            if entry.permission == permission:
                with pytest.raises(DomainError) as refused:
                    authorise(actor, permission)
                assert refused.value.facts["why"] == refusal(permission), name
    async with unchanged():
        with pytest.raises(DomainError, match="forbidden"):
            await cast.run("nurse_a", "tenants.set_policy", {"name": "triage", "value": "direct"})
        with pytest.raises(DomainError, match="unknown_command"):
            await cast.run("nurse_a", "tenants.no_such_command", {})


async def test_a_unit_account_never_signs_and_never_governs(cast):
    hospital = cast["hospital_a"]
    async with transaction(hospital):
        unit = Member(tenant_id=hospital, login="unit", name="三病区", roles=list(ROLES), unit_account=True)
        await rows.insert(unit)
    actor = await actor_of_member(hospital, unit.id, "telegram")
    for permission in ("quality.sign", "quality.archive", "tenants.manage", "tenants.agree"):
        assert not actor.may(permission)
        with pytest.raises(DomainError, match="forbidden"):
            authorise(actor, permission)
    assert actor.may("tickets.report")
    with pytest.raises(DomainError, match="unit_account_roles"):
        await cast.run(
            "admin_a",
            "tenants.upsert_member",
            {"login": "ward", "name": "三病区", "roles": ["ward_manager"], "unit_account": True},
        )
    async with unchanged():
        with pytest.raises(DomainError, match="forbidden"):
            await run(actor, "quality.sign", {"slot": "sl_x"})


def test_keys_never_do_what_takes_a_person():
    assert {"quality.sign", "tenants.manage", "dispatch.answer"} <= FOR_PERSONS_ALONE <= set(PERMISSIONS)
    of_the_system = {name for name, row in PERMISSIONS.items() if row.roles == ("system",)}
    assert of_the_system >= {"tickets.end_share", "tickets.keep_fault_model"}
    assert set(PERMISSIONS) - FOR_PERSONS_ALONE - of_the_system == SCOPES
    for name, scopes in BUNDLES.items():
        assert set(scopes) <= SCOPES, name


def test_roles_have_words_in_both_languages(database):
    for locale in ("zh", "en"):
        assert [role for role in ROLES if f"role.{role}" not in catalogue(locale)] == []
