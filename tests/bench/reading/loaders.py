"""Ordinary Strawberry with data loaders over the same tables; run by its path.

It answers the same documents with the same words. Token, role, row-level security, connection settings and the tenant
bound with BEGIN are as at the limit; each loader's batch is one transaction, as data loaders have it.
"""

import asyncio
import base64
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
import uvicorn
from loaded_types import Device, Key, Ticket, WorklistItem
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from mendline.kernel import opaque, open_pools, parse_opaque, pool
from mendline.tickets import PHASES, feed_cursor
from mendline_tenants.access.tokens import read_access_token

_CONNECTIONS = 8
TicketState = strawberry.enum(Enum("TicketState", {state.upper(): state for state in PHASES}))


async def fetch(tenant: UUID, sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows of one statement in a transaction of its own."""
    async with pool("app").acquire() as connection:
        await connection.execute(f"BEGIN; SET LOCAL app.tenant = '{tenant}'")
        rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
        await connection.execute("COMMIT")
    return rows


class Loaders:
    """The loaders of one request."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        for name in ("ticket", "ticket_people", "ticket_clinical", "ticket_quality", "ticket_commercial"):
            setattr(self, name, self._one(name))
        for name in ("device_model", "place"):
            setattr(self, name, self._one(name))
        self.events = self._many("audit_entry", "seq DESC", 3)
        self.audit = self._many("audit_entry", "seq", 50)
        self.messages = self._many("ticket_message", "recorded_at, id", 50)
        self.evidence = self._many("evidence", "recorded_at, id", 50)
        self.participants = self._many("ticket_participant", "starts_at, id", 100)
        self.reports = self._many("service_report", "attempt", 100)
        self.visits = self._many("visit", "recorded_at, id", 50)
        self.slots = self._many("signature_slot", "attempt, position", 100)
        self.history = self._many("ticket", "opened_at DESC, id DESC", 50, "device_id")

    def _one(self, table: str) -> "DataLoader[Key, Any]":
        sql = f"SELECT r.* FROM unnest($1::uuid[], $2::uuid[]) k(t, i) JOIN {table} r ON r.tenant_id = t AND r.id = i"

        async def load(keys: Sequence[Key]) -> list[Any]:
            rows = await fetch(self.tenant, sql, [key[0] for key in keys], [key[1] for key in keys])
            found = {(row["tenant_id"], row["id"]): row for row in rows}
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    def _many(self, table: str, order: str, limit: int, by: str = "ticket_id") -> "DataLoader[Key, Any]":
        sql = (
            f"SELECT r.* FROM unnest($1::uuid[], $2::uuid[]) k(t, i), LATERAL"
            f" (SELECT * FROM {table} WHERE tenant_id = t AND {by} = i ORDER BY {order} LIMIT {limit}) r"
        )

        async def load(keys: Sequence[Key]) -> list[Any]:
            rows = await fetch(self.tenant, sql, [key[0] for key in keys], [key[1] for key in keys])
            found: dict[Key, list[Any]] = defaultdict(list)
            for row in rows:
                found[row["tenant_id"], row[by]].append(row)
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Worklist:
    nodes: list[WorklistItem]
    page_info: PageInfo


@strawberry.input
class Filter:
    state: list[TicketState] | None = None


def _encoded(values: list[Any]) -> str:
    return base64.b64encode(json.dumps(values).encode()).decode()


def _cursor(row: Any) -> str:
    return _encoded([row["changed_at"].isoformat(), str(row["ticket_id"])])


@strawberry.interface
class Change:
    ticket_id: strawberry.ID


@strawberry.type
class TicketChanged(Change):
    item: WorklistItem


@strawberry.type
class TicketGone(Change):
    gone_at: datetime


@strawberry.type
class Changes:
    nodes: list[Change]
    cursor: str | None
    has_more: bool


_FEED = (
    "SELECT * FROM {table} WHERE tenant_id = $1 AND (changed_in, owner_id, ticket_id) > ($2, $3, $4)"
    " AND changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    " ORDER BY changed_in, owner_id, ticket_id LIMIT $5"
)


def _change(row: Any) -> Change:
    ticket = strawberry.ID(opaque("tk", row["owner_id"], row["ticket_id"]))
    if "gone_at" in row:
        return TicketGone(ticket_id=ticket, gone_at=row["gone_at"])
    return TicketChanged(ticket_id=ticket, item=WorklistItem(row))


@strawberry.type
class Query:
    @strawberry.field
    async def changes(self, info: strawberry.Info, since: str | None = None, first: int = 100) -> Changes:
        tenant = info.context.tenant
        assert since is not None
        place = feed_cursor(since, tenant)
        after = (tenant, place.changed_in, place.owner, place.ticket, first + 1)
        rows = [
            row for table in ("worklist", "tombstone") for row in await fetch(tenant, _FEED.format(table=table), *after)
        ]
        rows.sort(key=lambda row: (row["changed_in"], row["owner_id"], row["ticket_id"]))
        page = rows[:first]
        cursor = _encoded([page[-1]["changed_in"], str(page[-1]["owner_id"]), str(page[-1]["ticket_id"])])
        return Changes(nodes=[_change(row) for row in page], cursor=cursor, has_more=len(rows) > first)

    @strawberry.field
    async def worklist(self, info: strawberry.Info, first: int = 50, filter: Filter | None = None) -> Worklist:
        states = [state.value for state in filter.state] if filter and filter.state else None
        where = "AND state = ANY ($3)" if states else ""
        rows = await fetch(
            info.context.tenant,
            f"SELECT * FROM worklist WHERE tenant_id = $1 {where} ORDER BY changed_at DESC, ticket_id DESC LIMIT $2",
            info.context.tenant,
            first + 1,
            *([states] if states else []),
        )
        page = rows[:first]
        return Worklist(
            nodes=[WorklistItem(row) for row in page],
            page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=_cursor(page[-1]) if page else None),
        )

    @strawberry.field
    async def ticket(self, info: strawberry.Info, id: strawberry.ID) -> Ticket | None:
        row = await info.context.ticket.load(tuple(parse_opaque("tk", id)))
        return Ticket(row) if row else None

    @strawberry.field
    async def device(self, info: strawberry.Info, id: strawberry.ID) -> Device | None:
        rows = await fetch(
            info.context.tenant, "SELECT * FROM device WHERE tenant_id = $1 AND id = $2", *parse_opaque("dv", id)
        )
        return Device(rows[0]) if rows else None


class App(GraphQL[Loaders, None]):
    """Strawberry's view, the loaders its context."""

    async def get_context(self, request: Any, response: Response) -> Loaders:
        assert isinstance(request, Request)
        return Loaders(read_access_token(request.headers["authorization"].removeprefix("Bearer ")).organisation)


async def serve(port: int) -> None:
    """Serves until it is ended."""
    await open_pools("app", size=_CONNECTIONS)
    schema = strawberry.Schema(Query, types=[TicketChanged, TicketGone], extensions=[ParserCache(), ValidationCache()])
    app = Starlette(routes=[Route("/graphql", App(schema, graphql_ide=None), methods=["POST"])])
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="warning", access_log=False, server_header=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    loop = uvicorn.Config("none").get_loop_factory()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(serve(int(sys.argv[1])))
