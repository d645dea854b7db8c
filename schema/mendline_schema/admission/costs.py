"""Costs: what an operation asks of the house, in units, told from its plan before anything runs.

An operation costs 1, one more for every ten rows that its answer may hold with every page full, and ten more for
every command. What Python makes of a value (a signed URL, a drawing) counts as a row, and so does a value that a row
gives once more under another name. Introspection has a price of its own. It is the same for every reader: what a role
may not see is counted too, so that the price can be told before anybody asks the database who is asking.
"""

from graphql import OperationType, get_named_type

from mendline.kernel import DomainError
from mendline_schema.admission.introspection import introspects
from mendline_schema.declarations.connections import LARGEST_PAGE, page_of
from mendline_schema.declarations.fields import Column, Either, Feed, Itself, Named, Part, Relation
from mendline_schema.reads.binding import Bindings, Field
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.sql import NODE_LIMIT
from mendline_schema.reads.statements import Request

ROWS = 10
"""Rows for one unit."""

COMMAND = 10
"""Units of one command."""

INTROSPECTION = 50
"""Units of asking for the schema, which the ordinary executor answers."""

FAULT = 5
"""Units of a request that cannot be run: it was read and judged all the same."""

COUNT = 100
"""Rows that a `totalCount` stands for: it looks at more than a page."""

STANDING = 50
"""Messages that a new subscription begins with, at most."""


def cost_of(request: Request, bindings: Bindings) -> int:
    """The units of an operation.

    A field whose arguments are no values costs nothing: it gets an error. Raises DomainError too_many_nodes.
    """
    operation = request.operation
    if introspects(operation.selection_set, request.fragments):
        return INTROSPECTION
    root = request.schema.get_root_type(operation.operation)
    assert root is not None
    wanted = request.planner().fields(root, [operation.selection_set])
    counting = _Rows(bindings)
    rows = 0
    commands = 0
    for one in wanted:
        if operation.operation is OperationType.QUERY:
            rows += counting.of(root.name, [one], 1)
        elif one.name in root.fields:
            commands += operation.operation is OperationType.MUTATION
            times = STANDING if operation.operation is OperationType.SUBSCRIPTION else 1
            payload = get_named_type(root.fields[one.name].type)
            rows += counting.of(payload.name, one.of.get(payload.name, []), times)
    if rows > NODE_LIMIT:
        raise DomainError("too_many_nodes", limit=NODE_LIMIT)
    return 1 + commands * COMMAND + -(-(rows + counting.values) // ROWS)


class _Rows:
    """Counts the rows that a selection may give, every page full.

    values: what is worth a row beside them; of the types that one place may hold, those of all.
    """

    def __init__(self, bindings: Bindings) -> None:
        self.values = 0
        self._bindings = bindings

    def of(self, type_name: str, wanted: list[Selected], times: int) -> int:
        """The rows of what is asked of an object of this type, which itself is there `times` times."""
        total = 0
        given: set[str] = set()
        for one in wanted:
            field = self._bindings.find(type_name, one.name)
            if field is not None:
                total += self._of_field(field, one, times)
                self._value(field, times, again=one.name in given)
                given.add(one.name)
        return total

    def _value(self, field: Field, times: int, again: bool) -> None:
        if isinstance(field.read, Column) and field.read.finish is not None:
            self.values += times
        if again and isinstance(field.read, Column | Part | Itself):
            self.values += times

    def _of_field(self, field: Field, one: Selected, times: int) -> int:
        if one.fault is not None:
            return 0
        match field.read:
            case Column():
                return 0
            case Part() | Itself():
                return self._within(field, one, times)
            case Either() | Relation(many="node" | "nodes"):
                several = isinstance(field.read, Relation) and field.read.many == "nodes"
                times *= LARGEST_PAGE if several else 1
                return times + max((self.of(name, inner, times) for name, inner in one.of.items()), default=0)
            case Relation(many="list", limit=limit):
                return times * limit + self._within(field, one, times * limit)
            case Relation(many="connection"):
                return self._connection(field, one, times)
            case Feed():
                return self._feed(one, times)
            case Named() | Relation():
                return times + self._within(field, one, times)

    def _within(self, field: Field, one: Selected, times: int) -> int:
        return self.of(field.target, one.of[field.target], times) if field.target else 0

    def _feed(self, one: Selected, times: int) -> int:
        """Each of its changes counts as the dearest kind of change."""
        try:
            size = page_of(one.arguments).size
        except DomainError:
            return 0
        total = times * size
        for part in next(iter(one.of.values())):
            total += max((self.of(name, inner, times * size) for name, inner in part.of.items()), default=0)
        return total

    def _connection(self, field: Field, one: Selected, times: int) -> int:
        try:
            size = page_of(one.arguments).size
        except DomainError:
            return 0
        assert field.target is not None
        total = 0
        pages = False
        for part in next(iter(one.of.values())):
            match part.name:
                case "totalCount":
                    total += times * COUNT
                case "nodes":
                    pages = True
                    total += self.of(field.target, part.of[field.target], times * size)
                case "edges":
                    pages = True
                    for inner in next(iter(part.of.values())):
                        if inner.name == "node":
                            total += self.of(field.target, inner.of[field.target], times * size)
                case "pageInfo":
                    pages = True
        return total + (times * size if pages else 0)
