"""Guards: what must be true before a step is taken."""

from mendline.kernel import DomainError, rows
from mendline.tickets.ticket import Ticket, TicketClinical
from mendline_tenants import Actor


async def decontamination_known(_: Actor, ticket: Ticket) -> None:
    """Work starts only when the device's decontamination status is recorded (Managing Medical Devices, MHRA 2021)."""
    clinical = await rows.find(TicketClinical, ticket.tenant_id, ticket.id)
    if clinical is not None and clinical.decontamination in ("unknown", "contaminated"):
        raise DomainError("decontamination_needed", number=ticket.number, status=clinical.decontamination)
