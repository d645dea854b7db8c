"""Loading and storing rows by (tenant, id, version): the only way models meet the database."""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from mendline.kernel.database import execute, fetch, fetchrow
from mendline.kernel.errors import DomainError, not_found

M = TypeVar("M", bound=Model)


@cache
def _columns(model: type[Model]) -> tuple[tuple[str, str], ...]:
    return tuple(model._meta.fields_db_projection.items())


@cache
def _select(model: type[Model]) -> str:
    names = ", ".join(f'"{column}"' for _, column in _columns(model))
    return f'SELECT {names} FROM "{model._meta.db_table}"'  # noqa: S608 - names come from the model


@cache
def _insert(model: type[Model], names: tuple[str, ...], after: int) -> str:
    columns = dict(_columns(model))
    listed = ", ".join(f'"{columns[name]}"' for name in names)
    places = ", ".join(f"${n}" for n in range(after + 1, after + len(names) + 1))
    return f'INSERT INTO "{model._meta.db_table}" ({listed}) VALUES ({places})'  # noqa: S608


def _hydrate(model: type[M], record: Any) -> M:
    # asyncpg has made Python values already; Tortoise's own way needs Tortoise.init, which no process here calls.
    row = model.__new__(model)
    values = row.__dict__
    values.update(_partial=False, _saved_in_db=True, _custom_generated_pk=False, _await_when_save={})
    for name, column in _columns(model):
        values[name] = record[column]
    return row


async def find(model: type[M], tenant: UUID, id: UUID) -> M | None:
    """The row (tenant, id), or None when it is not there or not visible to the bound tenant."""
    record = await fetchrow(f"{_select(model)} WHERE tenant_id = $1 AND id = $2", tenant, id)
    return None if record is None else _hydrate(model, record)


async def get(model: type[M], tenant: UUID, id: UUID) -> M:
    """The row (tenant, id). Raises DomainError not_found when it is absent or hidden."""
    row = await find(model, tenant, id)
    if row is None:
        raise not_found(model._meta.db_table)
    return row


async def lock(model: type[M], tenant: UUID, id: UUID) -> M:
    """As `get`, and holds the row against other writers until the transaction ends."""
    record = await fetchrow(f"{_select(model)} WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", tenant, id)
    if record is None:
        raise not_found(model._meta.db_table)
    return _hydrate(model, record)


async def select(model: type[M], where: str, *values: Any) -> list[M]:
    """Rows that satisfy `where` (it may end in ORDER BY, LIMIT, FOR UPDATE); write `tenant_id = $1` in it."""
    return [_hydrate(model, record) for record in await fetch(f"{_select(model)} WHERE {where}", *values)]


async def first(model: type[M], where: str, *values: Any) -> M | None:
    """The first row that satisfies `where` (as for `select`, but no LIMIT), or None."""
    record = await fetchrow(f"{_select(model)} WHERE {where} LIMIT 1", *values)
    return None if record is None else _hydrate(model, record)


def _values(row: Model) -> dict[str, Any]:
    fields = row._meta.fields_map
    values = {name: getattr(row, name) for name, _ in _columns(type(row))}
    return {name: value for name, value in values.items() if value is not None or not fields[name].has_db_default()}


async def insert(*rows: Model) -> None:
    """Stores new rows, of one model or several, in one statement; no trigger of one sees the others."""
    parts: list[str] = []
    values: list[Any] = []
    for row in rows:
        given = _values(row)
        parts.append(_insert(type(row), tuple(given), len(values)))
        values += given.values()
    *others, last = parts
    listed = ", ".join(f"other{n} AS ({part})" for n, part in enumerate(others))
    await execute(f"WITH {listed} {last}" if others else last, *values)


async def update(row: M, **changes: Any) -> M:
    """Changes columns of a loaded row and the object with it.

    Where the model has a `version` it must still be the one loaded, and grows by one; otherwise raises
    DomainError stale_version.
    """
    model = type(row)
    columns = dict(_columns(model))
    versioned = "version" in columns
    if versioned:
        changes["version"] = row.version + 1  # type: ignore[attr-defined]
    names = tuple(changes)
    assignments = ", ".join(f'"{columns[name]}" = ${n}' for n, name in enumerate(names, 3))
    sql = f'UPDATE "{model._meta.db_table}" SET {assignments} WHERE tenant_id = $1 AND id = $2'  # noqa: S608
    values = [row.tenant_id, row.pk, *changes.values()]  # type: ignore[attr-defined]
    if versioned:
        sql += f" AND version = ${len(values) + 1}"
        values.append(row.version)  # type: ignore[attr-defined]
    if await execute(sql, *values) != "UPDATE 1":
        raise DomainError("stale_version", current=None, by=None)
    for name, value in changes.items():
        setattr(row, name, value)
    return row


async def change(model: type[Model], tenant: UUID, id: UUID, **changes: Any) -> None:
    """Changes columns of the row (tenant, id) of a model without `version`, without loading it.

    Raises DomainError not_found when it is absent or hidden.
    """
    columns = dict(_columns(model))
    assignments = ", ".join(f'"{columns[name]}" = ${n}' for n, name in enumerate(changes, 3))
    sql = f'UPDATE "{model._meta.db_table}" SET {assignments} WHERE tenant_id = $1 AND id = $2'  # noqa: S608
    if await execute(sql, tenant, id, *changes.values()) != "UPDATE 1":
        raise not_found(model._meta.db_table)


def load_all(model: type[M], records: Iterable[Any]) -> list[M]:
    """Models from records that a statement of one's own selected with every column."""
    return [_hydrate(model, record) for record in records]
