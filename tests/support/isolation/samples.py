"""Sample rows: one row of any table for any organisation, made from the catalogue alone, its texts recognisable."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from mendline.kernel import NIL, TABLES, new_id
from support.isolation.catalogue import Column, Shape

Row = dict[str, Any]

WORDS: Mapping[str, Any] = {
    "timezone": "Asia/Shanghai",
    "locale": "zh",
    "country": "CN",
    "member.status": "active",
    "member.roles": ["admin"],
    "organisation.kind": "hospital",
    "partner.kind": "vendor",
    "organisation.policies": {},
    "chat_identity.status": "active",
    "chat_identity.channel": "telegram",
    "chat_card.channel": "telegram",
    "technician.shifts": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}],
    "device_model.device_class": "infusion_pump",
    "contract.device_classes": ["infusion_pump"],
    "qualification.device_class": "infusion_pump",
    "qualification.level": 2,
    "agreement.groups": ["progress"],
    "ticket.state": "reported",
    "ticket.outcome": None,
    "worklist.outcome": None,
    "ticket_participant.groups": ["progress"],
    "ticket_participant.part": "participant",
    "worklist.part": "participant",
    "ticket.device_card": lambda text: {"serial": text, "asset_number": text, "device_class": "infusion_pump"},
    "device.last_repair": lambda text: {"at": "2020-01-01T00:00:00+00:00", "number": text, "symptom": text},
    "ticket_clinical.access_windows": [],
    "ticket_clock.calendar": {"zone": "UTC", "always": True},
    "ticket_clock.telling": {"zone": "UTC", "always": True},
    "ticket_clock.minutes": {},
    "ticket_clock.pauses": [],
    "service_calendar.zone": "UTC",
    "service_calendar.hours": [],
    "service_calendar.breaks": [],
    "service_calendar.opened": [],
    "service_calendar.closed": [],
    "contract.service_level": {},
    "shift_period.hours": [],
    "shift_period.breaks": [],
    "shift_period.country": None,
    "territory.areas": [],
    "busy_elsewhere.spans": [],
    "busy_consent.told": [],
    "duty_rota.zone": "UTC",
    "duty_rota.cycle_days": 1,
    "duty_rota.handovers": [{"day": 0, "minute": 0, "members": []}],
    "duty_cover.level": 0,
    "proof.state": "stored",
    "place.kind": "unit",
    "device_part.quantity": 1,
    "quotation.currency": "CNY",
    "ticket_clinical.fault_proposal": lambda text: {"outcome": "proposed", "code": text, "words": [text]},
    "fault_model.figures": lambda text: {"labels": {text: 5}},
    "day_plan.day": "2026-12-08",
    "day_plan_stop.windows": [],
}
"""Columns whose words the code reads: `table.column`, or the name of a column wherever it is; a function gets the text.

A new table needs a line here only when its own code stumbles over a text that says nothing.
"""

_OWN = {"tenant_id", "owner_id", "author_org", "ticket.provider_id", "worklist.provider_id"}
"""Columns that name the organisation itself, where nothing else is asked for."""

_NAMED = {
    **{"actor": "member", "assignee_id": "member", "technician.id": "member", "author_id": "member"},
    **{"contract.provider_id": "partner", "worklist.device_id": "device", "worklist.parent_id": "ticket"},
    "regulatory_document.organisation_id": "partner",
}
"""Columns that name a row without a foreign key -> its table; the first row of each tenant names the first there."""

_count = itertools.count(1)


class Sampler:
    """Makes rows. `known` gives an existing row's id of a table for a tenant, for columns that refer to it."""

    def __init__(self, shapes: Mapping[str, Shape], known: Callable[[str, UUID], UUID | None]) -> None:
        self._shapes = shapes
        self._known = known

    def row(self, table: str, tenant: UUID, label: str, **given: Any) -> Row:
        """A row of this organisation; its texts are `<label>:<table>.<column>:<number>`, its ids new.

        given: columns that must have these values.
        """
        shape, number = self._shapes[table], next(_count)
        made: Row = {}
        for column in shape.columns.values():
            if column.name in given:
                made[column.name] = given[column.name]
            else:
                made[column.name] = self._value(shape, column, tenant, f"{label}:{table}.{column.name}:{number}")
        return made

    def _value(self, shape: Shape, column: Column, tenant: UUID, text: str) -> Any:
        for name in (f"{shape.name}.{column.name}", column.name):
            if name in WORDS:
                return WORDS[name](text) if callable(WORDS[name]) else WORDS[name]
        if column.name in _OWN or f"{shape.name}.{column.name}" in _OWN:
            return tenant
        named = _NAMED.get(f"{shape.name}.{column.name}") or _NAMED.get(column.name)
        if named is not None and self._known(shape.name, tenant) is None and (known := self._known(named, tenant)):
            return known
        if target := shape.target_of(column.name):
            known = self._known(target, tenant)
            if known is None and column.needed:
                raise AssertionError(f"{shape.name}.{column.name}: no sample row of {target} to refer to")
            return known
        if column.words:
            return column.words[0]
        return _of_type(shape, column, tenant, text)


def _of_type(shape: Shape, column: Column, tenant: UUID, text: str) -> Any:
    number = int(text.rpartition(":")[2])
    match column.type:
        case "uuid":
            return tenant if shape.name == "organisation" and column.name == "id" else new_id()
        case "text" | "character varying":
            return text[-100:] if column.type != "text" else text
        case "text[]":
            return [text]
        case "uuid[]":
            return [tenant]
        case "jsonb":
            return [text] if _is_list(shape.name, column.name) else {"zh": text, "en": text}
        case "bytea":
            return text.encode()
        case "smallint" | "integer" | "bigint":
            return number
        case "double precision" | "real" | "numeric":
            return 1.5
        case "boolean":
            return False
        case "timestamp with time zone":
            # What expires has not expired; everything else has been.
            ahead = column.name.startswith(("expires", "ends", "until"))
            return datetime.now(UTC) + (timedelta(hours=1) if ahead else timedelta(hours=-1))
        case "date":
            return date(2026, 1, 1) if column.name.startswith("starts") else date(2030, 1, 1)
        case _:
            raise AssertionError(
                f"{shape.name}.{column.name} has the type {column.type}, of which no sample is known: give it one in"
                " tests/support/isolation/samples.py"
            )


def _is_list(table: str, column: str) -> bool:
    """Whether the model says that a JSON column holds a list."""
    if table not in TABLES:
        return False
    model = TABLES[table].model
    name = next((n for n, c in model._meta.fields_db_projection.items() if c == column), column)
    hint = str(getattr(model._meta.fields_map[name], "__orig_class__", ""))
    return "JSONField[list" in hint


def is_nil(tenant: Any) -> bool:
    """Whether a row precedes any organisation."""
    return bool(tenant == NIL)
