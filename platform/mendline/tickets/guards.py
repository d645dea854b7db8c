"""Guards: what must be true before a step is taken."""

from mendline.devices import SAME_UNIT, Device, objects_to_retirement
from mendline.kernel import DomainError, fetchval, rows
from mendline.tickets.commercial.quotation import QuotationOutcome
from mendline.tickets.ticket import Ticket, TicketClinical, TicketCommercial
from mendline_tenants import Actor


async def decontamination_known(_: Actor, ticket: Ticket) -> None:
    """Work starts only when the device's decontamination status is recorded (Managing Medical Devices, MHRA 2021)."""
    clinical = await rows.find(TicketClinical, ticket.tenant_id, ticket.id)
    if clinical is not None and clinical.decontamination in ("unknown", "contaminated"):
        raise DomainError("decontamination_needed", number=ticket.number, status=clinical.decontamination)


async def waits_for_nobody(_: Actor, ticket: Ticket) -> None:
    """A ticket that was passed on is taken back only when none of its children is still under way."""
    under_way = await rows.first(
        Ticket, "tenant_id = $1 AND parent_id = $2 AND phase <> 'closed'", ticket.tenant_id, ticket.id
    )
    if ticket.waiting_for != "provider" or under_way is not None:
        raise DomainError("children_open", number=ticket.number)


async def passed_to_nobody(_: Actor, ticket: Ticket) -> None:
    """What was passed on is dealt with in the child that it waits for."""
    if ticket.waiting_for == "provider":
        raise DomainError("children_open", number=ticket.number)


_LENT = """
SELECT string_agg(device_card->>'asset_number', ', ' ORDER BY out_at) FROM ticket_loan
WHERE tenant_id = $1 AND ticket_id = $2 AND returned_at IS NULL AND author_org = ANY (visible_to)
"""


async def nothing_lent(_: Actor, ticket: Ticket) -> None:
    """A ticket closes only when the spare units and loaners that were handed out for it are back.

    Those of a lender who sees the ticket no more are settled outside it: nobody could say here that they are back.
    """
    lent = await fetchval(_LENT, ticket.tenant_id, ticket.id)
    if lent is not None:
        raise DomainError("loans_open", number=ticket.number, devices=lent)


_OPEN_TICKETS = f"""
SELECT string_agg(number, ', ' ORDER BY opened_at) FROM ticket
WHERE tenant_id = $1 AND device_id IN {SAME_UNIT} AND phase <> 'closed' AND state <> 'approved'
"""  # noqa: S608 - our own words


@objects_to_retirement
async def no_tickets(device: Device) -> None:
    """A unit is not retired while a ticket of it is under way; that is what condemning it in its ticket is for."""
    numbers = await fetchval(_OPEN_TICKETS, device.tenant_id, device.id)
    if numbers is not None:
        raise DomainError("device_has_tickets", asset_number=device.asset_number, numbers=numbers)


async def quotation_approved(_: Actor, ticket: Ticket) -> None:
    """Where the work needs a quotation, another organisation works only after the user facility has approved one.

    Who does the work without holding what was agreed (a subcontractor) is paid by somebody else.
    """
    if ticket.provider_id == ticket.tenant_id:
        return
    commercial = await rows.find(TicketCommercial, ticket.tenant_id, ticket.id)
    if commercial is None or not commercial.quotation_needed:
        return
    approved = "tenant_id = $1 AND ticket_id = $2 AND outcome = 'approved'"
    if await rows.first(QuotationOutcome, approved, ticket.tenant_id, ticket.id) is None:
        raise DomainError("quotation_needed", number=ticket.number)
