"""Spare units and loaners: handed out once, for a ticket or to a place, and back before the ticket can close."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mendline.devices import Device, DeviceModel
from mendline.kernel import DomainError, now, opaque, rows, transaction
from support.cast import Cast
from support.database import look, unchanged


async def refused(cast: Cast, who: str, command: str, given: dict[str, Any], code: str) -> DomainError:
    async with unchanged():
        with pytest.raises(DomainError) as caught:
            await cast.run(who, command, given)
    assert caught.value.code == code, caught.value
    return caught.value


async def report(cast: Cast) -> str:
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    return str((await cast.run("nurse_a", "tickets.report", given)).ticket)


async def spare(cast: Cast, name: str = "pump_a2") -> str:
    await cast.run("engineer_a", "devices.set_pool", {"device": cast.device_id(name), "pool": "spare"})
    return cast.device_id(name)


async def loaner(cast: Cast) -> str:
    """A unit in the vendor's own registry."""
    tenant = cast["vendor_v"]
    async with transaction(tenant):
        words = {"zh": "泵", "en": "Pump"}
        model = DeviceModel(tenant_id=tenant, manufacturer=words, name=words, model_number="L", device_class="pump")
        unit = Device(tenant_id=tenant, model_id=model.id, asset_number="V-1", pool="loaner")
        await rows.insert(model)
        await rows.insert(unit)
    return opaque("dv", tenant, unit.id)


async def test_a_ticket_closes_only_when_the_spare_is_back(cast: Cast) -> None:
    ticket, unit = await report(cast), await spare(cast)
    await cast.run("engineer_a", "tickets.lend_device", {"device": unit, "ticket": ticket})
    held = await refused(cast, "nurse_a", "tickets.cancel", {"ticket": ticket}, "loans_open")
    assert held.facts["devices"] == "SB-0002"
    await refused(cast, "engineer_a", "devices.retire", {"device": unit, "reason": "旧"}, "device_on_loan")
    await refused(cast, "engineer_a", "devices.set_pool", {"device": unit}, "device_on_loan")
    await cast.run("engineer_a", "tickets.take_back_device", {"device": unit, "condition": "完好"})
    await refused(cast, "engineer_a", "tickets.take_back_device", {"device": unit}, "device_not_lent")
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    told = await look("SELECT happened FROM device_event WHERE device_id = $1 ORDER BY id", cast.devices["pump_a2"])
    assert [row[0] for row in told] == ["pool", "lent", "returned"]


async def test_a_vendors_loaner_holds_the_hospitals_ticket(cast: Cast) -> None:
    ticket, unit = await report(cast), await loaner(cast)
    await cast.run("dispatcher_v", "tickets.lend_device", {"device": unit, "ticket": ticket})
    await refused(cast, "nurse_a", "tickets.cancel", {"ticket": ticket}, "loans_open")
    await refused(cast, "engineer_a", "tickets.take_back_device", {"device": unit}, "not_found")
    await cast.run("dispatcher_v", "tickets.take_back_device", {"device": unit, "usable": False})
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    (row,) = await look("SELECT state, loan_id FROM device WHERE tenant_id = $1", cast["vendor_v"])
    assert tuple(row) == ("out_of_service", None)


async def test_a_spare_is_lent_once(cast: Cast) -> None:
    tickets, unit = [await report(cast), await report(cast)], await spare(cast)
    answers = await asyncio.gather(
        *(cast.run("engineer_a", "tickets.lend_device", {"device": unit, "ticket": one}) for one in tickets),
        return_exceptions=True,
    )
    (lost,) = [answer for answer in answers if isinstance(answer, DomainError)]
    assert lost.code == "device_on_loan"
    assert len(await look("SELECT FROM ticket_loan WHERE tenant_id = $1", cast["hospital_a"])) == 1


async def test_what_cannot_be_lent_stays(cast: Cast) -> None:
    ticket, unit = await report(cast), await spare(cast)
    lending = {"device": unit, "ticket": ticket}
    past = {**lending, "due_at": (now() - timedelta(days=1)).isoformat()}
    await refused(cast, "engineer_a", "tickets.lend_device", past, "invalid_input")
    await refused(cast, "engineer_a", "tickets.lend_device", {"device": unit}, "invalid_input")
    await refused(cast, "engineer_a", "tickets.lend_device", {**lending, "place": cast.place_id("ward_b")}, "not_found")
    await refused(cast, "engineer_b", "tickets.lend_device", lending, "not_found")
    await refused(cast, "nurse_a", "tickets.lend_device", lending, "forbidden")
    await refused(cast, "engineer_a", "tickets.lend_device", {**lending, "due_at": "soon"}, "invalid_input")
    monitor = {**lending, "device": cast.device_id("monitor_a")}
    await refused(cast, "engineer_a", "tickets.lend_device", monitor, "not_in_pool")
    await cast.run("nurse_a", "tickets.report", {"device": unit, "symptom": "坏", "use_state": "down"})
    await refused(cast, "engineer_a", "tickets.lend_device", lending, "spare_not_usable")
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    await refused(cast, "engineer_a", "tickets.lend_device", lending, "ticket_closed")


async def test_a_spare_goes_to_a_place_and_comes_back_to_its_own(cast: Cast) -> None:
    words = {"zh": "急诊", "en": "Emergency"}
    emergency = (await cast.run("admin_a", "tenants.upsert_place", {"kind": "department", "name": words})).place
    unit = await spare(cast)
    await cast.run("engineer_a", "tickets.lend_device", {"device": unit, "place": emergency})
    where = "SELECT place_id FROM device WHERE id = $1"
    assert (await look(where, cast.devices["pump_a2"]))[0][0] != cast.places["ward_a"]
    await cast.run("engineer_a", "tickets.take_back_device", {"device": unit})
    assert (await look(where, cast.devices["pump_a2"]))[0][0] == cast.places["ward_a"]
