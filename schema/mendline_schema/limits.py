"""Limits: how much one GraphQL document may ask for, judged before it runs, with rules that are built once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.schema import validate_document

from mendline.kernel import DomainError

CHARACTERS = 64 * 1024
"""A document's length. A text in it that is longer belongs into a variable."""
TOKENS = 5_000
DEPTH = 15
"""Fields inside each other. Introspection by the usual tools is 13 deep."""
ALIASES = 50
FIELDS = 1_000
"""Fields in one operation, every use of a fragment counted."""
REPEATS = 50
"""How often one field of the answer may be asked for: each pair of them has to be compared."""
DIRECTIVES = 50
MUTATIONS = 10
"""Commands that one document may run."""
VARIABLES_DEPTH = 12
"""Lists and objects inside each other in the variables."""


class DocumentLimits(ASTValidationRule):
    """Refuses an operation that is too deep, too wide, or full of aliases and directives; one error for each fault."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, tuple[int, int, int, int]] = {}
        self._open: set[str] = set()

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Counts the operation, its fragments spread."""
        depth, fields, aliases, directives = self._count(node.selection_set)
        roots = len(node.selection_set.selections) if node.operation.value == "mutation" else 0
        found = {
            "depth": (depth, DEPTH),
            "fields": (fields, FIELDS),
            "aliases": (aliases, ALIASES),
            "directives": (directives, DIRECTIVES),
            "mutations": (roots, MUTATIONS),
        }
        if fields <= FIELDS:  # only then is it little work to look at every one
            found["repeats"] = (self._repeats(node.selection_set), REPEATS)
        for name, (count, limit) in found.items():
            if count > limit:
                self.report_error(_too_large(name, count, limit, node))

    def _count(self, selections: SelectionSetNode) -> tuple[int, int, int, int]:
        depth = fields = aliases = directives = 0
        for selection in selections.selections:
            directives += len(selection.directives or ())
            inner = (0, 0, 0, 0)
            own = 0
            if isinstance(selection, FieldNode):
                own = 1
                aliases += selection.alias is not None
                if selection.selection_set:
                    inner = self._count(selection.selection_set)
            elif isinstance(selection, InlineFragmentNode):
                inner = self._count(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                inner = self._fragment(selection.name.value)
            depth = max(depth, own + inner[0])
            fields += own + inner[1]
            aliases += inner[2]
            directives += inner[3]
        return depth, fields, aliases, directives

    def _fragment(self, name: str) -> tuple[int, int, int, int]:
        fragment: FragmentDefinitionNode | None = self.context.get_fragment(name)
        if fragment is None or name in self._open:  # another rule tells what is wrong with it
            return 0, 0, 0, 0
        if name not in self._fragments:
            self._open.add(name)
            self._fragments[name] = self._count(fragment.selection_set)
            self._open.discard(name)
        return self._fragments[name]

    def _repeats(self, selections: SelectionSetNode) -> int:
        """How often the field of the answer that is asked for most often is asked for."""
        times: Counter[tuple[str, ...]] = Counter()
        self._walk(selections, (), times)
        return max(times.values(), default=0)

    def _walk(self, selections: SelectionSetNode, path: tuple[str, ...], times: Counter[tuple[str, ...]]) -> None:
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                key = (*path, selection.alias.value if selection.alias else selection.name.value)
                times[key] += 1
                if selection.selection_set:
                    self._walk(selection.selection_set, key, times)
            elif isinstance(selection, InlineFragmentNode):
                self._walk(selection.selection_set, path, times)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.context.get_fragment(name)
                if fragment is not None and name not in self._open:
                    self._open.add(name)
                    self._walk(fragment.selection_set, path, times)
                    self._open.discard(name)


RULES: tuple[type[ASTValidationRule], ...] = specified_rules


def parsed(text: str) -> DocumentNode:
    """The document of a text. Raises GraphQLError when it is no GraphQL, or too long."""
    if len(text) > CHARACTERS:
        raise _too_large("characters", len(text), CHARACTERS)
    try:
        return parse(text, max_lexical_tokens=TOKENS, max_comments=TOKENS)
    except GraphQLError as error:
        if "Document contains more than" in error.message:
            raise _too_large("tokens", TOKENS + 1, TOKENS) from None
        raise
    except RecursionError:
        raise _too_large("depth", DEPTH + 1, DEPTH) from None


def faults(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What is wrong with a document, each fault told once.

    One that is too large is not looked at further: that itself could take long.
    """
    return _each_once(validate(schema, document, (DocumentLimits,)) or validate_document(schema, document, RULES))


def variables_fault(variables: Mapping[str, Any] | None) -> GraphQLError | None:
    """What is wrong with the shape of the variables, whatever the document makes of them."""
    if depth(variables or {}) > VARIABLES_DEPTH:
        return _too_large("variables", VARIABLES_DEPTH + 1, VARIABLES_DEPTH)
    return None


def _each_once(errors: list[GraphQLError]) -> list[GraphQLError]:
    """A fault that a document has in many places is one fault."""
    return list({error.message: error for error in reversed(errors)}.values())[::-1]


def _too_large(what: str, found: int, limit: int, node: OperationDefinitionNode | None = None) -> GraphQLError:
    cause = DomainError("document_too_large", what=what, found=found, limit=limit)
    return GraphQLError(str(cause), node, original_error=cause)


def depth(value: Any) -> int:
    """How many lists and objects lie inside each other, counted no further than one beyond the limit."""
    level, deepest = [value], 0
    while level and deepest <= VARIABLES_DEPTH:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        deepest += any(isinstance(item, dict | list) for item in level)
        level = inner
    return deepest
