"""Shrinking: from a document that shows a fault, the smallest that still shows it."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from graphql import (
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    VariableNode,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language import REMOVE, Visitor

Shows = Callable[[str], Awaitable[bool]]
REMOVABLE = ("field", "inline_fragment", "fragment_spread", "directive", "argument", "object_field")


async def shrink(schema: GraphQLSchema, document: str, shows: Shows, tries: int = 2_000) -> str:
    """Takes parts away one by one, the largest first, as long as the rest is valid and still `shows` the fault."""
    best = document
    while tries > 0:
        for smaller in _smaller(best):
            tries -= 1
            if tries <= 0:
                break
            if not validate(schema, parse(smaller)) and await shows(smaller):
                best = smaller
                break
        else:
            return best
    return best


def _smaller(document: str) -> Iterator[str]:
    """The document without one part, for each of its parts."""
    count = _Counter()
    visit(parse(document), count)
    for number in range(count.seen):
        made = visit(parse(document), _Without(number))
        yield print_ast(_tidy(made))


def _tidy(document: Any) -> Any:
    """Without empty selections, unused fragments and unused variables."""
    while True:
        used = _Used()
        visit(document, used)
        tidy = visit(document, _Needed(used))
        if print_ast(tidy) == print_ast(document):
            return tidy
        document = tidy


class _Counter(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def enter(self, node: Node, *_: Any) -> None:
        self.seen += node.kind in REMOVABLE


class _Without(Visitor):
    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def enter(self, node: Node, *_: Any) -> Any:
        if node.kind in REMOVABLE:
            self._left -= 1
            if self._left == -1:
                return REMOVE
        return None


class _Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.fragments: set[str] = set()
        self.variables: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.fragments.add(node.name.value)

    def enter_variable(self, node: VariableNode, _: Any, parent: Any, *__: Any) -> None:
        if getattr(parent, "kind", "") != "variable_definition":
            self.variables.add(node.name.value)


class _Needed(Visitor):
    def __init__(self, used: _Used) -> None:
        super().__init__()
        self._used = used

    def enter_fragment_definition(self, node: Any, *_: Any) -> Any:
        return None if node.name.value in self._used.fragments else REMOVE

    def enter_variable_definition(self, node: Any, *_: Any) -> Any:
        return None if node.variable.name.value in self._used.variables else REMOVE

    def leave_field(self, node: Any, *_: Any) -> Any:
        return REMOVE if node.selection_set and not node.selection_set.selections else None

    leave_inline_fragment = leave_field
