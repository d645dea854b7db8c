"""Login: passwords, short tokens, refresh tokens that rotate, and sessions that end at once."""

import asyncio
from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, now, opaque, run, transaction
from mendline_tenants import actor_from_token, login, logout, refresh, sessions, system_actor
from mendline_tenants.access import passwords
from mendline_tenants.access.login import ATTEMPTS, WINDOW
from mendline_tenants.access.tokens import ACCESS_LIFETIME
from support.database import look, unchanged

PASSWORD = "正确的密码 12"


@pytest.fixture
async def code(cast) -> str:
    """Hospital A's code; its nurse has a password now."""
    await cast.run("admin_a", "tenants.set_password", {"member": cast.member_id("nurse_a"), "password": PASSWORD})
    return cast.codes["hospital_a"]


async def refused(expected, action) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == expected
    return caught.value


async def test_a_member_logs_in_and_acts(cast, code):
    tokens = await login(code.lower(), "nurse_a", PASSWORD)
    actor = await actor_from_token(tokens.access_token)
    assert (actor.organisation, actor.id, actor.kind) == (cast["hospital_a"], cast.members["nurse_a"], "member")
    assert actor.permissions == cast.actor("nurse_a").permissions
    assert (tokens.organisation, tokens.member) == (cast.organisation_id("hospital_a"), cast.member_id("nurse_a"))
    assert (await look("SELECT command FROM organisation_audit WHERE actor = $1", actor.id))[0][0] == "tenants.login"


async def test_the_language_is_the_members_then_the_clients_then_the_houses(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    assert (await actor_from_token(tokens.access_token)).locale == "zh"
    assert (await actor_from_token(tokens.access_token, locale="en-GB,en;q=0.9")).locale == "en"
    person = {"login": "nurse_a", "name": "王护士", "roles": ["reporter"], "locale": "zh"}
    await cast.run("admin_a", "tenants.upsert_member", person)
    assert (await actor_from_token(tokens.access_token, locale="en")).locale == "zh"


async def test_wrong_ones_are_told_nothing(cast, code):
    for organisation, name, password in (
        (code, "nurse_a", "wrong password"),
        (code, "nobody", PASSWORD),
        (code, "manager_a", PASSWORD),  # has no password
        (cast.codes["hospital_b"], "nurse_a", PASSWORD),
        ("NOSUCHCODE", "nurse_a", PASSWORD),
        ("", "", ""),
    ):
        error = await refused("wrong_login", login(organisation, name, password))
        assert error.facts == {}


async def test_unknown_people_cost_as_much_as_known_ones(cast, code, monkeypatch):
    """One Argon2 verification with the same parameters, whoever is asked for: by it one person is like another."""
    tried = []

    def counted(stored: str, password: str) -> bool:
        tried.append(stored.rsplit("$", 2)[0])
        return verify(stored, password)

    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", counted)
    for organisation, name in ((code, "nurse_a"), (code, "nobody"), (code, "manager_a"), ("NOSUCHCODE", "nurse_a")):
        await refused("wrong_login", login(organisation, name, "wrong password"))
    assert tried == ["$argon2id$v=19$m=19456,t=2,p=1"] * 4


async def test_guessing_is_stopped_even_when_done_at_once(cast, code):
    outcomes = await asyncio.gather(
        *(login(code, "nurse_a", f"guess {n}") for n in range(ATTEMPTS * 3)), return_exceptions=True
    )
    codes = [outcome.code for outcome in outcomes]
    assert codes.count("wrong_login") == ATTEMPTS
    assert codes.count("too_many_attempts") == ATTEMPTS * 2
    error = await refused("too_many_attempts", login(code, "nurse_a", PASSWORD))
    assert 1 <= error.facts["minutes"] <= 15
    for name in ["nobody"] * ATTEMPTS:
        await refused("wrong_login", login(code, name, "guess"))
    await refused("too_many_attempts", login(code, "nobody", "guess"))
    with frozen(now() + WINDOW + timedelta(seconds=1)):
        assert await login(code, "nurse_a", PASSWORD)
    assert await look("SELECT 1 FROM login_attempt WHERE tenant_id = $1", cast["hospital_a"]) == []


async def test_tokens_that_are_not_ours_are_refused(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    head, body, signature = tokens.access_token.split(".")
    unsigned = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    for token in (
        "",
        "x",
        "mk_x",
        "mr_x",
        "mk_" + "A" * 86,
        tokens.refresh_token,
        f"{head}.{body}.",
        f"{unsigned}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-4]}AAAA.{signature}",
        tokens.access_token + "x",
    ):
        await refused("unauthenticated", actor_from_token(token))
    for token in ("", "mr_x", tokens.access_token, "mr_" + tokens.refresh_token[3:-4] + "AAAA"):
        await refused("unauthenticated", refresh(token))
    assert await actor_from_token(tokens.access_token)


async def test_an_access_token_lives_ten_minutes(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    with frozen(now() + ACCESS_LIFETIME - timedelta(seconds=5)):
        assert await actor_from_token(tokens.access_token)
    with frozen(now() + ACCESS_LIFETIME + timedelta(seconds=1)):
        await refused("unauthenticated", actor_from_token(tokens.access_token))
        assert await actor_from_token((await refresh(tokens.refresh_token)).access_token)


async def test_a_refresh_token_is_good_once_and_its_copy_ends_the_session(cast, code):
    first = await login(code, "nurse_a", PASSWORD)
    second = await refresh(first.refresh_token)
    assert await actor_from_token(second.access_token)
    await refused("session_ended", refresh(first.refresh_token))
    await refused("session_ended", refresh(second.refresh_token))
    for tokens in (first, second):
        await refused("session_ended", actor_from_token(tokens.access_token))
    other = await login(code, "nurse_a", PASSWORD)
    assert await actor_from_token(other.access_token)


async def test_of_two_refreshes_at_once_one_wins(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    outcomes = await asyncio.gather(*(refresh(tokens.refresh_token) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(outcome, DomainError) for outcome in outcomes) == 1


async def test_a_session_that_rests_for_long_ends(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    with frozen(now() + timedelta(days=13)):
        tokens = await refresh(tokens.refresh_token)
    with frozen(now() + timedelta(days=26)):
        tokens = await refresh(tokens.refresh_token)
    with frozen(now() + timedelta(days=41)):
        await refused("session_ended", refresh(tokens.refresh_token))


async def test_logout_and_revocation_hold_at_once(cast, code):
    first, second, third = [await login(code, "nurse_a", PASSWORD) for _ in range(3)]
    await logout(first.access_token)
    await refused("session_ended", actor_from_token(first.access_token))
    await refused("session_ended", refresh(first.refresh_token))
    await logout(second.refresh_token)
    await refused("session_ended", actor_from_token(second.access_token))
    async with transaction(cast["hospital_a"]):
        (left,) = await sessions(cast["hospital_a"], cast.members["nurse_a"])
    target = {"session": opaque("se", left.tenant_id, left.id)}
    async with unchanged():
        for stranger in ("manager_a", "admin_b"):
            await refused("not_found", cast.run(stranger, "tenants.revoke_session", target))
    await cast.run("admin_a", "tenants.revoke_session", target)
    await refused("session_ended", actor_from_token(third.access_token))


async def test_roles_and_suspension_hold_at_the_next_use(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    person = {"login": "nurse_a", "name": "王护士", "roles": ["ward_manager"]}
    await cast.run("admin_a", "tenants.upsert_member", person)
    assert (await actor_from_token(tokens.access_token)).may("quality.sign")
    await cast.run("admin_a", "tenants.suspend_member", {"member": cast.member_id("nurse_a")})
    await refused("session_ended", actor_from_token(tokens.access_token))
    await refused("session_ended", refresh(tokens.refresh_token))
    await refused("member_suspended", login(code, "nurse_a", PASSWORD))
    await cast.run("admin_a", "tenants.restore_member", {"member": cast.member_id("nurse_a")})
    assert await login(code, "nurse_a", PASSWORD)
    await refused("session_ended", refresh(tokens.refresh_token))


async def test_a_password_is_changed_with_the_old_one(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    async with unchanged():
        await refused("wrong_password", cast.run("nurse_a", "tenants.set_password", {"password": "another one"}))
        await refused(
            "password_too_short",
            cast.run("nurse_a", "tenants.set_password", {"password": "short", "old_password": PASSWORD}),
        )
        await refused(
            "not_found",
            cast.run(
                "nurse_a", "tenants.set_password", {"member": cast.member_id("manager_a"), "password": "12345678"}
            ),
        )
        await refused(
            "not_found",
            cast.run("admin_b", "tenants.set_password", {"member": cast.member_id("nurse_a"), "password": "12345678"}),
        )
    await cast.run("nurse_a", "tenants.set_password", {"password": "another one", "old_password": PASSWORD})
    await refused("session_ended", actor_from_token(tokens.access_token))
    await refused("wrong_login", login(code, "nurse_a", PASSWORD))
    assert await login(code, "nurse_a", "another one")


async def test_the_system_sets_passwords_too(cast):
    member = {"login": "new", "name": "新人", "roles": ["technician"], "password": "12345678"}
    await run(system_actor(cast["vendor_v"]), "tenants.upsert_member", member)
    tokens = await login(cast.codes["vendor_v"], "new", "12345678")
    stored = await look("SELECT password_hash FROM member WHERE tenant_id = $1 AND login = 'new'", cast["vendor_v"])
    assert stored[0][0].startswith("$argon2id$")
    assert (await actor_from_token(tokens.access_token)).roles == ("technician",)
