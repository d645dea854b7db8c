"""A vendor's whole trade, stored before the year begins: technicians, hospitals, their devices and contracts."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from mendline.devices import Contract, Device, DeviceModel
from mendline.dispatch import Qualification, Technician
from mendline.kernel import Record, gateway, new_id, opaque, rows, transaction
from mendline_tenants import (
    Actor,
    Member,
    Organisation,
    OrganisationSlug,
    Partner,
    Place,
    ServiceCalendar,
    permissions_of,
)

CLASSES = {
    "infusion_pump": ("输液泵", "Infusion pump", "therapeutic", 30),
    "syringe_pump": ("注射泵", "Syringe pump", "therapeutic", 15),
    "patient_monitor": ("监护仪", "Patient monitor", "monitoring", 25),
    "ventilator": ("呼吸机", "Ventilator", "life_support", 8),
    "defibrillator": ("除颤仪", "Defibrillator", "life_support", 5),
    "ultrasound": ("超声诊断仪", "Ultrasound scanner", "diagnostic", 6),
    "dialysis_machine": ("血液透析机", "Dialysis machine", "life_support", 5),
    "analyser": ("生化分析仪", "Chemistry analyser", "laboratory", 3),
    "ct_scanner": ("CT机", "CT scanner", "diagnostic", 1),
    "ecg_recorder": ("心电图机", "ECG recorder", "diagnostic", 10),
}
"""Device class -> its names, its function, and how many of a hundred devices it is."""

OFFICE = [{"days": [1, 2, 3, 4, 5], "begins": "08:00", "ends": "18:00"}]
LUNCH = [{"days": [1, 2, 3, 4, 5], "begins": "12:00", "ends": "13:00"}]
SHIFTS = (
    [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "17:00"}],
    [{"days": [1, 2, 3, 4, 5, 6], "from": "12:00", "to": "21:00"}],
    [{"days": [3, 4, 5, 6, 7], "from": "07:00", "to": "16:00"}],
    [{"days": [1, 3, 5, 7], "from": "20:00", "to": "08:00"}],
)
"""Weekly shifts: day, late, weekend, night."""

ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]
"""The shift of a hospital's own technician, and of the subcontractor's people."""

IN_WARRANTY = ("ultrasound",)
OUTSIDE = ("ecg_recorder",)
"""Device classes that no contract covers: the maker's warranty does, or nobody."""

SPARES = 5
"""Spare units of each hospital, for when a device is away."""

LEVELS = {"response": 60, "arrival": 480, "restoration": 2880}
"""Minutes of the contracts."""

URGENT = {"response": 30, "arrival": 240, "restoration": 1440}
"""Minutes of the contracts for the most urgent tickets."""


@dataclass
class Team:
    """Who answers for tickets in one organisation. technicians: by the opaque ids of their members."""

    id: UUID
    desk: Actor
    technicians: dict[str, Actor]


@dataclass
class Hospital:
    """One hospital: who acts there, and what it has.

    cover: who pays for each device: contract, warranty or outside. own: its engineer and its own technician. spares:
    units that are not lent out now.
    """

    id: UUID
    nurse: Actor
    manager: Actor
    engineer: Actor
    own: Team
    devices: list[str]
    cover: dict[str, str]
    spares: list[str]


@dataclass
class Town:
    """The vendor, a subcontractor of it, and its hospitals. ways: how many tickets went each way."""

    vendor: Team
    subcontractor: Team
    hospitals: list[Hospital]
    ways: Counter[str] = field(default_factory=Counter)


async def build(
    draw: random.Random,
    hospitals: int,
    technicians: int,
    devices: int,
    began: date,
    shifts: Sequence[list[dict[str, Any]]] = SHIFTS,
    specialists: float = 0.4,
    prefix: str = "",
) -> Town:
    """Stores a town; the same draw stores the same one, but for its ids. `devices` at each hospital on average.

    shifts: the weeks that technicians work, in turn. specialists: the share of them who know two device classes well;
    the others know most of them a little. prefix: of the organisations' codes, where one house holds two towns.
    """
    vendor, other = new_id(), new_id()
    names = {vendor: (f"{prefix}V", "vendor", {"zh": "维康服务", "en": "Vendor V"})}
    names[other] = (f"{prefix}W", "vendor", {"zh": "威达服务", "en": "Vendor W"})
    wards = [new_id() for _ in range(hospitals)]
    for n, tenant in enumerate(wards, 1):
        names[tenant] = (f"{prefix}H{n}", "hospital", {"zh": f"第{n}医院", "en": f"Hospital {n}"})
    async with gateway():
        for tenant, (code, _, _) in names.items():
            await rows.insert(OrganisationSlug(tenant_id=tenant, id=tenant, code=code))
    teams = []
    for tenant, count in ((vendor, technicians), (other, max(1, technicians // 15))):
        async with transaction(tenant):
            await rows.insert(*_organisations(tenant, names, [one for one in names if one != tenant]))
            desk = await _member(tenant, "dispatcher", "调度", "dispatcher")
            drawn = [(shifts[n % len(shifts)], _known(draw, specialists)) for n in range(count)]
            if tenant == other:
                drawn = [(ALWAYS, list(CLASSES)) for _ in drawn]
            teams.append(
                Team(tenant, desk, dict([await _technician(draw, tenant, n, *d) for n, d in enumerate(drawn)]))
            )
    found = []
    for n, tenant in enumerate(wards):
        async with transaction(tenant):
            await rows.insert(*_organisations(tenant, names, [vendor]))
            # From a small one with half as many devices as the average to a large one with twice as many.
            size = max(1, round(devices * (0.5 + 1.5 * n / max(1, hospitals - 1)) / 1.25))
            found.append(await _hospital(draw, tenant, vendor, size, began))
    return Town(teams[0], teams[1], found)


def _organisations(own: UUID, names: dict[UUID, tuple[str, str, dict[str, str]]], partners: list[UUID]) -> list[Record]:
    code, kind, name = names[own]
    made: list[Record] = [Organisation(tenant_id=own, id=own, code=code, kind=kind, name=name, country="CN")]
    for other in partners:
        code, kind, name = names[other]
        made.append(Partner(tenant_id=own, id=other, code=code, kind=kind, name=name))
    return made


async def _member(tenant: UUID, login: str, name: str, role: str, place: UUID | None = None) -> Actor:
    member = Member(tenant_id=tenant, login=login, name=name, roles=[role], phone="13800000000", place_id=place)
    await rows.insert(member)
    return Actor(
        organisation=tenant,
        id=member.id,
        kind="member",
        name=name,
        permissions=permissions_of((role,)),
        channel="import",
        locale="zh",
        roles=(role,),
        place=place,
    )


def _known(draw: random.Random, specialists: float) -> list[str]:
    return draw.sample(list(CLASSES), 2 if draw.random() < specialists else draw.randint(4, 8))


async def _technician(
    draw: random.Random, tenant: UUID, n: int, shifts: list[dict[str, Any]], known: list[str]
) -> tuple[str, Actor]:
    actor = await _member(tenant, f"technician{n}", f"技师{n}", "technician")
    latitude, longitude = draw.gauss(31.23, 0.15), draw.gauss(121.47, 0.18)
    technician = Technician(
        tenant_id=tenant,
        id=actor.id,
        member_id=actor.id,
        home_latitude=latitude,
        home_longitude=longitude,
        shifts=shifts,
    )
    level = 3 if len(known) == 2 else 1
    held = [Qualification(tenant_id=tenant, technician_id=actor.id, device_class=one, level=level) for one in known]
    await rows.insert(technician, *held)
    return opaque("mb", tenant, actor.id), actor


async def _hospital(draw: random.Random, tenant: UUID, vendor: UUID, size: int, began: date) -> Hospital:
    wards = [
        Place(
            tenant_id=tenant,
            kind="unit",
            name={"zh": f"{n}病区", "en": f"Ward {n}"},
            latitude=draw.gauss(31.23, 0.12),
            longitude=draw.gauss(121.47, 0.15),
        )
        for n in range(1, 9)
    ]
    models = {
        name: DeviceModel(
            tenant_id=tenant,
            manufacturer={"zh": "迈康医疗", "en": "Maker M"},
            name={"zh": chinese, "en": english},
            model_number=f"{name[:2].upper()}-200",
            device_class=name,
            function=function,
        )
        for name, (chinese, english, function, _) in CLASSES.items()
    }
    calendar = ServiceCalendar(
        tenant_id=tenant,
        code="office",
        name={"zh": "工作时间", "en": "Office hours"},
        zone="Asia/Shanghai",
        hours=OFFICE,
        breaks=LUNCH,
        country="CN",
    )
    await rows.insert(*wards, *models.values(), calendar)
    drawn = draw.choices(list(CLASSES), [share for *_, share in CLASSES.values()], k=size)
    units = [
        Device(
            tenant_id=tenant,
            model_id=models[name].id,
            asset_number=f"SB-{n:05}",
            serial=f"SN{n:05}",
            place_id=draw.choice(wards).id,
            warranty_until=began + timedelta(days=500) if name in IN_WARRANTY else None,
        )
        for n, name in enumerate(drawn)
    ]
    spares = [
        Device(tenant_id=tenant, model_id=models["infusion_pump"].id, asset_number=f"BY-{n:03}", pool="spare")
        for n in range(SPARES)
    ]
    await rows.insert(*units, *spares, *_contracts(tenant, vendor, calendar.id, began))
    nurse = await _member(tenant, "nurse", "王护士", "reporter", wards[0].id)
    manager = await _member(tenant, "manager", "李护士长", "ward_manager", wards[0].id)
    engineer = await _member(tenant, "engineer", "张工", "clinical_engineer")
    own = Team(tenant, engineer, dict([await _technician(draw, tenant, 0, ALWAYS, list(CLASSES))]))
    cover = {opaque("dv", tenant, unit.id): _cover(name) for unit, name in zip(units, drawn, strict=True)}
    lent = [opaque("dv", tenant, spare.id) for spare in spares]
    return Hospital(tenant, nurse, manager, engineer, own, list(cover), cover, lent)


def _cover(device_class: str) -> str:
    return "warranty" if device_class in IN_WARRANTY else "outside" if device_class in OUTSIDE else "contract"


def _contracts(tenant: UUID, vendor: UUID, calendar: UUID, began: date) -> list[Record]:
    """Life support day and night, everything else in working time."""
    told: dict[str, Any] = {"provider_id": vendor, "starts_on": began - timedelta(days=30), "direct": True}
    told["ends_on"] = began + timedelta(days=500)
    vital = [name for name, (_, _, function, _) in CLASSES.items() if function == "life_support"]
    others = [name for name in CLASSES if name not in (*vital, *IN_WARRANTY, *OUTSIDE)]
    level = {**LEVELS, "1": URGENT}
    return [
        Contract(tenant_id=tenant, title="生命支持 Life support", device_classes=vital, service_level=level, **told),
        Contract(
            tenant_id=tenant,
            title="全保 Full service",
            device_classes=others,
            service_level=level,
            calendar_id=calendar,
            **told,
        ),
    ]
