"""The plan: what a selection asks for, with fragments spread, directives decided and fields of one name merged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues


@dataclass
class Selected:
    """One field of the answer.

    key: its name in the answer. path: the keys from the top to it. arguments: as they are in this request; whoever
    writes SQL may look only at what `values.shape` keeps of them. of: what is asked of each object type it may lead to.
    """

    key: str
    name: str
    node: FieldNode
    path: tuple[str, ...]
    arguments: dict[str, Any]
    of: dict[str, list["Selected"]]
    fault: GraphQLError | None = None
    """Why it cannot be answered: an argument or a directive that was given null where null is no value."""


class Planner:
    """Makes the plan of one request."""

    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def field(self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: tuple[str, ...]) -> Selected:
        """The plan of one field, asked for by these nodes together."""
        name = nodes[0].name.value
        here = (*path, key)
        if name == "__typename":
            return Selected(key, name, nodes[0], here, {}, {})
        definition = parent.fields[name]
        sets = [node.selection_set for node in nodes if node.selection_set]
        try:
            arguments = get_argument_values(definition, nodes[0], self._variables) if definition.args else {}
            return Selected(key, name, nodes[0], here, arguments, self._sub_selections(definition.type, sets, here))
        except GraphQLError as fault:
            if is_non_null_type(definition.type):
                raise
            return Selected(key, name, nodes[0], here, {}, {}, fault)

    def fields(
        self, parent: GraphQLObjectType, sets: Iterable[SelectionSetNode], path: tuple[str, ...] = ()
    ) -> list[Selected]:
        """The plan of an object: its fields in the order in which they were first asked for."""
        nodes: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selections in sets:
            self._collect(parent, selections, nodes, visited)
        return [self.field(parent, key, found, path) for key, found in nodes.items()]

    def _sub_selections(
        self, type_: GraphQLOutputType, sets: list[SelectionSetNode], path: tuple[str, ...]
    ) -> dict[str, list[Selected]]:
        named = get_named_type(type_)
        if not sets:
            return {}
        possible = self._schema.get_possible_types(named) if is_abstract_type(named) else [named]
        return {
            concrete.name: self.fields(concrete, sets, path)
            for concrete in possible
            if isinstance(concrete, GraphQLObjectType)
        }

    def _collect(
        self,
        parent: GraphQLObjectType,
        selections: SelectionSetNode,
        nodes: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for selection in selections.selections:
            if selection.directives and not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                nodes.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, parent):
                    self._collect(parent, selection.selection_set, nodes, visited)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in visited:
                visited.add(selection.name.value)
                fragment = self._fragments[selection.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    self._collect(parent, fragment.selection_set, nodes, visited)

    def _included(self, selection: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, selection, self._variables)
        if skip and skip["if"] is True:
            return False
        include = get_directive_values(GraphQLIncludeDirective, selection, self._variables)
        return not (include and include["if"] is False)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        named = self._schema.type_map[condition]
        return is_abstract_type(named) and self._schema.is_sub_type(named, parent)
