"""Identifiers: UUIDv7 inside the house, opaque strings that carry (tenant, id) outside."""

import base64
import binascii
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from mendline.kernel.errors import not_found

NIL = UUID(int=0)
"""The tenant of rows that precede any tenant, such as an update of a chat nobody has linked yet."""


class Reference(NamedTuple):
    """Where a row is: the tenant whose it is, and its id there."""

    tenant: UUID
    id: UUID


def new_id() -> UUID:
    """A fresh UUIDv7: unique, and ordered by the time it was made."""
    return uuid7()


def opaque(kind: str, tenant: UUID, id: UUID) -> str:
    """The id given to the world for row (tenant, id); `kind` is a short prefix such as `tk`.

    Postgres makes the same string with `opaque(kind, tenant, id)`.
    """
    return f"{kind}_{base64.urlsafe_b64encode(tenant.bytes + id.bytes).rstrip(b'=').decode()}"


_LAST = frozenset("AEIMQUYcgkosw048")
"""What 32 bytes in base64 end in: of the last letter's six bits two are beyond them, and zero. Other letters would be
further spellings of the same bytes; a row has one id."""


def parse_opaque(kind: str, text: str) -> Reference:
    """Reads what `opaque` made; anything else raises `not_found`, as a foreign id would."""
    prefix, _, body = text.partition("_") if isinstance(text, str) else ("", "", "")
    if prefix != kind or len(body) != 43:
        raise not_found(kind)
    try:
        raw = base64.b64decode(body + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise not_found(kind) from None
    if body[-1] not in _LAST or "+" in body or "/" in body:  # the decoder takes these beside - and _
        raise not_found(kind)
    return Reference(UUID(bytes=raw[:16]), UUID(bytes=raw[16:]))


TicketId = Annotated[str, msgspec.Meta(description="The opaque id of a ticket.", extra={"id": "tk"}, max_length=80)]
DeviceId = Annotated[str, msgspec.Meta(description="The opaque id of a device.", extra={"id": "dv"}, max_length=80)]
ModelId = Annotated[
    str, msgspec.Meta(description="The opaque id of a device model.", extra={"id": "md"}, max_length=80)
]
ContractId = Annotated[str, msgspec.Meta(description="The opaque id of a contract.", extra={"id": "ct"}, max_length=80)]
MemberId = Annotated[str, msgspec.Meta(description="The opaque id of a member.", extra={"id": "mb"}, max_length=80)]
OrganisationId = Annotated[
    str, msgspec.Meta(description="The opaque id of an organisation.", extra={"id": "or"}, max_length=80)
]
CalendarId = Annotated[
    str, msgspec.Meta(description="The opaque id of a service calendar.", extra={"id": "cl"}, max_length=80)
]
PlaceId = Annotated[str, msgspec.Meta(description="The opaque id of a place.", extra={"id": "pl"}, max_length=80)]
ErrandId = Annotated[str, msgspec.Meta(description="The opaque id of an errand.", extra={"id": "er"}, max_length=80)]
EvidenceId = Annotated[
    str, msgspec.Meta(description="The opaque id of a piece of evidence.", extra={"id": "ev"}, max_length=80)
]
DayPlanId = Annotated[str, msgspec.Meta(description="The opaque id of a day plan.", extra={"id": "dp"}, max_length=80)]
DayPlanStopId = Annotated[
    str, msgspec.Meta(description="The opaque id of a stop of a day plan.", extra={"id": "ds"}, max_length=80)
]
SubcontractId = Annotated[
    str, msgspec.Meta(description="The opaque id of a request to subcontract.", extra={"id": "sc"}, max_length=80)
]
QuotationId = Annotated[
    str, msgspec.Meta(description="The opaque id of a quotation.", extra={"id": "qt"}, max_length=80)
]
SlotId = Annotated[
    str, msgspec.Meta(description="The opaque id of a signature slot.", extra={"id": "sl"}, max_length=80)
]
ProofId = Annotated[
    str, msgspec.Meta(description="The opaque id of a scan that proves something.", extra={"id": "pf"}, max_length=80)
]
DocumentId = Annotated[
    str, msgspec.Meta(description="The opaque id of a regulatory document.", extra={"id": "rd"}, max_length=80)
]
FittedPartId = Annotated[
    str, msgspec.Meta(description="The opaque id of a part fitted.", extra={"id": "fp"}, max_length=80)
]
