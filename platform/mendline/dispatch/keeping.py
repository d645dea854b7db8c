"""Keeping the technicians' file: start places, shifts, qualifications, readiness."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from mendline.dispatch.events import AvailabilityChanged
from mendline.dispatch.people import Qualification, Technician
from mendline.dispatch.presence.readiness import put_readiness
from mendline.dispatch.qualifying import QualificationInput, end, put
from mendline.kernel import DomainError, MemberId, command, emit, opaque, parse_opaque, rows, told, work
from mendline_tenants import Actor, Member

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class Shift(Struct, frozen=True):
    """A weekly shift in local time; days are ISO weekdays, 1 = Monday. It ends the next day when `to` is not later."""

    days: Annotated[tuple[Annotated[int, Meta(ge=1, le=7)], ...], Meta(max_length=7)]
    from_: Clock
    to: Clock


class UpsertTechnician(Struct, frozen=True):
    """A member as dispatch knows them; qualifications named no more ended yesterday."""

    member: MemberId
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    timezone: str = "Asia/Shanghai"
    shifts: Annotated[tuple[Shift, ...], Meta(max_length=50)] = ()
    qualifications: Annotated[tuple[QualificationInput, ...], Meta(max_length=500)] = ()
    ready: bool = True


class TechnicianResult(Struct, frozen=True):
    """The technician that was put."""

    technician: MemberId


@command("dispatch.upsert_technician", "dispatch.people")
async def upsert_technician(actor: Actor, input: UpsertTechnician) -> TechnicianResult:
    """Puts a member into the technicians' file. Raises invalid_input for a time zone that nobody knows."""
    if input.timezone not in available_timezones():
        raise DomainError("invalid_input", field="timezone", problem="wrong_zone")
    member = await rows.get(Member, actor.organisation, parse_opaque("mb", input.member).id)
    values = {
        "home_latitude": input.latitude,
        "home_longitude": input.longitude,
        "timezone": input.timezone,
        "shifts": [{"days": list(s.days), "from": s.from_, "to": s.to} for s in input.shifts],
    }
    known = await rows.find(Technician, actor.organisation, member.id)
    moved = known is None or known.ready is not input.ready or any(getattr(known, n) != v for n, v in values.items())
    if known is None:
        known = Technician(id=member.id, tenant_id=actor.organisation, member_id=member.id, ready=input.ready, **values)
        await rows.insert(known)
    else:
        await rows.update(known, **values)
        if known.ready is not input.ready:
            await put_readiness(known, ready=input.ready)
    await _replace_qualifications(known, input.qualifications)
    told(technician=str(member.id))
    if moved:
        emit(AvailabilityChanged(tenant=actor.organisation, technician=member.id, why="shifts"))
    return TechnicianResult(opaque("mb", actor.organisation, member.id))


async def _replace_qualifications(technician: Technician, wanted: tuple[QualificationInput, ...]) -> None:
    held = await rows.select(
        Qualification, "tenant_id = $1 AND technician_id = $2", technician.tenant_id, technician.id
    )
    by_key: dict[tuple[str, str | None], Qualification] = {(q.device_class, q.model_number): q for q in held}
    for one in wanted:
        await put(technician, one, by_key.pop((one.device_class, one.model_number), None))
    yesterday = work().occurred_at.astimezone(ZoneInfo(technician.timezone)).date() - timedelta(days=1)
    for gone in by_key.values():
        await end(technician, gone, yesterday)


class ShareLocation(Struct, frozen=True):
    """Where the technician is now, as shared from chat."""

    latitude: Latitude
    longitude: Longitude


@command("dispatch.share_location", "dispatch.answer")
async def share_location(actor: Actor, input: ShareLocation) -> TechnicianResult:
    """Keeps the technician's last known place for travel times."""
    technician = await rows.get(Technician, actor.organisation, actor.id)
    await rows.update(technician, latitude=input.latitude, longitude=input.longitude, located_at=work().occurred_at)
    told(located=True)
    return TechnicianResult(opaque("mb", actor.organisation, actor.id))
