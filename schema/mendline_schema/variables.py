"""Variables: coerced as graphql-core does it, with what is the same for every request worked out once."""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_variable_values,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities import coerce_input_value

from mendline.kernel import LRU

NONE = VariableValues({}, {})
"""The variables of an operation that declares none."""

_known: LRU[int, tuple[OperationDefinitionNode, tuple[GraphQLVariableSignature, ...]]] = LRU(1_000)
"""By the operation's identity: a document is parsed once, and its hash would be made of all that is in it."""


def variables_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> VariableValues | list[GraphQLError]:
    """The variables of an operation, or what is wrong with them.

    Graphql-core finds the type of each variable anew each time, which takes longer than to coerce it. What it alone
    can say - defaults, and what is wrong - is left to it.
    """
    if not operation.variable_definitions:
        return NONE
    signatures = _signatures(schema, operation)
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature in signatures:
        value = given.get(signature.name, Undefined)
        if value is Undefined or isinstance(value, dict | list):
            break
        coerced[signature.name] = coerce_input_value(value, signature.type)
        if coerced[signature.name] is Undefined:
            break
        sources[signature.name] = VariableValueSource(signature, value)
    else:
        return VariableValues(sources, coerced)
    return get_variable_values(schema, operation.variable_definitions, given)


def _signatures(schema: GraphQLSchema, operation: OperationDefinitionNode) -> tuple[GraphQLVariableSignature, ...]:
    known = _known.get(id(operation))
    if known is not None and known[0] is operation:
        return known[1]
    found = [get_variable_signature(schema, definition) for definition in operation.variable_definitions or ()]
    assert not any(isinstance(one, GraphQLError) for one in found), "the document was judged"
    return _known.put(id(operation), (operation, tuple(found)))[1]  # type: ignore[arg-type]


def variable_in(node: FieldNode, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """The variable that stands at this path of a field's arguments, and what is left of the path below it."""
    arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
    value: ValueNode | None = None
    for place, name in enumerate(path):
        if place == 0:
            value = arguments.get(name)
        elif isinstance(value, ObjectValueNode):
            value = next((field.value for field in value.fields if field.name.value == name), None)
        else:
            return None
        if isinstance(value, VariableNode):
            return value.name.value, path[place + 1 :]
    return None
