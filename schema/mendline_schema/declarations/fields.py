"""The words in which a GraphQL type is declared over its table: columns, relations, parts of a JSON column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from mendline_schema.declarations.groups import HOLDER
from mendline_tenants import MASKS, Masked

OBJECTS: dict[str, Any] = {}
"""The type that the opaque ids of each kind name."""

READ = "mendline.read"
"""The key under which a field's metadata holds its declaration."""

VIEWER = "{organisation}"
"""Stands for the tenant of a relation whose rows are the reader's own organisation's."""

T = TypeVar("T", bound=type)


@dataclass(frozen=True)
class Over:
    """What a type lies over: its table, the permission to read it, the prefix of its opaque ids.

    table None: a part of the row that holds it (a JSON value), or a root. group: the field group of its columns, where
    the table does not settle it. A root has neither group nor permission: each of its fields brings its own.
    """

    table: str | None
    needs: str | None
    kind: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Column:
    """A value of the row. sql: an expression over `{t}`, or None for the column of the field's own name.

    group, needs: the field group and the permission, where they are not the type's. finish: what Python makes of the
    value's text (a signed URL). recorded: whether its row is handed out by it, which the read log keeps. mask: what
    kind of text it is, where it crosses a border only masked.
    """

    sql: str | None = None
    group: str | None = None
    needs: str | None = None
    finish: Callable[[str], Any] | None = None
    recorded: bool = False
    mask: Masked | None = None


@dataclass(frozen=True)
class Part:
    """An object, or a list of objects, within a JSON column or expression."""

    sql: str | None = None
    group: str | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Itself:
    """The same row again, as another type."""

    group: str | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Where:
    """A condition that an argument or a filter field adds: SQL over `{o}` and `{value}`.

    parse: what Python makes of the argument first; its attributes can be named as `{value.name}`. Where it answers
    None nothing is found. one: the SQL for a list of one. column, compares, tenant: what is compared and how, for who
    must know without reading SQL; see filters.py.
    """

    sql: str
    parse: Callable[[Any], Any] | None = None
    one: str | None = None
    column: str | None = None
    compares: str | None = None
    tenant: str | None = None


@dataclass(frozen=True)
class Order:
    """The columns that a list is ordered by, an index beneath them; the last one makes the order total.

    absent: for a column that may be NULL, the SQL literal that NULL stands for in this order.
    """

    columns: tuple[str, ...]
    descending: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)

    def terms(self, alias: str) -> list[str]:
        """The SQL of each value that a row is ordered by; none of them is ever NULL."""
        named = [(column, f'{alias}."{column}"') for column in self.columns]
        return [f"coalesce({sql}, {self.absent[column]})" if column in self.absent else sql for column, sql in named]


@dataclass(frozen=True)
class Orders:
    """The orders a client can choose from, by name; the first is taken when it does not choose. name: of the enum."""

    name: str
    by: Mapping[str, Order]


@dataclass(frozen=True)
class Relation:
    """Rows of another table, or one of them.

    on: column of the other table -> column of this one. tenant: this row's column that names the other's tenant,
    or VIEWER. where: a further condition over `{o}` and `{t}`. arguments: what each argument asks for; `required`
    says that at least one must be given. orders: those that a client can choose from, by their word. limit: how many
    rows a list may hold; with more it is refused.
    """

    many: Literal["one", "list", "connection", "node", "nodes"]
    on: Mapping[str, str] = field(default_factory=dict)
    tenant: str | None = "tenant_id"
    where: str | None = None
    order: Order | None = None
    arguments: Mapping[str, Where] = field(default_factory=dict)
    required: bool = False
    group: str | None = None
    needs: str | None = None
    limit: int = 100
    orders: Mapping[str, Order] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """The row that a command's result or a live message names: `{tenant}` and `{id}` are given when it is read.

    rows: SQL of the row itself, for a type that lies over no table.
    """

    where: str = "{o}.tenant_id = {tenant} AND {o}.id = {id}"
    group: str | None = None
    needs: str | None = None
    rows: str | None = None


@dataclass(frozen=True)
class Feed:
    """The changes of the reader's own organisation: rows of several tables, one type for each, in one order."""

    group: str | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Either:
    """A row of one of several tables, as a union: the first that is there, by the name of the type that it is.

    needs: what its reader needs, whichever it is.
    """

    choices: Mapping[str, Relation]
    group: str
    needs: str


Read = Column | Part | Itself | Relation | Named | Feed | Either


def declare(what: Any, arguments: Mapping[str, Any] | None = None, *, key: str = READ, **options: Any) -> Any:
    """A Strawberry field that holds its declaration; `arguments` are (annotation, default) by name."""
    made = StrawberryField(metadata={key: what}, **options)
    made.arguments = [_argument(name, *given) for name, given in (arguments or {}).items()]
    return made


def _argument(name: str, annotation: Any, default: Any = UNSET) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(annotation), default=default)


def over(
    table: str | None, *, needs: str | None, kind: str | None = None, group: str | None = None
) -> Callable[[T], T]:
    """Declares the class below it as a GraphQL type over `table`, readable with the permission `needs`.

    kind: the prefix of its opaque ids, for types that implement Node. group: the field group, where the table's own
    declaration does not settle it.
    """

    def make(cls: T) -> T:
        made: Any = strawberry.type(cls, description=first_sentence(cls.__doc__))
        made.__over__ = Over(table, needs, kind, group)
        if kind is not None:
            OBJECTS[kind] = made
        return made  # type: ignore[no-any-return]

    return make


def part(cls: T) -> T:
    """Declares the class below it as part of the row that holds it: its fields are keys of a JSON value."""
    return over(None, needs=HOLDER, group=HOLDER)(cls)


def root(cls: T) -> T:
    """Declares the class below it as a root: each field has the group and the permission of what it leads to."""
    return over(None, needs=None)(cls)


def first_sentence(text: str | None) -> str | None:
    """What a docstring says before its first full stop, for the schema's descriptions."""
    return " ".join((text or "").split("\n\n", maxsplit=1)[0].split()) or None


def column(
    sql: str | None = None, *, group: str | None = None, needs: str | None = None, description: str | None = None
) -> Any:
    """The column of this name, or an SQL expression over `{t}`."""
    return declare(Column(sql, group, needs), description=description)


def masked(kind: Masked, sql: str | None = None, *, group: str | None = None, description: str | None = None) -> Any:
    """A column (or an SQL expression) that is masked for who does not hold the field group of its kind of text."""
    told = f"Masked for who does not hold {MASKS[kind].group.upper()}."
    return declare(Column(sql, group, mask=kind), description=f"{description} {told}" if description else told)


def finished(
    finish: Callable[[str], Any],
    sql: str,
    *,
    needs: str | None = None,
    recorded: bool = False,
    description: str | None = None,
) -> Any:
    """A value that Python makes from the text of an SQL expression, for this field alone. recorded: see `Column`."""
    return declare(Column(sql, needs=needs, finish=finish, recorded=recorded), description=description)


def parts(
    sql: str | None = None, *, group: str | None = None, needs: str | None = None, description: str | None = None
) -> Any:
    """An object or a list of objects within a JSON column."""
    return declare(Part(sql, group, needs), description=description)


def itself(*, description: str | None = None) -> Any:
    """The same row as another type."""
    return declare(Itself(), description=description)


def one(
    on: Mapping[str, str] | None = None,
    *,
    tenant: str | None = "tenant_id",
    where: str | None = None,
    order: Order | None = None,
    needs: str | None = None,
    description: str | None = None,
) -> Any:
    """The one row of another table that `on` names; null when it is not there or not to be seen."""
    return declare(Relation("one", on or {}, tenant, where, order, needs=needs), description=description)


def many(
    on: Mapping[str, str] | None = None,
    *,
    order: Order,
    tenant: str | None = "tenant_id",
    where: str | None = None,
    needs: str | None = None,
    limit: int = 100,
    description: str | None = None,
) -> Any:
    """A short list of rows of another table, which is told whole or not at all.

    With more than `limit` rows it is null, with the error list_too_long: what may grow so far is made a connection.
    """
    told = f"At most {limit}: with more it is null, with the error `list_too_long`."
    return declare(
        Relation("list", on or {}, tenant, where, order, needs=needs, limit=limit),
        description=f"{description} {told}" if description else told,
    )


def either(choices: Mapping[str, Any], *, group: str, needs: str, description: str | None = None) -> Any:
    """A union: for each of its types, in order, the `one(…)` that leads there; the first row that is found."""
    read = {name: choice.metadata[READ] for name, choice in choices.items()}
    return declare(Either(read, group, needs), description=description)


def find(arguments: Mapping[str, tuple[Any, Where]], *, where: str | None = None, needs: str | None = None) -> Any:
    """One row, asked for by any of these arguments; one of them must be given."""
    return declare(
        Relation(
            "one",
            tenant=None,
            where=where,
            order=Order(("id",)),  # what is asked for need not be unique, such as a serial number: the oldest is it
            arguments={to_camel_case(name): where for name, (_, where) in arguments.items()},
            required=True,
            needs=needs,
        ),
        {name: (annotation | None, UNSET) for name, (annotation, _) in arguments.items()},
    )
