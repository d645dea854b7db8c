"""GraphQL over the read log: who of this organisation read people's names or what a ward said."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import FieldGroup
from mendline_schema.declarations.fields import VIEWER, Order, column, over, root
from mendline_schema.declarations.filters import before, condition, opaque_id, refers, since
from mendline_schema.kernel import Node

ACTOR = (
    "opaque(CASE {t}.actor_kind WHEN 'member' THEN 'mb' WHEN 'api_key' THEN 'ak' ELSE 'or' END,"
    " {t}.tenant_id, {t}.actor)"
)
TICKETS = "ARRAY(SELECT opaque('tk', r.owner, r.ticket) FROM unnest({t}.owners, {t}.tickets) AS r(owner, ticket))"
OF_TICKET = "{o}.id IN (SELECT reads_of_ticket({organisation}, {value.tenant}, {value.id}))"


@over("read_log", needs="read.audit", kind="rl")
class ReadLogEntry(Node):
    """One read of sensitive fields by somebody of this organisation."""

    actor: strawberry.ID = column(ACTOR, description="The member, the API key or the organisation's system.")
    actor_kind: str = column()
    actor_role: str = column()
    actor_name: str = column()
    channel: str = column()
    operation: str = column(description="What the client called it; a verb's or an export's name.")
    document_hash: str = column(description="SHA-256 of the GraphQL document, in hex; empty elsewhere.")
    groups: list[FieldGroup] = column()
    tickets: list[strawberry.ID] = column(TICKETS)
    arguments: JSON = column(description="What was asked for: ids, filters and pages.")
    correlation: str = column()
    recorded_at: datetime = column()


@strawberry.input(description="Which reads.")
class ReadLogFilter:
    """Which reads."""

    actor: strawberry.ID | None = refers("actor")
    ticket: strawberry.ID | None = condition(OF_TICKET, "id", opaque_id("tk"))
    since: datetime | None = since("recorded_at")
    until: datetime | None = before("recorded_at")


@root
class ReadLogQueries:
    """Queries over the read log."""

    read_log: Connection[ReadLogEntry] | None = connection(
        tenant=VIEWER,
        order=Order(("recorded_at", "id"), descending=True),
        filter=ReadLogFilter,
        description="Who of this organisation read people's names or what a ward said, the latest first.",
    )
