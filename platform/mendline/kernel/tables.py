"""Tables as data: each names its kind, and the kind gives keys, policies and grants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeVar

from tortoise import fields
from tortoise.models import Model

from mendline.kernel.ids import new_id


class Kind(StrEnum):
    """What sort of table it is; `mendline_tenants` turns each into policies and grants."""

    OWN = "own"  # rows of one organisation, seen by it alone
    TICKET = "ticket"  # the anchor that organisations share, through visible_to
    CHILD = "child"  # rows of a ticket, with a visible_to of their own
    WORKLIST = "worklist"  # one row per (viewer, ticket), written by definer functions alone
    CATALOGUE = "catalogue"  # no tenant, readable by all, written by migrations
    GATEWAY = "gateway"  # what precedes the tenant
    QUEUE = "queue"  # work to be done after commit


class Record(Model):
    """The base of every table with a tenant: key (tenant_id, id), ids made in Python."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    tenant_id = fields.UUIDField()

    class Meta:
        abstract = True


Writer = Literal["viewers", "author", "facility"]
RecordT = TypeVar("RecordT", bound=Model)


@dataclass(frozen=True)
class Table:
    """One table, declared.

    key: the primary key's columns, the tenant first. references: column -> referenced table, as a composite
    foreign key (tenant_id, column). update: the columns that `app` may change ("*" for all but keys).
    delete: whether `app` may delete rows. role: who works the table, for gateway and queue kinds.
    group: the field group that a child belongs to. writer: who may update a child's rows: every viewer of it, only the
    organisation that wrote it, or only the user facility. beside: a child's column that names a second ticket of the
    user facility: a row is shown to those alone who hold the group of both. checks: name -> condition of a CHECK
    constraint.
    append_only: no row is ever changed or deleted, whoever asks; of a child's rows only `visible_to` changes.
    """

    model: type[Model]
    kind: Kind
    key: tuple[str, ...] = ("tenant_id", "id")
    references: Mapping[str, str] = field(default_factory=dict)
    update: tuple[str, ...] | str = "*"
    delete: bool = False
    role: str = "app"
    group: str | None = None
    writer: Writer = "viewers"
    beside: str | None = None
    checks: Mapping[str, str] = field(default_factory=dict)
    append_only: bool = False

    @property
    def name(self) -> str:
        """The table's name in Postgres."""
        return self.model._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns, in the order of the model."""
        return tuple(self.model._meta.fields_db_projection.values())

    @property
    def updatable(self) -> tuple[str, ...]:
        """The columns `app` may update; never keys, never visible_to."""
        if self.append_only:
            return ()
        if self.update != "*":
            return tuple(self.update)
        fixed = {
            *self.key,
            "tenant_id",
            "id",
            "ticket_id",
            "visible_to",
            "narrowed",
            "audience",
            "author_org",
            "audit_seq",
            "audit_head",
        }
        return tuple(column for column in self.columns if column not in fixed)


TABLES: dict[str, Table] = {}
"""Every declared table by name."""


def table(
    kind: Kind,
    *,
    key: tuple[str, ...] = ("tenant_id", "id"),
    references: Mapping[str, str] | None = None,
    update: tuple[str, ...] | str = "*",
    delete: bool = False,
    role: str = "app",
    group: str | None = None,
    writer: Writer = "viewers",
    beside: str | None = None,
    checks: Mapping[str, str] | None = None,
    append_only: bool = False,
) -> Callable[[type[RecordT]], type[RecordT]]:
    """Declares the model below it as a table of this kind (see `Table`)."""

    def declare(model: type[RecordT]) -> type[RecordT]:
        declared = Table(
            model, kind, key, references or {}, update, delete, role, group, writer, beside, checks or {}, append_only
        )
        if append_only and (delete or kind is Kind.QUEUE):
            raise TypeError(f"{declared.name} is append-only: nobody deletes from it, and it is no queue")
        if TABLES.get(declared.name, declared).model.__qualname__ != model.__qualname__:
            raise TypeError(f"two models declare the table {declared.name}")
        TABLES[declared.name] = declared
        return model

    return declare


@dataclass(frozen=True)
class Function:
    """A function owned by `keeper`, SECURITY DEFINER or INVOKER as its sql says, with what keeper needs to run it.

    sql: the whole CREATE OR REPLACE FUNCTION statement. signature: name(argument types), for grants.
    needs: table -> privileges granted to keeper. roles: who may execute it.
    """

    signature: str
    sql: str
    needs: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ("app",)


FUNCTIONS: dict[str, Function] = {}
"""Every definer function by signature."""


def definer(signature: str, sql: str, needs: Mapping[str, str], roles: tuple[str, ...] = ("app",)) -> Function:
    """Registers a function; `mendline migrate` makes it, owned by keeper, search path pinned, for `roles` alone."""
    FUNCTIONS[signature] = Function(signature, sql, needs, roles)
    return FUNCTIONS[signature]
