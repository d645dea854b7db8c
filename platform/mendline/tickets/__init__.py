"""Tickets: intake, triage, life cycle, participants and worklists."""

from mendline.kernel import register_locales
from mendline.tickets import amending as _amending  # noqa: F401 - registers its command
from mendline.tickets import device_changes as _device_changes  # noqa: F401 - registers its commands
from mendline.tickets import priority_override as _priority_override  # noqa: F401 - registers its command
from mendline.tickets import triage as _triage  # noqa: F401 - registers its commands
from mendline.tickets.commercial.entitlement_log import ENTRY_KINDS, EntitlementEntry
from mendline.tickets.commercial.quotation import OUTCOMES, Quotation, QuotationOutcome
from mendline.tickets.commercial.quoting import latest as latest_quotation
from mendline.tickets.commercial.quoting import outcome_of
from mendline.tickets.device_state import state_by_other_tickets
from mendline.tickets.events import (
    BecameUrgent,
    CalledOff,
    ClockDue,
    DuplicateMarked,
    EntitlementMoved,
    PrioritySet,
    ProviderAssigned,
    QuotationMoved,
    ShareEnded,
    ShareGranted,
    TicketChanged,
    TicketReported,
)
from mendline.tickets.faults import rounds as _fault_rounds  # noqa: F401 - registers its job, commands and consumer
from mendline.tickets.faults.keeping import FaultModelResult
from mendline.tickets.faults.learning import FaultLearningAsked
from mendline.tickets.faults.model import LEARNED_BECAUSE, MODEL_STATES, FaultModel, current_model
from mendline.tickets.faults.proposal import PROPOSALS, FaultProposal, propose
from mendline.tickets.feed import SETTLED, FeedCursor, feed_cursor
from mendline.tickets.history import ImportClosed
from mendline.tickets.intake import ReportFault, next_number
from mendline.tickets.lifecycle import (
    STEPS,
    Step,
    change,
    last_writer,
    lock_ticket,
    may_step,
    move,
    nobody_goes,
    note_change,
    require_part,
    steps_from,
    tell,
)
from mendline.tickets.likeness import LIKENESSES, Fault, Likeness, TicketLikeness, likenesses
from mendline.tickets.loan_due import LoanDue
from mendline.tickets.loans import TicketLoan
from mendline.tickets.partners import calls as _calls  # noqa: F401 - registers its commands
from mendline.tickets.partners import grants as _grants  # noqa: F401 - registers its commands and its consumer
from mendline.tickets.partners import sharing as _sharing  # noqa: F401 - registers its commands
from mendline.tickets.partners import subcontracting as _subcontracting  # noqa: F401 - registers its commands
from mendline.tickets.partners.ended_shares import end_shares_that_are_over, keep_ending_shares, late_shares
from mendline.tickets.partners.participants import Part, parts_of, require_group
from mendline.tickets.partners.subcontract import Subcontract
from mendline.tickets.priority import score
from mendline.tickets.results import TicketResult, result
from mendline.tickets.sla import timers as _clock_timers  # noqa: F401 - registers its commands and its timer
from mendline.tickets.sla.clock import CLOCKS, ClockEvent, ClockReading, reckon
from mendline.tickets.sla.clocks import calendar_of, clocks_of, events_of, log_of
from mendline.tickets.sla.explained import Interval, explain
from mendline.tickets.sla.log import TicketClock, TicketClockEvent
from mendline.tickets.sla.words import interval_words
from mendline.tickets.states import (
    HELD,
    KINDS,
    PHASES,
    RESULTS,
    TAKEN,
    THERE,
    TICKET_OUTCOMES,
    VOID_OUTCOMES,
    WAITING_FOR,
    UseState,
)
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
from mendline.tickets.updates import add_message
from mendline.tickets.worklist import WorklistRow, record

register_locales(__file__)

__all__ = [
    "CLOCKS",
    "ENTRY_KINDS",
    "GROUPS",
    "HELD",
    "KINDS",
    "LEARNED_BECAUSE",
    "LIKENESSES",
    "MODEL_STATES",
    "OUTCOMES",
    "PHASES",
    "PROPOSALS",
    "PROVIDER_GROUPS",
    "RESULTS",
    "SETTLED",
    "STEPS",
    "TAKEN",
    "THERE",
    "TICKET_OUTCOMES",
    "VOID_OUTCOMES",
    "WAITING_FOR",
    "BecameUrgent",
    "CalledOff",
    "ClockDue",
    "ClockEvent",
    "ClockReading",
    "DuplicateMarked",
    "EntitlementEntry",
    "EntitlementMoved",
    "Fault",
    "FaultLearningAsked",
    "FaultModel",
    "FaultModelResult",
    "FaultProposal",
    "FeedCursor",
    "ImportClosed",
    "Interval",
    "Likeness",
    "LoanDue",
    "Part",
    "PrioritySet",
    "ProviderAssigned",
    "Quotation",
    "QuotationMoved",
    "QuotationOutcome",
    "ReportFault",
    "ShareEnded",
    "ShareGranted",
    "Step",
    "Subcontract",
    "Ticket",
    "TicketChanged",
    "TicketClinical",
    "TicketClock",
    "TicketClockEvent",
    "TicketCommercial",
    "TicketLikeness",
    "TicketLoan",
    "TicketMessage",
    "TicketParticipant",
    "TicketPeople",
    "TicketQuality",
    "TicketReported",
    "TicketResult",
    "TicketVigilance",
    "UseState",
    "WorklistRow",
    "add_message",
    "calendar_of",
    "change",
    "clocks_of",
    "current_model",
    "end_shares_that_are_over",
    "events_of",
    "explain",
    "feed_cursor",
    "interval_words",
    "keep_ending_shares",
    "last_writer",
    "late_shares",
    "latest_quotation",
    "likenesses",
    "lock_ticket",
    "log_of",
    "may_step",
    "move",
    "next_number",
    "nobody_goes",
    "note_change",
    "outcome_of",
    "parts_of",
    "propose",
    "reckon",
    "record",
    "require_group",
    "require_part",
    "result",
    "score",
    "state_by_other_tickets",
    "steps_from",
    "tell",
]
