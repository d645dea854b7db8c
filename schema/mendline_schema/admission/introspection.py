"""Introspection: whether an operation asks for the schema itself."""

from collections.abc import Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode


def introspects(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether the root asks for the schema itself, directly or by a fragment (validation has refused cycles)."""
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value in ("__schema", "__type"):
                return True
        elif isinstance(selection, FragmentSpreadNode):
            if introspects(fragments[selection.name.value].selection_set, fragments):
                return True
        elif introspects(selection.selection_set, fragments):  # type: ignore[attr-defined]
            return True
    return False
