"""The schema: the roots put together from the domains, bound to their tables, and the snapshot's text."""

from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.printer import print_schema as print_strawberry
from strawberry.types.execution import ExecutionContext

from mendline_schema.admission import Admission
from mendline_schema.binding import Bindings
from mendline_schema.calls import calls_of
from mendline_schema.context import Context
from mendline_schema.devices import DeviceQueries
from mendline_schema.dispatch import DispatchQueries
from mendline_schema.errors import present
from mendline_schema.execution import CompiledQueries, Executor
from mendline_schema.fields import over
from mendline_schema.judged import Judged
from mendline_schema.kernel import KernelQueries
from mendline_schema.mutations import Mutation
from mendline_schema.statements import Statements
from mendline_schema.subscriptions import Subscription
from mendline_schema.tenants import TenantQueries
from mendline_schema.tickets import TicketQueries


@over(None, needs=None)
class Query(KernelQueries, TenantQueries, DeviceQueries, DispatchQueries, TicketQueries):
    """What can be read. A query is one SQL statement under row-level security."""


class MendlineSchema(strawberry.Schema):
    """Strawberry's schema, whose errors leave the house as refusals or as an id, with what lets operations in."""

    admission: Admission
    statements: Statements

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Turns the errors of an operation into what its reader may see, in place."""
        asking: Context | None = execution_context.context if execution_context else None
        if asking is not None:
            errors[:] = [present(error, asking.locale, asking.known is None) for error in errors]


@cache
def build_schema() -> MendlineSchema:
    """The schema of this process. Raises TypeError, in words, for a declaration that could not work."""
    executor: type[Executor] = type("BoundExecutor", (Executor,), {})
    queries: type[CompiledQueries] = type("BoundQueries", (CompiledQueries,), {})
    judged: type[Judged] = type("BoundJudged", (Judged,), {})
    schema = MendlineSchema(
        Query, Mutation, Subscription, extensions=[judged, queries], execution_context_class=executor
    )
    bindings = Bindings(schema._schema)
    executor.statements = queries.statements = schema.statements = Statements(bindings)
    schema.admission = Admission(schema._schema, bindings)
    judged.documents = schema.admission.documents
    assert schema._schema.mutation_type is not None
    executor.calls = calls_of(schema._schema.mutation_type)
    return schema


def print_schema() -> str:
    """The schema as text, for `schema/schema.graphql`."""
    return print_strawberry(build_schema()) + "\n"
