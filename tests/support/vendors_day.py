"""A vendor's day to be planned: four technicians, and faults at places all over the city."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.dayplans import DayPlan, DayPlanStop, stops_of
from mendline.devices import Device
from mendline.dispatch import Qualification, Technician
from mendline.kernel import frozen, opaque, parse_opaque, rows, transaction
from mendline_tenants import Member, Place
from support.cast import Cast

MORNING = datetime(2026, 12, 8, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
"""Half past seven on a Tuesday."""

SHIFT = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
HOMES = {
    "technician_v": (31.231, 121.474),
    "technician_v2": (31.300, 121.520),
    "陶工": (31.180, 121.430),
    "苗工": (31.245, 121.560),
}
WARDS = (
    *((31.234, 121.480), (31.251, 121.505), (31.283, 121.517), (31.301, 121.540), (31.190, 121.437)),
    *((31.174, 121.410), (31.215, 121.450), (31.240, 121.555), (31.262, 121.580), (31.222, 121.530)),
    *((31.205, 121.495), (31.290, 121.470)),
)


@dataclass
class VendorsDay:
    """Who goes out (their member ids), and the tickets that were reported."""

    cast: Cast
    technicians: dict[str, UUID] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    wards: list[str] = field(default_factory=list)

    @property
    def vendor(self) -> UUID:
        """The provider whose day it is."""
        return self.cast["vendor_v"]

    async def run(self, who: str, command: str, moment: datetime = MORNING, **given: Any) -> Any:
        """Runs a command at that moment."""
        with frozen(moment):
            return await self.cast.run(who, command, given)

    async def work(self, at: datetime = MORNING) -> None:
        """Does all that is due by then."""
        await self.cast.drain(at=at)

    async def planned(self, at: datetime = MORNING, **given: Any) -> DayPlan:
        """The dispatcher asks for a plan, and a worker makes it."""
        asked = await self.run("dispatcher_v", "dayplans.plan", at, **given)
        await self.work(at)
        return await self.plan(asked.plan)

    async def published(self, at: datetime = MORNING) -> DayPlan:
        """A plan that was made and published, with all that follows."""
        plan = await self.planned(at)
        await self.run("dispatcher_v", "dayplans.publish", at, plan=opaque("dp", self.vendor, plan.id))
        await self.work(at)
        return await self.plan(opaque("dp", self.vendor, plan.id))

    async def plan(self, id: str) -> DayPlan:
        """An edition as it is stored."""
        async with transaction(self.vendor):
            return await rows.get(DayPlan, *parse_opaque("dp", id))

    async def editions(self, state: str | None = None) -> list[DayPlan]:
        """All editions, the first one first."""
        async with transaction(self.vendor):
            found = await rows.select(DayPlan, "tenant_id = $1 ORDER BY edition", self.vendor)
        return [plan for plan in found if state in (None, plan.state)]

    async def stops(self, plan: DayPlan, kind: str = "visit") -> list[DayPlanStop]:
        """An edition's stops of a kind, by technician and time."""
        async with transaction(self.vendor):
            return [stop for stop in await stops_of(self.vendor, plan.id) if stop.kind == kind]

    async def report(self, ward: int, at: datetime = MORNING, use_state: str = "degraded", **given: Any) -> str:
        """A fault at one of the wards."""
        made = await self.run(
            "nurse_a", "tickets.report", at, device=self.wards[ward], symptom="报警", use_state=use_state, **given
        )
        self.tickets.append(made.ticket)
        return str(made.ticket)


async def vendors_day(
    cast: Cast,
    wards: Sequence[tuple[float, float]] = WARDS,
    *,
    moment: datetime = MORNING,
    shifts: Any = SHIFT,
    **policy: Any,
) -> VendorsDay:
    """Stores technicians and wards, reports a fault at each ward, and does what follows. policy: of the day plans."""
    day = VendorsDay(cast)
    async with transaction(day.vendor):
        for name, (latitude, longitude) in HOMES.items():
            day.technicians[name] = await _technician(day, name, latitude, longitude, shifts)
    async with transaction(cast["hospital_a"]):
        known = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
        for number, (latitude, longitude) in enumerate(wards, 1):
            place = Place(tenant_id=cast["hospital_a"], kind="campus", latitude=latitude, longitude=longitude)
            place.name = {"zh": f"{number}号院区", "en": f"Site {number}"}
            device = Device(tenant_id=cast["hospital_a"], model_id=known.model_id, asset_number=f"DP-{number:03}")
            device.place_id = place.id
            await rows.insert(place)
            await rows.insert(device)
            day.wards.append(opaque("dv", cast["hospital_a"], device.id))
    value = {"seconds": 1, **policy}
    await day.run("admin_v", "tenants.set_policy", moment, name="dispatch.day_plan", value=value)
    for number in range(len(wards)):
        await day.report(number, moment)
    await day.work(moment)
    return day


async def _technician(day: VendorsDay, name: str, latitude: float, longitude: float, shifts: Any) -> UUID:
    values: dict[str, Any] = {"home_latitude": latitude, "home_longitude": longitude, "shifts": shifts}
    if name in day.cast.members:
        technician = await rows.get(Technician, day.vendor, day.cast.members[name])
        await rows.update(technician, **values)
        return technician.id
    member = Member(tenant_id=day.vendor, login=name, name=name, roles=["technician"])
    await rows.insert(member)
    await rows.insert(
        Technician(tenant_id=day.vendor, id=member.id, member_id=member.id, **values),
        Qualification(tenant_id=day.vendor, technician_id=member.id, device_class="infusion_pump", level=2),
    )
    return member.id
