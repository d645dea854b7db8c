"""Limits: how much one GraphQL document may ask for, judged before it runs, with rules that are built once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    SelectionSetNode,
    UniqueFragmentNamesRule,
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
NESTING = 50
"""Fields and fragments inside each other."""
SELECTIONS = 1_000
"""Fields and fragments in all operations of a document, each use of a fragment counted with what it spreads."""
FRAGMENTS = 200
"""Fragments of a document: each pair of them that can meet in an answer has to be compared."""
REPEATS = 50
"""How often one field of the answer may be asked for: each pair of them has to be compared."""
DIRECTIVES = 50
MUTATIONS = 10
"""Commands that one document may run."""
VARIABLES_DEPTH = 12
"""Lists and objects inside each other in the variables."""


FRAGMENTS_LEAD_SOMEWHERE = (
    UniqueFragmentNamesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
)
"""What is asked of fragments first: whatever follows spreads from here on comes to an end, and has seen them all."""


class Extent(NamedTuple):
    """How far a selection reaches, its fragments spread."""

    depth: int = 0
    nesting: int = 0
    selections: int = 0
    aliases: int = 0
    directives: int = 0


class DocumentLimits(ASTValidationRule):
    """Refuses a document that is too deep, too wide, or full of aliases and directives; one error for each fault.

    Its fragments lead somewhere. Each is measured once, however often it is spread: the work is linear in the document.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, Extent] = {}
        self._selections = 0

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Measures the operation, its fragments spread."""
        if self._selections > SELECTIONS:
            return  # which was told already
        found = self._extent(node.selection_set)
        self._selections += found.selections
        roots = len(node.selection_set.selections) if node.operation.value == "mutation" else 0
        limits = {
            "depth": (found.depth, DEPTH),
            "nesting": (found.nesting, NESTING),
            "selections": (self._selections, SELECTIONS),
            "fragments": (len(self._fragments), FRAGMENTS),
            "aliases": (found.aliases, ALIASES),
            "directives": (found.directives, DIRECTIVES),
            "mutations": (roots, MUTATIONS),
        }
        if self._selections <= SELECTIONS:  # only then is it little work to look at every one
            limits["repeats"] = (self._repeats(node.selection_set), REPEATS)
        for name, (count, limit) in limits.items():
            if count > limit:
                self.report_error(_too_large(name, count, limit, node))

    def _extent(self, selections: SelectionSetNode) -> Extent:
        depth = nesting = count = aliases = directives = 0
        for selection in selections.selections:
            own, inner = 0, Extent()
            if isinstance(selection, FieldNode):
                own = 1
                aliases += selection.alias is not None
                if selection.selection_set:
                    inner = self._extent(selection.selection_set)
            elif isinstance(selection, InlineFragmentNode):
                inner = self._extent(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                inner = self._fragment(selection.name.value)
            depth = max(depth, own + inner.depth)
            nesting = max(nesting, 1 + inner.nesting)
            count += 1 + inner.selections
            aliases += inner.aliases
            directives += len(selection.directives or ()) + inner.directives
        return Extent(depth, nesting, count, aliases, directives)

    def _fragment(self, name: str) -> Extent:
        if name not in self._fragments:
            self._fragments[name] = self._extent(self._selections_of(name))
        return self._fragments[name]

    def _selections_of(self, name: str) -> SelectionSetNode:
        fragment = self.context.get_fragment(name)
        assert fragment is not None, "a fragment that leads nowhere was refused before"
        return fragment.selection_set

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
                self._walk(self._selections_of(selection.name.value), path, times)


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

    One whose fragments lead nowhere, or that is too large, is not looked at further: that itself could take long.
    """
    return _each_once(
        validate(schema, document, FRAGMENTS_LEAD_SOMEWHERE)
        or validate(schema, document, (DocumentLimits,))
        or validate_document(schema, document, specified_rules)
    )


def variables_fault(variables: Mapping[str, Any] | None) -> GraphQLError | None:
    """What is wrong with the shape of the variables, whatever the document makes of them."""
    if deeper_than(variables or {}, VARIABLES_DEPTH):
        return _too_large("variables", VARIABLES_DEPTH + 1, VARIABLES_DEPTH)
    return None


def _each_once(errors: list[GraphQLError]) -> list[GraphQLError]:
    """A fault that a document has in many places is one fault."""
    return list({error.message: error for error in reversed(errors)}.values())[::-1]


def _too_large(what: str, found: int, limit: int, node: OperationDefinitionNode | None = None) -> GraphQLError:
    cause = DomainError("document_too_large", what=what, found=found, limit=limit)
    return GraphQLError(str(cause), node, original_error=cause)


def deeper_than(value: object, limit: int) -> bool:
    """Whether more lists and objects lie inside each other than that; looks no deeper."""
    level = [value]
    for _ in range(limit):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += [v for v in item.values() if isinstance(v, dict | list)]
            elif isinstance(item, list):
                inner += [v for v in item if isinstance(v, dict | list)]
        if not inner:
            return False
        level = inner
    return True
