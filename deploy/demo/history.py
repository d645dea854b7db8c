"""A year of closed repairs, drawn from the fault catalogue so that it looks like a year of two hospitals."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone

import msgspec

from .faults import Fault, faults_of
from .models import MODELS
from .structs import ClosedTicket, Contract, Device, Entitlement, Member, Text
from .technicians import TECHNICIANS, on_shift

CHINA = timezone(timedelta(hours=8), "CST")
"""China keeps one time and no summer time; a fixed offset needs no zone files on a bare machine."""

_TICKETS = 300
_HOURS = (1, 1, 1, 1, 1, 1, 2, 6, 10, 9, 8, 6, 4, 5, 8, 8, 7, 5, 3, 3, 2, 2, 2, 1)
"""How often a fault is reported in each hour of the day: most when shifts begin and rounds are made."""

_LANMAI_MODELS = tuple(model.key for model in MODELS if model.maker == "lanmai")
_NOT_FOUND = (
    Text(zh="现场未复现故障", en="The fault did not appear again"),
    Text(
        zh="全项功能测试与电气安全检测合格,交科室继续观察",
        en="All functions and electrical safety passed; ward keeps watching",
    ),
)
_WORN_OUT = Text(
    zh="维修费用超过残值且已过使用年限,出具报废鉴定意见",
    en="Repair exceeds residual value, past its life: condemnation advised",
)


class _Work(msgspec.Struct, frozen=True):
    """Who repairs a device at some moment, and on what ground."""

    provider: str
    entitlement: Entitlement
    engineers: tuple[str, ...]


class _Year:
    """Draws tickets one after another and keeps those of one device apart in time."""

    def __init__(
        self,
        today: date,
        seed: int,
        devices: Sequence[Device],
        members: Sequence[Member],
        contracts: Sequence[Contract],
    ) -> None:
        self.dice = random.Random(f"history {seed}")
        self.midnight = datetime.combine(today, time(), CHINA)
        self.devices = devices
        self.members = members
        self.contracts = contracts
        self.tickets: list[ClosedTicket] = []
        # A few units are the ones that every department complains about.
        self.weights = [self.dice.choice((1, 1, 1, 2, 2, 4)) for _ in devices]

    def draw(self) -> None:
        """Add one ticket, and now and then the same fault again some days later."""
        device = self.dice.choices(self.devices, self.weights)[0]
        day = self.midnight - timedelta(days=self.dice.randint(1, 365))
        occurred = day + timedelta(hours=self.dice.choices(range(24), _HOURS)[0], minutes=self.dice.randint(0, 59))
        faults = faults_of(device.model)
        fault = self.dice.choices(faults, [1 / (rank + 1) for rank in range(len(faults))])[0]
        first = self._add(device, fault, occurred, None)
        if first and self.dice.random() < 0.12:
            again = first.closed_at + timedelta(days=self.dice.randint(2, 24), minutes=self.dice.randint(0, 600))
            self._add(device, fault, again, first.key)

    def _add(self, device: Device, fault: Fault, occurred: datetime, repeat_of: str | None) -> ClosedTicket | None:
        if occurred.date() <= device.in_service:
            return None
        ticket = self._ticket(device, fault, occurred, repeat_of)
        overlaps = any(
            other.device == device.key and other.occurred_at < ticket.closed_at and occurred < other.closed_at
            for other in self.tickets
        )
        if overlaps or ticket.closed_at >= self.midnight:
            return None
        self.tickets.append(ticket)
        return ticket

    def _ticket(self, device: Device, fault: Fault, occurred: datetime, repeat_of: str | None) -> ClosedTicket:
        dice = self.dice
        work = self._work(device, occurred)
        own = work.provider == device.hospital
        unit = "/".join(device.place.split("/")[:3])
        reporter = dice.choice([m for m in self.members if m.place == unit and "reporter" in m.roles])
        manager = next(m for m in self.members if m.place == unit and "ward_manager" in m.roles)
        engineer = dice.choice(work.engineers)
        signers = [key for key in _clinical_engineers(self.members, device.hospital) if key != engineer]
        english = reporter.locale == "en" or dice.random() < 0.1

        not_found = dice.random() < 0.04
        worn_out = not not_found and dice.random() < 0.15 and occurred.date() > device.purchased + timedelta(days=2200)
        travel = 0 if own else dice.randint(18, 75)
        minutes = dice.randint(*fault.minutes)
        triaged = occurred + timedelta(minutes=dice.randint(2, 45))
        accepted = self._at_work(triaged + timedelta(minutes=dice.randint(2, 40)), engineer)
        arrived = accepted + timedelta(minutes=travel + dice.randint(8, 70))
        wait = timedelta(hours=dice.randint(20, 110)) if fault.parts and dice.random() < 0.22 else timedelta()
        finished = arrived + wait + timedelta(minutes=minutes + dice.randint(5, 25))
        ward_signed = _by_day(finished + timedelta(minutes=dice.randint(6, 150)))
        technical = _by_day(ward_signed + timedelta(minutes=dice.randint(5, 600)))
        return ClosedTicket(
            key=f"draft-{len(self.tickets)}",
            hospital=device.hospital,
            device=device.key,
            reporter=reporter.key,
            symptom=dice.choice(fault.symptoms_en if english else fault.symptoms_zh),
            locale="en" if english else "zh",
            use_state=fault.use_state,
            entitlement=work.entitlement,
            provider=work.provider,
            engineer=engineer,
            ward_signatory=manager.key,
            technical_signatory=dice.choice(signers),
            occurred_at=occurred,
            triaged_at=triaged,
            accepted_at=accepted,
            arrived_at=arrived,
            finished_at=finished,
            ward_signed_at=ward_signed,
            technical_signed_at=technical,
            closed_at=technical + timedelta(minutes=1),
            fault=fault.code,
            cause=_NOT_FOUND[0] if not_found else fault.cause,
            action=_NOT_FOUND[1] if not_found else _WORN_OUT if worn_out else fault.action,
            parts=() if not_found or worn_out else fault.parts,
            result="not_reproduced" if not_found else "condemnation_advised" if worn_out else "repaired",
            work_minutes=minutes,
            travel_minutes=travel,
            repeat_of=repeat_of,
            rating=dice.choice((None, None, 3, 4, 4, 5, 5, 5)),
        )

    def _work(self, device: Device, occurred: datetime) -> _Work:
        """Warranty before contract; what does not go straight to a vendor the hospital often repairs itself."""
        day = occurred.date()
        if day <= device.warranty_until:
            return self._by("hengxiu" if device.model in _LANMAI_MODELS else "yanhe", "warranty", device, occurred)
        for contract in self.contracts:
            in_force = device.key in contract.devices and contract.starts <= day <= contract.ends
            if in_force and (contract.straight_to_vendor or self.dice.random() < 0.6):
                return self._by(contract.vendor, "contract", device, occurred)
        if self.dice.random() < 0.65:
            return _Work(device.hospital, "in_house", tuple(_clinical_engineers(self.members, device.hospital)))
        return self._by("hengxiu" if device.model in _LANMAI_MODELS else "yanhe", "outside", device, occurred)

    def _by(self, vendor: str, entitlement: Entitlement, device: Device, occurred: datetime) -> _Work:
        days = (occurred - self.midnight).days
        qualified = [
            technician
            for technician in TECHNICIANS
            if technician.key.startswith(vendor)
            and any(skill == device.model and left > days for skill, _, left in technician.skills)
        ]
        on_duty = [technician for technician in qualified if on_shift(technician, occurred + timedelta(hours=1))]
        return _Work(vendor, entitlement, tuple(technician.key for technician in on_duty or qualified))

    def _at_work(self, moment: datetime, engineer: str) -> datetime:
        """The moment, or the beginning of the engineer's next shift (hospital engineers work in office hours)."""
        technician = next((each for each in TECHNICIANS if each.key == engineer), None)
        if technician is None:
            return _by_day(moment)
        while not on_shift(technician, moment):
            moment = moment.replace(minute=0) + timedelta(hours=1, minutes=self.dice.randint(0, 50))
        return moment


def closed_tickets(
    today: date, seed: int, devices: Sequence[Device], members: Sequence[Member], contracts: Sequence[Contract]
) -> tuple[ClosedTicket, ...]:
    """300 tickets in the order of their reports, all closed before `today` begins in Hangzhou."""
    year = _Year(today, seed, devices, members, contracts)
    while len(year.tickets) < _TICKETS:
        year.draw()
    ordered = sorted(year.tickets[:_TICKETS], key=lambda ticket: ticket.occurred_at)
    names = {ticket.key: f"closed-{number:03}" for number, ticket in enumerate(ordered, 1)}
    return tuple(
        msgspec.structs.replace(
            ticket, key=names[ticket.key], repeat_of=names[ticket.repeat_of] if ticket.repeat_of else None
        )
        for ticket in ordered
    )


def _clinical_engineers(members: Sequence[Member], hospital: str) -> list[str]:
    return [m.key for m in members if m.organisation == hospital and "clinical_engineer" in m.roles]


def _by_day(moment: datetime) -> datetime:
    """The moment, or half past eight of the next working day: nobody signs at night or on a Sunday."""
    while moment.weekday() == 6 or not time(8) <= moment.timetz().replace(tzinfo=None) < time(18):
        later = moment if moment.hour < 8 else moment + timedelta(days=1)
        moment = later.replace(hour=8, minute=30 + moment.minute // 3)
    return moment
