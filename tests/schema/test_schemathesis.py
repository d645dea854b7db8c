"""Schemathesis writes operations from the schema; every one is answered, and with nothing of our machinery."""

import asyncio
from typing import Any

from mendline.kernel import run
from mendline_schema.schema import build_schema
from mendline_tenants import system_actor
from support.battering import tells
from support.cast import Cast
from support.schemathesis_cases import LEFT_OUT, faults_of
from support.sockets import served


async def test_every_operation(portal: Any, cast: Cast, blobs: None) -> None:
    quota = {"per_second": 1_000_000, "burst": 10_000_000}
    await run(system_actor(cast["hospital_a"]), "tenants.set_quota", quota)
    await portal.get("admin_a", "{ me { name } }")
    async with served() as port:
        url, token = f"http://127.0.0.1:{port}/graphql", await portal.token("admin_a")
        answers = await asyncio.to_thread(lambda: list(faults_of(url, token, 2)))
    bad = [
        f"{label}: {told} {text[:300]} to {sent}"
        for label, status, text, sent in answers
        if (told := tells(str(status), text, sent))
    ]
    assert not bad, f"{len(bad)} of {len(answers)}:\n" + "\n".join(bad[:10])
    schema = build_schema()._schema
    assert schema.query_type and schema.mutation_type
    roots = [f"{root.name}.{name}" for root in (schema.query_type, schema.mutation_type) for name in root.fields]
    assert {label for label, *_ in answers} == set(roots) - LEFT_OUT
