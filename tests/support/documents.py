"""Random operations: valid, over the whole schema, with everything that GraphQL allows in a query."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

DEPTH = 6
FIELDS = 70
NODES = 6_000
"""Objects that an operation may ask for, every page counted as full; the house refuses more than 10,000."""

LIST = 100
"""Rows that a list without pages may have."""


class Word(str):
    """A word of an enum, which stands in a document without quotes."""

    __slots__ = ()


@dataclass(frozen=True)
class Operation:
    """A document, which of its operations is meant, and the values of its variables."""

    document: str
    name: str | None
    variables: dict[str, Any]


@dataclass
class Material:
    """Values that mean something: ids by their prefix, cursors by the list they belong to, texts and moments."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    cursors: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    moments: list[str] = field(default_factory=list)


GARBAGE_IDS = ("", "xx_none", "tk_", "tk_" + "A" * 43, "dv_" + "_" * 43, "zz_" + "B" * 43, "tk_AAAA\u0000", "🙂")
GARBAGE_CURSORS = ("", "nonsense", "WzEsMl0=", "bnVsbA==", "WyJhIl0=", "eyJhIjogMX0=")

BY_THE_CLOCK = {("Changes", "cursor"), ("Query", "readLog")}
"""Fields that are answered differently at each moment: the time of asking, and the log that asking itself fills."""

KINDS = {
    "assignee": "mb",
    "device": "dv",
    "member": "mb",
    "model": "md",
    "parent": "pl",
    "partner": "or",
    "place": "pl",
    "provider": "or",
    "technician": "te",
    "ticket": "tk",
}
"""The prefix of the ids that an argument of this name, or the `id` of a field of this name, takes."""


class Author:
    """Writes operations; the same seed writes the same ones."""

    def __init__(self, schema: GraphQLSchema, material: Material, seed: int) -> None:
        self._schema = schema
        self._material = material
        self._random = random.Random(seed)

    def operation(self) -> Operation:
        """The next operation."""
        self._variables: dict[str, tuple[str, str]] = {}
        self._values: dict[str, Any] = {}
        self._fragments: dict[str, tuple[str, str]] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._fields = self._nodes = self._aliases = self._directives = self._numbers = 0
        query = self._schema.query_type
        assert query is not None
        body = self._selection(query, DEPTH, 1, self._random.randint(1, 4))
        named = self._random.random() < 0.3
        given = ", ".join(f"${name}: {type_}{default}" for name, (type_, default) in self._variables.items())
        head = f"query {'Wanted' if named else ''}{f'({given})' if given else ''}"
        texts = [f"{head} {body}", *(f"fragment {n} on {on} {text}" for n, (on, text) in self._fragments.items())]
        if named and self._chance(0.4):
            texts.insert(self._random.randint(0, 1), "query Other { me { name } }")
        return Operation("\n".join(texts), "Wanted" if named else None, self._values)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _selection(self, type_: Any, depth: int, times: int, breadth: int = 0, alias: bool = False) -> str:
        """A selection set. alias: every field gets a name of its own, since others of other types stand beside it."""
        parts = []
        if not isinstance(type_, GraphQLUnionType):
            names = sorted(type_.fields)
            chosen = self._random.sample(names, min(len(names), breadth or self._random.randint(1, 6)))
            for name in chosen:
                parts += self._field(type_, name, depth, times, alias)
                if self._chance(0.08):  # the same again, merged
                    parts += self._field(type_, name, depth, times, alias)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = self._schema.get_possible_types(type_)
            for concrete in self._random.sample(possible, min(len(possible), self._random.randint(1, 3))):
                parts.append(
                    f"... on {concrete.name}{self._directive()} {self._selection(concrete, depth, times, alias=True)}"
                )
        elif depth > 0 and self._fields < FIELDS:
            parts += self._fragment_parts(type_, depth, times, alias)
        if not parts or self._chance(0.15):
            self._aliases += 1
            parts.append("__typename" if self._chance(0.5) else f"t{self._number()}: __typename")
        self._random.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _fragment_parts(self, type_: Any, depth: int, times: int, alias: bool) -> list[str]:
        parts = []
        if self._chance(0.15):
            condition = self._random.choice(["", f" on {type_.name}", *(f" on {i.name}" for i in type_.interfaces)])
            inner = type_ if not condition else self._schema.type_map[condition[4:]]
            if isinstance(inner, GraphQLInterfaceType):
                asked = self._field(inner, self._random.choice(sorted(inner.fields)), 0, times, alias)
                text = f"{{ {' '.join(asked) or '__typename'} }}"
            else:
                text = self._selection(inner, depth - 1, times, alias=alias)
            parts.append(f"...{condition}{self._directive()} {text}")
        if self._chance(0.12):
            known = [name for name, (on, _) in self._fragments.items() if on == type_.name]
            if known and not alias and self._chance(0.6):
                name = self._random.choice(known)
            else:
                text = self._selection(type_, depth - 1, times, alias=alias)
                name = f"F{self._number()}"
                self._fragments[name] = (type_.name, text)
            parts.append(f"...{name}{self._directive()}")
        return parts

    def _field(self, parent: Any, name: str, depth: int, times: int, alias: bool) -> list[str]:
        if (parent.name, name) in BY_THE_CLOCK:
            return []
        definition: GraphQLField = parent.fields[name]
        named = get_named_type(definition.type)
        composite = isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        rows = self._rows(parent, name, definition)
        if self._fields >= FIELDS or (composite and (depth <= 0 or self._nodes + rows * times > NODES)):
            return []
        self._fields += 1
        self._nodes += rows * times if composite else 0
        size = self._random.choice((0, 1, 2, 3, 3, 5)) if "first" in definition.args else 0
        if size and times * size > 300:
            size = 1
        key, arguments = self._named(parent, name, definition, alias, times, size)
        inner_times = times * max(1, LIST if rows == LIST else size)
        inner = f" {self._selection(named, depth - 1, inner_times)}" if composite else ""
        return [f"{key}{arguments}{self._directive()}{inner}"]

    def _rows(self, parent: Any, name: str, definition: GraphQLField) -> int:
        """What the house counts for it. Lists within JSON count as nothing, but who knows which those are."""
        if "first" in definition.args:
            return 5
        inner = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        return LIST if is_list_type(inner) and name not in ("nodes", "edges") else 1

    def _named(
        self, parent: Any, name: str, definition: GraphQLField, alias: bool, times: int, size: int
    ) -> tuple[str, str]:
        """The field with or without an alias, and its arguments: those that this key had here before."""
        key = name
        if (alias or self._chance(0.2)) and self._aliases < 40:
            self._aliases += 1
            key = f"{name}{parent.name if alias else ''}_{self._number() if alias or self._chance(0.7) else 0}"
        elif alias:
            key = f"{name}"
        if (parent.name, key) not in self._said:
            self._said[parent.name, key] = self._arguments(parent, name, definition, times, size)
        return (key if key == name else f"{key}: {name}"), self._said[parent.name, key]

    def _arguments(self, parent: Any, name: str, definition: GraphQLField, times: int, size: int) -> str:
        given: dict[str, Any] = {}
        arguments = definition.args
        if "since" in arguments:
            given = {"first": self._random.randint(0, 5)} if self._chance(0.9) else {}
            given |= {"since": self._cursor(f"{parent.name}.{name}")} if self._chance(0.6) else {}
        elif "last" in arguments:
            given |= self._page(f"{parent.name}.{name}", times, size)
            for argument in ("order", "orderBy", "filter"):
                if argument in arguments and self._chance(0.35):
                    given[argument] = self._value(arguments[argument].type, argument, name)
        else:
            required = [a for a, d in arguments.items() if is_required_argument(d)]
            others = [a for a in arguments if a not in required]
            count = self._random.choice((0, 1, 1, 1, 1, 1, 1, 2)) if not required else 0
            for argument in (*required, *self._random.sample(others, min(count, len(others)))):
                given[argument] = self._value(arguments[argument].type, argument, name)
        texts = [f"{argument}: {self._given(arguments[argument], value)}" for argument, value in given.items()]
        return f"({', '.join(texts)})" if texts else ""

    def _page(self, place: str, times: int, size: int) -> dict[str, Any]:
        given: dict[str, Any] = {}
        draw = self._random.random()
        if draw < 0.01:
            given = {"first": 2, "last": 2}
        elif draw < 0.02:
            given = {self._random.choice(("first", "last")): self._random.choice((-1, 101, 2**31 - 1))}
        elif draw < 0.06 and times == 1:
            given = self._random.choice(({}, {"first": None}, {"first": None, "last": 2}))
        else:
            given = {self._random.choice(("first", "first", "last")): size}
        for name, probability in (("after", 0.25), ("before", 0.2)):
            if self._chance(probability):
                given[name] = self._cursor(place)
        return given

    def _cursor(self, place: str) -> str | None:
        draw = self._random.random()
        if draw < 0.04:
            return self._random.choice((None, *GARBAGE_CURSORS))
        pools = self._material.cursors
        own = pools.get(place) or []
        if own and draw < 0.9:
            return self._random.choice(own)
        every = [cursor for pool in pools.values() for cursor in pool]
        return self._random.choice(every or list(GARBAGE_CURSORS))

    def _value(self, type_: Any, name: str, field_name: str) -> Any:
        """A value of an input type, as JSON; words of enums are marked."""
        if is_non_null_type(type_):
            return self._value(type_.of_type, name, field_name)
        if is_list_type(type_):
            several = [
                self._value(type_.of_type, name, field_name) for _ in range(self._random.choice((0, 1, 1, 2, 3)))
            ]
            return several[0] if len(several) == 1 and self._chance(0.3) else several  # one stands for a list of one
        if isinstance(type_, GraphQLEnumType):
            return Word(self._random.choice(sorted(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, field_name)
        match type_.name:
            case "ID":
                return self._id(name if name in KINDS else field_name)
            case "Boolean":
                return self._chance(0.5)
            case "Int":
                return self._random.choice((1, 2, 3, 4, 5, -1))
            case "DateTime":
                return self._random.choice((*self._material.moments, "2026-01-01", "2026-01-01T00:00:00"))
            case "String":
                known = self._material.texts.get(name, ["?"])
                return self._random.choice(known) if self._chance(0.9) else self._random.choice(("", "无", "a\u0000b"))
        raise AssertionError(f"no values for {type_}")

    def _object(self, type_: GraphQLInputObjectType, field_name: str) -> dict[str, Any]:
        required = [name for name, definition in type_.fields.items() if is_non_null_type(definition.type)]
        others = [name for name in type_.fields if name not in required]
        chosen = [*required, *self._random.sample(others, min(len(others), self._random.choice((0, 1, 1, 1, 2))))]
        made = {name: self._value(type_.fields[name].type, name, field_name) for name in chosen}
        if set(made) == {"system", "number"} and self._material.texts.get("pairs") and self._chance(0.7):
            made = dict(zip(("system", "number"), self._random.choice(self._material.texts["pairs"]), strict=True))
        return {name: (None if name not in required and self._chance(0.03) else value) for name, value in made.items()}

    def _id(self, name: str) -> str:
        draw = self._random.random()
        own = self._material.ids.get(KINDS.get(name, ""), [])
        if own and draw < 0.75:
            return self._random.choice(own)
        if draw < 0.93:
            return self._random.choice([one for pool in self._material.ids.values() for one in pool])
        return self._random.choice(GARBAGE_IDS)

    def _given(self, argument: GraphQLArgument, value: Any) -> str:
        """The value as it stands in the document: written out, or as a variable."""
        if not self._chance(0.4):
            return literal(value)
        name = f"v{self._number()}"
        type_ = str(argument.type)
        if type_.endswith("!") and argument.default_value is not None and self._chance(0.5):
            type_ = type_[:-1]
            if self._chance(0.1):
                value = None
        elif not type_.endswith("!") and value is not None and self._chance(0.3):
            type_ += "!"
        default = ""
        if value is not None and self._chance(0.3):
            default = f" = {literal(value)}"
            if self._chance(0.5):  # the default holds
                self._variables[name] = (type_, default)
                return f"${name}"
        if value is not None or not type_.endswith("!"):
            self._values[name] = plain(value)
        self._variables[name] = (type_, default)
        return f"${name}"

    def _directive(self) -> str:
        if self._directives >= 30 or not self._chance(0.12):
            return ""
        self._directives += 1
        name = self._random.choice(("include", "skip"))
        if self._chance(0.1):
            self._directives += 1
            return f"{self._one_directive(name)}{self._one_directive('skip' if name == 'include' else 'include')}"
        return self._one_directive(name)

    def _one_directive(self, name: str) -> str:
        wanted = self._chance(0.75) == (name == "include")
        if self._chance(0.4):
            return f" @{name}(if: {str(wanted).lower()})"
        variable = f"b{self._number()}"
        if self._chance(0.5):
            self._variables[variable] = ("Boolean!", "")
            self._values[variable] = wanted
        else:
            self._variables[variable] = ("Boolean!" if self._chance(0.5) else "Boolean", f" = {str(wanted).lower()}")
        return f" @{name}(if: ${variable})"

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case Word():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=True)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Word():
            return str(value)
        case Mapping():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value
