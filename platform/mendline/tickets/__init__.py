"""Tickets: intake, triage, life cycle, participants and worklists."""

from mendline.tickets.ticket import (
    GROUPS,
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketMessage,
    TicketParticipant,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
)
from mendline.tickets.worklist import WorklistRow, project_worklists, put

__all__ = [
    "GROUPS",
    "Ticket",
    "TicketClinical",
    "TicketCommercial",
    "TicketMessage",
    "TicketParticipant",
    "TicketPeople",
    "TicketQuality",
    "TicketVigilance",
    "WorklistRow",
    "project_worklists",
    "put",
]
