"""Printing stickers: which devices, on which sheet, from which free label on."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from mendline.devices.labels.label_sheets import SHEETS, SheetName
from mendline.devices.labels.sticker_links import sticker_link
from mendline.devices.labels.stickers import Sticker, pages
from mendline.kernel import DeviceId, DomainError, command, fetch, not_found, parse_opaque, told
from mendline_tenants import Actor, own_organisation

MOST = 500
"""Stickers of one command: 21 sheets of 24."""


_NAMED = """
SELECT d.id, d.asset_number, d.serial, m.name, m.model_number
FROM device d JOIN device_model m ON m.tenant_id = $1 AND m.id = d.model_id
WHERE d.tenant_id = $1 AND d.id = ANY ($2)
"""


class PrintStickers(Struct, frozen=True):
    """Stickers for these devices, in this order, from the label `first` of the first sheet on."""

    devices: Annotated[list[DeviceId], Meta(min_length=1, max_length=MOST)]
    sheet: SheetName = "a4_3x8"
    first: Annotated[int, Meta(ge=1, le=65)] = 1


class StickersOrdered(Struct, frozen=True):
    """How many stickers there are to print, on how many pages."""

    stickers: int
    pages: int


@command("devices.print_stickers", "devices.manage")
async def print_stickers(actor: Actor, input: PrintStickers) -> StickersOrdered:
    """Notes who had stickers made for which devices.

    Raises not_found for a device of nobody or of others, label_beyond_sheet (first, labels) where the sheet is smaller.
    """
    labels = SHEETS[input.sheet].labels
    if input.first > labels:
        raise DomainError("label_beyond_sheet", first=input.first, labels=labels)
    made = len(await stickers_of(actor, input.devices))
    told(stickers=made, devices=sorted({str(parse_opaque("dv", one).id) for one in input.devices}))
    return StickersOrdered(made, pages(made, input.sheet, input.first))


async def stickers_of(actor: Actor, devices: Sequence[DeviceId]) -> list[Sticker]:
    """What the stickers of the organisation's own devices say, in this order. Raises not_found."""
    tenant = actor.organisation
    named = [parse_opaque("dv", one) for one in devices]
    found = {
        row["id"]: row
        for row in await fetch(
            _NAMED,
            tenant,
            [one.id for one in named if one.tenant == tenant],
        )
    }
    if any(one.tenant != tenant or one.id not in found for one in named):
        raise not_found("device")
    own = await own_organisation(tenant)
    return [
        Sticker(
            link=sticker_link(own.code, row["asset_number"]),
            asset=row["asset_number"],
            organisation=_lines(own.name),
            name=f"{_lines(row['name'])}\n{row['model_number']}",
            serial=row["serial"] or "",
        )
        for row in (found[one.id] for one in named)
    ]


def _lines(words: dict[str, str]) -> str:
    """Both languages, Chinese first."""
    return "\n".join(words[language] for language in ("zh", "en") if words.get(language))
