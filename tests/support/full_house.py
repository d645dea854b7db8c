"""A full house: the cast with tickets in every part of their lives, and rows of every kind that GraphQL shows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from mendline.kernel import DeadLetter, frozen, new_id, now, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import SETTLED
from mendline_tenants import LoginSession
from support.cast import Cast
from support.database import look
from support.processes import until

READERS = ("engineer_a", "dispatcher_v", "admin_a", "nurse_a", "technician_v", "analyst_m", "quality_a", "admin_v")
"""People of a hospital, a vendor and a manufacturer, who may read more or less of it."""

MICROSECONDS = (0, 120_000, 123_456, 5, 999_990, 100)
"""Times are written with more or fewer digits."""


class House:
    """Runs commands one after the other, each at a later moment of the last three days."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self._moments = self._later(now() - timedelta(days=3))

    @staticmethod
    def _later(begin: datetime) -> Iterator[datetime]:
        for n, microseconds in enumerate(cycle(MICROSECONDS)):
            yield (begin + timedelta(minutes=7 * n)).replace(microsecond=microseconds)

    async def run(self, who: str, command: str, **given: Any) -> Any:
        with frozen(next(self._moments)):
            return await self.cast.run(who, command, given)

    async def report(self, who: str, device: str | None, symptom: str, **more: Any) -> str:
        given = {"symptom": symptom, **more} | ({"device": self.cast.device_id(device)} if device else {})
        return str((await self.run(who, "tickets.report", **given)).ticket)

    async def accept(self, ticket: str, dispatcher: str = "dispatcher_v", technician: str = "technician_v") -> None:
        member = self.cast.member_id(technician)
        await self.run(dispatcher, "dispatch.offer_job", ticket=ticket, technician=member)
        await self.run(technician, "dispatch.accept_job", ticket=ticket)

    async def finish(self, ticket: str, technician: str = "technician_v", **more: Any) -> None:
        await self.run(technician, "fieldwork.arrive", ticket=ticket)
        given = {"result": "repaired", "cause": "电池老化", "action": "更换电池 \"B\" \\ 'C'", **more}
        await self.run(technician, "fieldwork.finish", ticket=ticket, **given)
        await self.cast.drain()

    async def slot(self, ticket: str) -> str:
        tenant, ticket_id = parse_opaque("tk", ticket)
        async with transaction(tenant):
            (slot,) = await rows.select(
                SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, ticket_id
            )
        return opaque("sl", tenant, slot.id)

    async def evidence(self, who: str, ticket: str, name: str) -> None:
        facts = {"filename": name, "media_type": "image/jpeg", "size": 3, "sha256": "0" * 64, "caption": "图 <1>"}
        await self.run(who, "fieldwork.attach_evidence", ticket=ticket, **facts)


async def fill(cast: Cast) -> list[str]:
    """Fills the cast's organisations; answers the tickets' ids."""
    house = House(cast)
    await _books(house)
    tickets = [
        await _archived(house),
        await _rework(house),
        await _waiting(house),
        await _passed_on(house),
        await _shared(house),
        await _without_device(house),
    ]
    cancelled = await house.report("nurse_a", "pump_a", "误报")
    await house.run("nurse_a", "tickets.cancel", ticket=cancelled, reason="用错了")
    duplicate = await house.report("nurse_a", "pump_a2", "同一故障")
    await house.run("dispatcher_v", "tickets.mark_duplicate", ticket=duplicate, of=tickets[2])
    other = await house.report("nurse_b", "pump_b", "流速不准, alarm", use_state="degraded")
    await house.accept(other, "dispatcher_w", "technician_w")
    await house.run("manager_b", "tickets.comment", ticket=other, body="🙂 尽快\n谢谢")
    imported = await _imported(house)
    await house.run("engineer_a", "tickets.unshare", ticket=tickets[4], organisation=cast.organisation_id("testing_t"))
    await cast.drain()
    await _settled()
    return [*tickets, cancelled, duplicate, other, imported]


async def _settled() -> None:
    """The feed shows what no transaction of the whole cluster can come before any more."""
    newest = "SELECT greatest((SELECT max(changed_in) FROM worklist), (SELECT max(changed_in) FROM tombstone)) < "
    await until(lambda: _is_true(newest + SETTLED))


async def _is_true(sql: str) -> bool:
    return bool((await look(sql))[0][0])


async def _archived(house: House) -> str:
    ticket = await house.report("nurse_a", "pump_a", "报警,停机", use_state="down", happened_at=None)
    await house.run("nurse_a", "tickets.comment", ticket=ticket, body="快")
    await house.cast.drain()
    await house.accept(ticket)
    line = {"text": '面板 "A"', "unit_amount": 3_000_000_000, "quantity": 2}
    offer = {"currency": "CNY", "lines": [line], "valid_until": now() + timedelta(days=7)}
    await house.run("desk_v", "tickets.quote", ticket=ticket, **offer)
    await house.run("desk_v", "tickets.quote", ticket=ticket, **offer | {"remark": "含税"})
    await house.run("engineer_a", "tickets.decide_entitlement", ticket=ticket, entitlement="contract", reason="全保")
    await house.run("desk_v", "tickets.dispute_entitlement", ticket=ticket, entitlement="outside", reason="进液")
    for minutes in (30, 90):
        await house.run("technician_v", "fieldwork.set_eta", ticket=ticket, minutes=minutes)
    await house.run("engineer_a", "tickets.override_priority", ticket=ticket, priority=1, reason='手术室 "3"')
    await house.run("technician_v", "fieldwork.estimate_completion", ticket=ticket, minutes=240, reason="等待")
    await house.run("engineer_a", "tickets.rebase_clock", ticket=ticket, clock="restoration", reason="与科室商定 \\n")
    await house.evidence("technician_v", ticket, "a.jpg")
    await house.finish(ticket, work_minutes=45, next_maintenance_on=(now() + timedelta(days=90)).date())
    await house.run("manager_a", "quality.sign", slot=await house.slot(ticket))
    await house.run("engineer_a", "quality.sign", slot=await house.slot(ticket))
    await house.cast.drain()
    return ticket


async def _rework(house: House) -> str:
    ticket = await house.report("manager_a", "pump_a", "又报警", use_state="degraded")
    await house.accept(ticket)
    await house.finish(ticket)
    await house.run("manager_a", "quality.reject", ticket=ticket, reason="还是响")
    await house.run("technician_v", "fieldwork.add_note", ticket=ticket, body="再看一次")
    await house.evidence("nurse_a", ticket, "b%20c.png")
    return ticket


async def _waiting(house: House) -> str:
    ticket = await house.report("nurse_a", "pump_a2", "屏幕不亮", use_state="down")
    member = house.cast.member_id("technician_v2")
    await house.run("dispatcher_v", "dispatch.offer_job", ticket=ticket, technician=member)
    await house.run("technician_v2", "dispatch.decline_job", ticket=ticket, reason="太远")
    await house.accept(ticket)
    await house.run("technician_v", "fieldwork.arrive", ticket=ticket)
    await house.run("technician_v", "fieldwork.wait", ticket=ticket, reason="parts")
    for n in range(4):
        await house.run("nurse_a", "tickets.comment", ticket=ticket, body=f"第 {n} 次")
    return ticket


async def _passed_on(house: House) -> str:
    ticket = await house.report("nurse_a", "monitor_a", "无波形, no waveform")
    vendor = house.cast.organisation_id("vendor_w")
    await house.run("engineer_a", "tickets.pass_on", ticket=ticket, provider=vendor, reason="no spare parts here")
    return ticket


async def _shared(house: House) -> str:
    until = (now() + timedelta(days=30)).isoformat()
    windows = [["2027-01-01T08:00:00+08:00", "2027-01-01T10:30:00.120000+08:00"]]
    ticket = await house.report(
        "nurse_a", "pump_a2", "冒烟, 病人受伤", use_state="patient_affected", isolation=True, access_windows=windows
    )
    for organisation, part, groups in (
        ("manufacturer_m", "manufacturer", ["progress", "quality", "vigilance"]),
        ("testing_t", "testing_body", ["progress", "clinical", "messages"]),
    ):
        partner = house.cast.organisation_id(organisation)
        await house.run(
            "engineer_a", "tickets.share", ticket=ticket, organisation=partner, part=part, groups=groups, until=until
        )
    await house.run("nurse_a", "tickets.record_decontamination", ticket=ticket, status="clean")
    await house.run("nurse_a", "tickets.set_flags", ticket=ticket, spare_needed=True)
    return ticket


async def _without_device(house: House) -> str:
    place = house.cast.place_id("ward_a")
    return await house.report(
        "unit_a", None, "床头灯坏", place=place, contact_name="王", contact_phone="+86 21 1234", kind="inspection_round"
    )


async def _imported(house: House) -> str:
    opened = now() - timedelta(days=400)
    result = await house.run(
        "admin_a",
        "tickets.import_closed",
        system="HIS",
        number="2025-7",
        device=house.cast.device_id("monitor_a"),
        provider=house.cast.organisation_id("vendor_v"),
        symptom="旧故障",
        opened_at=opened,
        finished_at=opened + timedelta(hours=5),
        closed_at=opened + timedelta(days=1),
        technician_name="老李",
    )
    return str(result.ticket)


async def _books(house: House) -> None:
    """Places, members, agreements, keys, contracts, sessions and dead letters."""
    cast = house.cast
    for admin, place in (("admin_a", "ward_a"), ("admin_b", "ward_b")):
        await house.run(
            admin,
            "tenants.upsert_place",
            kind="bed",
            name={"en": f"Bed of {admin}"},
            parent=cast.place_id(place),
            clinical_weight=2,
            system="HIS",
            number="B-1",
        )
        await house.run(admin, "tenants.set_policy", name="triage", value="direct")
    given = {"login": "left", "name": "走了", "roles": ["reporter", "technician"], "system": "HR", "number": "1"}
    gone = await house.run("admin_a", "tenants.upsert_member", **given)
    await house.run("admin_a", "tenants.suspend_member", member=gone.member, left=True)
    for part, organisation, days in (("manufacturer", "manufacturer_m", None), ("participant", "testing_t", 300)):
        await house.run(
            "engineer_a",
            "tenants.upsert_agreement",
            organisation=cast.organisation_id(organisation),
            part=part,
            groups=["quality"],
            device_classes=["infusion_pump"] if days else [],
            ends_on=(now() + timedelta(days=days)).date() if days else None,
        )
    for admin in ("admin_a", "admin_v"):
        for n in range(3):
            expires = now() + timedelta(days=30 * n) if n else None
            await house.run(
                admin, "tenants.create_api_key", name=f"Portal {n}", scopes=["read.progress"], expires_at=expires
            )
    await house.run(
        "engineer_a",
        "devices.upsert_contract",
        title="监护仪",
        provider=cast.organisation_id("vendor_w"),
        starts_on=(now() - timedelta(days=10)).date(),
        ends_on=(now() + timedelta(days=10)).date(),
        devices=[cast.device_id("monitor_a"), cast.device_id("pump_a2")],
        service_level={"response": 15},
    )
    for person in ("nurse_a", "admin_a", "technician_v"):
        organisation = {"nurse_a": "hospital_a", "admin_a": "hospital_a", "technician_v": "vendor_v"}[person]
        tenant = cast[organisation]
        session = LoginSession(tenant_id=tenant, member_id=cast.members[person], refresh_hash=b"none")
        session.expires_at = now() + timedelta(hours=4)
        letters = [
            DeadLetter(tenant_id=tenant, queue="delivery", row_id=new_id(), error=f"E{n}", attempts=n) for n in range(2)
        ]
        async with transaction(tenant):
            await rows.insert(session, *letters)
