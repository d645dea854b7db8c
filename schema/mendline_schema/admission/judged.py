"""Judged: how Strawberry gets a document that was parsed and judged already, and the cost into its answer."""

from collections.abc import Iterator
from typing import Any

from strawberry.extensions import SchemaExtension

from mendline_schema.admission.budget import costs_told
from mendline_schema.admission.documents import Documents, Faulty


class Judged(SchemaExtension):
    """Takes the place of parsing and validation: each text is parsed and judged once."""

    documents: Documents

    def on_parse(self) -> Iterator[None]:
        """In place of the ordinary parsing. Raises GraphQLError for a text that is no valid document."""
        text = self.execution_context.query
        if text:
            try:
                self.execution_context.graphql_document = self.documents.of(text).ast
            except Faulty as faulty:
                raise faulty.errors[0] from None
        yield

    def on_validate(self) -> Iterator[None]:
        """In place of the ordinary validation: what was parsed is valid."""
        self.execution_context.pre_execution_errors = []
        yield

    def get_results(self) -> dict[str, Any]:
        """What stands beside the first answer: the cost."""
        return costs_told()
