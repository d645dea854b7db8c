"""Schemathesis: operations that it writes from the committed schema, right ones and wrong ones, to a served house."""

import json
from collections.abc import Iterator
from pathlib import Path

import schemathesis
from graphql import IntValueNode, StringValueNode
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis import strategies as some
from schemathesis import GenerationMode

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"

LEFT_OUT = {"Mutation.logout"}
"""It ends the session that all others need."""


def _texts(*values: some.SearchStrategy[str]) -> some.SearchStrategy[StringValueNode]:
    return some.one_of(*values).map(lambda value: StringValueNode(value=value))


schemathesis.graphql.scalar("DateTime", _texts(some.datetimes().map(lambda t: t.isoformat() + "Z"), some.text()))
schemathesis.graphql.scalar("Date", _texts(some.dates().map(str), some.text()))
schemathesis.graphql.scalar("UUID", _texts(some.uuids().map(str)))
schemathesis.graphql.scalar("MinorUnits", some.integers(-(10**15), 10**15).map(lambda n: IntValueNode(value=str(n))))
schemathesis.graphql.scalar("JSON", _texts(some.text()))


def faults_of(url: str, token: str, examples: int, start: int = 0) -> Iterator[tuple[str, int, str, str]]:
    """Sends `examples` of each kind for every operation. Answers (operation, status, answer, document) of each."""
    schema = schemathesis.graphql.from_path(SCHEMA)
    schema.config.update(base_url=url)
    headers = {"authorization": f"Bearer {token}"}
    found: list[tuple[str, int, str, str]] = []
    for known in schema.get_all_operations():
        operation = known.ok()
        if operation.label in LEFT_OUT:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send(operation.label, operation.as_strategy(generation_mode=mode), examples, start, headers, found)
            yield from found
            found.clear()


def _send(
    label: str,
    cases: some.SearchStrategy[schemathesis.Case],
    examples: int,
    start: int,
    headers: dict[str, str],
    found: list[tuple[str, int, str, str]],
) -> None:
    @seed(start)
    @how(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        found.append((label, answer.status_code, answer.text, json.dumps(case.body)[:1_000]))

    send()
