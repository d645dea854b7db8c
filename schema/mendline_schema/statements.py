"""Statements: compiled once for each document and shape of variables, kept, and run under row-level security."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues

from mendline.kernel import fetchval, in_transaction, read, transaction
from mendline_schema.binding import Bindings
from mendline_schema.finishers import Finishers, new_mark
from mendline_schema.plan import Planner
from mendline_schema.sql import Refusal, Writer
from mendline_schema.values import Inputs, Reader, shape
from mendline_tenants import Actor, Presumed

DEADLINE = 10.0
"""Seconds that one statement may take."""

KEPT = 1_000
"""Statements that one process keeps; the one longest unused goes first."""


class Unproven(Exception):
    """The actor is not any more who it was presumed to be: the session has ended, a role was given or taken."""


@dataclass(frozen=True)
class Statement:
    """A compiled statement: its SQL, how each parameter is read, what was refused and what Python must finish."""

    sql: str
    readers: tuple[Reader, ...]
    refusals: tuple[Refusal, ...]
    finishers: Finishers
    _proving: dict[bool, str] = field(default_factory=dict)

    async def answer(self, inputs: Inputs) -> msgspec.Raw | None:
        """The JSON that Postgres wrote, or None for SQL NULL; in the transaction that is open, or in one of its own.

        Raises TimeoutError after DEADLINE.
        """
        values = self._values(inputs)
        # In a command's transaction already where a mutation's payload is read.
        own = nullcontext() if in_transaction() else transaction(inputs.actor.organisation)
        async with asyncio.timeout(DEADLINE), own:
            return self._finished(await fetchval(self.sql, *values), inputs)

    async def answer_for(self, presumed: Presumed, inputs: Inputs) -> msgspec.Raw | None:
        """The same, for an actor who is presumed: the statement also tells whether it is still the one it was.

        Raises Unproven when it is not; then nothing was answered and nothing is stored. Raises TimeoutError after
        DEADLINE.
        """
        values = self._values(inputs)
        is_key = presumed.claim.is_key
        sql = self._proving.get(is_key)
        if sql is None:
            sql = self._proving[is_key] = f"{self.sql}, {presumed.proof(len(values))}"

        def proven(row: asyncpg.Record) -> None:
            if row[1] != presumed.facts:
                raise Unproven

        async with asyncio.timeout(DEADLINE):
            row = await read(inputs.actor.organisation, sql, *values, *presumed.values(), check=proven)
        return self._finished(row[0], inputs)

    def _values(self, inputs: Inputs) -> list[Any]:
        if self.finishers:
            inputs.extra["mark"] = new_mark()
        return [read(inputs) for read in self.readers]

    def _finished(self, json: str | None, inputs: Inputs) -> msgspec.Raw | None:
        if json is None:
            return None
        return msgspec.Raw(self.finishers.finish(json, inputs.extra["mark"]) if self.finishers else json)


@dataclass(frozen=True)
class Request:
    """What a statement is compiled from: an operation of a document, with its variables."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues

    @property
    def key(self) -> Hashable:
        """The same for requests that have the same statement."""
        source = self.operation.loc.source.body if self.operation.loc else id(self.operation)
        name = self.operation.name.value if self.operation.name else ""
        return source, name, shape(self.variables.coerced)

    def planner(self) -> Planner:
        """A planner over this request's fragments and variables."""
        return Planner(self.schema, self.fragments, self.variables)


class Statements:
    """The compiled statements of this process."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self._kept: OrderedDict[Hashable, Statement] = OrderedDict()

    def of_query(self, request: Request, actor: Actor) -> Statement:
        """The statement of a whole query."""
        key = ("query", actor.permissions, request.key)
        return self._kept_under(key) or self._keep(key, self._compile_query(request, actor))

    def of_field(
        self,
        request: Request,
        actor: Actor,
        parent: GraphQLObjectType,
        nodes: list[FieldNode],
        path: tuple[str, ...],
    ) -> Statement:
        """The statement of one field that the ordinary executor has come to, such as a mutation's ticket."""
        key = (path, actor.permissions, request.key)
        return self._kept_under(key) or self._keep(key, self._compile_field(request, actor, parent, nodes, path))

    def _compile_query(self, request: Request, actor: Actor) -> Statement:
        writer = Writer(self.bindings, actor.permissions)
        root = request.schema.query_type
        assert root is not None
        wanted = request.planner().fields(root, [request.operation.selection_set])
        return _made(writer, writer.object(root.name, "", wanted))

    def _compile_field(
        self,
        request: Request,
        actor: Actor,
        parent: GraphQLObjectType,
        nodes: list[FieldNode],
        path: tuple[str, ...],
    ) -> Statement:
        writer = Writer(self.bindings, actor.permissions)
        selected = request.planner().field(parent, path[-1], nodes, path[:-1])
        field = self.bindings.types[parent.name].fields[selected.name]
        return _made(writer, writer.value(field, "", selected))

    def _kept_under(self, key: Hashable) -> Statement | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: Hashable, statement: Statement) -> Statement:
        self._kept[key] = statement
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return statement


def _made(writer: Writer, json: str) -> Statement:
    sql, readers = writer.parameters.used(f"SELECT {json}")
    return Statement(sql, readers, tuple(writer.refusals), writer.finishers)
