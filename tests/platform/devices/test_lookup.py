"""Devices are found at the beds of a unit, and never by another hospital's sticker."""

import pytest

from mendline.devices import device_link, devices_at, find_devices, location_of, parse_identifier
from mendline.kernel import DomainError, rows, transaction
from mendline_tenants import Place


async def _bed(cast):
    """A bed in the ward of hospital A, with `pump_a` at it."""
    from mendline.devices import Device

    tenant = cast["hospital_a"]
    async with transaction(tenant):
        ward = await rows.get(Place, tenant, cast.places["ward_a"])
        await rows.update(ward, clinical_weight=3)
        bed = Place(tenant_id=tenant, kind="bed", parent_id=ward.id, name={"zh": "01 床", "en": "Bed 01"})
        await rows.insert(bed)
        await rows.update(await rows.get(Device, tenant, cast.devices["pump_a"]), place_id=bed.id)
    return bed.id


async def test_a_unit_has_the_devices_at_its_beds(cast):
    bed, tenant = await _bed(cast), cast["hospital_a"]
    async with transaction(tenant):
        assert [d.asset_number for d in await devices_at(tenant, cast.places["ward_a"])] == [
            "SB-0001", "SB-0002", "SB-0100",
        ]  # fmt: skip
        assert [d.asset_number for d in await devices_at(tenant, bed)] == ["SB-0001"]


async def test_a_bed_is_where_its_ward_is(cast):
    bed, tenant = await _bed(cast), cast["hospital_a"]
    async with transaction(tenant):
        location = await location_of(tenant, bed)
        nowhere = await location_of(tenant, None)
    assert location.words == {"zh": "本部 三病区 01 床", "en": "Main campus, Ward 3, Bed 01"}
    assert (location.clinical_weight, location.latitude, location.longitude) == (3, 31.2304, 121.4737)
    assert nowhere == ({}, 0, None, None, None)


async def test_the_sticker_of_another_hospital_finds_nothing(cast):
    tenant = cast["hospital_a"]
    async with transaction(tenant):
        own = parse_identifier(device_link("https://mendline.example", cast.codes["hospital_a"], "SB-0001"))
        assert [d.id for d in await find_devices(tenant, own)] == [cast.devices["pump_a"]]
        others = parse_identifier(device_link("https://mendline.example", cast.codes["hospital_b"], "SB-0001"))
        with pytest.raises(DomainError, match="device_unknown"):
            await find_devices(tenant, others)
