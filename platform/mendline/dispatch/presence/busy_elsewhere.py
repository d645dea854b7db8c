"""What another organisation tells of a person's busy times, by consent of that person: spans in one's own book."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.events import AvailabilityChanged
from mendline.dispatch.people import Technician
from mendline.dispatch.presence.busy_times import BusyElsewhere
from mendline.kernel import emit, not_found, rows, told, work
from mendline_tenants import Actor, ChatIdentity, askable

MANY = 5000


class Account(Struct, frozen=True):
    """A chat account: the channel's name, the workspace there (empty where it has none), and the account's id."""

    channel: str
    workspace: str
    account: str


class TakeBusyTimes(Struct, frozen=True):
    """What the other organisation's system tells: by which consent, its version, and the spans that hold from now on.

    accounts: by which of its chat accounts the person may be known here; none any more when the consent is withdrawn.
    spans: (begins, ends) in seconds since 1970.
    """

    consent: UUID
    version: Annotated[int, Meta(ge=1)]
    accounts: Annotated[tuple[Account, ...], Meta(max_length=50)] = ()
    spans: Annotated[tuple[tuple[int, int], ...], Meta(max_length=MANY)] = ()


class BusyTaken(Struct, frozen=True):
    """Whether the other organisation now knows the person's busy times."""

    shared: bool


async def _by_who_told_before(actor: Actor, input: TakeBusyTimes) -> None:
    """A consent belongs to the organisation that told of it first."""
    known = await rows.find(BusyElsewhere, actor.organisation, input.consent)
    if known is not None and known.source != actor.asked_by:
        raise not_found("organisation")


@askable("dispatch.take_busy_times", _by_who_told_before)
async def take_busy_times(actor: Actor, input: TakeBusyTimes) -> BusyTaken:
    """In the own organisation's name: keeps the spans in the place of all that was told by this consent before.

    Raises not_found for an account that is no technician's here, and so for strangers; of a person who is known no
    longer what was told is removed. What is older than what is known changes nothing.
    """
    assert actor.asked_by is not None
    technician = await _technician(actor.organisation, input.accounts)
    known = await rows.first(
        BusyElsewhere, "tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", actor.organisation, input.consent
    )
    if known is None and technician is None:
        if input.accounts:
            raise not_found("organisation")
        return BusyTaken(shared=False)  # withdrawn before anything was told
    if known is not None and input.version <= known.numbered:
        return BusyTaken(shared=bool(known.spans))
    spans = [list(span) for span in input.spans] if technician else []
    values = {"spans": spans, "numbered": input.version, "told_at": work().occurred_at}
    if known is None:
        assert technician is not None
        known = BusyElsewhere(
            tenant_id=actor.organisation,
            id=input.consent,
            technician_id=technician.id,
            source=actor.asked_by,
            **values,
        )
        await rows.insert(known)
    else:
        await rows.update(known, technician_id=technician.id if technician else known.technician_id, **values)
    told(consent=str(known.id), technician=str(known.technician_id), shared=technician is not None)
    emit(AvailabilityChanged(tenant=actor.organisation, technician=known.technician_id, why="busy"))
    return BusyTaken(shared=technician is not None)


async def _technician(tenant: UUID, accounts: tuple[Account, ...]) -> Technician | None:
    """The technician whose chat account one of these is."""
    for one in accounts:
        identity = await rows.first(
            ChatIdentity,
            "tenant_id = $1 AND channel = $2 AND workspace = $3 AND account = $4 AND status <> 'unlinked'",
            tenant,
            one.channel,
            one.workspace,
            one.account,
        )
        if identity is not None and (found := await rows.find(Technician, tenant, identity.member_id)) is not None:
            return found
    return None
