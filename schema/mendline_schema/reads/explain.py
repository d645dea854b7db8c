"""EXPLAIN for developers: the SQL of a query, and what Postgres does for it: time, buffers and plan."""

from typing import Any

import msgspec
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_variable_values

from mendline.kernel import DomainError, fetchval, settings, transaction
from mendline_schema.context import Context
from mendline_schema.reads.statements import Request, Statements
from mendline_schema.reads.values import Inputs, Unreadable
from mendline_schema.transport.requests import Malformed

HEADER = "x-mendline-explain"
"""Asks for it, with any value."""


class Explained(msgspec.Struct, frozen=True, rename="camel"):
    """What a statement costs. Times in milliseconds; buffers are pages of 8 KiB, those of planning left out.

    hit: found in shared memory; read: asked of the operating system. plan: as EXPLAIN (FORMAT JSON) gives it.
    """

    sql: str
    parameters: list[str]
    planning_time: float
    execution_time: float
    hit: int
    read: int
    plan: dict[str, Any]


class _TakenBack(Exception):
    """Ends the transaction, so that a statement that was run to be explained has stored nothing."""

    def __init__(self, plan: str) -> None:
        super().__init__("taken back")
        self.plan = plan


def require_explaining(queries: bool) -> None:
    """Raises Malformed outside development, and for what is no query."""
    if settings().environment != "development":
        raise Malformed(403, "explain_refused")
    if not queries:
        raise Malformed(400, "explain_queries_only")


async def explain_query(
    statements: Statements,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    given: dict[str, Any] | None,
    asking: Context,
) -> Explained | None:
    """What the query's statement costs for who asks; None where its variables are no values."""
    variables = get_variable_values(statements.bindings.schema, operation.variable_definitions or (), given or {})
    if isinstance(variables, list):
        return None
    inputs = Inputs(variables, asking.actor)
    try:
        request = Request(statements.bindings.schema, operation, fragments, variables)
        return await explain(*statements.bare_query(request, inputs), inputs)
    except (Unreadable, DomainError):
        return None


async def explain(sql: str, values: list[Any], inputs: Inputs) -> Explained:
    """Runs a statement under the actor's own tenant to see what it costs, and takes back what it stored."""

    try:
        async with transaction(inputs.actor.organisation):
            raise _TakenBack(await fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values))
    except _TakenBack as taken:
        [whole] = msgspec.json.decode(taken.plan)
    plan = whole["Plan"]
    # What a CTE stores that nothing reads is done after the root, and not counted there.
    parts = [plan, *(part for part in plan.get("Plans", ()) if part["Node Type"] == "ModifyTable")]
    return Explained(
        sql,
        [str(value) for value in values],
        whole["Planning Time"],
        whole["Execution Time"],
        sum(part["Shared Hit Blocks"] for part in parts),
        sum(part["Shared Read Blocks"] for part in parts),
        plan,
    )
