"""Devices: registry, identifiers, labels, contracts and entitlement."""

from mendline.devices.contracts import Contract, ContractDevice
from mendline.devices.gs1 import Gs1Fields, element_string
from mendline.devices.identifiers import DeviceIdentifier, device_link, parse_codes, parse_identifier
from mendline.devices.label import DeviceLabel, label_image, label_png, phone_photo
from mendline.devices.photo import read_codes
from mendline.devices.registry import Device, DeviceModel
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "Contract",
    "ContractDevice",
    "Device",
    "DeviceIdentifier",
    "DeviceLabel",
    "DeviceModel",
    "Gs1Fields",
    "device_link",
    "element_string",
    "label_image",
    "label_png",
    "parse_codes",
    "parse_identifier",
    "phone_photo",
    "read_codes",
]
