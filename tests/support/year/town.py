"""A vendor's whole trade, stored before the year begins: technicians, hospitals, their devices and contracts."""

import random
from dataclasses import dataclass
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

LEVELS = {"response": 60, "arrival": 480, "restoration": 2880}
"""Minutes of the contracts."""

URGENT = {"response": 30, "arrival": 240, "restoration": 1440}
"""Minutes of the contracts for the most urgent tickets."""


@dataclass
class Hospital:
    """One hospital: who acts there, and what it has."""

    id: UUID
    nurse: Actor
    manager: Actor
    engineer: Actor
    devices: list[str]


@dataclass
class Town:
    """The vendor and its hospitals. technicians: by the opaque ids of their members."""

    vendor: UUID
    dispatcher: Actor
    technicians: dict[str, Actor]
    hospitals: list[Hospital]

    @property
    def organisations(self) -> list[UUID]:
        """The vendor and every hospital."""
        return [self.vendor, *(hospital.id for hospital in self.hospitals)]


async def build(draw: random.Random, hospitals: int, technicians: int, devices: int, began: date) -> Town:
    """Stores a town; the same draw stores the same one, but for its ids. `devices` at each hospital on average."""
    vendor = new_id()
    names = {vendor: ("V", "vendor", {"zh": "维康服务", "en": "Vendor V"})}
    for n in range(1, hospitals + 1):
        names[new_id()] = (f"H{n}", "hospital", {"zh": f"第{n}医院", "en": f"Hospital {n}"})
    async with gateway():
        for tenant, (code, _, _) in names.items():
            await rows.insert(OrganisationSlug(tenant_id=tenant, id=tenant, code=code))
    async with transaction(vendor):
        await rows.insert(*_organisations(vendor, names, [one for one in names if one != vendor]))
        dispatcher = await _member(vendor, "dispatcher", "调度", "dispatcher")
        people = dict([await _technician(draw, vendor, n) for n in range(technicians)])
    found = []
    for tenant in names:
        if tenant != vendor:
            async with transaction(tenant):
                await rows.insert(*_organisations(tenant, names, [vendor]))
                # From a small one with half as many devices as the average to a large one with twice as many.
                size = max(1, round(devices * (0.5 + 1.5 * len(found) / max(1, hospitals - 1)) / 1.25))
                found.append(await _hospital(draw, tenant, vendor, size, began))
    return Town(vendor, dispatcher, people, found)


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


async def _technician(draw: random.Random, vendor: UUID, n: int) -> tuple[str, Actor]:
    """Some know most classes a little, some know two of them well."""
    actor = await _member(vendor, f"technician{n}", f"技师{n}", "technician")
    latitude, longitude = draw.gauss(31.23, 0.15), draw.gauss(121.47, 0.18)
    made: list[Record] = [
        Technician(
            tenant_id=vendor,
            id=actor.id,
            member_id=actor.id,
            home_latitude=latitude,
            home_longitude=longitude,
            shifts=SHIFTS[n % len(SHIFTS)],
        )
    ]
    specialist = draw.random() < 0.4
    known = draw.sample(list(CLASSES), 2 if specialist else draw.randint(4, 8))
    made += [
        Qualification(tenant_id=vendor, technician_id=actor.id, device_class=one, level=3 if specialist else 1)
        for one in known
    ]
    await rows.insert(*made)
    return opaque("mb", vendor, actor.id), actor


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
        )
        for n, name in enumerate(drawn)
    ]
    await rows.insert(*units, *_contracts(tenant, vendor, calendar.id, began))
    nurse = await _member(tenant, "nurse", "王护士", "reporter", wards[0].id)
    manager = await _member(tenant, "manager", "李护士长", "ward_manager", wards[0].id)
    engineer = await _member(tenant, "engineer", "张工", "clinical_engineer")
    return Hospital(tenant, nurse, manager, engineer, [opaque("dv", tenant, unit.id) for unit in units])


def _contracts(tenant: UUID, vendor: UUID, calendar: UUID, began: date) -> list[Record]:
    """Life support day and night, everything else in working time."""
    told: dict[str, Any] = {"provider_id": vendor, "starts_on": began - timedelta(days=30), "direct": True}
    told["ends_on"] = began + timedelta(days=500)
    vital = [name for name, (_, _, function, _) in CLASSES.items() if function == "life_support"]
    others = [name for name in CLASSES if name not in vital]
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
