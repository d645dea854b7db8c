"""Territories: named areas, and the technicians who serve the sites in them."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from tortoise import fields

from mendline.dispatch.people import Technician
from mendline.dispatch.territory_shapes import Area, covers, wrong_with
from mendline.kernel import (
    DomainError,
    Kind,
    MemberId,
    Record,
    command,
    execute,
    new_id,
    not_found,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
)
from mendline_tenants import Actor

TerritoryId = Annotated[str, Meta(description="The opaque id of a territory.", extra={"id": "ty"}, max_length=80)]


@table(Kind.OWN)
class Territory(Record):
    """A named part of the world, found again by its code: areas as in `Area`. Without areas it covers no place."""

    code = fields.TextField()
    name = fields.JSONField[dict[str, Any]]()
    areas = fields.JSONField[list[Any]](default=list)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "territory"
        unique_together = (("tenant_id", "code"),)

    def covers(self, latitude: float, longitude: float) -> bool:
        """Whether a place (degrees) lies in it."""
        return covers((msgspec.convert(area, Area) for area in self.areas), latitude, longitude)


@table(Kind.OWN, references={"territory_id": "territory", "technician_id": "technician"}, update=(), delete=True)
class TerritoryTechnician(Record):
    """That a technician serves a territory."""

    territory_id = fields.UUIDField()
    technician_id = fields.UUIDField()

    class Meta:
        table = "territory_technician"
        indexes = (("tenant_id", "territory_id"), ("tenant_id", "technician_id"))


class PutTerritory(Struct, frozen=True, kw_only=True):
    """A territory, found again by its code, and all technicians who serve it."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    name: Annotated[dict[Literal["zh", "en"], Annotated[str, Meta(min_length=1, max_length=120)]], Meta(min_length=1)]
    areas: Annotated[tuple[Area, ...], Meta(max_length=50)] = ()
    technicians: Annotated[tuple[MemberId, ...], Meta(max_length=100)] = ()


class TerritorySaved(Struct, frozen=True):
    """The territory that was put."""

    territory: TerritoryId


@command("dispatch.put_territory", "dispatch.people")
async def put_territory(actor: Actor, input: PutTerritory) -> TerritorySaved:
    """Puts a territory. Technicians named no more serve it no more; who serves none may be sent anywhere.

    Raises not_found for who is no technician, and invalid_input for an area that is no circle and no simple polygon.
    """
    for n, area in enumerate(input.areas):
        if (problem := wrong_with(area)) is not None:
            raise DomainError("invalid_input", field=f"areas[{n}]", problem=problem)
    wanted = {await _technician(actor, named) for named in dict.fromkeys(input.technicians)}
    values = {"name": input.name, "areas": msgspec.to_builtins(input.areas)}
    saved = await rows.first(
        Territory, "tenant_id = $1 AND code = $2 FOR NO KEY UPDATE", actor.organisation, input.code
    )
    if saved is None:
        saved = Territory(tenant_id=actor.organisation, id=new_id(), code=input.code, **values)
        await rows.insert(saved)
    else:
        await rows.update(saved, **values)
    await _replace_technicians(saved, wanted)
    told(territory=str(saved.id), code=input.code, technicians=sorted(map(str, wanted)))
    return TerritorySaved(opaque("ty", actor.organisation, saved.id))


async def _technician(actor: Actor, id: str) -> UUID:
    reference = parse_opaque("mb", id)
    if reference.tenant != actor.organisation:
        raise not_found("technician")
    return (await rows.get(Technician, *reference)).id


async def _replace_technicians(territory: Territory, wanted: set[UUID]) -> None:
    served = await rows.select(
        TerritoryTechnician, "tenant_id = $1 AND territory_id = $2", territory.tenant_id, territory.id
    )
    gone = [row.id for row in served if row.technician_id not in wanted]
    if gone:
        await execute(
            "DELETE FROM territory_technician WHERE tenant_id = $1 AND id = ANY ($2)", territory.tenant_id, gone
        )
    for technician in sorted(wanted - {row.technician_id for row in served}):
        await rows.insert(
            TerritoryTechnician(tenant_id=territory.tenant_id, territory_id=territory.id, technician_id=technician)
        )


async def territories_around(tenant: UUID, latitude: float, longitude: float) -> tuple[UUID, ...]:
    """The territories that a place lies in. In the current transaction."""
    known = await rows.select(Territory, "tenant_id = $1 ORDER BY code", tenant)
    return tuple(territory.id for territory in known if territory.covers(latitude, longitude))


async def serving(tenant: UUID, latitude: float, longitude: float) -> tuple[set[UUID], set[UUID]]:
    """Technicians by territory, for a place: those who serve one that covers it, and those who serve only others.

    Who is in neither set serves no territory and may be sent anywhere. In the current transaction.
    """
    near = await territories_around(tenant, latitude, longitude)
    served = await rows.select(TerritoryTechnician, "tenant_id = $1", tenant)
    inside = {row.technician_id for row in served if row.territory_id in near}
    return inside, {row.technician_id for row in served} - inside
