"""Limits: how much one GraphQL document may ask for, checked before it runs, with rules that are built once."""

from collections.abc import Iterator
from functools import lru_cache
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
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from mendline.kernel import DomainError, settings
from mendline_schema.context import Context

DOCUMENTS = 1_000
"""Parsed and validated documents that one process keeps."""
TOKENS = 5_000
DEPTH = 15
"""Fields inside each other. Introspection by the usual tools is 13 deep."""
ALIASES = 50
FIELDS = 1_000
"""Fields in one operation, every use of a fragment counted."""
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
        for name, found, limit in (
            ("depth", depth, DEPTH),
            ("fields", fields, FIELDS),
            ("aliases", aliases, ALIASES),
            ("directives", directives, DIRECTIVES),
            ("mutations", roots, MUTATIONS),
        ):
            if found > limit:
                cause = DomainError("document_too_large", what=name, found=found, limit=limit)
                self.report_error(GraphQLError(str(cause), node, original_error=cause))

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


RULES: tuple[type[ASTValidationRule], ...] = specified_rules
STRANGERS_RULES = (*RULES, NoSchemaIntrospectionCustomRule)
"""For strangers everywhere, and for everyone in production: the schema is in the documentation."""


@lru_cache(maxsize=DOCUMENTS)
def parsed(text: str) -> DocumentNode:
    """The document of a text. Raises GraphQLError when it is no GraphQL or has too many tokens."""
    return parse(text, max_tokens=TOKENS)


@lru_cache(maxsize=DOCUMENTS)
def faults(schema: GraphQLSchema, text: str, rules: tuple[type[ASTValidationRule], ...]) -> list[GraphQLError]:
    """What is wrong with a document. One that is too large is not looked at further: that itself could take long."""
    document = parsed(text)
    return validate(schema, document, (DocumentLimits,)) or validate_document(schema, document, rules)


class Limits(SchemaExtension):
    """Parses and validates each text once: both are cached by the text, which is cheaper to hash than a document."""

    def on_parse(self) -> Iterator[None]:
        """In place of the ordinary parsing."""
        if self.execution_context.query:
            self.execution_context.graphql_document = parsed(self.execution_context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        """In place of the ordinary validation."""
        context = self.execution_context
        asking: Context = context.context
        open_to = settings().environment == "development" and asking.known is not None
        if depth(context.variables or {}) > VARIABLES_DEPTH:
            cause = DomainError(
                "document_too_large", what="variables", found=VARIABLES_DEPTH + 1, limit=VARIABLES_DEPTH
            )
            context.pre_execution_errors = [GraphQLError(str(cause), original_error=cause)]
        else:
            errors = faults(context.schema._schema, context.query or "", RULES if open_to else STRANGERS_RULES)
            context.pre_execution_errors = list(errors)
        yield


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
