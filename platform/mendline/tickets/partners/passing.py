"""Passing on: the child ticket by which another provider does the work that its parent waits for."""

from collections.abc import Sequence
from uuid import UUID

from mendline.devices import Device
from mendline.kernel import emit, new_id, rows, work
from mendline.tickets.commercial.entitlement_log import EntitlementEntry
from mendline.tickets.commercial.entitling import found_entry
from mendline.tickets.events import ProviderAssigned, QuotationMoved, TicketReported
from mendline.tickets.intake import at_home, next_number
from mendline.tickets.lifecycle import change, move, tell
from mendline.tickets.likeness import Fault, keep, likenesses
from mendline.tickets.partners.participants import Part, audience, participants, parts_of
from mendline.tickets.sla.clocks import carried_on
from mendline.tickets.states import PHASES
from mendline.tickets.ticket import (
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketGroup,
    TicketParticipant,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
)
from mendline_tenants import PROVIDER_GROUPS, Actor, Organisation, own_organisation

ASSIGNEE = {"assignee_id", "assignee_name", "assignee_phone"}
"""Who came for the parent does not come for the child."""

_COPIED = (
    "kind",
    "manufacturer_id",
    "device_id",
    "device_card",
    "facility_card",
    "priority",
    "opened_at",
    "response_due_at",
    "restoration_due_at",
)


async def pass_to(
    actor: Actor,
    parent: Ticket,
    provider: UUID,
    card: dict[str, object],
    *,
    groups: tuple[str, ...] = PROVIDER_GROUPS,
    followers: Sequence[Part] = (),
    kind: str | None = None,
) -> Ticket:
    """In the user facility's name, opens the child for which `provider` answers, and lets the locked parent wait.

    groups: what the provider holds of the child. followers: who else sees it beside the parent's lasting participants.
    kind: of the child's work, where it is another than the parent's. A child whose work needs a quotation begins by
    waiting for it. Raises wrong_state when the parent is past the point at which work is passed on.
    """
    child = await _child(actor, parent, provider, card, groups, followers, kind)
    await move(actor, parent, step="tickets.pass_on", waiting_for="provider")
    waits = await _waits_for_quotation(child, groups)
    if waits:
        await change(actor, child, "quotation", waiting_for="quotation")
    tell(child, to=child.state, parent=parent.number)
    emit(
        TicketReported(
            tenant=child.tenant_id, ticket=child.id, number=child.number, provider=provider, device=child.device_id
        )
    )
    if waits:
        emit(
            QuotationMoved(
                tenant=child.tenant_id,
                ticket=child.id,
                number=child.number,
                provider=provider,
                by=actor.organisation,
                what="asked",
            )
        )
    else:
        emit(ProviderAssigned(tenant=child.tenant_id, ticket=child.id, provider=provider))
    return child


async def _waits_for_quotation(child: Ticket, groups: Sequence[str]) -> bool:
    """Whether the child waits for one; who does not hold what was agreed is paid by another and quotes nothing."""
    commercial = await rows.get(TicketCommercial, child.tenant_id, child.id)
    if commercial.quotation_needed and ("commercial" not in groups or child.provider_id == child.tenant_id):
        await rows.update(commercial, quotation_needed=False)
    return commercial.quotation_needed


async def _child(
    actor: Actor,
    parent: Ticket,
    provider: UUID,
    card: dict[str, object],
    groups: tuple[str, ...],
    followers: Sequence[Part],
    kind: str | None,
) -> Ticket:
    # A share that has ended, or will, is not inherited.
    standing = await rows.select(
        TicketParticipant,
        "tenant_id = $1 AND ticket_id = $2 AND ends_at IS NULL AND part NOT IN ('user_facility', 'service_provider')",
        parent.tenant_id,
        parent.id,
    )
    parts = parts_of(
        parent.tenant_id,
        provider,
        [*(Part(p.organisation, p.part, tuple(p.groups)) for p in standing), *followers],
        groups,
    )
    viewers, held = audience(parts)
    organisation = await own_organisation(actor.organisation)
    moment = work().occurred_at
    child = Ticket(
        id=new_id(),
        tenant_id=parent.tenant_id,
        visible_to=viewers,
        audience=held,
        number=await next_number(actor.organisation, organisation.code, at_home(organisation, moment)),
        parent_id=parent.id,
        state="triaged",
        phase=PHASES["triaged"],
        provider_id=provider,
        provider_card=card,
        changed_at=moment,
        changed_by=actor.role,
        **{name: getattr(parent, name) for name in _COPIED} | ({"kind": kind} if kind else {}),
    )
    await rows.insert(child)
    await rows.insert(*await participants(child, parts), *await carried_on(parent, child))
    for group in (TicketPeople, TicketClinical, TicketCommercial, TicketQuality, TicketVigilance):
        await _copy_group(group, parent, child)
    await _bring_along(actor, parent, child)
    if child.kind == "fault":
        await _look_for_likeness(parent, child, organisation)
    return child


async def _bring_along(actor: Actor, parent: Ticket, child: Ticket) -> None:
    """The child's log of entitlement begins with what stands for its parent."""
    commercial = await rows.get(TicketCommercial, child.tenant_id, child.id)
    if commercial.disputed_by is not None:  # the parent's sides dispute it, not the child's
        await rows.update(commercial, disputed_by=None)
    known = await rows.first(
        EntitlementEntry,
        "tenant_id = $1 AND ticket_id = $2 AND kind <> 'disputed' ORDER BY seq DESC",
        parent.tenant_id,
        parent.id,
    )
    await rows.insert(found_entry(actor, child, commercial, known.service_level if known else {}))


async def _look_for_likeness(parent: Ticket, child: Ticket, organisation: Organisation) -> None:
    """Anew, because the child is seen by others than its parent."""
    device = await rows.find(Device, child.tenant_id, child.device_id) if child.device_id else None
    clinical = await rows.find(TicketClinical, child.tenant_id, child.id)
    if device is not None and clinical is not None:
        fault = Fault(device.id, device.model_id, clinical.symptom, clinical.fault_code)
        line = [child.id, parent.id, *([parent.parent_id] if parent.parent_id else [])]
        await keep(child, await likenesses(organisation, fault, child.opened_at, without=line))


async def _copy_group(group: type[TicketGroup], parent: Ticket, child: Ticket) -> None:
    known = await rows.find(group, parent.tenant_id, parent.id)
    if known is None:
        return
    fixed = {"id", "tenant_id", "ticket_id", "visible_to", "narrowed", "author_org"} | ASSIGNEE
    values = {name: getattr(known, name) for name in group._meta.fields_db_projection if name not in fixed}
    await rows.insert(
        group(id=child.id, tenant_id=child.tenant_id, ticket_id=child.id, author_org=child.tenant_id, **values)
    )
