"""Any valid document: random operations over the whole schema are answered in the shape that their types promise."""

import json
import random
from datetime import date, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from mendline_schema.schema import build_schema
from support.cast import Cast

OPERATIONS = 100
DEPTH = 4


class Author:
    """Writes documents that are valid, with aliases, fragments, directives and pages."""

    def __init__(self, seed: int, ids: dict[str, str]) -> None:
        self._random = random.Random(seed)
        self._ids = ids
        self._schema = build_schema()._schema

    def document(self) -> str:
        query = self._schema.query_type
        assert query is not None
        used = "used: __typename @skip(if: $no) @include(if: $yes)"
        variables = "query($yes: Boolean = true, $no: Boolean = false)"
        return self._selection(query, DEPTH).replace("{", f"{variables} {{ {used}", 1)

    def _selection(self, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLUnionType):
            return "{ __typename }"
        chosen = self._random.sample(sorted(type_.fields), min(len(type_.fields), self._random.randint(2, 6)))
        fields = [text for name in chosen if (text := self._field(name, type_.fields[name], depth))]
        if isinstance(type_, GraphQLInterfaceType):
            concrete = self._random.choice(self._schema.get_possible_types(type_))
            fields.append(f"... on {concrete.name} {self._selection(concrete, depth - 1)}")
        elif self._random.random() < 0.2:
            fields.append(f"... on {type_.name} @include(if: $yes) {{ t{self._random.randint(0, 9)}: __typename }}")
        return "{ __typename " + " ".join(fields) + " }"

    def _field(self, name: str, definition: Any, depth: int) -> str | None:
        named = get_named_type(definition.type)
        composite = isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        if composite and depth <= 0:
            return None
        alias = f"{name}_{self._random.randint(0, 999)}: " if self._random.random() < 0.3 else ""
        directive = self._random.choice(["", "", "", " @skip(if: $no)", " @include(if: $yes)", " @skip(if: $yes)"])
        inner = " " + self._selection(named, depth - 1) if composite else ""
        return f"{alias}{name}{self._arguments(name, definition)}{directive}{inner}"

    def _arguments(self, name: str, definition: Any) -> str:
        if "since" in definition.args:
            return self._random.choice(["", f"(first: {self._random.randint(1, 3)})"])
        if "first" in definition.args:
            size = self._random.choice(
                ["", f"first: {self._random.randint(0, 3)}", f"last: {self._random.randint(1, 3)}"]
            )
            order = self._random.choice(["", "order: ASC", "order: DESC"])
            given = ", ".join(part for part in (size, order) if part)
            return f"({given})" if given else ""
        if "ids" in definition.args:
            return f"(ids: {json.dumps(self._random.sample(sorted(self._ids.values()), 2))})"
        if "id" in definition.args:
            kind = self._random.choice(sorted(self._ids)) if name == "node" else name
            return f'(id: "{self._ids.get(kind, "xx_none")}")'
        return ""


def check(value: Any, type_: Any, path: str = "data") -> None:
    """The value has the shape of the type. Keys are looked up by their alias's stem."""
    if is_non_null_type(type_):
        assert value is not None, f"{path} is null"
        type_ = type_.of_type
    if value is None:
        return
    if is_list_type(type_):
        assert isinstance(value, list), path
        for n, item in enumerate(value):
            check(item, type_.of_type, f"{path}[{n}]")
    elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
        concrete = build_schema()._schema.type_map[value["__typename"]]
        assert isinstance(concrete, GraphQLObjectType)
        for key, item in value.items():
            name = key.rpartition("_")[0] if key.rpartition("_")[2].isdigit() else key
            if name in concrete.fields:
                check(item, concrete.fields[name].type, f"{path}.{key}")
    elif isinstance(type_, GraphQLEnumType):
        assert value in type_.values, f"{path} = {value}"
    else:
        _check_scalar(value, type_.name, path)


def _check_scalar(value: Any, name: str, path: str) -> None:
    kinds = {
        "Int": int,
        "MinorUnits": int,
        "Float": int | float,
        "String": str,
        "ID": str,
        "Boolean": bool,
        "UUID": str,
    }
    if name == "DateTime":
        assert datetime.fromisoformat(value).tzinfo is not None, path
    elif name == "Date":
        date.fromisoformat(value)
    elif name in kinds:
        assert isinstance(value, kinds[name]), f"{path} = {value!r}"


async def test_random_documents(portal: Any, cast: Cast, blobs: None) -> None:
    ticket = await portal.report()
    await portal.report(device="monitor_a")
    await cast.drain()
    offer = {"ticket": ticket, "technician": cast.member_id("technician_v")}
    await cast.run("dispatcher_v", "dispatch.offer_job", offer)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})
    await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "快"})
    facts = {"filename": "a.jpg", "media_type": "image/jpeg", "size": 3, "sha256": "0" * 64, "caption": "x"}
    await cast.run("technician_v", "fieldwork.attach_evidence", {"ticket": ticket, **facts})
    ids = {
        "ticket": ticket,
        "device": cast.device_id("pump_a"),
        "member": cast.member_id("technician_v"),
        "place": cast.place_id("ward_a"),
        "technician": cast.member_id("technician_v").replace("mb_", "te_"),
        "organisation": cast.organisation_id("hospital_a"),
    }
    query = build_schema()._schema.query_type
    for seed in range(OPERATIONS):
        document = Author(seed, ids).document()
        for who in ("engineer_a", "dispatcher_v"):
            answer = await portal.ask(who, document)
            if answer.data is None:
                assert set(answer.codes) <= {"too_many_nodes", "document_too_large"}, (answer.errors, document)
                continue
            assert set(answer.codes) <= {"forbidden"}, (answer.errors, document)
            try:
                check(answer.data, query)
            except (AssertionError, ValueError) as error:
                pytest.fail(f"seed {seed}, {who}: {error}\n{document}")
