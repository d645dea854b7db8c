"""Devices: registry, identifiers, labels, contracts and entitlement."""

from mendline.devices.card import Location, device_card, location_of
from mendline.devices.commands import UpsertContract, UpsertDevice, UpsertModel
from mendline.devices.contracts import Contract, ContractDevice, agreed_minutes
from mendline.devices.entitlement import Entitlement, entitlement
from mendline.devices.gs1 import Gs1Fields, element_string
from mendline.devices.identifiers import device_link, parse_certain, parse_codes, parse_identifier
from mendline.devices.label import DeviceLabel, label_image, label_png, phone_photo
from mendline.devices.lookup import devices_at, find_devices
from mendline.devices.photo import read_codes
from mendline.devices.printing import PrintStickers, StickersOrdered, stickers_of
from mendline.devices.reading import Check, DeviceIdentifier, System
from mendline.devices.registry import Device, DeviceModel, worse
from mendline.devices.stickers import Sticker, stickers_pdf
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "Check",
    "Contract",
    "ContractDevice",
    "Device",
    "DeviceIdentifier",
    "DeviceLabel",
    "DeviceModel",
    "Entitlement",
    "Gs1Fields",
    "Location",
    "PrintStickers",
    "Sticker",
    "StickersOrdered",
    "System",
    "UpsertContract",
    "UpsertDevice",
    "UpsertModel",
    "agreed_minutes",
    "device_card",
    "device_link",
    "devices_at",
    "element_string",
    "entitlement",
    "find_devices",
    "label_image",
    "label_png",
    "location_of",
    "parse_certain",
    "parse_codes",
    "parse_identifier",
    "phone_photo",
    "read_codes",
    "stickers_of",
    "stickers_pdf",
    "worse",
]
