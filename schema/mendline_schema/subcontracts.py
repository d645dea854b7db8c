"""GraphQL over requests to subcontract: what providers have asked to pass on, and the hospital's answers."""

from datetime import datetime
from typing import Annotated

import strawberry

from mendline_schema.declarations.enums import SubcontractState
from mendline_schema.declarations.fields import column, one, over, parts
from mendline_schema.declarations.filters import among
from mendline_schema.kernel import Node
from mendline_schema.tenants import OrganisationCard, known_organisation

LazyTicket = Annotated["Ticket", strawberry.lazy("mendline_schema.tickets")]  # type: ignore[name-defined]  # noqa: F821 - it imports us


@over("subcontract", needs="read.progress", kind="sc")
class Subcontract(Node):
    """A provider's request to pass its ticket on, and the hospital's answer; seen by these two alone."""

    ticket: LazyTicket | None = one({"id": "ticket_id"})
    asked_by: OrganisationCard | None = parts(known_organisation("{t}.asked_by"))
    subcontractor: OrganisationCard | None = parts("{t}.card")
    reason: str = column()
    state: SubcontractState = column()
    answer: str = column(description="The hospital's reason.")
    asked_at: datetime = column()
    answered_at: datetime | None = column()
    child: LazyTicket | None = one({"id": "child_id"}, description="The subcontractor's ticket, once approved.")


@strawberry.input(description="Which requests.")
class SubcontractFilter:
    """Which requests."""

    state: list[SubcontractState] | None = among("state")
