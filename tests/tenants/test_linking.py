"""Linking: codes that work once, for ten minutes, and chat accounts that are whom they say."""

import asyncio
from datetime import timedelta

import pytest

from mendline.kernel import DomainError, fetch, frozen, now, transaction
from mendline_tenants import (
    ChatIdentity,
    actor_for_chat,
    choose_organisation,
    identities,
    link,
    link_code,
    move_chat,
    set_locale,
    suspend_identity,
    unlink,
)
from mendline_tenants.access.linking import CODE_LIFETIME, CODES_AT_ONCE, TRIES, TRY_WINDOW
from support.database import look, unchanged


@pytest.fixture
def account(cast) -> str:
    """A Telegram account that nobody has used."""
    return str(cast["hospital_a"].int % 10**12)


async def refused(code, action) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await action
    assert caught.value.code == code
    return caught.value


async def linked(cast, person, account, locale=None, channel="telegram") -> ChatIdentity:
    offer = await link_code(cast.actor(person))
    return await link(offer.code, channel, "", account, f"chat-{account}", locale)


async def test_a_code_makes_a_chat_account_a_member(cast, account):
    await refused("not_linked", actor_for_chat("telegram", "", account))
    offer = await link_code(cast.actor("nurse_a"))
    identity = await link(f" {offer.code[:4].lower()}-{offer.code[4:]} ", "telegram", "", account, "55", "en-US")
    assert (identity.tenant_id, identity.member_id, identity.chat) == (
        cast["hospital_a"],
        cast.members["nurse_a"],
        "55",
    )
    actor = await actor_for_chat("telegram", "", account)
    assert (actor.id, actor.channel, actor.locale, actor.roles) == (
        cast.members["nurse_a"],
        "telegram",
        "en",
        ("reporter",),
    )
    for other in (("slack", "", account), ("telegram", "T1", account), ("telegram", "", account + "1")):
        await refused("not_linked", actor_for_chat(*other))
    assert offer.telegram_link("mendline_bot") == f"https://t.me/mendline_bot?start={offer.code}"


async def test_a_code_works_once(cast, account):
    offer = await link_code(cast.actor("nurse_a"))
    await link(offer.code, "telegram", "", account, "1")
    async with unchanged():
        await refused("link_code_used", link(offer.code, "telegram", "", account + "1", "2"))


async def test_of_many_at_once_one_is_linked(cast, account):
    offer = await link_code(cast.actor("nurse_a"))
    outcomes = await asyncio.gather(
        *(link(offer.code, "telegram", "", f"{account}{n}", "1") for n in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, ChatIdentity) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, DomainError)} == {"link_code_used"}


async def test_a_code_expires_and_a_newer_one_voids_it(cast, account):
    old = await link_code(cast.actor("nurse_a"))
    new = await link_code(cast.actor("nurse_a"))
    async with unchanged():
        await refused("link_code_used", link(old.code, "telegram", "", account, "1"))
        with frozen(now() + CODE_LIFETIME + timedelta(seconds=1)):
            error = await refused("link_code_expired", link(new.code, "telegram", "", account, "1"))
    assert error.facts["minutes"] == 10
    assert await link(new.code, "telegram", "", account, "1")


async def test_guessing_is_stopped(cast, account):
    for _ in range(TRIES):
        await refused("link_code_wrong", link("WRONGCDE", "telegram", "", account, "1"))
    offer = await link_code(cast.actor("nurse_a"))
    error = await refused("too_many_attempts", link(offer.code, "telegram", "", account, "1"))
    assert 1 <= error.facts["minutes"] <= 15
    assert await link(offer.code, "telegram", "", account + "1", "2")
    with frozen(now() + TRY_WINDOW + timedelta(seconds=1)):
        again = await link_code(cast.actor("nurse_a"))
        assert await link(again.code, "telegram", "", account, "1")


async def test_codes_are_neither_stored_nor_made_without_end(cast):
    codes = [(await link_code(cast.actor("nurse_a"))).code for _ in range(CODES_AT_ONCE)]
    await refused("too_many_codes", link_code(cast.actor("nurse_a")))
    assert await link_code(cast.actor("manager_a"))
    stored = str([dict(row) for row in await look("SELECT * FROM link_code")])
    assert not [code for code in codes if code in stored]


async def test_an_administrator_invites_and_nobody_else(cast, account):
    offer = await link_code(cast.actor("admin_a"), cast.members["nurse_a"])
    assert (await link(offer.code, "telegram", "", account, "1")).member_id == cast.members["nurse_a"]
    async with unchanged():
        await refused("forbidden", link_code(cast.actor("manager_a"), cast.members["nurse_a"]))
        await refused("not_found", link_code(cast.actor("admin_b"), cast.members["nurse_a"]))


async def test_a_person_in_two_organisations_chooses(cast, account):
    await linked(cast, "nurse_a", account)
    await linked(cast, "technician_v", account)
    assert (await actor_for_chat("telegram", "", account)).organisation == cast["vendor_v"]
    assert [i.tenant_id for i in await identities("telegram", "", account)] == [cast["vendor_v"], cast["hospital_a"]]
    await choose_organisation("telegram", "", account, cast["hospital_a"])
    assert (await actor_for_chat("telegram", "", account)).organisation == cast["hospital_a"]
    other = await actor_for_chat("telegram", "", account, organisation=cast["vendor_v"])
    assert other.organisation == cast["vendor_v"]
    await refused("not_linked", choose_organisation("telegram", "", account, cast["hospital_b"]))
    await refused("not_linked", actor_for_chat("telegram", "", account, organisation=cast["hospital_b"]))


async def test_suspended_people_are_refused_in_words(cast, account):
    await linked(cast, "nurse_a", account)
    await cast.run("admin_a", "tenants.suspend_member", {"member": cast.member_id("nurse_a")})
    await refused("member_suspended", actor_for_chat("telegram", "", account))
    offer_refused = link_code(cast.actor("admin_a"), cast.members["nurse_a"])
    await refused("member_suspended", link((await offer_refused).code, "telegram", "", account + "1", "1"))
    await cast.run("admin_a", "tenants.restore_member", {"member": cast.member_id("nurse_a")})
    assert await actor_for_chat("telegram", "", account)
    await cast.run("admin_a", "tenants.suspend_member", {"member": cast.member_id("nurse_a"), "left": True})
    await refused("not_linked", actor_for_chat("telegram", "", account))


async def test_unlinking_holds_at_once(cast, account):
    await linked(cast, "nurse_a", account)
    await refused("not_linked", unlink("telegram", "", account, cast["hospital_b"]))
    await unlink("telegram", "", account, cast["hospital_a"])
    await refused("not_linked", actor_for_chat("telegram", "", account))
    await refused("not_linked", unlink("telegram", "", account, cast["hospital_a"]))
    assert (await linked(cast, "nurse_a", account)).status == "active"
    async with unchanged():
        await refused("not_found", cast.run("admin_b", "tenants.unlink_member", {"member": cast.member_id("nurse_a")}))
    gone = await cast.run("admin_a", "tenants.unlink_member", {"member": cast.member_id("nurse_a")})
    assert gone.accounts == 1
    await refused("not_linked", actor_for_chat("telegram", "", account))


async def test_a_chat_that_cannot_be_reached_is_suspended_until_it_speaks(cast, account):
    await linked(cast, "nurse_a", account)
    await linked(cast, "technician_v", account)
    reached = await suspend_identity("telegram", "", account)
    assert {identity.tenant_id for identity in reached} == {cast["hospital_a"], cast["vendor_v"]}
    assert await suspend_identity("telegram", "", account) == []
    assert {identity.status for identity in await identities("telegram", "", account)} == {"suspended"}
    assert (await actor_for_chat("telegram", "", account)).organisation == cast["vendor_v"]
    assert {identity.status for identity in await identities("telegram", "", account)} == {"active"}


async def test_language_and_chat_follow(cast, account):
    await linked(cast, "nurse_a", account)
    assert (await actor_for_chat("telegram", "", account, "en")).locale == "en"
    await set_locale("telegram", "", account, "zh-hans")
    assert (await actor_for_chat("telegram", "", account, "en")).locale == "zh"
    await move_chat("telegram", "", f"chat-{account}", "-100")
    assert [identity.chat for identity in await identities("telegram", "", account)] == ["-100"]


async def test_an_organisation_sees_its_own_identities_alone(cast, account):
    await linked(cast, "nurse_a", account)
    await linked(cast, "technician_v", account)
    for name in ("hospital_a", "vendor_v", "hospital_b"):
        async with transaction(cast[name]):
            seen = {row[0] for row in await fetch("SELECT tenant_id FROM chat_identity WHERE account = $1", account)}
            assert seen <= {cast[name]}
