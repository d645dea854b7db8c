"""Statements: compiled once for each document and shape of variables, kept, and run under row-level security."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
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

from mendline.kernel import LRU, DomainError, fetchval, in_transaction, read, settings, transaction
from mendline_schema.admission.documents import trusted_texts
from mendline_schema.reads.binding import Bindings
from mendline_schema.reads.columns import name_columns
from mendline_schema.reads.finishers import Finishers, new_mark
from mendline_schema.reads.plan import Planner
from mendline_schema.reads.recording import IF_PROVEN
from mendline_schema.reads.refusals import Fault, Refusal
from mendline_schema.reads.sql import Faults, Writer
from mendline_schema.reads.values import Inputs, Reader, Unreadable, read_all, shape
from mendline_tenants import Actor, Presumed

STATEMENT_DEADLINE = 10.0
"""Seconds that one statement may take, of those of its operation."""

REFUSED = "MD001"
"""The SQLSTATE with which a function of ours refuses; its message is the code of the refusal."""

TOO_LARGE = b"too large"
"""Stands for an answer that Postgres did not send; no JSON is written so."""

KEPT = 16 * 1024 * 1024
"""Bytes of the statements that one process keeps, as estimated by `_weight`; the one longest unused goes first."""

PINNED = 500
"""Statements of trusted documents that are kept for good, whatever else is asked."""


class Unproven(Exception):
    """The actor is not any more who it was presumed to be: the session has ended, a role was given or taken."""


Answer = tuple[msgspec.Raw | None, tuple[Refusal | Fault, ...]]
"""What was read, and why fields within it are null that its reader asked for."""


@dataclass(frozen=True)
class Statement:
    """A compiled statement: its SQL, how each parameter is read, what was refused and what Python must finish.

    spare: readers of what the SQL needs not and must be a value all the same.
    records: whether it also writes into the read log.
    """

    sql: str
    readers: tuple[Reader, ...]
    refusals: tuple[Refusal | Fault, ...]
    finishers: Finishers
    records: bool
    spare: tuple[Reader, ...]
    _proving: dict[bool, str] = field(default_factory=dict)

    async def answer(self, inputs: Inputs) -> Answer:
        """The JSON that Postgres wrote, or None for SQL NULL, with what was refused.

        Runs in the transaction that is open, or in one of its own. Raises TimeoutError after STATEMENT_DEADLINE,
        Unreadable for arguments that are no values, and DomainError for what a function of ours refuses,
        answer_too_large and too_many_finished.
        """
        values = self.values(inputs)
        # In a command's transaction already where a mutation's payload is read.
        own = nullcontext() if in_transaction() else transaction(inputs.actor.organisation, durable=not self.records)
        with _refusals():
            async with asyncio.timeout(STATEMENT_DEADLINE), own:
                json = await fetchval(self.sql, *values)
        return await self._finished(json, inputs)

    async def answer_for(self, presumed: Presumed, inputs: Inputs) -> Answer:
        """The same, for an actor who is presumed: the statement also tells whether it is still the one it was.

        Raises Unproven when it is not; then nothing was answered and nothing is stored. Raises what `answer` raises.
        """
        given = (*self.values(inputs), *presumed.values())
        is_key = presumed.claim.is_key
        sql = self._proving.get(is_key) or self._proving.setdefault(is_key, self._proving_sql(presumed))
        with _refusals():
            row = await read(
                inputs.actor.organisation, sql, *given, durable=not self.records, deadline=STATEMENT_DEADLINE
            )
        if row[1] is not True:
            raise Unproven
        return await self._finished(row[0], inputs)

    def _proving_sql(self, presumed: Presumed) -> str:
        """The statement that also tells whether who asks is who was presumed, and else stores nothing."""
        proof = presumed.proof(len(self.readers))
        if not self.records:
            return f"{self.sql}, {proof}"
        sql = self.sql.replace(IF_PROVEN, " AND (TABLE proven)").removeprefix("WITH ")
        return f"WITH proven AS MATERIALIZED (SELECT {proof}), {sql}, (TABLE proven)"

    def values(self, inputs: Inputs) -> list[Any]:
        """Its parameters' values. Raises Unreadable."""
        if self.finishers:
            inputs.extra["mark"] = new_mark()
        return read_all((*self.readers, *self.spare), inputs)[: len(self.readers)]

    async def _finished(self, json: bytes | None, inputs: Inputs) -> Answer:
        if json == TOO_LARGE:
            raise DomainError("answer_too_large", limit=settings().answer_bytes)
        if json is None or not self.finishers:
            return None if json is None else msgspec.Raw(json), self.refusals
        finished, faults = await self.finishers.finish(json, inputs.extra["mark"], settings().answer_bytes)
        return msgspec.Raw(finished), (*self.refusals, *faults)


@contextmanager
def _refusals() -> Iterator[None]:
    """What a function of ours refuses is a refusal like any other."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate != REFUSED:
            raise
        raise DomainError(str(error.args[0])) from None


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
        name = self.operation.name.value if self.operation.name else ""
        return self.source or id(self.operation), name, shape(self.variables.coerced)

    @property
    def source(self) -> str:
        """The text of the document."""
        return self.operation.loc.source.body if self.operation.loc else ""

    @property
    def title(self) -> str:
        """What the client calls the operation, or else the fields that it asks for."""
        if self.operation.name:
            return self.operation.name.value
        asked = self.operation.selection_set.selections
        return ", ".join(dict.fromkeys(field.name.value for field in asked if isinstance(field, FieldNode)))

    def planner(self) -> Planner:
        """A planner over this request's fragments and variables."""
        return Planner(self.schema, self.fragments, self.variables)


class Statements:
    """The compiled statements of this process."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self._kept: LRU[Hashable, Statement] = LRU(KEPT)
        self._pinned: dict[Hashable, Statement] = {}

    async def query(self, request: Request, inputs: Inputs, presumed: Presumed | None = None) -> Answer:
        """The answer of a whole query. presumed: the actor of `inputs`, where the statement has to prove who asks.

        Raises TimeoutError, GraphQLError, DomainError too_many_nodes, and Unproven.
        """

        def compiled(faults: Faults) -> Statement:
            return self._compile_query(request, inputs.actor, faults)

        key = ("query", inputs.actor.permissions, request.key)
        return await self._answer(key, request.source, compiled, inputs, presumed)

    def bare_query(self, request: Request, inputs: Inputs) -> tuple[str, list[Any]]:
        """The SQL of a whole query and its parameters' values, without the proof of who asks.

        Raises what `query` raises, and Unreadable.
        """
        key = ("query", inputs.actor.permissions, request.key)
        statement = self._kept_under(key) or self._compile_query(request, inputs.actor, {})
        return statement.sql, statement.values(inputs)

    async def field(
        self,
        request: Request,
        inputs: Inputs,
        parent: GraphQLObjectType,
        nodes: list[FieldNode],
        path: tuple[str, ...],
    ) -> Answer:
        """The answer of one field that the ordinary executor has come to, such as a mutation's ticket."""

        def compiled(faults: Faults) -> Statement:
            return self._compile_field(request, inputs.actor, parent, nodes, path, faults)

        return await self._answer((path, inputs.actor.permissions, request.key), request.source, compiled, inputs)

    async def _answer(
        self,
        key: Hashable,
        source: str,
        compiled: Callable[[Faults], Statement],
        inputs: Inputs,
        presumed: Presumed | None = None,
    ) -> Answer:
        async def answered(statement: Statement) -> Answer:
            if presumed is None:
                return await statement.answer(inputs)
            return await statement.answer_for(presumed, inputs)

        statement = self._kept_under(key) or self._keep(key, source, compiled({}))
        try:
            return await answered(statement)
        except Unreadable as fault:  # those fields are null, each with its error; what is beside them is answered
            return await answered(compiled(fault.causes))

    def _compile_query(self, request: Request, actor: Actor, faults: Faults) -> Statement:
        writer = Writer(self.bindings, actor.permissions, faults)
        root = request.schema.query_type
        assert root is not None
        wanted = request.planner().fields(root, [request.operation.selection_set])
        return _made(request, writer, writer.object(root.name, "", wanted))

    def _compile_field(
        self,
        request: Request,
        actor: Actor,
        parent: GraphQLObjectType,
        nodes: list[FieldNode],
        path: tuple[str, ...],
        faults: Faults,
    ) -> Statement:
        writer = Writer(self.bindings, actor.permissions, faults)
        selected = request.planner().field(parent, path[-1], nodes, path[:-1])
        field = self.bindings.types[parent.name].fields[selected.name]
        return _made(request, writer, writer.value(field, "", selected))

    def _kept_under(self, key: Hashable) -> Statement | None:
        return self._pinned.get(key) or self._kept.get(key)

    def _keep(self, key: Hashable, source: str, statement: Statement) -> Statement:
        if source in trusted_texts() and len(self._pinned) < PINNED:
            return self._pinned.setdefault(key, statement)
        return self._kept.put(key, statement, _weight(statement, source))


def _weight(statement: Statement, source: str) -> int:
    """Bytes, roughly: the SQL, and the parsed document, which the statement's readers hold (90 bytes a character)."""
    return 2_000 + 2 * len(statement.sql) + 90 * len(source)


def _made(request: Request, writer: Writer, json: str) -> Statement:
    # As bytes, which go on as they are: a text would be decoded here and encoded again, 80 KB of it in 120 µs.
    written = f"(SELECT convert_to(({json})::text, 'UTF8') AS json OFFSET 0) answer"
    # One that is too large is not even sent: this process would have to hold it.
    sent = f"CASE WHEN octet_length(json) > {settings().answer_bytes} THEN '{TOO_LARGE.decode()}' ELSE json END"
    whole = writer.recorder.whole(f"SELECT (SELECT {sent} FROM {written})", request.title, request.source)
    sql, readers, spare = writer.parameters.used(name_columns(whole))
    return Statement(sql, readers, tuple(writer.refusals), writer.finishers, bool(writer.recorder), spare)
