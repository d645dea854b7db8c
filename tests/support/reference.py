"""The reference of reads: graphql-core's own executor over plain resolvers, which know declarations and no compiler.

Every row that row-level security shows an organisation is read with `SELECT *`; relations, filters, orders and pages
are then Python over those rows. Only an SQL expression that a field declares is asked of Postgres, for one row at a
time. The schema is made from its printed text, so that nothing of Strawberry resolves a thing either.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    parse,
)

from mendline.kernel import TABLES, DomainError, Kind, now, require_storable, say
from mendline.tickets import feed_cursor
from mendline_schema import print_schema
from mendline_schema.declarations.fields import VIEWER, Column, Either, Feed, Itself, Part, Relation, Where
from mendline_schema.declarations.groups import KNOWN
from mendline_schema.devices import scanned
from mendline_schema.reads.binding import Field, filter_conditions
from mendline_schema.reads.values import viewer
from mendline_schema.registry import OF_UNIT
from mendline_schema.schema import build_schema as build_ours
from mendline_tenants import MASKS, ROLES, Actor, Masked, masked_name, masked_phone, masked_serial
from support.reference_pages import asked_page, page_of, place_of
from support.reference_rows import Json, Literal, Row, Rows

MASKING = {"name": masked_name, "phone": masked_phone, "serial": masked_serial}

CONDITIONS: dict[str, Callable[["Reference", Mapping[str, Any], Mapping[str, Any]], bool]] = {
    "{o}.id = {organisation}": lambda run, other, _: other["id"] == run.actor.organisation,
    "{o}.kind = 'duplicate'": lambda _, other, __: other["kind"] == "duplicate",
    "{o}.kind <> 'duplicate'": lambda _, other, __: other["kind"] != "duplicate",
    "{o}.phase <> 'closed'": lambda _, other, __: other["phase"] != "closed",
    "{o}.id = {actor}": lambda run, other, _: other["id"] == run.actor.id,
    "{o}.member_id = {actor}": lambda run, other, _: other["member_id"] == run.actor.id,
    "{o}.member_id = {actor} AND {o}.revoked_at IS NULL AND {o}.expires_at > statement_timestamp()": (
        lambda run, other, _: (
            other["member_id"] == run.actor.id and other["revoked_at"] is None and other["expires_at"] > now()
        )
    ),
    OF_UNIT: lambda _, other, here: other["device_id"] in (here["id"], *(here["duplicates"] or ())),
}
"""What a relation's own condition means."""


@cache
def plain_schema() -> GraphQLSchema:
    """The schema from its text, with the scalars of ours."""
    made, ours = build_schema(print_schema()), build_ours()._schema
    for name, scalar in made.type_map.items():
        if isinstance(scalar, GraphQLScalarType) and not name.startswith("__"):
            for attribute, value in vars(ours.type_map[name]).items() if name in ours.type_map else ():
                if callable(value) and attribute != "ast_node":
                    setattr(scalar, attribute, value)
    return made


class Reference:
    """Answers operations for one actor."""

    def __init__(self, actor: Actor, rows: Rows) -> None:
        self.actor = actor
        self._rows = rows
        ours = build_ours()
        self._ours = ours._schema
        self._bindings = ours.execution_context_class.statements.bindings  # type: ignore[attr-defined]
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, document: str, variables: Mapping[str, Any], operation: str | None) -> ExecutionResult:
        """What graphql-core makes of it."""
        answer: Any = execute(
            plain_schema(),
            parse(document),
            variable_values=dict(variables),
            operation_name=operation,
            field_resolver=self.resolve,
            type_resolver=lambda value, *_: value.type,
        )
        result = await answer if asyncio.iscoroutine(answer) or hasattr(answer, "__await__") else answer
        assert isinstance(result, ExecutionResult)
        return result

    async def resolve(self, source: Any, info: Any, **arguments: Any) -> Any:
        """The value of any field."""
        if isinstance(source, dict):  # a connection, an edge, a page's info
            return source[info.field_name]
        field = self._bindings.find(info.parent_type.name, info.field_name)
        self._require(field)
        match field.read:
            case Column() as read:
                return await self._column(field, read, source)
            case Part() as read:
                found = await self._raw(field, read, source)
                row = source if isinstance(source, Row) else getattr(source, "within", None)
                if field.is_list:
                    return [Json(item, row) for item in found] if isinstance(found, list) else []
                return Json(found, row) if isinstance(found, dict) and found else None
            case Itself():
                return Row(field.target, source.table, source.values)
            case Relation(many="node"):
                return await self._node(arguments["id"])
            case Relation(many="nodes"):
                if len(arguments["ids"]) > 100:
                    raise DomainError("page_too_large")
                return [await self._node_or_refusal(one) for one in arguments["ids"]]
            case Feed():
                return await self._feed(arguments)
            case Either(choices=choices):
                for name, choice in choices.items():
                    for row in await self._visible(self._bindings.types[name].over.table):
                        if self._belongs(choice, row, {}):
                            return Row(name, self._bindings.types[name].over.table, row)
                return None
            case Relation() as read:
                return await self._relation(field, read, source, arguments)
        raise AssertionError(f"{field.owner}.{field.name} is not of a query")

    def _require(self, field: Field) -> None:
        """Both what the field itself needs and what the rows it leads to need, beyond the row that it lies in."""
        reached = self._bindings.types.get(field.target or "")
        needed = {field.read.needs, reached.over.needs if reached and reached.over.table else None}
        for permission in needed - {None, KNOWN, self._bindings.types[field.owner].over.needs}:
            if permission not in self.actor.permissions:
                raise DomainError("forbidden", permission=permission)

    async def _raw(self, field: Field, read: Column | Part, source: Any) -> Any:
        if read.sql is not None:
            return await self._expression(read.sql, source)
        if isinstance(source, Json):
            return source.value.get(field.python_name) if isinstance(source.value, dict) else None
        return source.values[field.python_name]

    async def _expression(self, template: str, source: Any) -> Any:
        words = {
            "organisation": f"'{self.actor.organisation}'::uuid",
            "actor": f"'{self.actor.id}'::uuid",
            "session": f"'{self.actor.session}'::uuid" if self.actor.session else "NULL::uuid",
            "locale": f"'{self.actor.locale}'::text",
            "viewer": _jsonb(viewer(self.actor)),
            "roles": _jsonb({role: say(f"role.{role}", self.actor.locale) for role in (*ROLES, "api_key")}),
            "t": "t",
        }
        sql = template.format_map(words)
        async with self._one_at_a_time:
            if isinstance(source, Json):
                return await self._rows.value(self.actor, f"SELECT {sql} FROM (SELECT $1::jsonb AS v) t", source.value)
            if source is None:
                return await self._rows.value(self.actor, f"SELECT {sql}")
            key = TABLES[source.table].key
            where = " AND ".join(f"t.{column} = ${n}" for n, column in enumerate(key, 1))
            values = [source.values[column] for column in key]
            return await self._rows.value(self.actor, f'SELECT {sql} FROM "{source.table}" t WHERE {where}', *values)

    async def _column(self, field: Field, read: Column, source: Any) -> Any:
        value = await self._raw(field, read, source)
        if value is None:
            return None
        if read.mask is not None and not await self._in_full(read.mask, source):
            return MASKING[read.mask](value)
        if read.finish is not None:
            return _moments(read.finish(value), get_named_type(field.definition.type).name)
        if field.is_enum:
            return [word.upper() for word in value] if field.is_list else value.upper()
        return _moments(value, get_named_type(field.definition.type).name)

    async def _feed(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A page of the feed; all that was written has settled."""
        first = arguments["first"]
        if first is None or not 1 <= first <= 100:
            raise DomainError("page_too_large" if (first or 0) > 100 else "invalid_input")
        found = [
            Row(type_, table, row)
            for type_, table in (("TicketChanged", "worklist"), ("TicketGone", "tombstone"))
            for row in await self._visible(table)
            if row["tenant_id"] == self.actor.organisation
        ]
        found.sort(key=_in_the_feed)
        since = arguments.get("since")
        if since is not None:
            cursor = feed_cursor(since, self.actor.organisation)
            found = [one for one in found if _in_the_feed(one) > (cursor.changed_in, cursor.owner, cursor.ticket)]
        return {"nodes": found[:first], "hasMore": len(found) > first, "cursor": "not compared"}

    async def _in_full(self, mask: Masked, source: Any) -> bool:
        """Whether a text of this kind is answered as it is, and not masked."""
        group, own = MASKS[mask].group, str(self.actor.organisation)
        row = source if isinstance(source, Row) else source.within
        if f"read.{group}" not in self.actor.permissions:
            return False
        table = TABLES[row.table] if row else None
        if table is not None and table.kind is Kind.TICKET:
            return own in row.values["audience"].get(group, ())
        if table is not None and table.kind is Kind.CHILD and table.group != group:
            key = (row.values["tenant_id"], row.values["ticket_id"])
            tickets = [one for one in await self._visible("ticket") if (one["tenant_id"], one["id"]) == key]
            held = any(own in ticket["audience"].get(group, ()) for ticket in tickets)
            return held or row.values["author_org"] == self.actor.organisation
        return True

    async def _node(self, id: str) -> Row | None:
        bound = self._bindings.kinds.get(id[:2]) if len(id) == 46 and id[2] == "_" else None
        if bound is None:
            return None
        if bound.over.needs not in self.actor.permissions:
            raise DomainError("forbidden", permission=bound.over.needs)
        for row in await self._visible(bound.over.table):
            if _opaque(bound.over.kind, row["tenant_id"], row["id"]) == id:
                return Row(bound.name, bound.over.table, row)
        return None

    async def _node_or_refusal(self, id: str) -> Row | DomainError | None:
        """An item of a list that is an error is told as one, and its place is null."""
        try:
            return await self._node(id)
        except DomainError as refusal:
            return refusal

    async def _visible(self, table: str) -> list[dict[str, Any]]:
        async with self._one_at_a_time:
            return await self._rows.table(self.actor.organisation, table)

    async def _relation(self, field: Field, read: Relation, source: Any, arguments: Mapping[str, Any]) -> Any:
        table = self._bindings.types[field.target].over.table
        here = source.values if isinstance(source, Row) else {}
        order, page = asked_page(read, arguments) if read.many == "connection" else (read.order, None)
        asked = {name: value for name, value in arguments.items() if name in read.arguments and value is not None}
        if read.required and not asked:
            raise DomainError("invalid_input", problem="give_one")
        tests = [await self._lookup(field, name, read.arguments[name], value) for name, value in asked.items()]
        tests += await self._filters(field, table, arguments.get("filter"))
        found = [
            row
            for row in await self._visible(table)
            if self._belongs(read, row, here) and all(test(row) for test in tests)
        ]
        if order is not None:
            found.sort(key=lambda row: place_of(row, order), reverse=order.descending)
        if page is not None:
            return page_of(field, table, found, lambda row: Row(field.target, table, row), order, *page)
        objects = [Row(field.target, table, row) for row in found]
        if read.many == "list":
            if len(objects) > read.limit:  # whole or not at all
                raise DomainError("list_too_long")
            return objects
        assert read.order is not None or len(objects) <= 1, f"{field.owner}.{field.name} leads to several rows"
        return objects[0] if objects else None

    def _belongs(self, read: Relation, row: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
        if read.tenant == VIEWER:
            if row["tenant_id"] != self.actor.organisation:
                return False
        elif read.tenant is not None and row["tenant_id"] != here[read.tenant]:
            return False
        same = all(row[theirs] is not None and row[theirs] == here[ours] for theirs, ours in read.on.items())
        return same and (read.where is None or CONDITIONS[read.where](self, row, here))

    async def _lookup(self, field: Field, name: str, where: Where, value: Any) -> Callable[[Mapping[str, Any]], bool]:
        """What an argument asks of a row."""
        match field.name, name:
            case "ticket", "number":
                require_storable(value)
                listed = [row for row in await self._visible("worklist") if row["number"] == value]
                keys = [(row["owner_id"], row["ticket_id"]) for row in listed]
                return lambda row: (row["tenant_id"], row["id"]) in keys
            case "device", "assetNumber":
                require_storable(value)
                return await self._unit(lambda row: bool(row["asset_number"] == value))
            case "device", "external":
                require_storable(value)
                named = (value["system"], value["number"])
                return await self._unit(lambda row: (row["system"], row["number"]) == named)
            case "device", "code":
                read = scanned(value)
                require_storable(read)
                models = {row["id"]: row["device_identifier"] for row in await self._visible("device_model")}
                codes = {
                    row["code"] for row in await self._visible("organisation") if row["id"] == self.actor.organisation
                }

                def is_it(row: Mapping[str, Any]) -> bool:
                    if read is None:
                        return False
                    if read.asset is not None:
                        ours = read.organisation is None or read.organisation in codes
                        return bool(row["asset_number"] == read.asset and ours)
                    known = read.device_identifier in (None, models[row["model_id"]])
                    return read.serial is not None and row["serial"] == read.serial and known

                return await self._unit(is_it)
        return self._test(where, value)

    async def _unit(self, is_it: Callable[[Mapping[str, Any]], bool]) -> Callable[[Mapping[str, Any]], bool]:
        """A unit of one's own whose record, or a duplicate that was merged into it, is the one that is looked for."""
        own = self.actor.organisation
        found = [row for row in await self._visible("device") if row["tenant_id"] == own and is_it(row)]
        units = {row["merged_into"] or row["id"] for row in found}
        return lambda row: row["tenant_id"] == own and row["id"] in units

    async def _filters(
        self, field: Field, table: str, given: Mapping[str, Any] | None
    ) -> list[Callable[[Mapping[str, Any]], bool]]:
        if not given:
            return []
        conditions = filter_conditions(get_named_type(field.definition.args["filter"].type))  # type: ignore[arg-type]
        tests = []
        for name, value in given.items():
            if value is not None and conditions[name].compares == "sql":
                tests.append(await self._by_sql(table, conditions[name], value))
            elif value is not None:
                tests.append(self._test(conditions[name], value))
        return tests

    async def _by_sql(self, table: str, where: Where, value: Any) -> Callable[[Mapping[str, Any]], bool]:
        """What only SQL can say: Postgres names the rows, by a statement of this condition alone."""
        value = where.parse(value) if where.parse else value
        require_storable(value)
        own = f"'{self.actor.organisation}'::uuid"
        sql = where.sql.format_map({"o": "o", "organisation": own, "value": Literal(value)})
        statement = f'SELECT coalesce(array_agg(id), ARRAY[]::uuid[]) FROM "{table}" o WHERE {sql}'
        async with self._one_at_a_time:
            ids = await self._rows.value(self.actor, statement)
        return lambda row: row["id"] in ids

    def _test(self, where: Where, value: Any) -> Callable[[Mapping[str, Any]], bool]:
        column, own = where.column, self.actor.organisation
        assert column is not None, where
        if where.compares != "id":  # no id holds what cannot be stored: it finds nothing
            require_storable(value)
        match where.compares:
            case "=":
                return lambda row: row[column] is not None and row[column] == value
            case "any":
                words = [word.lower() for word in value]
                return lambda row: row[column] in words
            case ">=":
                return lambda row: row[column] is not None and row[column] >= value
            case "<":
                return lambda row: row[column] is not None and row[column] < value
            case "reference":
                system, number = value["system"], value["number"]
                return lambda row: (
                    row["tenant_id"] == own
                    and row["system"] == system
                    and row["external_number" if "external_number" in row else "number"] == number
                )
            case "id":
                assert where.parse is not None
                named = where.parse(value)
                return lambda row: (
                    named is not None
                    and row[column] == named.id
                    and (where.tenant is None or row[where.tenant] == named.tenant)
                )
        raise AssertionError(f"no reference for {where}")


def _jsonb(value: Any) -> str:
    return "'{}'::jsonb".format(json.dumps(value).replace("'", "''"))


def _in_the_feed(row: Row) -> tuple[Any, ...]:
    return row.values["changed_in"], row.values["owner_id"], row.values["ticket_id"]


def _moments(value: Any, scalar: str) -> Any:
    """Times that stand as text in a JSON value."""
    if isinstance(value, list):
        return [_moments(item, scalar) for item in value]
    if isinstance(value, str) and scalar in ("DateTime", "Date"):
        return (datetime if scalar == "DateTime" else date).fromisoformat(value)
    return value


def _opaque(kind: str, tenant: UUID, id: UUID) -> str:
    return f"{kind}_{base64.urlsafe_b64encode(tenant.bytes + id.bytes).decode().rstrip('=')}"


def code_of(error: GraphQLError) -> str:
    """The code that clients are told."""
    cause = error.original_error
    return cause.code if isinstance(cause, DomainError) else "bad_request"
