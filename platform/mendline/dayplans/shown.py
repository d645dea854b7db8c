"""A plan as pictures show it: read by one SQL expression, the same for GraphQL and for chat."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from mendline.kernel import fetchval


class ShownStop(Struct, frozen=True):
    """A stop with its words in the reader's language."""

    technician: UUID
    kind: str
    progress: str
    number: str
    place: str
    device: str
    latitude: float | None
    longitude: float | None
    travel: int
    arrives_at: datetime
    begins_at: datetime
    ends_at: datetime
    due_at: datetime | None
    windows: list[tuple[datetime, datetime]]
    locked: bool

    @property
    def late(self) -> bool:
        """Whether it begins after its SLA moment."""
        return self.due_at is not None and self.kind == "visit" and self.begins_at > self.due_at


class ShownTechnician(Struct, frozen=True):
    """Somebody who goes out, and from where."""

    id: UUID
    name: str
    latitude: float | None
    longitude: float | None


class ShownPlan(Struct, frozen=True):
    """An edition with all its stops, each technician's in order."""

    day: str
    edition: int
    state: str
    zone: str
    locale: str
    begins_at: datetime
    epoch: datetime
    distances: str
    fallback: str
    technicians: list[ShownTechnician]
    stops: list[ShownStop]

    def of(self, technician: UUID) -> list[ShownStop]:
        """One technician's stops."""
        return [stop for stop in self.stops if stop.technician == technician]

    @property
    def visits(self) -> list[ShownStop]:
        """The stops that are visits."""
        return [stop for stop in self.stops if stop.kind == "visit"]

    def only(self, technician: UUID) -> "ShownPlan":
        """The same plan for one technician's eyes."""
        known = [person for person in self.technicians if person.id == technician]
        return replace(self, technicians=known, stops=self.of(technician))


def shown_sql(plan: str, locale: str) -> str:
    """SQL: an edition as the JSON text of a `ShownPlan`. plan: the alias of its row; locale: SQL of the language."""

    def words(column: str) -> str:
        return f"coalesce(s.{column}->>{locale}, s.{column}->>'zh', s.{column}->>'en', '')"

    same = ("kind", "progress", "number", "latitude", "longitude", "travel", "arrives_at", "begins_at", "ends_at")
    columns = ", ".join(f"'{name}', s.{name}" for name in (*same, "due_at", "windows", "locked"))
    own = ", ".join(f"'{name}', {plan}.{name}" for name in ("day", "edition", "state", "begins_at", "epoch"))
    of_plan = f"s.tenant_id = {plan}.tenant_id AND s.plan_id = {plan}.id"
    return (
        f"json_build_object({own}, 'zone', {plan}.timezone, 'locale', {locale}, 'distances', {plan}.distances,"  # noqa: S608 - our own names
        f" 'fallback', {plan}.fallback, 'technicians', (SELECT coalesce(json_agg(json_build_object('id', t.id,"
        f" 'name', w.name, 'latitude', t.home_latitude, 'longitude', t.home_longitude) ORDER BY w.name, t.id), '[]')"
        " FROM (SELECT s.technician_id, max(s.technician_name) AS name FROM day_plan_stop s"
        f" WHERE {of_plan} GROUP BY 1) w"
        f" JOIN technician t ON t.tenant_id = {plan}.tenant_id AND t.id = w.technician_id),"
        f" 'stops', (SELECT coalesce(json_agg(json_build_object('technician', s.technician_id, {columns},"
        f" 'place', {words('place')}, 'device', {words('device')}) ORDER BY s.technician_id, s.sequence), '[]')"
        f" FROM day_plan_stop s WHERE {of_plan}))::text"
    )


def read_shown(text: str) -> ShownPlan:
    """What the expression answers."""
    return msgspec.json.decode(text, type=ShownPlan)


async def shown_plan(provider: UUID, plan: UUID, locale: str) -> ShownPlan | None:
    """An edition as pictures show it; in the current transaction."""
    text = await fetchval(
        f"SELECT {shown_sql('p', '$3::text')} FROM day_plan p WHERE p.tenant_id = $1 AND p.id = $2",  # noqa: S608
        provider,
        plan,
        locale,
    )
    return read_shown(text) if text else None
