"""The cast of the tests: two hospitals, two vendors, a manufacturer, a testing body; fresh ids for every test.

Hospital A has a contract for infusion pumps with vendor V; hospital B has one with vendor W. M made the pumps.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from mendline.devices import Contract, Device, DeviceModel
from mendline.dispatch import Qualification, Technician
from mendline.kernel import NIL, Record, gateway, new_id, now, opaque, rows, run, transaction
from mendline_tenants import (
    Actor,
    Member,
    Organisation,
    OrganisationSlug,
    Partner,
    Place,
    permissions_of,
    system_actor,
)
from support.queues import drain

ORGANISATIONS = {
    "hospital_a": ("HA", "hospital", "第一医院", "First Hospital"),
    "hospital_b": ("HB", "hospital", "第二医院", "Second Hospital"),
    "vendor_v": ("VV", "vendor", "维康服务", "Vendor V"),
    "vendor_w": ("VW", "vendor", "沃德服务", "Vendor W"),
    "manufacturer_m": ("MM", "manufacturer", "迈康医疗", "Maker M"),
    "testing_t": ("TT", "testing_body", "计量检测院", "Testing T"),
}

PARTNERS = {
    "hospital_a": ("vendor_v", "vendor_w", "manufacturer_m", "testing_t"),
    "hospital_b": ("vendor_w", "manufacturer_m"),
    "vendor_v": ("hospital_a", "manufacturer_m", "vendor_w"),
    "vendor_w": ("hospital_a", "hospital_b", "vendor_v"),
    "manufacturer_m": ("hospital_a", "hospital_b", "vendor_v"),
    "testing_t": ("hospital_a",),
}

PEOPLE = {
    "nurse_a": ("hospital_a", "王护士", "Nurse Wang", "reporter"),
    "manager_a": ("hospital_a", "李护士长", "Manager Li", "ward_manager"),
    "engineer_a": ("hospital_a", "张工", "Engineer Zhang", "clinical_engineer"),
    "unit_a": ("hospital_a", "三病区", "Ward 3", "reporter"),
    "quality_a": ("hospital_a", "质控陈", "Quality Chen", "quality"),
    "admin_a": ("hospital_a", "管理员甲", "Admin A", "admin"),
    "nurse_b": ("hospital_b", "赵护士", "Nurse Zhao", "reporter"),
    "manager_b": ("hospital_b", "钱护士长", "Manager Qian", "ward_manager"),
    "engineer_b": ("hospital_b", "孙工", "Engineer Sun", "clinical_engineer"),
    "admin_b": ("hospital_b", "管理员乙", "Admin B", "admin"),
    "desk_v": ("vendor_v", "服务台周", "Desk Zhou", "service_desk"),
    "dispatcher_v": ("vendor_v", "调度吴", "Dispatcher Wu", "dispatcher"),
    "technician_v": ("vendor_v", "技师郑", "Technician Zheng", "technician"),
    "technician_v2": ("vendor_v", "技师冯", "Technician Feng", "technician"),
    "admin_v": ("vendor_v", "管理员丙", "Admin V", "admin"),
    "dispatcher_w": ("vendor_w", "调度褚", "Dispatcher Chu", "dispatcher"),
    "technician_w": ("vendor_w", "技师卫", "Technician Wei", "technician"),
    "analyst_m": ("manufacturer_m", "分析蒋", "Analyst Jiang", "analyst"),
    "admin_m": ("manufacturer_m", "管理员丁", "Admin M", "admin"),
    "tester_t": ("testing_t", "检测沈", "Tester Shen", "technician"),
}

PUMP = "06921234567890"
"""The device identifier (GTIN) of the infusion pump."""

DEVICES = {
    "pump_a": ("hospital_a", "pump", "SB-0001", "SN1001"),
    "pump_a2": ("hospital_a", "pump", "SB-0002", "SN1002"),
    "monitor_a": ("hospital_a", "monitor", "SB-0100", "SN2001"),
    "pump_b": ("hospital_b", "pump", "ZY-0001", "SN9001"),
}

HOME = {"technician_v": (31.231, 121.474), "technician_v2": (31.30, 121.60), "technician_w": (31.18, 121.44)}
WEEK = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]


@dataclass
class Cast:
    """Who is there. Names are those of the tables above; ids are rows' ids, `*_id` methods give the opaque ones."""

    organisations: dict[str, UUID] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    members: dict[str, UUID] = field(default_factory=dict)
    devices: dict[str, UUID] = field(default_factory=dict)
    places: dict[str, UUID] = field(default_factory=dict)
    contracts: dict[str, UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> UUID:
        """The id of an organisation."""
        return self.organisations[name]

    def actor(self, name: str, channel: str = "graphql", locale: str = "zh") -> Actor:
        """A person ready to act, or an organisation's system (`hospital_a`)."""
        if name in self.organisations:
            return system_actor(self.organisations[name])
        organisation, chinese, _, role = PEOPLE[name]
        return Actor(
            organisation=self.organisations[organisation],
            id=self.members[name],
            kind="member",
            name=chinese,
            permissions=permissions_of((role,)),
            channel=channel,
            locale=locale,
            roles=(role,),
            unit_account=name.startswith("unit_"),
            place=self.places.get(f"ward_{organisation[-1]}"),
        )

    async def run(self, name: str, command: str, input: Any = None, **options: Any) -> Any:
        """Runs a command as the person `name`."""
        return await run(self.actor(name), command, input or {}, **options)

    async def drain(self, **options: Any) -> int:
        """Does all that is due for these organisations (see support/queues.py)."""
        return await drain([*self.organisations.values(), NIL], **options)

    def organisation_id(self, name: str) -> str:
        """An organisation's opaque id."""
        return opaque("or", self.organisations[name], self.organisations[name])

    def member_id(self, name: str) -> str:
        """A member's opaque id."""
        return opaque("mb", self.organisations[PEOPLE[name][0]], self.members[name])

    def device_id(self, name: str) -> str:
        """A device's opaque id."""
        return opaque("dv", self.organisations[DEVICES[name][0]], self.devices[name])

    def place_id(self, name: str) -> str:
        """A place's opaque id: `ward_a`, `ward_b`."""
        return opaque("pl", self.organisations[f"hospital_{name[-1]}"], self.places[name])


async def make_cast() -> Cast:
    """Stores a whole new cast."""
    cast = Cast({name: new_id() for name in ORGANISATIONS})
    suffix = new_id().hex[-10:].upper()  # a database holds thousands of casts
    cast.codes = {name: f"{code}{suffix}" for name, (code, *_) in ORGANISATIONS.items()}
    async with gateway():
        slugs = [OrganisationSlug(tenant_id=id_, id=id_, code=cast.codes[n]) for n, id_ in cast.organisations.items()]
        await rows.insert(*slugs)
    for name, tenant in cast.organisations.items():
        async with transaction(tenant):
            await _organisation(cast, name)
            await _people(cast, name)
            await _registry(cast, name)
    return cast


def _words(name: str) -> dict[str, str]:
    return {"zh": ORGANISATIONS[name][2], "en": ORGANISATIONS[name][3]}


async def _organisation(cast: Cast, name: str) -> None:
    tenant, kind = cast[name], ORGANISATIONS[name][1]
    made: list[Record] = [
        Organisation(tenant_id=tenant, id=tenant, code=cast.codes[name], kind=kind, name=_words(name))
    ]
    for other in PARTNERS[name]:
        known = Partner(tenant_id=tenant, id=cast[other], code=cast.codes[other], kind=ORGANISATIONS[other][1])
        known.name = _words(other)
        made.append(known)
    if kind == "hospital":
        campus = Place(tenant_id=tenant, kind="campus", name={"zh": "本部", "en": "Main campus"})
        campus.latitude, campus.longitude = 31.2304, 121.4737
        ward = Place(tenant_id=tenant, kind="unit", parent_id=campus.id, name={"zh": "三病区", "en": "Ward 3"})
        cast.places[f"ward_{name[-1]}"] = ward.id
        made += [campus, ward]
    await rows.insert(*made)


async def _people(cast: Cast, organisation: str) -> None:
    tenant, members = cast[organisation], []
    technicians: list[Record] = []
    for name, (of, chinese, english, role) in PEOPLE.items():
        if of != organisation:
            continue
        member = Member(tenant_id=tenant, login=name, name=chinese, name_en=english, roles=[role])
        member.unit_account = name.startswith("unit_")
        if role in ("reporter", "ward_manager"):
            member.place_id = cast.places.get(f"ward_{organisation[-1]}")
        cast.members[name] = member.id
        members.append(member)
        if home := HOME.get(name):
            latitude, longitude = home
            technicians += [
                Technician(
                    tenant_id=tenant,
                    id=member.id,
                    member_id=member.id,
                    home_latitude=latitude,
                    home_longitude=longitude,
                    shifts=WEEK,
                ),
                Qualification(tenant_id=tenant, technician_id=member.id, device_class="infusion_pump", level=2),
            ]
    await rows.insert(*members)
    if technicians:
        await rows.insert(*technicians)


async def _registry(cast: Cast, organisation: str) -> None:
    tenant = cast[organisation]
    if ORGANISATIONS[organisation][1] != "hospital":
        return
    maker = _words("manufacturer_m")
    models = {
        "pump": DeviceModel(
            tenant_id=tenant,
            manufacturer_id=cast["manufacturer_m"],
            manufacturer=maker,
            name={"zh": "输液泵", "en": "Infusion pump"},
            model_number="IP-200",
            device_identifier=PUMP,
            device_class="infusion_pump",
            function="therapeutic",
        ),
        "monitor": DeviceModel(
            tenant_id=tenant,
            manufacturer=maker,
            name={"zh": "监护仪", "en": "Patient monitor"},
            model_number="PM-10",
            device_class="patient_monitor",
            function="monitoring",
        ),
    }
    await rows.insert(*models.values())
    devices = []
    for name, (of, model, asset_number, serial) in DEVICES.items():
        if of == organisation:
            device = Device(tenant_id=tenant, model_id=models[model].id, asset_number=asset_number, serial=serial)
            device.place_id = cast.places[f"ward_{organisation[-1]}"]
            cast.devices[name] = device.id
            devices.append(device)
    await rows.insert(*devices)
    provider = {"hospital_a": "vendor_v", "hospital_b": "vendor_w"}[organisation]
    contract = Contract(
        tenant_id=tenant,
        provider_id=cast[provider],
        title="输液泵全保 Infusion pumps, full service",
        device_classes=["infusion_pump"],
        starts_on=(now() - timedelta(days=200)).date(),
        ends_on=(now() + timedelta(days=165)).date(),
        service_level={"response": 30, "arrival": 240, "restoration": 1440},
        direct=True,
    )
    cast.contracts[organisation] = contract.id
    await rows.insert(contract)
