"""Field groups: a type or a field that does not say who may read it cannot be built."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema

from mendline_schema.checks.facts import facts
from mendline_schema.declarations.calls import call, mutation
from mendline_schema.declarations.fields import column, one, over, part, parts, root
from mendline_schema.reads.binding import Bindings
from mendline_schema.schema import build_schema, field_facts


def bound(query: type) -> Bindings:
    return Bindings(strawberry.Schema(query)._schema)


def refusal(query: type) -> str:
    with pytest.raises(TypeError) as refused:
        bound(query)
    return str(refused.value)


@over("ticket", needs="read.progress")
class Known:
    """A type that says all."""

    number: str = column()


def test_a_type_names_its_permission(database: None) -> None:
    @over("ticket", needs=None)
    class Open:
        number: str = column()

    @root
    class Query:
        open: Open | None = one({"id": "id"})

    assert refusal(Query) == "Open names no permission, so nobody may read it: say over('ticket', needs=…)"


def test_a_type_names_its_group_where_the_table_does_not_settle_it(database: None) -> None:
    @over("worklist", needs="read.progress")
    class Line:
        number: str = column()

    @root
    class Query:
        line: Line | None = one({"id": "id"})

    assert refusal(Query) == "Line names no field group: say over('worklist', group=…)"


def test_what_a_worklists_card_shows_names_its_group(database: None) -> None:
    @over("worklist", needs="read.progress", group="progress")
    class Line:
        symptom: str | None = column("{t}.card->>'symptom'")

    @root
    class Query:
        line: Line | None = one({"id": "id"})

    assert refusal(Query) == "Line.symptom names no field group: say group=…"


def test_a_root_names_both(database: None) -> None:
    @part
    class Card:
        code: str | None = column()

    @root
    class Query:
        card: Card | None = parts("{viewer}")

    assert refusal(Query) == "Query.card names no permission, so nobody may read it: say needs=…"

    @root
    class Grouped:
        card: Card | None = parts("{viewer}", needs="read.progress")

    assert refusal(Grouped) == "Grouped.card names no field group: say group=…"


def test_a_permission_is_one_of_the_table(database: None) -> None:
    @root
    class Query:
        known: Known | None = one({"id": "id"}, needs="read.everything")

    assert refusal(Query) == "Query.known needs read.everything, which is no permission"


def test_a_field_that_nothing_stands_for_stops_the_start(database: None) -> None:
    @strawberry.type
    class Loose:
        secret: str

    @root
    class Query:
        known: Known | None = one({"id": "id"})

    @strawberry.type
    class Answer:
        loose: Loose

    schema = strawberry.Schema(Query, types=[Answer])._schema
    with pytest.raises(TypeError) as refused:
        facts(schema, Bindings(schema), {})
    assert str(refused.value) == "Answer.loose names neither field group nor permission: lay it over a table"


def test_a_mutation_has_a_permission(database: None) -> None:
    async def nothing(context: Any, input: Any, options: Any) -> None:
        """Does nothing."""

    with pytest.raises(TypeError, match="the mutation nothing needs nobody, which is no permission"):
        call(nothing, needs="nobody")
    with pytest.raises(TypeError, match="which no domain registers"):
        mutation("tickets.forget")


def test_groups_come_from_the_tables(database: None) -> None:
    found = {f"{fact.type}.{fact.field}": (fact.group, fact.permission) for fact in field_facts(build_schema())}
    assert found["Ticket.number"] == ("progress", "read.progress")
    assert found["Ticket.people"] == found["TicketPeople.contactPhone"] == ("people", "read.people")
    assert found["Ticket.device"] == ("own", "read.devices")
    assert found["AuditEntry.command"] == ("progress", "read.audit")
    assert found["WorklistItem.symptom"] == ("clinical", "read.clinical")
    assert found["Query.ticket"] == found["Subscription.ticketChanged"] == ("progress", "read.progress")
    assert found["TicketPayload.ticket"] == ("progress", "read.progress")
    assert found["Mutation.sign"] == ("answer", "quality.sign")
    assert found["Mutation.login"] == ("answer", "anyone")
    assert found["Words.text"] == ("holder", "holder")


def test_every_field_of_the_schema_is_accounted_for(database: None) -> None:
    schema: GraphQLSchema = build_schema()._schema
    named = {(fact.type, fact.field) for fact in field_facts(build_schema())}
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for type_ in roots:
        assert type_ is not None
        assert {(type_.name, field) for field in type_.fields} <= named
