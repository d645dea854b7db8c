"""Documents: GraphQL texts parsed and judged once, and the trusted ones that clients of ours name by their hash.

A trusted document lies in `documents/` under the name of its operation. Its identifier is `sha256:` and the hash of its
text, as the persisted documents of GraphQL over HTTP have it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)

from mendline.kernel import LRU, DomainError
from mendline_schema.admission.introspection import introspects
from mendline_schema.admission.limits import faults, parsed

FOLDER = Path(__file__).parents[1] / "documents"

KEPT = 128 * 1024
"""Characters of the documents that one process keeps parsed; parsed, each takes about a hundred bytes of memory."""

FOR_STRANGERS = ("Login", "Refresh", "Logout", "ClaimHospital")
"""The trusted documents that somebody may send who has not said who they are."""


@dataclass(frozen=True)
class Trusted:
    """A document of the list: its name, its text and its identifier."""

    name: str
    text: str
    id: str


@cache
def trusted_documents() -> Mapping[str, Trusted]:
    """Every trusted document by its identifier."""
    found = [
        Trusted(file.stem, text, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
        for file in sorted(FOLDER.glob("*.graphql"))
        for text in [file.read_text(encoding="utf-8")]
    ]
    return {document.id: document for document in found}


@cache
def trusted_document(name: str) -> Trusted:
    """The trusted document of an operation. Raises KeyError for a name that is not on the list."""
    return {document.name: document for document in trusted_documents().values()}[name]


@cache
def trusted_texts() -> Mapping[str, str]:
    """The name of each trusted document by its text: who sends the whole text has named it as well."""
    return {document.text: document.name for document in trusted_documents().values()}


class Faulty(Exception):
    """A document that cannot be run, with its faults."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A document that is valid and within the limits."""

    text: str
    ast: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    _operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation that a request means. Raises Faulty when the document has none of that name, or several."""
        known = self._operations.get(name)
        if known is not None:
            return known
        found = get_operation_ast(self.ast, name)
        if found is None:
            cause = DomainError("unknown_operation", name=name) if name else DomainError("operation_not_named")
            raise Faulty([GraphQLError(str(cause), original_error=cause)])
        self._operations[name] = found
        return found

    def reads(self, operation: OperationDefinitionNode) -> bool:
        """Whether one statement answers the operation: a query that does not ask for the schema."""
        return operation.operation is OperationType.QUERY and not self.introspects(operation)

    def introspects(self, operation: OperationDefinitionNode) -> bool:
        """Whether the operation asks for the schema itself."""
        return introspects(operation.selection_set, self.fragments)


class Documents:
    """The documents of this process."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: LRU[str, Document] = LRU(KEPT)
        self._trusted = {trusted.text: self._judged(trusted.text) for trusted in trusted_documents().values()}

    def of(self, text: str) -> Document:
        """The document of a text. Raises Faulty. What is faulty is not kept: whoever sends it again pays again."""
        return self.known(text) or self._kept.put(text, self._judged(text), len(text))

    def known(self, text: str) -> Document | None:
        """The document of a text that was judged already."""
        return self._trusted.get(text) or self._kept.get(text)

    def _judged(self, text: str) -> Document:
        try:
            ast = parsed(text)
        except GraphQLError as error:
            raise Faulty([error]) from None
        errors = faults(self._schema, ast)
        if errors:
            raise Faulty(errors)
        fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
        return Document(text, ast, fragments)
