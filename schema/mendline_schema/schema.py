"""The schema: the roots put together from the domains, bound to their tables, and the snapshot's text."""

from datetime import datetime
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.printer import print_schema as print_strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from mendline.kernel import MinorUnits
from mendline_schema.admission.gate import Admission
from mendline_schema.admission.judged import Judged
from mendline_schema.audit import AuditQueries
from mendline_schema.changes import CHANGES, ChangeQueries
from mendline_schema.checks.facts import Fact, facts
from mendline_schema.checks.matrix import matrix
from mendline_schema.checks.soundness import require_sound
from mendline_schema.context import Context
from mendline_schema.dayplans import DayPlanQueries
from mendline_schema.declarations.calls import calls_of
from mendline_schema.declarations.fields import root
from mendline_schema.declarations.scalars import DATE_TIME, MINOR_UNITS
from mendline_schema.devices import DeviceQueries
from mendline_schema.dispatch import DispatchQueries
from mendline_schema.duty import DutyQueries
from mendline_schema.errors import present
from mendline_schema.fault_texts import FaultTextQueries
from mendline_schema.kernel import KernelQueries
from mendline_schema.mutations import Mutation
from mendline_schema.people import PeopleQueries
from mendline_schema.read_log import ReadLogQueries
from mendline_schema.reads.binding import Bindings
from mendline_schema.reads.execution import CompiledQueries, Executor
from mendline_schema.reads.statements import Statements
from mendline_schema.registry import RegistryQueries
from mendline_schema.subscriptions import Subscription
from mendline_schema.tenants import TenantQueries
from mendline_schema.tickets import TicketQueries


@root
class Query(
    KernelQueries,
    TenantQueries,
    AuditQueries,
    ReadLogQueries,
    DeviceQueries,
    RegistryQueries,
    DispatchQueries,
    PeopleQueries,
    DutyQueries,
    DayPlanQueries,
    TicketQueries,
    FaultTextQueries,
    ChangeQueries,
):
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
        Query,
        Mutation,
        Subscription,
        types=CHANGES,
        extensions=[judged, queries],
        execution_context_class=executor,
        config=StrawberryConfig(scalar_map={datetime: DATE_TIME, MinorUnits: MINOR_UNITS}),
    )
    bindings = Bindings(schema._schema)
    require_sound(bindings)
    executor.statements = queries.statements = schema.statements = Statements(bindings)
    schema.admission = Admission(schema._schema, bindings)
    judged.documents = schema.admission.documents
    assert schema._schema.mutation_type is not None
    executor.calls = calls_of(schema._schema.mutation_type)
    field_facts(schema)
    return schema


def field_facts(schema: MendlineSchema) -> list[Fact]:
    """Who may read each field. Raises TypeError, in words, for a field that does not say."""
    executor: Any = schema.execution_context_class
    return facts(schema._schema, executor.statements.bindings, executor.calls)


def print_schema() -> str:
    """The schema as text, for `schema/schema.graphql`."""
    return print_strawberry(build_schema()) + "\n"


def print_access() -> str:
    """The access matrix as text, for `schema/access.txt`."""
    return matrix(field_facts(build_schema()))
