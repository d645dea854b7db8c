"""Devices: registry, identifiers, labels, contracts and entitlement."""

from mendline.devices.contracts import Contract, ContractDevice
from mendline.devices.registry import Device, DeviceModel

__all__ = ["Contract", "ContractDevice", "Device", "DeviceModel"]
