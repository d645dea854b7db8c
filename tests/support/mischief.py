"""Mischief: requests as an attacker or a broken client sends them, written from the schema, the same for the same seed.

An operation is valid but for one or two values; a request is right but for its body, its head or its framing.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from support.hostile import DOCUMENTS, HEADS, KINDS, MARKS, METHODS, NUMBERS, PATHS, TEXTS, TIMES

JSON_HEAD = {"content-type": "application/json"}


@dataclass(frozen=True)
class Request:
    """One HTTP request; `who` sends it (None: a stranger). kind: what is wrong with it, in a word."""

    kind: str
    body: bytes
    who: str | None = None
    method: str = "POST"
    path: str = "/graphql"
    head: dict[str, str] = field(default_factory=lambda: dict(JSON_HEAD))


@dataclass(frozen=True)
class Frames:
    """What one WebSocket sends, in order."""

    kind: str
    frames: list[str | bytes]
    who: str | None = None


Attack = Request | Frames


class Mischief:
    """Writes attacks. ids: opaque ids by their kind's prefix, own and foreign. people: who has a session."""

    def __init__(self, schema: GraphQLSchema, seed: int, ids: list[str], people: list[str]) -> None:
        self._schema = schema
        self._random = random.Random(seed)
        self._ids = ids
        self._people = people

    def attacks(self, number: int) -> Iterator[Attack]:
        """So many attacks; most are operations, which reach deepest."""
        kinds: list[tuple[Callable[[], Attack], int]] = [
            (self._operation, 60),
            (self._document, 8),
            (self._broken_body, 10),
            (self._wrong_shape, 5),
            (self._wrong_kind, 5),
            (self._wrong_head, 6),
            (self._frames, 6),
        ]
        makers, weights = zip(*kinds, strict=True)
        for _ in range(number):
            yield self._random.choices(makers, weights)[0]()

    # operations

    def _operation(self) -> Request:
        told = self.operation()
        streams = told["query"].startswith("subscription") and self._random.random() < 0.5
        head = {**JSON_HEAD, "accept": "text/event-stream"} if streams else JSON_HEAD
        return Request("operation", self._encoded(told), self._somebody(), head=head)

    def operation(self) -> dict[str, Any]:
        """An operation with one or two values that are not what they should be."""
        word = self._random.choice(["query", "query", "mutation", "mutation", "mutation", "subscription"])
        root = {
            "query": self._schema.query_type,
            "mutation": self._schema.mutation_type,
            "subscription": self._schema.subscription_type,
        }[word]
        assert root is not None
        name = self._random.choice(sorted(root.fields))
        definition = root.fields[name]
        variables: dict[str, Any] = {}
        declared, given = [], []
        hostile = self._random.random() < 0.85
        for argument, type_ in definition.args.items():
            if is_required_argument(type_) or self._random.random() < 0.7:
                declared.append(f"${argument}: {type_.type}")
                given.append(f"{argument}: ${argument}")
                variables[argument] = self.value(type_.type, hostile, 0)
        head = f"{word} M({', '.join(declared)})" if declared else word
        call = f"{name}({', '.join(given)})" if given else name
        body = self._selection(get_named_type(definition.type), 2)
        told: dict[str, Any] = {"query": f"{head} {{ {call}{body} }}", "variables": variables}
        if variables and self._random.random() < 0.1:
            variables[self._random.choice(sorted(variables))] = self.hostile(0)
        return told

    def _selection(self, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLUnionType):
            return " { __typename }"
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            return ""
        chosen = self._random.sample(sorted(type_.fields), min(len(type_.fields), 4))
        texts = ["__typename"]
        for name in chosen:
            definition = type_.fields[name]
            named = get_named_type(definition.type)
            composite = isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
            if any(is_required_argument(argument) for argument in definition.args.values()):
                continue
            if not composite or depth > 0:
                texts.append(name + self._selection(named, depth - 1))
        return " { " + " ".join(texts) + " }"

    def value(self, type_: Any, hostile: bool, depth: int) -> Any:
        """A value of an input type; where `hostile`, now and then one that is not."""
        if hostile and self._random.random() < 0.03:
            return self.hostile(depth)
        if is_non_null_type(type_):
            return self.value(type_.of_type, hostile, depth)
        if is_list_type(type_):
            return [self.value(type_.of_type, hostile, depth + 1) for _ in range(self._random.randint(0, 3))]
        if isinstance(type_, GraphQLEnumType):
            return self._random.choice([*sorted(type_.values), *(["NOPE"] if hostile else [])])
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self.value(one.type, hostile, depth + 1)
                for name, one in type_.fields.items()
                if is_required_input_field(one) or self._random.random() < 0.5
            }
        return self._scalar(type_.name, hostile)

    def _scalar(self, name: str, hostile: bool) -> Any:
        hostile = hostile and self._random.random() < 0.5
        match name:
            case "ID":
                return self._id()
            case "Int" | "MinorUnits":
                return (
                    self._random.choice([*NUMBERS, -1, 0, 2**31 - 1, -(2**31)])
                    if hostile
                    else self._random.randint(0, 9)
                )
            case "Float":
                return self._random.choice(NUMBERS if hostile else [31.2, 121.5, 0, -3])
            case "Boolean":
                return self._random.random() < 0.5
            case "DateTime" | "Date" | "Time":
                return self._random.choice(TIMES if hostile else TIMES[:1])
            case "JSON":
                return self.hostile(0)
            case _:
                return (
                    self._random.choice(TEXTS) if hostile else self._random.choice(["pump", "SB-0001", "王护士", "1"])
                )

    def _id(self) -> str:
        known = self._random.choice(self._ids)
        mangled = [known[:-1] + "B", known[::-1], known.upper(), known + "=", "xx" + known[2:], known[:20], known * 3]
        return self._random.choice([known] * 6 + mangled)

    def hostile(self, depth: int) -> Any:
        """Anything but what was asked for."""
        choice = self._random.randint(0, 8)
        if choice <= 2:
            return self._random.choice(TEXTS)
        if choice <= 4:
            return self._random.choice(NUMBERS)
        if choice == 5 and depth < 3:
            return [self.hostile(depth + 1) for _ in range(self._random.randint(0, 4))]
        if choice == 6 and depth < 3:
            return {self._random.choice(TEXTS)[:50]: self.hostile(depth + 1) for _ in range(self._random.randint(0, 4))}
        if choice == 7:
            nested: Any = None
            for _ in range(self._random.choice([5, 15, 60, 300])):
                nested = [nested] if self._random.random() < 0.5 else {"a": nested}
            return nested
        return self._random.choice([None, list(range(3_000)), {str(n): n for n in range(500)}])

    # requests

    def _document(self) -> Request:
        document = self._random.choice([*DOCUMENTS, *TEXTS])
        if self._random.random() < 0.4:  # a valid one, bent at random
            document = self.operation()["query"]
            place = self._random.randrange(len(document))
            piece = self._random.choice(MARKS)
            document = document[:place] + piece + document[place + self._random.randint(0, 3) :]
        return Request("document", self._encoded({"query": document}), self._somebody())

    def _broken_body(self) -> Request:
        body = self._encoded(self.operation())
        place = self._random.randrange(1, len(body))
        broken = self._random.choice(
            [
                body[:place],
                body[:place] + bytes([self._random.randrange(256)]) + body[place + 1 :],
                body[:place] + b"\xff\xfe\xed\xa0\x80" + body[place:],
                self._random.randbytes(self._random.randint(0, 2_000)),
                b"\x1f\x8b\x08" + body,
                body + body,
                body.replace(b":", b"=", 1),
                body.replace(b'"', b"'"),
                b'{"query": "{ me { name } }", "variables": {"a": NaN, "b": 1e999, "c": -Infinity}}',
                b'{"query": ' * self._random.randint(1, 200),
                b"[" * self._random.randint(1, 50_000),
                b" " * 100_000 + body,
                b'{"query": "' + b"\\u0000" * 5_000 + b'"}',
                b"x" * 1_048_577,
            ]
        )
        return Request("body", broken, self._somebody())

    def _wrong_shape(self) -> Request:
        told = self._random.choice(
            [
                [self.operation()] * 3,
                self._random.choice([None, True, 7, "x", [], [[]], {}]),
                {**self.operation(), "operationName": self.hostile(0)},
                {**self.operation(), "extensions": self.hostile(0)},
                {**self.operation(), "variables": self.hostile(0)},
                {"query": self.hostile(0)},
                {"documentId": self.hostile(0)},
                {"documentId": "sha256:" + "0" * 64, "query": "{ me { name } }"},
                {"query": {"query": "{ me { name } }"}},
            ]
        )
        return Request("shape", self._encoded(told), self._somebody())

    def _wrong_kind(self) -> Request:
        body = self._encoded(self.operation())
        parts = [
            body,
            b"query=%7B+me+%7B+name+%7D+%7D",
            b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n' + body + b"\r\n--x--\r\n",
            b'--x\r\ncontent-disposition: form-data; name="operations"; filename="\xff\x00"\r\n\r\n',
            b"--x\r\n\r\n--x" * 50,
        ]
        kind = self._random.choice(KINDS)
        return Request("kind", self._random.choice(parts), self._somebody(), head={"content-type": kind})

    def _wrong_head(self) -> Request:
        head = dict(JSON_HEAD)
        for _ in range(self._random.randint(1, 3)):
            name, values = self._random.choice(HEADS)
            head[name] = self._random.choice(values)
        method = self._random.choice(METHODS) if self._random.random() < 0.2 else "POST"
        path = self._random.choice(PATHS) if self._random.random() < 0.2 else "/graphql"
        return Request("head", self._encoded(self.operation()), self._somebody(), method, path, head)

    def _frames(self) -> Frames:
        def told(value: Any) -> str:
            return self._encoded(value).decode(errors="replace")

        def frame() -> str | bytes:
            wrong = {"type": self.hostile(1), "id": self.hostile(1), "payload": self.hostile(0)}
            named = self._random.choice(["1", "1", "2", ""])
            subscribe = {"type": "subscribe", "id": named, "payload": self.operation()}
            return self._random.choice(
                [
                    told(subscribe),
                    told({**subscribe, "payload": self.hostile(0)}),
                    told({**subscribe, "id": self.hostile(0)}),
                    told(wrong),
                    told({"type": "complete", "id": self._random.choice(["1", "9", None])}),
                    told({"type": self._random.choice(["ping", "pong", "connection_init", "next", "start", "stop"])}),
                    told(self.hostile(0)),
                    told(subscribe)[: self._random.randint(1, 40)],
                    self._random.randbytes(self._random.randint(0, 300)),
                    "{" * self._random.randint(1, 3_000),
                ]
            )

        return Frames("frames", [frame() for _ in range(self._random.randint(1, 6))], self._somebody())

    def _somebody(self) -> str | None:
        return self._random.choice([*self._people, None]) if self._random.random() < 0.3 else self._people[0]

    def _encoded(self, value: Any) -> bytes:
        """JSON as a careless client writes it: half surrogates go through, and so do numbers that are none."""
        return json.dumps(value, ensure_ascii=self._random.random() < 0.7).encode(errors="surrogatepass")
