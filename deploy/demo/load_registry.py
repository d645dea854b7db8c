"""Loads what the organisations have: the hospitals' devices and contracts, the vendors' technicians."""

from typing import Any

from mendline.kernel import run

from .known import Known, words
from .structs import Contract, Device, Model, Qualification


async def load_registry(known: Known, hospital: str) -> None:
    """The models a hospital owns, its devices, and its contracts with vendors."""
    admin = await known.admin(hospital)
    devices = [device for device in known.demo.devices if device.hospital == hospital]
    owned = {device.model for device in devices}
    for model in known.demo.models:
        if model.key in owned:
            made = await run(admin, "devices.upsert_model", _model(known, model))
            known.models[hospital, model.key] = made.model
    for device in known.counted("devices", devices):
        made = await run(admin, "devices.upsert_device", _device(known, device))
        known.devices[device.key] = made.device
    for contract in known.counted("contracts", [each for each in known.demo.contracts if each.hospital == hospital]):
        await run(admin, "devices.upsert_contract", _contract(known, contract))


def _model(known: Known, model: Model) -> dict[str, Any]:
    return {
        "name": words(model.name),
        "model_number": model.number,
        "manufacturer": words(model.maker_name),
        "manufacturer_id": known.organisation_id(model.maker) if model.maker else None,
        "device_class": model.device_class,
        "device_identifier": model.gtin,
        "function": model.function,
        "risk_nmpa": model.nmpa_class,
        "risk_fda": model.fda_class,
        "risk_eu": model.eu_class,
        "mandatory_verification": model.verification_months is not None,
    }


def _device(known: Known, device: Device) -> dict[str, Any]:
    return {
        "asset_number": device.asset,
        "model": known.models[device.hospital, device.model],
        "serial": device.serial,
        "lot": device.lot,
        "place": known.places[device.place],
        "manufactured_on": device.manufactured,
        "purchased_on": device.purchased,
        "warranty_until": device.warranty_until,
        "backup_available": device.backup_available,
    }


def _contract(known: Known, contract: Contract) -> dict[str, Any]:
    return {
        "title": f"{contract.key} {contract.title.zh} {contract.title.en}",
        "provider": known.organisation_id(contract.vendor),
        "starts_on": contract.starts,
        "ends_on": contract.ends,
        "device_classes": contract.device_classes,
        "service_level": {
            "response": contract.response_minutes,
            "arrival": contract.arrival_minutes,
            "restoration": contract.restoration_minutes,
        },
        "direct": contract.straight_to_vendor,
    }


async def load_technicians(known: Known, vendor: str) -> None:
    """Where a vendor's technicians start, when they work and what they may repair."""
    admin = await known.admin(vendor)
    members = [each for each in known.demo.members if each.organisation == vendor and each.latitude is not None]
    for member in known.counted("technicians", members):
        shifts = [
            # The demo counts weekdays from 0, dispatch as ISO does, from 1.
            {"days": [day + 1 for day in s.weekdays], "from_": f"{s.starts:%H:%M}", "to": f"{s.ends:%H:%M}"}
            for s in known.demo.shifts
            if s.member == member.key
        ]
        given = {
            "member": known.members[member.key],
            "latitude": member.latitude,
            "longitude": member.longitude,
            "shifts": shifts,
            "qualifications": [_qualification(known, q) for q in known.demo.qualifications if q.member == member.key],
        }
        await run(admin, "dispatch.upsert_technician", given)


def _qualification(known: Known, qualification: Qualification) -> dict[str, Any]:
    model = next((each for each in known.demo.models if each.key == qualification.model), None)
    return {
        "device_class": model.device_class if model else qualification.device_class,
        "model_number": model.number if model else None,
        "level": qualification.level,
        "expires_on": qualification.expires,
        "proof": qualification.certificate,
    }
