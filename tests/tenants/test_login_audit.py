"""What the organisation's book tells of comings and goings: logins, guesses that were stopped, logouts."""

import pytest

from mendline.kernel import DomainError
from mendline_tenants import login, logout
from mendline_tenants.access.login import ATTEMPTS
from support.database import administrator, look

PASSWORD = "long enough to be good"


@pytest.fixture
async def code(cast):
    person = {"member": cast.member_id("nurse_a"), "password": PASSWORD}
    await cast.run("admin_a", "tenants.set_password", person)
    return cast.codes["hospital_a"]


async def book(cast):
    sql = (
        "SELECT command, actor, actor_name, facts FROM organisation_audit WHERE tenant_id = $1 ORDER BY recorded_at, id"
    )
    return [tuple(row) for row in await look(sql, cast["hospital_a"])]


async def test_login_and_logout_stand_in_the_book_once(cast, code):
    before = await book(cast)
    tokens = await login(code, "nurse_a", PASSWORD)
    for token in (tokens.access_token, tokens.refresh_token):
        await logout(token)
    told = (await book(cast))[len(before) :]
    assert [(command, actor) for command, actor, *_ in told] == [
        ("tenants.login", cast.members["nurse_a"]),
        ("tenants.logout", cast.members["nurse_a"]),
    ]
    assert told[0][3] == told[1][3]


async def test_guesses_that_were_stopped_are_told_once_and_an_unknown_login_is_not_repeated(cast, code):
    before = await book(cast)
    for name in ("nurse_a", "my-secret-typed-too-early"):
        for _ in range(ATTEMPTS + 3):
            with pytest.raises(DomainError):
                await login(code, name, "guess")
    told = (await book(cast))[len(before) :]
    assert [(command, name, facts) for command, _, name, facts in told] == [
        ("tenants.login_locked", "王护士", {"attempts": ATTEMPTS, "login": "nurse_a"}),
        ("tenants.login_locked", "", {"attempts": ATTEMPTS}),
    ]
    assert "typed-too-early" not in str(told)
    assert await administrator().fetchval("SELECT count(*) FROM login_attempt WHERE failures > $1", ATTEMPTS) >= 2
