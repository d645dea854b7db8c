"""Sessions: members see their own and end them at once, an administrator anyone's; no machine is remembered."""

import httpx
import pytest

from mendline.kernel import DomainError, opaque
from mendline_tenants import Origin, actor_from_token, login, origin_of, refresh
from support.database import look, unchanged

PASSWORD = "a long password"
PHONE = Origin("203.0.113.0/24", "Ward phone/3")


@pytest.fixture
async def code(cast) -> str:
    for person in ("nurse_a", "engineer_a"):
        await cast.run("admin_a", "tenants.set_password", {"member": cast.member_id(person), "password": PASSWORD})
    return cast.codes["hospital_a"]


@pytest.mark.parametrize(
    ("host", "agent", "kept"),
    [
        ("203.0.113.77", "Firefox/140", Origin("203.0.113.0/24", "Firefox/140")),
        ("2001:db8:aa:bb::17", " \x00a\x1b[2Jb ", Origin("2001:db8:aa::/48", "a[2Jb")),
        ("::ffff:203.0.113.77", "x" * 1_000, Origin("203.0.113.0/24", "x" * 160)),
        (None, None, Origin()),
        ("testclient", "", Origin()),
    ],
)
def test_a_network_is_kept_and_no_machine(host, agent, kept):
    assert origin_of(host, agent) == kept


async def ended(token: str) -> bool:
    try:
        await actor_from_token(token)
    except DomainError as refusal:
        assert refusal.code == "session_ended"
        return True
    return False


async def test_one_ends_all_but_the_session_that_asks(cast, code):
    mine, other, third = [await login(code, "nurse_a", PASSWORD, origin=PHONE) for _ in range(3)]
    theirs = await login(code, "engineer_a", PASSWORD)
    actor = await actor_from_token(mine.access_token)
    from mendline.kernel import run

    assert (await run(actor, "tenants.revoke_sessions", {})).ended == 2
    assert [await ended(one.access_token) for one in (mine, other, third, theirs)] == [False, True, True, False]
    assert (await run(actor, "tenants.revoke_sessions", {})).ended == 0


async def test_an_administrator_ends_all_of_a_member(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD)
    target = {"member": cast.member_id("nurse_a")}
    async with unchanged():
        for stranger in ("manager_a", "admin_b"):
            with pytest.raises(DomainError, match="not_found"):
                await cast.run(stranger, "tenants.revoke_sessions", target)
    assert (await cast.run("admin_a", "tenants.revoke_sessions", target)).ended == 1
    assert await ended(tokens.access_token)


async def test_where_a_session_was_used_last_is_known(cast, code):
    tokens = await login(code, "nurse_a", PASSWORD, origin=PHONE)
    kept = "SELECT network, agent FROM login_session WHERE tenant_id = $1 AND member_id = $2"
    who = (cast["hospital_a"], cast.members["nurse_a"])
    assert [tuple(row) for row in await look(kept, *who)] == [(PHONE.network, PHONE.agent)]
    tokens = await refresh(tokens.refresh_token, Origin("198.51.100.0/24"))
    assert [tuple(row) for row in await look(kept, *who)] == [("198.51.100.0/24", PHONE.agent)]
    assert await refresh(tokens.refresh_token)


async def test_each_sees_its_own_over_graphql(cast, code):
    from mendline.app.http.web import make_app

    transport = httpx.ASGITransport(app=make_app(), client=("203.0.113.9", 50_000))
    mine = "{ mySessions { nodes { id network agent current channel } } }"

    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:

        async def ask(query, token=None, **variables):
            headers = {"user-agent": "Ward phone/3", **({"authorization": f"Bearer {token}"} if token else {})}
            answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            return answer.json()

        enter = "mutation($i: LoginInput!) { login(input: $i) { accessToken } }"
        given = {"organisation": code, "login": "nurse_a", "password": PASSWORD}
        first, second = [(await ask(enter, i=given))["data"]["login"]["accessToken"] for _ in range(2)]
        engineer = (await login(code, "engineer_a", PASSWORD)).access_token
        seen = (await ask(mine, second))["data"]["mySessions"]["nodes"]
        assert [(one["network"], one["agent"], one["current"]) for one in seen] == [
            ("203.0.113.0/24", "Ward phone/3", True),
            ("203.0.113.0/24", "Ward phone/3", False),
        ]
        end = "mutation($s: ID!) { revokeSession(input: {session: $s}) { session { id } } }"
        refused = await ask(end, engineer, s=seen[1]["id"])
        assert refused["errors"][0]["extensions"]["code"] == "not_found"
        assert "errors" not in await ask("mutation { revokeSessions(input: {}) { ended } }", second)
        assert (await ask(mine, first))["errors"][0]["extensions"]["code"] == "session_ended"
        assert len((await ask(mine, second))["data"]["mySessions"]["nodes"]) == 1
        key = await cast.run("admin_a", "tenants.create_api_key", {"name": "p", "scopes": ["portal"]})
        told = await ask(mine, key.secret)
        assert (told["data"]["mySessions"], told["errors"][0]["extensions"]["code"]) == (None, "forbidden")
    assert opaque("se", cast["hospital_a"], cast["hospital_a"])
