"""GraphQL over the kernel: nodes, words in two languages, and work that failed for good."""

from datetime import datetime
from uuid import UUID

import strawberry

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.fields import VIEWER, Order, Relation, column, declare, over, part, root
from mendline_schema.declarations.groups import FOUND, KNOWN


@strawberry.interface(description="Whatever has an opaque id.")
class Node:
    """Whatever has an opaque id."""

    id: strawberry.ID


@part
class Words:
    """Words in both languages of the house; `text` is the one for the reader."""

    zh: str | None = column()
    en: str | None = column()
    text: str | None = column("coalesce({t}.v->>{locale}, {t}.v->>'zh', {t}.v->>'en')")


@over("dead_letter", needs="tenants.manage", kind="dl")
class DeadLetter(Node):
    """Work of this organisation that used up its attempts, with the last error."""

    queue: str = column()
    row_id: UUID = column()
    error: str = column()
    attempts: int = column()
    recorded_at: datetime = column()
    replayed_at: datetime | None = column()


@root
class KernelQueries:
    """Queries over the kernel."""

    node: Node | None = declare(
        Relation("node", group=FOUND, needs=KNOWN),
        {"id": (strawberry.ID,)},
        description="Anything that has an opaque id; null if not to be seen.",
    )
    nodes: list[Node | None] | None = declare(
        Relation("nodes", group=FOUND, needs=KNOWN),
        {"ids": (list[strawberry.ID],)},
        description="Each of these in its place, at most 100; null if not to be seen.",
    )
    dead_letters: Connection[DeadLetter] | None = connection(
        tenant=VIEWER, order=Order(("recorded_at", "id"), descending=True)
    )
