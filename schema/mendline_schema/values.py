"""What a compiled statement is given when it runs: variables, the actor, and how each parameter is read from them."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField, get_argument_values
from graphql.execution.values import VariableValues

from mendline_tenants import Actor


@dataclass
class Inputs:
    """One run of a statement: the request's variables, who asks, and further values by name."""

    variables: VariableValues
    actor: Actor
    extra: dict[str, Any] = field(default_factory=dict)
    _arguments: dict[int, dict[str, Any]] = field(default_factory=dict)
    _parsed: dict[Hashable, Any] = field(default_factory=dict)

    def argument(self, definition: GraphQLField, node: FieldNode, path: tuple[str, ...]) -> Any:
        """The value of a field's argument, or of a field within it; None when it was not given."""
        given: Any = self._arguments.get(id(node))
        if given is None:
            given = self._arguments[id(node)] = get_argument_values(definition, node, self.variables)
        for name in path:
            given = given.get(name) if given is not None else None
        return given

    def parsed(self, key: Hashable, parse: Callable[[Any], Any], read: "Reader") -> Any:
        """What an argument means, made out once however many parameters are taken from it."""
        if key not in self._parsed:
            self._parsed[key] = parse(read(self))
        return self._parsed[key]


Reader = Callable[[Inputs], Any]


class Parameters:
    """The parameters of one statement, numbered as they are first needed."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self._numbers: dict[Hashable, str] = {}

    def place(self, key: Hashable, read: Reader, cast: str = "") -> str:
        """Where the value stands in the SQL; the same key has one place."""
        if key not in self._numbers:
            self.readers.append(read)
            self._numbers[key] = f"${len(self.readers)}{cast}"
        return self._numbers[key]

    def named(self, name: str, cast: str = "") -> str:
        """The place of a further value that whoever runs the statement gives."""
        return self.place(("extra", name), lambda inputs: inputs.extra[name], cast)

    def used(self, sql: str) -> tuple[str, tuple[Reader, ...]]:
        """The statement with its parameters numbered anew, without those of parts that were left out after all."""
        numbers: dict[str, int] = {}

        def renumbered(match: re.Match[str]) -> str:
            return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

        return re.sub(r"\$(\d+)", renumbered, sql), tuple(self.readers[int(number) - 1] for number in numbers)

    def scope(self) -> dict[str, "Lazy"]:
        """The words that every SQL expression may use: who asks, and the row that a result or a message names."""
        return {
            "organisation": Lazy(lambda: self.place("organisation", lambda i: i.actor.organisation, "::uuid")),
            "actor": Lazy(lambda: self.place("actor", lambda i: i.actor.id, "::uuid")),
            "locale": Lazy(lambda: self.place("locale", lambda i: i.actor.locale, "::text")),
            "viewer": Lazy(lambda: self.place("viewer", lambda i: viewer(i.actor), "::jsonb")),
            "tenant": Lazy(lambda: self.named("tenant", "::uuid")),
            "id": Lazy(lambda: self.named("id", "::uuid")),
            "initial": Lazy(lambda: self.named("initial", "::boolean")),
        }


class Lazy:
    """Text for an SQL template that is made only if the template names it."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __str__(self) -> str:
        return self._make()

    def __format__(self, _: str) -> str:
        return self._make()


class Components:
    """An argument's value in an SQL template: `{value}`, or `{value.name}` for an attribute of what was parsed."""

    def __init__(self, parameters: Parameters, key: Hashable, read: Reader) -> None:
        self._parameters = parameters
        self._key = key
        self._read = read

    def __format__(self, _: str) -> str:
        return self._parameters.place(self._key, self._read)

    def __getattr__(self, name: str) -> str:
        read = self._read
        return self._parameters.place((self._key, name), lambda inputs: getattr(read(inputs), name, None))


def viewer(actor: Actor) -> dict[str, Any]:
    """The actor as JSON, for `me`."""
    return {
        "id": str(actor.id),
        "kind": actor.kind,
        "name": actor.name,
        "roles": list(actor.roles),
        "permissions": sorted(actor.permissions),
        "channel": actor.channel,
        "locale": actor.locale,
        "unit_account": actor.unit_account,
        "quota": _quota(actor),
    }


def _quota(actor: Actor) -> dict[str, Any] | None:
    if actor.quota is None:
        return None
    rate = actor.quota.rate
    return {
        "per_second": int(rate.per_second),
        "burst": rate.burst,
        "sockets": actor.quota.sockets,
        "trusted_documents": actor.quota.trusted_documents,
    }


def shape(value: Any) -> Hashable:
    """What of a variable may change the statement itself: whether it is there, its choice, its number, its length.

    Statements are cached by it; texts, times and the rest of an id are parameters. Of a text only the prefix of an
    opaque id counts, since it says which table is meant.
    """
    match value:
        case None | bool() | int() | Enum():
            return (type(value).__name__, value)
        case dict():
            return tuple(sorted((name, shape(item)) for name, item in value.items()))
        case list():
            return ("list", min(len(value), 2))
        case str() if len(value) == 46:
            return value[:3]
        case _:
            return "value"
