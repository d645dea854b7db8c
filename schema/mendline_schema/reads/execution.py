"""Execution: where compiled reads meet Strawberry and graphql-core, whose executor then has nothing left to resolve."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    get_argument_values,
    get_named_type,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionResult

from mendline.kernel import DomainError, parse_opaque
from mendline_schema.admission.budget import take_back
from mendline_schema.admission.introspection import introspects
from mendline_schema.context import Context
from mendline_schema.declarations.calls import Call
from mendline_schema.declarations.fields import Named
from mendline_schema.errors import present, refusal
from mendline_schema.live.hub import Change
from mendline_schema.reads.binding import Field
from mendline_schema.reads.refusals import Fault, Refusal
from mendline_schema.reads.statements import Answer, Request, Statements, Unproven
from mendline_schema.reads.values import Inputs
from mendline_schema.reads.variables import variables_of
from mendline_tenants import refusal as sentence_of


class CompiledQueries(SchemaExtension):
    """Answers an operation that only reads with one statement; introspection is left to the ordinary executor."""

    statements: Statements

    async def on_execute(self) -> AsyncIterator[None]:
        """Sets the result before the executor would begin."""
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        operation = get_operation_ast(document, execution.operation_name)
        if operation is not None and operation.operation is OperationType.QUERY:
            fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
            if not introspects(operation.selection_set, fragments):
                execution.result = await answer_query(
                    self.statements, operation, fragments, execution.variables, execution.context
                )
        yield


async def answer_query(
    statements: Statements,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    given: dict[str, Any] | None,
    asking: Context,
) -> ExecutionResult:
    """The answer to a query, written by one statement; `given` are the variables as they came."""
    schema = statements.bindings.schema
    try:
        variables = variables_of(schema, operation, given or {})
        if isinstance(variables, list):
            return await _failed(asking, *variables)
        data: Any
        data, refusals = await _read(statements, Request(schema, operation, fragments, variables), asking)
    except GraphQLError as error:
        return await _failed(asking, error)
    except Exception as error:
        return await _failed(asking, GraphQLError(str(error), original_error=error))
    return ExecutionResult(data, [withheld(one, asking.locale) for one in refusals] or None)


async def _read(statements: Statements, request: Request, asking: Context) -> Answer:
    """The answer for who asks; where that is presumed, read anew when they turn out to be somebody else by now."""
    if asking.presumed is not None:
        try:
            answer = await statements.query(request, Inputs(request.variables, asking.actor), asking.presumed)
        except Unproven:
            await _again(asking)
        else:
            asking.presumed = None
            return answer
    return await statements.query(request, Inputs(request.variables, asking.actor))


async def _again(asking: Context) -> None:
    """Who asks, read anew. Raises what `Context.again` raises; then nothing is told of the organisation's budget."""
    try:
        await asking.again()
    except DomainError:
        take_back(asking)
        raise


async def _failed(asking: Context, *errors: GraphQLError) -> ExecutionResult:
    if asking.presumed is not None:  # what went wrong is told only to who has proven who they are
        try:
            await _again(asking)
        except DomainError as refused:
            errors = (GraphQLError(str(refused), original_error=refused),)
    return ExecutionResult(None, [present(error, asking.locale, asking.known is None) for error in errors])


def withheld(one: Refusal | Fault, locale: str) -> GraphQLError:
    """The one error for a field that is null: it cannot be answered, or the actor may not read it.

    The latter with the sentence of the permission that it needs.
    """
    if isinstance(one, Fault):
        return present(GraphQLError(str(one.cause), path=list(one.path), original_error=one.cause), locale, False)
    cause = DomainError("forbidden", field=one.field, permission=one.needs, why=sentence_of(one.needs))
    return refusal(cause, locale, path=list(one.path))


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Graphql-core's executor, for what is not one query: mutations, subscriptions, introspection.

    Commands run from their declaration; what a result or a message names is read by a compiled statement.
    """

    statements: Statements
    calls: Mapping[str, Call]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._read_ahead: dict[tuple[str | int, ...], Answer] = {}  # of the one command that runs now

    def complete_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        """JSON that Postgres wrote is complete already."""
        if isinstance(result, msgspec.Raw):
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        """Commands and bound fields are ours; everything else is graphql-core's."""
        name = field_details_list[0].node.name.value
        work: Any
        if parent_type is self.schema.mutation_type and name in self.calls:
            work = self._call(name, field_details_list, path)
        else:
            field = self.statements.bindings.find(parent_type.name, name)
            if field is None:
                return super().execute_field(parent_type, source, field_details_list, path, position_context)
            work = self._answer(field, parent_type, source, field_details_list, path)
        definition = parent_type.fields[name]
        nodes = [details.node for details in field_details_list]
        info = self.build_resolve_info(definition, nodes, parent_type, path)
        return self.complete_awaitable_value(definition.type, field_details_list, info, path, work, position_context)

    async def _call(self, name: str, field_details_list: Any, path: Any) -> Any:
        """Runs a command. What its payload names is read before the commit: one transaction does for both."""
        assert self.schema.mutation_type is not None
        definition = self.schema.mutation_type.fields[name]
        payload = get_named_type(definition.type)
        assert isinstance(payload, GraphQLObjectType)
        subfields = self.collect_subfields(payload, field_details_list).grouped_field_set
        asking: Context = self.context_value

        async def read(result: Any) -> None:
            self._read_ahead.clear()  # what an attempt read that was taken back counts no more
            ahead = {}
            for key, details in subfields.items():
                field = self.statements.bindings.find(payload.name, details[0].node.name.value)
                if field is not None:
                    place = path.add_key(key, payload.name)
                    ahead[_keys(place)] = await self._read(field, payload, result, details, place)
            self._read_ahead.update(ahead)

        node = field_details_list[0].node
        self._read_ahead.clear()
        return await self.calls[name].run(asking, get_argument_values(definition, node, self.variable_values), read)

    async def _answer(
        self, field: Field, parent_type: Any, source: Any, field_details_list: Any, path: Any
    ) -> msgspec.Raw | None:
        """The field's JSON, already read or read now. A message of a subscription has nothing read ahead."""
        if _keys(path) in self._read_ahead:
            answer, refusals = self._read_ahead.pop(_keys(path))
        else:
            answer, refusals = await self._read(field, parent_type, source, field_details_list, path)
        asking: Context = self.context_value
        self.collected_errors.errors.extend(withheld(one, asking.locale) for one in refusals)
        return answer

    async def _read(self, field: Field, parent_type: Any, source: Any, field_details_list: Any, path: Any) -> Answer:
        extra = _named(field, source)
        if extra is None:
            return None, ()
        asking: Context = self.context_value
        request = Request(self.schema, self.operation, self.fragment_definitions, self.variable_values)
        keys = tuple(key for key in path.as_list() if isinstance(key, str))
        nodes = [details.node for details in field_details_list]
        inputs = Inputs(self.variable_values, asking.actor, extra)
        return await self.statements.field(request, inputs, parent_type, nodes, keys)


def _keys(path: Any) -> tuple[str | int, ...]:
    return tuple(path.as_list())


def _named(field: Field, source: Any) -> dict[str, Any] | None:
    """The row that a message or a command's result names for this field; None when it names none."""
    if not isinstance(field.read, Named):
        return {}
    if isinstance(source, Change):
        return {"tenant": source.tenant, "id": source.ticket, "initial": source.initial}
    given = getattr(source, field.python_name)
    if given is None:
        return None
    reference = parse_opaque(given.partition("_")[0], given)
    return {"tenant": reference.tenant, "id": reference.id}
