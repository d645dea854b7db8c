"""Sample inputs: for any command an input that its validator takes, made from the types of its struct."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import fields

INPUTS: Mapping[str, Mapping[str, Any]] = {
    "devices.upsert_contract": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
    "dispatch.ask_absence": {"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2100-01-02T00:00:00Z"},
    "dispatch.cover_duty": {"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2100-01-02T00:00:00Z"},
    "dispatch.put_rota": {"zone": "UTC", "cycle_days": 1},
    "dayplans.keep": {"problem": "", "stops": [], "unserved": [], "moves": [], "figures": {}, "relaxed": {}},
    "devices.request_proof": {"media_type": "application/pdf"},
    "tickets.keep_fault_model": {"cause": "asked", "model": "", "figures": None},
    "fieldwork.request_upload": {"media_type": "image/png"},
    "fieldwork.attach_evidence": {"media_type": "image/png"},
    "tenants.create_api_key": {"scopes": ["read.progress"]},
    "tenants.set_policy": {"name": "triage", "value": "direct"},
    "tenants.set_password": {"password": "correct horse battery"},
    "tenants.upsert_agreement": {"groups": ["quality"]},
    "tenants.upsert_member": {"roles": ["reporter"]},
    "tickets.import_closed": {
        "opened_at": "2026-01-01T08:00:00Z",
        "finished_at": "2026-01-01T09:00:00Z",
        "closed_at": "2026-01-01T10:00:00Z",
    },
}
"""Fields whose right values no type tells. A new command wants a line here when the test says so."""

PATTERNS = ("0" * 64, "AAAA-1111", "CNY", "a", "A1", "1", "08:00")
"""Texts that fit the patterns of fields, tried in turn."""

IdOf = Callable[[str], Any]


class Ids(msgspec.Struct, frozen=True):
    """Where an input holds an id: the path to it, and the kind of id (the prefix)."""

    path: tuple[str, ...]
    kind: str


def ids_of(struct: type) -> Iterator[Ids]:
    """Every id in an input, also in lists and in structs within it."""
    for name, hint in get_type_hints(struct, include_extras=True).items():
        for path, kind in _ids_in(hint):
            yield Ids((name, *path), kind)


def _ids_in(hint: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if get_origin(hint) is Annotated:
        kinds = [(meta.extra or {}).get("id") for meta in get_args(hint)[1:] if isinstance(meta, Meta)]
        if kind := next(filter(None, kinds), None):
            yield (), kind
            return
        yield from _ids_in(get_args(hint)[0])
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        for inner in ids_of(hint):
            yield inner.path, inner.kind
    else:
        for argument in get_args(hint):
            yield from _ids_in(argument)


def sample_input(command: str, struct: type, id_of: IdOf) -> dict[str, Any]:
    """An input with every id in it: `id_of(kind)` gives each. Other fields only where they are needed."""
    given: dict[str, Any] = {}
    hints = get_type_hints(struct, include_extras=True)
    for field in fields(struct):
        hint = hints[field.name]
        if field.required or next(_ids_in(hint), None) is not None:
            given[field.name] = _sample(hint, id_of)
    return given | dict(INPUTS.get(command, {}))


def replaced(given: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The same input with another value at a path; in a list, at its first place."""
    first, *rest = path
    inner = given[first]
    if isinstance(inner, list):
        return {**given, first: [replaced(inner[0], tuple(rest), value) if rest else value]}
    return {**given, first: replaced(inner, tuple(rest), value) if rest else value}


def _sample(hint: Any, id_of: IdOf, meta: Meta | None = None) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        given = next((m for m in arguments[1:] if isinstance(m, Meta)), None)
        if given is not None and (given.extra or {}).get("id"):
            return id_of((given.extra or {})["id"])
        return _sample(arguments[0], id_of, given)
    if origin in (Union, UnionType):
        return _sample(next(a for a in arguments if a is not NoneType), id_of, meta)
    if origin is Literal:
        return arguments[0]
    if origin in (list, tuple, set, frozenset):
        return [_sample(arguments[0], id_of)]
    if origin is dict:
        return {_sample(arguments[0], id_of): _sample(arguments[1], id_of)}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return sample_input("", hint, id_of)
    return _plain(hint, meta)


def _plain(hint: Any, meta: Meta | None) -> Any:
    hint = getattr(hint, "__supertype__", hint)  # a NewType
    if hint is str:
        if meta is not None and meta.pattern:
            return next(text for text in PATTERNS if re.search(meta.pattern, text))
        return "sample".ljust((meta.min_length or 0) if meta else 0, "x")[: meta.max_length if meta else None]
    if hint in (int, float):
        least = (meta.ge if meta.ge is not None else (meta.gt or 0) + 1) if meta else 1
        return hint(max(least, 1) if meta is None or meta.le is None else least)
    if hint is bool:
        return True
    if hint is datetime:
        return (datetime.now(UTC) + timedelta(days=1)).isoformat()
    if hint is date:
        return "2026-12-01"
    return "00000000-0000-7000-8000-000000000001" if hint is UUID else "sample"
