"""The budget: what operations cost, who pays, what the payer is told, and that a refusal comes before anything runs."""

from typing import Any

import httpx
import pytest

from mendline.kernel import DomainError, buckets, log, now, rows, run, settings, transaction
from mendline_schema.admission import budget
from mendline_schema.admission import gate as admission
from mendline_schema.admission.costs import COMMAND, FAULT, INTROSPECTION
from mendline_schema.schema import build_schema
from mendline_tenants import LoginSession, system_actor
from support.cast import Cast
from support.database import look, unchanged

WORKLIST = "query($n: Int) { worklist(first: $n) { nodes { number ticket { id commercial { entitlement } } } } }"


async def quota(cast: Cast, organisation: str, **given: Any) -> None:
    """The operator sets a quota; the process learns of it with the next operation that it lets in."""
    await run(system_actor(cast[organisation]), "tenants.set_quota", given)


async def raw(portal: Any, who: str | None, document: str, **headers: str) -> httpx.Response:
    """One operation, with the head of its answer."""
    if who is not None:
        headers["authorization"] = f"Bearer {await portal.token(who)}"
    answer: httpx.Response = await portal.client.post(
        "/graphql", json={"query": document}, headers={"accept-language": "en", **headers}
    )
    return answer


async def cost(portal: Any, who: str | None, document: str, **variables: Any) -> int:
    headers = {"authorization": f"Bearer {await portal.token(who)}"} if who else {}
    body = {"query": document, "variables": variables}
    answer = (await portal.client.post("/graphql", json=body, headers=headers)).json()
    return int(answer["extensions"]["cost"]["requested"])


@pytest.mark.parametrize(
    ("document", "units"),
    [
        ("{ me { name } }", 1),
        ("{ organisation { code } }", 1 + 1),
        ("{ worklist(first: 20) { nodes { number } } }", 1 + 2),
        ("{ worklist(last: 20) { edges { node { number } cursor } } }", 1 + 2),
        ("{ worklist { nodes { number } } }", 1 + 5),
        ("{ worklist(first: 20) { nodes { ticket { id } } } }", 1 + 4),
        ("{ a: worklist(first: 20) { pageInfo { endCursor } } b: worklist(first: 20) { nodes { number } } }", 1 + 4),
        ("{ worklist { totalCount } }", 1 + 10),
        ("{ devices(first: 10) { nodes { history(first: 10) { nodes { number } } } } }", 1 + 11),
        ("{ worklist(first: 20) { nodes { a: number b: number c: number } } }", 1 + 2 + 4),
        ("{ me { a: name b: name } }", 1 + 1),
        ("{ auditExports(first: 10) { nodes { downloadUrl } } }", 1 + 1 + 1),
        ("{ auditExports(first: 10) { nodes { a: downloadUrl b: downloadUrl } } }", 1 + 1 + 3),
        ("{ ...on Query { worklist(first: 20) { nodes { number } } } }", 1 + 2),
        ("{ worklist(first: 20) @skip(if: true) { nodes { number } } me { name } }", 1),
        ('mutation { logout(input: {refreshToken: "x"}) { done } }', 1 + COMMAND),
        ("{ __schema { queryType { name } } }", INTROSPECTION),
        ("{ nothing }", FAULT),
        ("{", FAULT),
    ],
)
async def test_the_price_follows_from_the_plan(portal: Any, document: str, units: int) -> None:
    assert await cost(portal, "engineer_a", document) == units


async def test_the_price_follows_from_the_variables(portal: Any) -> None:
    assert [await cost(portal, "engineer_a", WORKLIST, n=n) for n in (10, 100, 10)] == [1 + 3, 1 + 30, 1 + 3]


async def test_everybody_is_told_the_same_price(portal: Any) -> None:
    """It is told before anybody knows who asks: a nurse who may not see commercial details pays for them as well."""
    assert await cost(portal, "nurse_a", WORKLIST, n=10) == await cost(portal, "engineer_a", WORKLIST, n=10)


async def test_every_answer_tells_what_is_left(portal: Any, cast: Cast) -> None:
    await quota(cast, "hospital_a", per_second=1, burst=100)
    await raw(portal, "engineer_a", "{ me { name } }")
    answer = await raw(portal, "engineer_a", "{ worklist(first: 90) { nodes { number } } }")
    told = answer.json()["extensions"]["cost"]
    assert (told["requested"], told["limit"]) == (10, 100)
    assert 88 <= told["remaining"] <= 90
    assert told["resetAt"].endswith("Z")
    assert answer.headers["ratelimit-policy"] == '"organisation";q=100;w=100'
    left = answer.headers["ratelimit"]
    assert left.startswith('"organisation";r=') and f"r={told['remaining']};" in left
    assert "retry-after" not in answer.headers


async def test_who_has_spent_all_is_told_when_to_come_back(portal: Any, cast: Cast) -> None:
    await quota(cast, "hospital_a", per_second=1, burst=20)
    await raw(portal, "engineer_a", "{ me { name } }")
    await raw(portal, "engineer_a", "{ worklist(first: 100) { nodes { number } } }")
    report = (
        f'mutation {{ reportFault(input: {{device: "{cast.device_id("pump_a")}", symptom: "x", useState: DOWN}})'
        " { ticket { id } } }"
    )
    async with unchanged("login_session"):
        refused = await raw(portal, "nurse_a", report)
        assert refused.status_code == 429
        (error,) = refused.json()["errors"]
        assert "data" not in refused.json()
        facts = error["extensions"]["facts"]
        assert error["extensions"]["code"] == "rate_limited"
        assert 1 <= facts["retryAfter"] <= 12
        assert error["message"].endswith(f"Try again in {facts['retryAfter']} seconds.")
        assert int(refused.headers["retry-after"]) == facts["retryAfter"]
        chinese = await raw(portal, "nurse_a", report, **{"accept-language": "zh-CN"})
        assert "秒后再试" in chinese.json()["errors"][0]["message"]
    assert (await portal.ask("engineer_b", "{ me { name } }")).data, "another organisation has a bucket of its own"


async def test_a_refusal_asks_neither_the_database_nor_valkey(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quota(cast, "hospital_a", per_second=1, burst=30)
    document = "{ worklist(first: 100) { nodes { ticket { id } } } }"
    await raw(portal, "engineer_a", "{ me { name } }")
    assert (await raw(portal, "engineer_a", document)).status_code == 200
    await portal.token("engineer_a")

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(buckets, "valkey", asked)
    monkeypatch.setattr("mendline_schema.context.actor_from_token", asked)
    monkeypatch.setattr("mendline_schema.reads.statements.fetchval", asked)
    assert {(await raw(portal, "engineer_a", document)).status_code for _ in range(20)} == {429}


async def test_no_waiting_helps_what_costs_more_than_the_limit(portal: Any, cast: Cast) -> None:
    await quota(cast, "hospital_a", per_second=10, burst=10)
    await raw(portal, "engineer_a", "{ me { name } }")
    refused = await raw(portal, "engineer_a", "{ worklist(first: 100) { nodes { number } } }")
    assert [error["extensions"]["code"] for error in refused.json()["errors"]] == ["costs_too_much"]
    assert "retry-after" not in refused.headers
    assert (await raw(portal, "engineer_a", "{ me { name } }")).status_code == 200


async def test_strangers_pay_by_their_address(portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small = settings().model_copy(update={"stranger_per_second": 1, "stranger_burst": 25})
    monkeypatch.setattr(budget, "settings", lambda: small)
    monkeypatch.setattr(budget, "network_of", lambda request: f"test:{cast.codes['hospital_a']}")
    wrong = 'mutation { login(input: {organisation: "x", login: "y", password: "z"}) { accessToken } }'
    told = [await raw(portal, None, wrong) for _ in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    assert told[2].headers["ratelimit"].startswith('"address";')
    assert (await raw(portal, "engineer_a", "{ me { name } }")).status_code == 200, "who has a session is no stranger"


async def test_an_invented_key_spends_nothing_of_the_organisation_that_it_names(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "network_of", lambda request: f"test:{cast.codes['hospital_a']}")
    await quota(cast, "manufacturer_m", per_second=1, burst=1_000)
    made = await cast.run("admin_m", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]})
    forged = made.secret[:-6] + "AAAAAA"
    for _ in range(3):
        answer = await portal.client.post(
            "/graphql", json={"query": "{ me { name } }"}, headers={"authorization": f"Bearer {forged}"}
        )
        assert (answer.status_code, answer.headers["ratelimit-policy"].split(";")[0]) == (401, '"address"')
    portal.tokens["key"] = made.secret
    first, second = [await raw(portal, "key", "{ worklist(first: 90) { nodes { number } } }") for _ in range(2)]
    assert [a.headers["ratelimit-policy"].split(";")[0] for a in (first, second)] == ['"organisation"'] * 2
    left = second.json()["extensions"]["cost"]["remaining"]
    assert 980 <= left <= 982, "both of the real key's operations were paid for, and none of the forged ones"


@pytest.mark.parametrize("document", ["{ me { name } }", "{ nothing }", "mutation { logout(input: {}) { done } }"])
@pytest.mark.parametrize("kind", ["key", "session"])
async def test_what_has_ended_spends_nothing_of_its_organisation_once_that_is_known(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch, kind: str, document: str
) -> None:
    """Neither is it told what its organisation has left, nor what is wrong with a document."""
    monkeypatch.setattr(budget, "network_of", lambda request: f"test:{cast.codes['hospital_a']}")
    await quota(cast, "hospital_a", per_second=1, burst=1_000)
    if kind == "key":
        made = await cast.run("admin_a", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]})
        portal.tokens["ended"] = made.secret
    else:
        portal.tokens["ended"] = await portal.token("engineer_a")
    for _ in range(2):
        assert (await raw(portal, "ended", "{ me { name } }")).headers["ratelimit"].startswith('"organisation";')
    if kind == "key":
        await cast.run("admin_a", "tenants.revoke_api_key", {"key": made.key})
    else:
        found = await look("SELECT id FROM login_session WHERE member_id = $1", cast.members["engineer_a"])
        async with transaction(cast["hospital_a"]):
            for row in found:
                await rows.change(LoginSession, cast["hospital_a"], row["id"], revoked_at=now())
    first = await raw(portal, "ended", document)
    left = (await raw(portal, "nurse_a", "{ me { name } }")).json()["extensions"]["cost"]["remaining"]
    others = [await raw(portal, "ended", document) for _ in range(9)]
    code = {"key": "key_revoked", "session": "session_ended"}[kind]
    for answer in (first, *others):
        assert (answer.status_code, [e["extensions"]["code"] for e in answer.json()["errors"]]) == (401, [code])
        assert '"organisation"' not in str(answer.headers)
    assert "ratelimit" not in first.headers and "extensions" not in first.json()
    assert {answer.headers["ratelimit-policy"].split(";")[0] for answer in others} == {'"address"'}
    after = (await raw(portal, "nurse_a", "{ me { name } }")).json()["extensions"]["cost"]["remaining"]
    assert after >= left - 1


async def test_without_valkey_a_fault_can_be_reported_and_nobody_is_without_limit(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis.exceptions import ConnectionError as Away

    class Gone:
        async def eval(self, *_: Any) -> Any:
            raise Away("gone")

    warned: list[str] = []
    monkeypatch.setattr(buckets, "valkey", lambda *_: Gone())
    monkeypatch.setattr(buckets, "_away_until", 0.0)
    monkeypatch.setattr(log, "warning", lambda event, **_: warned.append(event))
    await quota(cast, "hospital_a", per_second=1, burst=60)
    await raw(portal, "engineer_a", "{ me { name } }")
    assert await portal.report()
    for _ in range(2):
        await raw(portal, "engineer_a", "{ worklist(first: 100) { nodes { ticket { id } } } }")
    assert (await raw(portal, "engineer_a", "{ worklist(first: 100) { nodes { number } } }")).status_code == 429
    assert len(warned) == 1, "it is said once, not with every request"


async def test_a_chat_is_not_in_this_bucket(portal: Any, cast: Cast) -> None:
    """The ward reports by chat, whatever its portal has spent: commands from a chat ask no budget."""
    await quota(cast, "hospital_a", per_second=1, burst=11)
    await raw(portal, "engineer_a", "{ me { name } }")
    await raw(portal, "engineer_a", "{ worklist(first: 90) { nodes { number } } }")
    assert (await raw(portal, "nurse_a", "{ worklist(first: 90) { nodes { number } } }")).status_code == 429
    actor = cast.actor("nurse_a", channel="telegram")
    assert (await run(actor, "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "漏液,患者在用"})).ticket


async def test_a_quota_is_the_operators_and_the_organisation_can_read_it(portal: Any, cast: Cast) -> None:
    async with unchanged():
        with pytest.raises(DomainError, match="forbidden"):
            await cast.run("admin_a", "tenants.set_quota", {"per_second": 1_000_000})
    document = (
        "{ me { quota { perSecond burst } } organisation { quota { perSecond burst sockets trustedDocuments } } }"
    )
    standard = settings()
    assert (await portal.get("nurse_a", document))["organisation"]["quota"] == {
        "perSecond": standard.quota_per_second,
        "burst": standard.quota_burst,
        "sockets": standard.quota_sockets,
        "trustedDocuments": False,
    }
    await quota(cast, "hospital_a", per_second=7)
    assert (await portal.get("nurse_a", document))["me"]["quota"] == {"perSecond": 7, "burst": standard.quota_burst}
    assert (await portal.get("nurse_b", document))["me"]["quota"]["perSecond"] == standard.quota_per_second


def test_prices_are_kept_within_a_bound() -> None:
    schema = build_schema()
    assert schema.admission._costs._limit == admission.COSTS
