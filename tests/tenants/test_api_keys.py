"""API keys: scopes, expiry, last use, revocation at once, and never another organisation's."""

from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, now, run
from mendline_tenants import BUNDLES, ROLES, actor_from_token, permissions_of
from mendline_tenants.access.api_keys import FOR_THE_SYSTEM_ALONE, SCOPES
from support.database import look, unchanged


async def made(cast, *scopes, person="admin_m", **more):
    return await cast.run(person, "tenants.create_api_key", {"name": "portal", "scopes": list(scopes), **more})


async def refused(code, action) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code
    return caught.value


async def test_a_key_acts_within_its_scopes(cast):
    key = await made(cast, "portal", "read.commercial")
    actor = await actor_from_token(key.secret)
    assert (actor.organisation, actor.kind, actor.name, actor.role) == (
        cast["manufacturer_m"],
        "api_key",
        "portal",
        "api_key",
    )
    assert actor.permissions == {*BUNDLES["portal"], "read.commercial"} == set(key.scopes)
    async with unchanged():
        await refused("forbidden", run(actor, "tenants.create_api_key", {"name": "x", "scopes": ["status"]}))


async def test_a_key_cannot_be_given_what_takes_a_person(cast):
    for scope in ("quality.sign", "tenants.manage", "no.such", *FOR_THE_SYSTEM_ALONE):
        async with unchanged():
            error = await refused("unknown_scope", made(cast, scope))
        assert scope in error.facts["scopes"]
    async with unchanged():
        await refused("forbidden", made(cast, "portal", person="analyst_m"))
        await refused("invalid_input", made(cast, "portal", expires_at=(now() - timedelta(days=1)).isoformat()))
        await refused("invalid_input", made(cast, "portal", expires_at="2030-01-01T00:00:00"))


async def test_a_key_may_do_what_its_maker_may_not_and_that_is_seen(cast):
    """As decision 0038 says: an administrator may give any role, and may give a key what roles hold, but not unseen."""
    assert "read.clinical" not in cast.actor("admin_m").permissions
    key = await made(cast, "read.clinical")
    assert "read.clinical" in (await actor_from_token(key.secret)).permissions
    (entry,) = await look(
        "SELECT facts FROM organisation_audit WHERE tenant_id = $1 AND command = 'tenants.create_api_key'",
        cast["manufacturer_m"],
    )
    assert entry["facts"]["scopes"] == ["read.clinical"]
    (event,) = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'tenants.key_made'", cast["manufacturer_m"]
    )
    assert (event["payload"]["scopes"], event["payload"]["name"]) == (["read.clinical"], "portal")


def test_every_scope_is_something_that_some_role_may():
    held = {permission for role in ROLES if role != "system" for permission in permissions_of((role,))}
    assert held >= SCOPES
    assert {"tickets.expire_quotation", "dispatch.time_out"} <= FOR_THE_SYSTEM_ALONE


async def test_revocation_holds_at_once(cast):
    key = await made(cast, "portal")
    assert await actor_from_token(key.secret)
    async with unchanged():
        await refused("not_found", cast.run("admin_a", "tenants.revoke_api_key", {"key": key.key}))
    await cast.run("admin_m", "tenants.revoke_api_key", {"key": key.key})
    await refused("key_revoked", actor_from_token(key.secret))
    await cast.run("admin_m", "tenants.revoke_api_key", {"key": key.key})


async def test_a_key_expires(cast):
    key = await made(cast, "portal", expires_at=(now() + timedelta(days=1)).isoformat())
    assert await actor_from_token(key.secret)
    with frozen(now() + timedelta(days=2)):
        await refused("key_revoked", actor_from_token(key.secret))


async def test_a_changed_key_is_unknown(cast):
    key = await made(cast, "portal")
    other = await made(cast, "portal", person="admin_a")
    organisation, rest = key.secret[3:25], key.secret[25:]
    for token in (
        key.secret[:-4] + "AAAA",
        "mk_" + other.secret[3:25] + rest,  # the key of one organisation, shown as another's
        "mk_" + organisation + other.secret[25:],
        key.secret + "A",
    ):
        assert token != key.secret
        await refused("unauthenticated", actor_from_token(token))


async def test_the_last_use_is_noted_once_a_minute(cast):
    key = await made(cast, "portal")

    async def used():
        return (await look("SELECT used_at FROM api_key WHERE tenant_id = $1", cast["manufacturer_m"]))[0][0]

    assert await used() is None
    await actor_from_token(key.secret)
    first = await used()
    assert first is not None
    await actor_from_token(key.secret)
    assert await used() == first
    with frozen(first + timedelta(seconds=61)):
        await actor_from_token(key.secret)
    assert await used() == first + timedelta(seconds=61)
    await refused("unauthenticated", actor_from_token(key.secret[:-4] + "AAAA"))
    assert await used() == first + timedelta(seconds=61)


async def warnings(cast) -> list[str]:
    found = await look(
        "SELECT payload->>'name' AS name FROM outbox WHERE tenant_id = $1 AND name = 'tenants.key_expires_soon'",
        cast["manufacturer_m"],
    )
    return [row["name"] for row in found]


async def test_administrators_are_told_a_fortnight_before_a_key_ends(cast):
    for name, days in (("soon", 3), ("later", 40), ("revoked", 40)):
        ends = (now() + timedelta(days=days)).isoformat()
        key = await cast.run(
            "admin_m", "tenants.create_api_key", {"name": name, "scopes": ["portal"], "expires_at": ends}
        )
    await cast.run("admin_m", "tenants.revoke_api_key", {"key": key.key})
    await made(cast, "portal")
    await cast.drain()
    assert await warnings(cast) == ["soon"]
    await cast.drain(at=now() + timedelta(days=25))
    assert await warnings(cast) == ["soon"]
    await cast.drain(at=now() + timedelta(days=27))
    assert sorted(await warnings(cast)) == ["later", "soon"]
    await cast.drain(at=now() + timedelta(days=60))
    assert len(await warnings(cast)) == 2
