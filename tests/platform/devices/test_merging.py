"""Merging duplicates: every number leads to the unit that counts, nothing is lost, and there are no circles."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mendline.devices import find_devices, parse_identifier
from mendline.kernel import DomainError, parse_opaque, transaction
from support.cast import Cast, make_cast
from support.database import look, unchanged

WORDS = {"zh": "泵", "en": "Pump"}


async def register(cast: Cast, asset_number: str, **facts: Any) -> str:
    model = {"name": WORDS, "manufacturer": WORDS, "device_class": "pump", "model_number": "M-1"}
    made = (await cast.run("engineer_a", "devices.upsert_model", model)).model
    command = {"asset_number": asset_number, "model": made, **facts}
    return str((await cast.run("engineer_a", "devices.upsert_device", command)).device)


async def merge(cast: Cast, unit: str, duplicate: str) -> Any:
    pair = {"device": unit, "duplicate": duplicate, "reason": "重复建档"}
    return await cast.run("engineer_a", "devices.merge", pair)


async def refused(cast: Cast, unit: str, duplicate: str, code: str) -> None:
    async with unchanged():
        with pytest.raises(DomainError) as caught:
            await merge(cast, unit, duplicate)
    assert caught.value.code == code


async def found(cast: Cast, text: str) -> list[str]:
    async with transaction(cast["hospital_a"]):
        return [unit.asset_number for unit in await find_devices(cast["hospital_a"], parse_identifier(text))]


async def test_a_duplicate_leads_to_its_unit(cast: Cast) -> None:
    unit = cast.device_id("pump_a")
    duplicate = await register(cast, "OLD-77", serial="SX-777", lot="L7", system="HIS", number="77")
    ticket = (await cast.run("nurse_a", "tickets.report", {"device": duplicate, "symptom": "报警"})).ticket
    await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "down"})
    await merge(cast, unit, duplicate)
    assert await found(cast, "OLD-77") == ["SB-0001"]
    assert await found(cast, "SN: SX-777") == ["SB-0001"]
    assert await register(cast, "OLD-77", system="HIS", number="77", serial="other") == unit
    (row,) = await look("SELECT lot, serial, state FROM device WHERE id = $1", cast.devices["pump_a"])
    assert tuple(row) == ("L7", "SN1001", "out_of_service"), "gaps are filled, and it is as unusable as its duplicate"
    again = await cast.run("nurse_a", "tickets.report", {"device": duplicate, "symptom": "又报警"})
    (row,) = await look("SELECT device_id FROM ticket WHERE id = $1", parse_opaque("tk", again.ticket).id)
    assert row[0] == cast.devices["pump_a"]
    await cast.run("nurse_a", "tickets.cancel", {"ticket": again.ticket})
    retirement = {"device": unit, "reason": "旧"}
    async with unchanged():
        with pytest.raises(DomainError, match="device_has_tickets"):
            await cast.run("engineer_a", "devices.retire", retirement)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    (row,) = await look("SELECT state FROM device WHERE id = $1", cast.devices["pump_a"])
    assert row[0] == "out_of_service", "what was merged is given back by a decision alone"


async def test_what_cannot_be_merged_stays_two(cast: Cast) -> None:
    unit, other = cast.device_id("pump_a"), cast.device_id("pump_a2")
    await refused(cast, unit, unit, "merge_with_itself")
    await refused(cast, unit, cast.device_id("pump_b"), "not_found")
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input"):
            await cast.run("engineer_a", "devices.merge", {"device": unit, "duplicate": other, "reason": ""})
        with pytest.raises(DomainError, match="forbidden"):
            pair = {"device": unit, "duplicate": other, "reason": "x"}
            await cast.run("manager_a", "devices.merge", pair)
        with pytest.raises(DomainError, match="stale_version"):
            await cast.run("engineer_a", "devices.merge", pair, expected_version=8)
    await cast.run("engineer_a", "devices.attach", {"device": other, "parent": unit})
    await refused(cast, unit, other, "merge_within_system")
    await cast.run("engineer_a", "devices.detach", {"device": other})
    await cast.run("engineer_a", "devices.set_pool", {"device": other, "pool": "spare"})
    await cast.run("engineer_a", "tickets.lend_device", {"device": other, "place": cast.place_id("ward_a")})
    await refused(cast, unit, other, "device_on_loan")
    await cast.run("engineer_a", "tickets.take_back_device", {"device": other})
    await merge(cast, unit, other)
    await refused(cast, other, unit, "device_merged")
    await refused(cast, unit, other, "device_merged")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8))
async def test_whatever_is_merged_in_any_order_there_is_one_unit_at_the_end_of_each(
    database: None, pairs: list[tuple[int, int]]
) -> None:
    """A model of sets: who was merged into whom, in chains and refused circles, against what the registry finds."""
    cast = await make_cast()
    ids = [await register(cast, f"PX-{n}1", system="HIS", number=str(n)) for n in range(5)]
    unit_of = list(range(5))
    for unit, duplicate in pairs:
        if unit == duplicate or unit_of[unit] != unit or unit_of[duplicate] != duplicate:
            with pytest.raises(DomainError):
                await merge(cast, ids[unit], ids[duplicate])
            continue
        await merge(cast, ids[unit], ids[duplicate])
        unit_of = [unit if one == duplicate else one for one in unit_of]
    for n, unit in enumerate(unit_of):
        assert await found(cast, f"PX-{n}1") == [f"PX-{unit}1"]
        assert await register(cast, f"PX-{n}1", system="HIS", number=str(n)) == ids[unit]
    chains = (
        "SELECT FROM device d JOIN device m ON m.id = d.merged_into"
        " WHERE d.tenant_id = $1 AND m.merged_into IS NOT NULL"
    )
    assert await look(chains, cast["hospital_a"]) == []
    stored = await look("SELECT id, duplicates FROM device WHERE tenant_id = $1", cast["hospital_a"])
    listed = {row["id"]: set(row["duplicates"] or ()) for row in stored}
    for n, unit in enumerate(unit_of):
        assert n == unit or parse_opaque("dv", ids[n]).id in listed[parse_opaque("dv", ids[unit]).id]
