"""What one side decides is told to the other (quotations, who pays, priorities), and a merger to who reported."""

from uuid import UUID

from mendline.kernel import Envelope, Reference, consumer, rows, transaction
from mendline.tickets import DuplicateMarked, EntitlementMoved, PrioritySet, QuotationMoved, TicketPeople
from mendline_bots.watchers import push
from mendline_tenants import Member

OF_PROVIDER = ("service_desk", "dispatcher")
OF_FACILITY = ("clinical_engineer",)


@consumer("chat.quotation", QuotationMoved)
async def tell_quotation(envelope: Envelope) -> None:
    """Whose turn it is gets the ticket's card; an offer that expired is told to both sides."""
    happened: QuotationMoved = envelope.event
    to_facility = happened.what in ("quoted", "withdrawn", "expired")
    to_provider = happened.what in ("asked", "approved", "refused", "expired", "ended")
    await _tell(envelope, f"push.quotation_{happened.what}", facility=to_facility, provider=to_provider)


@consumer("chat.entitlement", EntitlementMoved)
async def tell_entitlement(envelope: Envelope) -> None:
    """The other side hears what was decided, disputed or answered."""
    happened: EntitlementMoved = envelope.event
    decided_there = happened.by == happened.tenant
    sentence = f"push.entitlement_{happened.what}"
    await _tell(envelope, sentence, facility=not decided_there, provider=decided_there)


@consumer("chat.priority", PrioritySet)
async def tell_priority(envelope: Envelope) -> None:
    """The hospital's engineers hear that a provider has changed a priority."""
    await _tell(envelope, "push.priority_set", facility=True, provider=False, say_new=True)


async def _tell(envelope: Envelope, sentence: str, *, facility: bool, provider: bool, say_new: bool = False) -> None:
    happened: QuotationMoved | EntitlementMoved | PrioritySet = envelope.event
    if happened.provider == happened.tenant:
        return
    told: list[tuple[UUID, tuple[str, ...]]] = [(happened.tenant, OF_FACILITY)] if facility else []
    told += [(happened.provider, OF_PROVIDER)] if provider else []
    ticket = Reference(happened.tenant, happened.ticket)
    for organisation, roles in told:
        if organisation not in envelope.visible_to:
            continue
        for member in await _people(organisation, roles):
            await push(organisation, ticket, member, f"event:{envelope.id}:{member}", sentence, say_new=say_new)


async def _people(organisation: UUID, roles: tuple[str, ...]) -> list[UUID]:
    """Who holds one of these roles and may be told; shared accounts are no one's pocket."""
    async with transaction(organisation):
        found = await rows.select(
            Member,
            "tenant_id = $1 AND roles && $2 AND status = 'active' AND NOT unit_account ORDER BY id LIMIT 50",
            organisation,
            list(roles),
        )
    return [member.id for member in found]


@consumer("chat.duplicate", DuplicateMarked)
async def tell_reporter(envelope: Envelope) -> None:
    """Who reported what was known already gets the card of the ticket that goes on, and why."""
    happened: DuplicateMarked = envelope.event
    async with transaction(happened.tenant):
        people = await rows.find(TicketPeople, happened.tenant, happened.ticket)
    if people is not None and people.reporter_id is not None:
        key = f"event:{envelope.id}:{people.reporter_id}"
        goes_on = Reference(happened.tenant, happened.of)
        await push(happened.tenant, goes_on, people.reporter_id, f"{key}:of", "push.goes_on")
        merged = Reference(happened.tenant, happened.ticket)
        await push(happened.tenant, merged, people.reporter_id, key, "push.duplicate")
