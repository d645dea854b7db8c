"""JSON is the same whether it is built from values or joined from texts."""

import json
from typing import Any

import pytest

from mendline_schema.reads.json_sql import Json, json_list, json_name, json_object
from support.database import look

VALUES = {
    "text": "'a \"quoted\" \\ text, and 输液泵'",
    "number": "7",
    "truth": "true",
    "moment": "'2026-11-25T01:02:03.4Z'::timestamptz",
    "id": "'019f4251-ccb6-7523-9ed6-9383942b4f75'::uuid",
    "list": "ARRAY['a', NULL]",
    "nothing": "NULL",
    "no_text": "NULL::text",
}
BARE = {"count": "12345678901", "is": "false", "json": """'{"a": [1, null]}'::jsonb""", "none": "NULL::int"}


async def told(sql: str) -> Any:
    return json.loads((await look(f"SELECT ({sql})::text AS told"))[0]["told"])


def pairs(joined: bool) -> list[tuple[str, str]]:
    inner = json_object([("b", "'c'::text")], joined)
    missing = inner.within("(SELECT ", " WHERE false)")
    found = [(name, sql if sql == "NULL" else f"({sql})") for name, sql in VALUES.items()]
    found = [(name, f"{sql}::text" if name == "text" else sql) for name, sql in found]
    found += [(name, Json(f"({sql})")) for name, sql in BARE.items()]
    return [*found, ("named", json_name("Ticket", joined)), ("inner", inner), ("missing", missing)]


async def test_both_ways_give_the_same(database: None) -> None:
    built, joined = [await told(json_object(pairs(way), way)) for way in (False, True)]
    assert built == joined
    assert list(built) == list(joined) == [name for name, _ in pairs(True)]
    assert built["json"] == {"a": [1, None]}
    assert built["missing"] is built["nothing"] is built["none"] is None


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("size", [0, 1, 45, 46, 90, 200])
async def test_an_object_may_have_more_fields_than_a_function_arguments(
    database: None, joined: bool, size: int
) -> None:
    names = [f"f{place}" for place in range(size)]
    assert await told(json_object([(name, f"'{name}'::text") for name in names], joined)) == {n: n for n in names}


@pytest.mark.parametrize("joined", [False, True])
async def test_a_list_holds_every_row_in_order(database: None, joined: bool) -> None:
    listed = json_list("n", joined, " ORDER BY n DESC", " FILTER (WHERE n > 1 OR n IS NULL)")
    assert await told(f"(SELECT {listed} FROM unnest(ARRAY[1, 3, NULL, 2]) n)") == [None, 3, 2]
    assert await told(f"(SELECT {listed} FROM unnest(ARRAY[1]) n)") == []
