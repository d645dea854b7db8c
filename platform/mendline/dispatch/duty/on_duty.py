"""Duty: the rotas of an organisation as rows, and who of its people is on duty now and there to answer."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from tortoise import fields

from mendline.dispatch.duty.rota import Cover, Duty, Handover, Rota, on_duty
from mendline.dispatch.presence.absence import absences_within
from mendline.kernel import Kind, Record, now, rows, table
from mendline_tenants import Member

RotaId = Annotated[str, Meta(description="The opaque id of a duty rota.", extra={"id": "ro"}, max_length=80)]

MOMENT = timedelta(microseconds=1)

KINDS = ("unit", "engineering", "officer", "desk")
"""For whom people are on duty: a ward or department, clinical engineering, a hospital's duty officer, a desk."""


@table(Kind.OWN, references={"place_id": "place"}, checks={"kind": f"kind IN {KINDS}"})
class DutyRota(Record):
    """A rota of an organisation, found again by its code.

    place_id: the unit it is for; of the other kinds the campus, None where it is for all. cycle_days, starts_on: the
    pattern repeats every so many days from that local day on. handovers: [{day, minute, members}] as in `Handover`.
    """

    code = fields.TextField()
    name = fields.JSONField[dict[str, Any]]()
    kind = fields.TextField()
    place_id = fields.UUIDField(null=True)
    zone = fields.TextField()
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    cycle_days = fields.BigIntField()
    handovers = fields.JSONField[list[Any]]()
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "duty_rota"
        unique_together = (("tenant_id", "code"),)
        indexes = (("tenant_id", "kind", "code"), ("tenant_id", "place_id", "code"))


@table(
    Kind.OWN,
    references={"rota_id": "duty_rota", "member_id": "member"},
    update=("withdrawn_at",),
)
class DutyCover(Record):
    """That a member stands in on a rota from a moment to another, at a level (0: as primary). reason: its own words."""

    rota_id = fields.UUIDField()
    member_id = fields.UUIDField()
    level = fields.BigIntField(default=0)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    reason = fields.TextField(default="")
    recorded_by = fields.UUIDField()
    withdrawn_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "duty_cover"
        indexes = (("tenant_id", "rota_id", "starts_at"), ("tenant_id", "member_id", "starts_at"))


def rota_of(row: DutyRota, covers: Collection[DutyCover] = ()) -> Rota:
    """A rota as it is reckoned, from its row and those of who stands in (others' among them)."""
    standing_in = sorted(
        (c for c in covers if c.rota_id == row.id and c.withdrawn_at is None), key=lambda c: (c.recorded_at, c.id)
    )
    return Rota(
        zone=row.zone,
        starts_on=row.starts_on,
        cycle=row.cycle_days,
        handovers=tuple(Handover(h["day"], h["minute"], tuple(map(UUID, h["members"]))) for h in row.handovers),
        ends_on=row.ends_on,
        covers=tuple(Cover(c.level, c.member_id, c.starts_at, c.ends_at) for c in standing_in),
    )


async def load_rota(row: DutyRota, begins: datetime, ends: datetime) -> Rota:
    """A rota with everybody who stands in within [begins, ends), in the current transaction."""
    covers = await rows.select(
        DutyCover,
        "tenant_id = $1 AND rota_id = $2 AND withdrawn_at IS NULL AND starts_at < $4 AND ends_at > $3",
        row.tenant_id,
        row.id,
        begins,
        ends,
    )
    return rota_of(row, covers)


async def people_on_duty(
    tenant: UUID, kind: str, moment: datetime, places: Collection[UUID] = ()
) -> tuple[DutyRota, Duty] | None:
    """Who is on duty for something of this kind, and by which rota; None when nobody is. In the current transaction.

    places: where it happened, with all that this lies in, the innermost first: the rota of the nearest one counts,
    else the one for no place in particular. Who is absent or no longer active is passed over.
    """
    known = await rows.select(DutyRota, "tenant_id = $1 AND kind = $2 ORDER BY code", tenant, kind)
    near = {place: n for n, place in enumerate(places)}
    fitting = [row for row in known if row.place_id is None or row.place_id in near]
    fitting.sort(key=lambda row: near.get(row.place_id, len(near)) if row.place_id else len(near))
    for row in fitting:
        if (duty := await duty_of(row, moment)) is not None:
            return row, duty
    return None


async def duty_of(row: DutyRota, moment: datetime) -> Duty | None:
    """Who is on duty on one rota and there to answer. In the current transaction."""
    moment = moment.astimezone(UTC)
    duty = on_duty(await load_rota(row, moment, moment + MOMENT), moment)
    present = await _present(row.tenant_id, list(duty.members), moment) if duty else ()
    return duty._replace(members=present) if duty and present else None


async def _present(tenant: UUID, members: list[UUID], moment: datetime) -> tuple[UUID, ...]:
    active = await rows.select(
        Member, "tenant_id = $1 AND id = ANY ($2) AND status = 'active' AND NOT unit_account", tenant, members
    )
    away = {a.member_id for a in await absences_within(tenant, members, moment, moment + MOMENT)}
    there = {member.id for member in active} - away
    return tuple(member for member in members if member in there)
