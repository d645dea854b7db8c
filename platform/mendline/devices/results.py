"""What commands over units answer."""

from msgspec import Struct

from mendline.devices.registry import Device
from mendline.kernel import DeviceId, opaque


class DeviceResult(Struct, frozen=True):
    """The unit, and its version."""

    device: DeviceId
    version: int


def device_result(device: Device) -> DeviceResult:
    """The answer that names this unit as it now is."""
    return DeviceResult(opaque("dv", device.tenant_id, device.id), device.version)
