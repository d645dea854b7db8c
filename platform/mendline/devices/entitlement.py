"""Entitlement: whether a repair is in warranty, under contract, or outside both, and why."""

from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from mendline.devices.contracts import Contract
from mendline.devices.registry import Device, DeviceModel
from mendline.kernel import rows


class Entitlement(NamedTuple):
    """What was found: the kind, the contract when there is one, until when, and the reason as {zh, en}."""

    kind: Literal["warranty", "contract", "outside"]
    contract: Contract | None
    valid_until: date | None
    reason: dict[str, str]

    def facts(self) -> dict[str, Any]:
        """As stored with a ticket and shown at intake."""
        return {
            "kind": self.kind,
            "contract": self.contract.title if self.contract else None,
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "reason": self.reason,
        }


async def entitlement(
    tenant: UUID, device: Device, model: DeviceModel, day: date, provider: UUID | None = None
) -> Entitlement:
    """Who pays for a repair of this device begun on `day`. A contract in force names the provider even in warranty.

    provider: for whom it is asked; contracts with others are then none of its business.
    """
    contract = await _contract_of(tenant, device, model, day, provider)
    if device.warranty_until is not None and day <= device.warranty_until:
        until = device.warranty_until
        return Entitlement(
            "warranty",
            contract,
            until,
            {"zh": f"在保,保修至 {until:%Y-%m-%d}", "en": f"In warranty until {until:%Y-%m-%d}"},
        )
    if contract is not None:
        return Entitlement(
            "contract",
            contract,
            contract.ends_on,
            {
                "zh": f"维保合同“{contract.title}”,有效期至 {contract.ends_on:%Y-%m-%d}",
                "en": f"Service contract “{contract.title}”, valid until {contract.ends_on:%Y-%m-%d}",
            },
        )
    return Entitlement("outside", None, None, {"zh": "脱保:维修需先报价", "en": "Outside: a repair needs a quotation"})


async def _contract_of(
    tenant: UUID, device: Device, model: DeviceModel, day: date, provider: UUID | None
) -> Contract | None:
    return await rows.first(
        Contract,
        "tenant_id = $1 AND starts_on <= $2 AND ends_on >= $2 AND ($3 = ANY (device_classes) OR EXISTS ("
        "SELECT 1 FROM contract_device c WHERE c.tenant_id = $1 AND c.contract_id = contract.id AND c.device_id = $4))"
        " AND ($5::uuid IS NULL OR provider_id = $5) ORDER BY direct DESC, ends_on DESC",
        tenant,
        day,
        model.device_class,
        device.id,
        provider,
    )
