"""What is printed on a sticker of ours, for whoever has scanned it."""

import hmac

from mendline.devices.codes.lookup import FINDABLE
from mendline.devices.labels.printing import stickers_of
from mendline.devices.labels.sticker_links import label_code
from mendline.devices.labels.stickers import Sticker
from mendline.devices.registry import Device
from mendline.kernel import opaque, rows, transaction
from mendline_tenants import system_actor, tenant_of


async def printed_label(organisation: str, asset: str, code: str) -> Sticker | None:
    """What the sticker with this link says; None for a code that is not ours and for what is not in use any more.

    A wrong code is refused before anything is looked up, so it takes as long whether or not there is such a device.
    """
    if not hmac.compare_digest(label_code(organisation, asset).encode(), code.encode()):
        return None
    tenant = await tenant_of(organisation)
    if tenant is None:
        return None
    async with transaction(tenant):
        device = await rows.first(Device, f"tenant_id = $1 AND asset_number = $2 AND {FINDABLE}", tenant, asset)
        if device is None:
            return None
        [sticker] = await stickers_of(system_actor(tenant), [opaque("dv", tenant, device.id)])
        return sticker
