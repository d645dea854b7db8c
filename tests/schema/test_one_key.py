"""One idempotency key, a hundred requests at once over real HTTP: one effect, one result, each its own selection."""

import asyncio
from typing import Any

import httpx

from mendline.app.http.web import make_app
from support.cast import Cast
from support.database import look
from support.doors import free_port, served

AT_ONCE = 100

SELECTIONS = (
    "{ number version ticket { id state } }",
    "{ state phase ticket { number clinical { symptom } messages { totalCount } } }",
    "{ a: ticket { facility { code } } b: ticket { provider { code } priority } }",
    "{ __typename }",
)
"""What the requests ask of the same result."""


def report(selection: str) -> str:
    return (
        f'mutation($d: ID!) {{ reportFault(input: {{device: $d, symptom: "报警", idempotencyKey: "k"}}) {selection} }}'
    )


async def test_a_hundred_at_once_have_one_effect(portal: Any, cast: Cast) -> None:
    await cast.run("hospital_a", "tenants.set_quota", {"per_second": 1_000_000, "burst": 1_000_000})
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}", "accept-language": "en"}
    variables = {"d": cast.device_id("pump_a")}
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with (
        served(make_app(), free_port()) as url,
        httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60, trust_env=False) as client,
    ):

        async def ask(number: int) -> Any:
            body = {"query": report(SELECTIONS[number % len(SELECTIONS)]), "variables": variables}
            answer = await client.post("/graphql", json=body)
            told = answer.json()
            assert answer.status_code == 200, told
            assert "errors" not in told, told
            return told["data"]["reportFault"]

        answers = await asyncio.gather(*(ask(number) for number in range(AT_ONCE)))

    counted = await look(
        "SELECT (SELECT count(*) FROM ticket WHERE tenant_id = $1), (SELECT count(*) FROM audit_entry WHERE"
        " tenant_id = $1), (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND name = 'tickets.reported'),"
        " (SELECT count(*) FROM idempotency_key WHERE tenant_id = $1 AND key = 'k')",
        cast["hospital_a"],
    )
    assert tuple(counted[0]) == (1, 1, 1, 1)
    by_selection = [answers[n :: len(SELECTIONS)] for n in range(len(SELECTIONS))]
    for same in by_selection:
        assert all(answer == same[0] for answer in same)
    first, second, third, fourth = (same[0] for same in by_selection)
    assert first["number"] == second["ticket"]["number"]
    assert (first["version"], first["ticket"]["state"]) == (1, "TRIAGED")
    assert second["ticket"] == {
        "number": first["number"],
        "clinical": {"symptom": "报警"},
        "messages": {"totalCount": 0},
    }
    assert third["a"]["facility"]["code"] == cast.codes["hospital_a"]
    assert third["b"]["provider"]["code"] == cast.codes["vendor_v"]
    assert fourth == {"__typename": "TicketPayload"}
