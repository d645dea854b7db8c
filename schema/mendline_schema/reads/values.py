"""What a compiled statement is given when it runs: variables, the actor, and how each parameter is read from them."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues

from mendline.kernel import DomainError, say
from mendline_schema.reads.variables import arguments_of
from mendline_tenants import ROLES, Actor

MERGED = 8
"""The longest list of words whose pages are merged, one for each word; of longer lists the length tells nothing."""


class Unreadable(Exception):
    """Arguments of these fields are no values that could be asked for.

    causes: the reason by the identity of the field's node. A fragment puts one node in many places, whose arguments are
    read once for all of them.
    """

    def __init__(self, causes: Mapping[int, DomainError]) -> None:
        super().__init__(", ".join(str(cause) for cause in causes.values()))
        self.causes = causes


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
            given = self._arguments[id(node)] = arguments_of(definition, node, self.variables)
        for name in path:
            given = given.get(name) if given is not None else None
        return given

    def once(self, key: Hashable, read: "Reader") -> Any:
        """What an argument means, made out once however many parameters are taken from it."""
        if key not in self._parsed:
            self._parsed[key] = read(self)
        return self._parsed[key]


Reader = Callable[[Inputs], Any]


def read_all(readers: Iterable[Reader], inputs: Inputs) -> list[Any]:
    """The values of all parameters. Raises Unreadable for all those together that cannot be read."""
    values: list[Any] = []
    causes: dict[int, DomainError] = {}
    for read in readers:
        try:
            values.append(read(inputs))
        except Unreadable as fault:
            causes |= fault.causes
    if causes:
        raise Unreadable(causes)
    return values


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

    def used(self, sql: str) -> tuple[str, tuple[Reader, ...], tuple[Reader, ...]]:
        """The statement with its parameters numbered anew, without those of parts that were left out after all.

        Their readers come last, on their own: what was given there must be a value all the same.
        """
        numbers: dict[str, int] = {}

        def renumbered(match: re.Match[str]) -> str:
            return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

        sql = re.sub(r"\$(\d+)", renumbered, sql)
        spare = (read for number, read in enumerate(self.readers, 1) if str(number) not in numbers)
        return sql, tuple(self.readers[int(number) - 1] for number in numbers), tuple(spare)

    def scope(self) -> dict[str, "Lazy"]:
        """The words that every SQL expression may use: who asks, and the row that a result or a message names."""
        return {
            "organisation": Lazy(lambda: self.place("organisation", lambda i: i.actor.organisation, "::uuid")),
            "actor": Lazy(lambda: self.place("actor", lambda i: i.actor.id, "::uuid")),
            "session": Lazy(lambda: self.place("session", lambda i: i.actor.session, "::uuid")),
            "locale": Lazy(lambda: self.place("locale", lambda i: i.actor.locale, "::text")),
            "roles": Lazy(lambda: self.place("roles", lambda i: _role_words(i.actor.locale), "::jsonb")),
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


@cache
def _role_words(locale: str) -> dict[str, str]:
    return {role: say(f"role.{role}", locale) for role in (*ROLES, "api_key")}


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


def kind_of(id: Any) -> str | None:
    """The prefix of a text that has the form of an opaque id; None for any other, which names nothing."""
    return id[:2] if isinstance(id, str) and len(id) == 46 and id[2] == "_" else None


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
            return (
                "list",
                min(len(value), MERGED + 1),
                frozenset(shape(item) for item in value if isinstance(item, str)),
            )
        case str() if kind_of(value):
            return ("id", kind_of(value))
        case _:
            return "value"
