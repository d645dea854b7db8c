"""The registry of units: where they are, whose they are, what is in them, what belongs to them, and what happened."""

from datetime import timedelta
from typing import Any

import pytest

from mendline.kernel import DomainError, now, opaque
from support.cast import Cast
from support.database import look, unchanged

WORDS = {"zh": "名", "en": "Name"}


async def place(cast: Cast, kind: str, name: str, parent: str | None = None) -> str:
    given = {"kind": kind, "name": {"zh": name, "en": name}, "parent": parent}
    return str((await cast.run("admin_a", "tenants.upsert_place", given)).place)


async def device(cast: Cast, name: str) -> Any:
    (row,) = await look("SELECT * FROM device WHERE tenant_id = $1 AND asset_number = $2", cast["hospital_a"], name)
    return row


async def happened(cast: Cast, name: str) -> list[tuple[str, dict[str, Any]]]:
    rows = await look(
        "SELECT happened, facts FROM device_event e JOIN device d ON (d.tenant_id, d.id) = (e.tenant_id, e.device_id)"
        " WHERE e.tenant_id = $1 AND d.asset_number = $2 ORDER BY e.id",
        cast["hospital_a"],
        name,
    )
    return [(row[0], row[1]) for row in rows]


async def register(cast: Cast, asset_number: str, **facts: Any) -> str:
    model = {"name": WORDS, "manufacturer": WORDS, "device_class": "infusion_pump", "model_number": "R-1"}
    made = await cast.run("engineer_a", "devices.upsert_model", model)
    given = {"asset_number": asset_number, "model": made.model, **facts}
    return str((await cast.run("engineer_a", "devices.upsert_device", given)).device)


async def refused(cast: Cast, who: str, command: str, given: dict[str, Any], code: str, **options: Any) -> DomainError:
    """The command is refused with this code, and nothing is stored."""
    async with unchanged():
        with pytest.raises(DomainError) as caught:
            await cast.run(who, command, given, **options)
    assert caught.value.code == code, caught.value
    return caught.value


async def test_a_device_is_moved_and_what_stands_with_it_goes_along(cast: Cast) -> None:
    store = await place(cast, "depot", "库房")
    pump, rack = cast.device_id("pump_a"), await register(cast, "RACK", place=cast.place_id("ward_a"))
    await cast.run("engineer_a", "devices.attach", {"device": pump, "parent": rack, "belongs_as": "component"})
    moved = await cast.run("manager_a", "devices.move", {"device": rack, "place": store, "reason": "消毒"})
    assert (await device(cast, "RACK"))["version"] == moved.version
    assert (await device(cast, "SB-0001"))["place_id"] == (await device(cast, "RACK"))["place_id"]
    (what, facts) = (await happened(cast, "SB-0001"))[-1]
    assert (what, facts["from"]["en"], facts["to"]["zh"]) == ("moved", "Main campus, Ward 3", "库房")
    async with unchanged("organisation_audit", "organisation"):
        again = await cast.run("manager_a", "devices.move", {"device": rack, "place": store})
    assert again.version == moved.version


async def test_bad_moves_change_nothing(cast: Cast) -> None:
    pump, ward = cast.device_id("pump_a"), cast.place_id("ward_a")
    await refused(cast, "manager_a", "devices.move", {"device": pump, "place": cast.place_id("ward_b")}, "not_found")
    await refused(cast, "manager_a", "devices.move", {"device": cast.device_id("pump_b"), "place": ward}, "not_found")
    await refused(cast, "manager_a", "devices.move", {"device": pump, "place": 7}, "invalid_input")
    await refused(cast, "nurse_a", "devices.move", {"device": pump, "place": ward}, "forbidden")
    store = await place(cast, "depot", "库房")
    given = {"device": pump, "place": store}
    await refused(cast, "manager_a", "devices.move", given, "stale_version", expected_version=9)
    first = await cast.run("manager_a", "devices.move", given, key="once")
    async with unchanged():
        assert await cast.run("manager_a", "devices.move", given, key="once") == first


async def test_departments_own_use_and_store_a_device(cast: Cast) -> None:
    cardiology = await place(cast, "department", "心内科")
    given = {"device": cast.device_id("pump_a"), "owning": cardiology, "using": cast.place_id("ward_a")}
    await cast.run("engineer_a", "devices.set_departments", given)
    row = await device(cast, "SB-0001")
    assert (row["owning_id"], row["using_id"]) == (await _id("place", cardiology), cast.places["ward_a"])
    assert row["storing_id"] is None
    assert [what for what, _ in await happened(cast, "SB-0001")] == ["departments"]
    campus = await place(cast, "campus", "东院")
    await refused(cast, "engineer_a", "devices.set_departments", {**given, "owning": campus}, "not_a_department")
    await refused(
        cast, "engineer_a", "devices.set_departments", {**given, "using": cast.place_id("ward_b")}, "not_found"
    )


async def _id(table: str, opaque_id: str) -> Any:
    rows = await look(f"SELECT id FROM {table} WHERE opaque('{opaque_id[:2]}', tenant_id, id) = $1", opaque_id)
    return rows[0][0]


async def test_an_import_that_says_nothing_of_place_and_department_keeps_them(cast: Cast) -> None:
    ward = cast.place_id("ward_a")
    his = {"system": "HIS", "number": "7", "software_version": "1.0"}
    made = await register(cast, "IMP-1", place=ward, owning=ward, **his)
    await register(cast, "IMP-1", system="HIS", number="7", serial="S-9")
    row = await device(cast, "IMP-1")
    assert (row["place_id"], row["owning_id"], row["software_version"]) == (*[cast.places["ward_a"]] * 2, "1.0")
    assert row["serial"] == "S-9"
    await register(cast, "IMP-1", system="HIS", number="7", software_version="1.1")
    assert [what for what, _ in await happened(cast, "IMP-1")] == ["registered", "software"]
    assert await register(cast, "IMP-2", system="HIS", number="7") == made


async def test_parts_are_fitted_and_removed_for_a_ticket(cast: Cast) -> None:
    pump = cast.device_id("pump_a")
    ticket = (await cast.run("nurse_a", "tickets.report", {"device": pump, "symptom": "报警"})).ticket
    battery = {"device": pump, "part_number": "BAT-1", "serial": "B77", "lot": "L5", "ticket": ticket}
    fitted = await cast.run("engineer_a", "tickets.fit_part", battery)
    await refused(cast, "engineer_a", "tickets.fit_part", battery, "part_fitted")
    await refused(cast, "engineer_a", "tickets.fit_part", {**battery, "serial": "B8", "quantity": 2}, "invalid_input")
    other = {**battery, "serial": "B9", "device": cast.device_id("pump_a2")}
    await refused(cast, "engineer_a", "tickets.fit_part", other, "other_device")
    future = {**battery, "serial": "B9", "fitted_at": (now() + timedelta(days=1)).isoformat()}
    await refused(cast, "engineer_a", "tickets.fit_part", future, "invalid_input")
    await refused(cast, "engineer_b", "tickets.fit_part", battery, "not_found")
    removal = {"part": fitted.part, "reason": "老化"}
    early = {**removal, "removed_at": (now() - timedelta(days=9)).isoformat()}
    await refused(cast, "engineer_a", "tickets.remove_part", early, "invalid_input")
    await refused(cast, "engineer_a", "tickets.remove_part", removal, "stale_version", expected_version=4)
    await cast.run("engineer_a", "tickets.remove_part", removal)
    await refused(cast, "engineer_a", "tickets.remove_part", removal, "part_removed")
    told = [what for what, _ in await happened(cast, "SB-0001")]
    assert told == ["ticket", "part_fitted", "part_removed"]


async def test_software_keeps_its_history(cast: Cast) -> None:
    pump = cast.device_id("pump_a")
    for version in ("2.1", "2.1", "2.2"):
        await cast.run("engineer_a", "tickets.change_software", {"device": pump, "software_version": version})
    assert await happened(cast, "SB-0001") == [
        ("software", {"from": None, "to": "2.1"}),
        ("software", {"from": "2.1", "to": "2.2"}),
    ]


async def test_a_circle_of_belonging_is_refused(cast: Cast) -> None:
    rack, pump = await register(cast, "RACK"), cast.device_id("pump_a")
    monitor = cast.device_id("monitor_a")
    await cast.run("engineer_a", "devices.attach", {"device": pump, "parent": rack})
    await cast.run("engineer_a", "devices.attach", {"device": monitor, "parent": pump, "belongs_as": "accessory"})
    for above in (pump, monitor, rack):
        await refused(cast, "engineer_a", "devices.attach", {"device": rack, "parent": above}, "device_inside_itself")
    await refused(cast, "engineer_a", "devices.retire", {"device": rack, "reason": "旧"}, "parts_in_use")
    await cast.run("engineer_a", "devices.detach", {"device": pump})
    assert (await device(cast, "SB-0001"))["parent_id"] is None
    await cast.run("engineer_a", "devices.retire", {"device": rack, "reason": "旧"})


async def test_a_device_with_open_tickets_is_not_retired(cast: Cast) -> None:
    pump = cast.device_id("pump_a")
    ticket = (await cast.run("nurse_a", "tickets.report", {"device": pump, "symptom": "报警"})).ticket
    retirement = {"device": pump, "reason": "到期"}
    held = await refused(cast, "engineer_a", "devices.retire", retirement, "device_has_tickets")
    assert held.facts["numbers"]
    model = opaque("md", cast["hospital_a"], (await device(cast, "SB-0001"))["model_id"])
    by_import = {"asset_number": "SB-0001", "model": model, "state": "retired"}
    await refused(cast, "engineer_a", "devices.upsert_device", by_import, "device_has_tickets")
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    await cast.run("engineer_a", "devices.retire", retirement)
    assert (await happened(cast, "SB-0001"))[-1] == (
        "state",
        {"from": "in_service", "to": "retired", "reason": "到期"},
    )
    for command, given in [
        ("devices.retire", retirement),
        ("devices.move", {"device": pump, "place": cast.place_id("ward_a")}),
        ("devices.set_pool", {"device": pump, "pool": "spare"}),
        ("tickets.report", {"device": pump, "symptom": "报警"}),
    ]:
        await refused(cast, "engineer_a", command, given, "device_retired")


async def test_a_report_and_its_end_stand_in_the_history(cast: Cast) -> None:
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", given)).ticket
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    told = [(what, facts.get("to")) for what, facts in await happened(cast, "SB-0001")]
    assert told == [
        ("ticket", "triaged"),
        ("state", "out_of_service"),
        ("ticket", "cancelled"),
        ("state", "in_service"),
    ]
