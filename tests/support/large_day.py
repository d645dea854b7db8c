"""A large vendor's day in the database: faults at places all over the city, technicians on day shift, plans of it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.dayplans import DayPlan, DayPlanStop, stops_of
from mendline.kernel import frozen, opaque, parse_opaque, rows, run, transaction
from mendline_tenants import Organisation
from support.queues import drain
from support.year.town import Town, build

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 12, 8, 7, 30, tzinfo=ZONE).astimezone(UTC)
"""Half past seven on a Tuesday: the day is planned."""

LATER = timedelta(minutes=30)
"""After which something urgent comes."""

DAY_SHIFT = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
HOSPITALS = 20
"""Each with eight wards at eight places."""

MINUTES = (30, 45, 60, 90)
"""How long visits take."""


@dataclass
class LargeDay:
    """A day under way. left: devices without a ticket yet, each with its hospital's number in the town."""

    town: Town
    draw: random.Random
    left: list[tuple[int, str]]
    tickets: list[str] = field(default_factory=list)

    async def planned(self, moment: datetime = MORNING, *, afresh: bool = False) -> tuple[DayPlan, float]:
        """The edition that the dispatcher asks for, and the seconds until all that follows is done."""
        began = perf_counter()
        with frozen(moment):
            asked = await run(self.town.vendor.desk, "dayplans.plan", {"afresh": afresh})
            await drain()
        return await self.edition(asked.plan), perf_counter() - began

    async def publish(self, plan: DayPlan, moment: datetime = MORNING) -> float:
        """Makes it the one that holds; the seconds until everybody is told."""
        began = perf_counter()
        with frozen(moment):
            await run(self.town.vendor.desk, "dayplans.publish", {"plan": opaque("dp", plan.tenant_id, plan.id)})
            await drain()
        return perf_counter() - began

    async def edition(self, id: str) -> DayPlan:
        """An edition as it is stored."""
        async with transaction(self.town.vendor.id):
            return await rows.get(DayPlan, *parse_opaque("dp", id))

    async def latest(self) -> DayPlan:
        """The day's last edition."""
        async with transaction(self.town.vendor.id):
            plan = await rows.first(DayPlan, "tenant_id = $1 ORDER BY edition DESC", self.town.vendor.id)
        assert plan is not None
        return plan

    async def stops(self, plan: DayPlan) -> list[DayPlanStop]:
        """An edition's stops."""
        async with transaction(self.town.vendor.id):
            return await stops_of(self.town.vendor.id, plan.id)

    async def report(self, moment: datetime, **given: Any) -> str:
        """A fault of a device that has none yet."""
        number, device = self.left.pop()
        with frozen(moment):
            made = await run(
                self.town.hospitals[number].nurse,
                "tickets.report",
                {"device": device, "symptom": "报警 alarm", "use_state": "degraded", **given},
            )
        self.tickets.append(made.ticket)
        return str(made.ticket)


async def large_day(seed: int, visits: int, technicians: int, policy: Mapping[str, Any]) -> LargeDay:
    """Stores the vendor's whole trade; so many faults are reported through the commands, the evening and night before.

    Two in five wards let somebody in for two or four hours only; one visit in ten fetches parts first; visits take half
    an hour to an hour and a half. policy: of the day plans.
    """
    draw = random.Random(seed)
    devices = 12 + visits // HOSPITALS * 2
    town = await build(draw, HOSPITALS, technicians, devices, MORNING.date(), (DAY_SHIFT,), specialists=0.0)
    async with transaction(town.vendor.id):
        vendor = await rows.get(Organisation, town.vendor.id, town.vendor.id)
        await rows.update(vendor, policies={**vendor.policies, "dispatch.day_plan": dict(policy)})
    left = [
        (number, device)
        for number, hospital in enumerate(town.hospitals)
        for device, cover in hospital.cover.items()
        if cover == "contract"  # of which reports go straight to the vendor
    ]
    draw.shuffle(left)
    day = LargeDay(town, draw, left)
    for _ in range(visits):
        given = {"access_windows": [_window(draw)]} if draw.random() < 0.4 else {}
        await day.report(MORNING - timedelta(minutes=draw.uniform(1, 14 * 60)), **given)
    with frozen(MORNING):
        await drain()
        for ticket in day.tickets:
            terms: dict[str, Any] = {"ticket": ticket, "minutes": draw.choice(MINUTES)}
            if draw.random() < 0.1:
                terms["pickup"] = {"name": "备件库 Depot", "latitude": 31.23, "longitude": 121.47, "minutes": 10}
            await run(town.vendor.desk, "dayplans.set_visit_terms", terms)
        await drain()
    return day


def _window(draw: random.Random) -> list[str]:
    begins = MORNING + timedelta(minutes=30 + 60 * draw.randint(1, 6))
    return [begins.isoformat(), (begins + timedelta(hours=draw.choice((2, 4)))).isoformat()]


def technicians_of(stops: list[DayPlanStop]) -> dict[UUID, UUID]:
    """Who makes each ticket's visit."""
    return {s.ticket_id: s.technician_id for s in stops if s.kind == "visit" and s.ticket_id}
