"""Dispatch: who is qualified, who is suggested, who is asked, who takes the job."""

from mendline.dispatch import calling_off as _calling_off  # noqa: F401 - registers its consumer
from mendline.dispatch import consumers as _consumers  # noqa: F401 - registers them
from mendline.dispatch import time_out as _time_out  # noqa: F401 - registers its timer
from mendline.dispatch.absence import Absence, AskAbsence, absences_within
from mendline.dispatch.answering import AcceptJob, DeclineJob
from mendline.dispatch.authorisation import PAPERS
from mendline.dispatch.auto_offer import AutoOfferPolicy, auto_offer_of
from mendline.dispatch.availability import Roster, available, available_spans, day_spans, roster_of, rosters
from mendline.dispatch.busy_consent import ShareBusyTimes
from mendline.dispatch.busy_times import BUSY_SOURCES, BusyConsent, BusyElsewhere, busy_source
from mendline.dispatch.criteria import CRITERIA, SHUT_OUT
from mendline.dispatch.criterion import Job
from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.dispatch.duty import DutyCover, DutyRota, duty_of, load_rota, people_on_duty, rota_of
from mendline.dispatch.events import (
    AbsenceChanged,
    AvailabilityChanged,
    DutyCovered,
    DutyHandedOver,
    HandoverUnconfirmed,
    JobCalled,
    JobDeclined,
    JobOffered,
    JobSuggested,
    NobodyLeft,
    OffersExpired,
    OffersWithdrawn,
    QualificationExpiresSoon,
)
from mendline.dispatch.handover import OpenTickets, open_tickets
from mendline.dispatch.handover_record import HANDOVER_STATES, ConfirmHandover, DutyHandover, handover_to_confirm
from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.keeping import ShareLocation, UpsertTechnician
from mendline.dispatch.matching import Candidate, Match, match, technicians_for
from mendline.dispatch.offering import AskGroup, OfferJob, OfferNext, WithdrawOffers
from mendline.dispatch.people import Qualification, Technician
from mendline.dispatch.planned_visits import visits_source
from mendline.dispatch.qualifying import PutQualification
from mendline.dispatch.readiness import SetReady
from mendline.dispatch.rota import Cover, Duty, Handover, Rota, Turn, on_duty, turns
from mendline.dispatch.rota_keeping import PutRota
from mendline.dispatch.shifts import Period, ShiftPeriod, periods_of
from mendline.dispatch.spans import clipped, merged, without
from mendline.dispatch.suggesting import Suggest
from mendline.dispatch.territory import Territory, TerritoryTechnician, serving
from mendline.dispatch.territory_shapes import Area, covers
from mendline.dispatch.weekly_shifts import on_shift
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "BUSY_SOURCES",
    "CRITERIA",
    "HANDOVER_STATES",
    "PAPERS",
    "SHUT_OUT",
    "Absence",
    "AbsenceChanged",
    "AcceptJob",
    "Area",
    "AskAbsence",
    "AskGroup",
    "AutoOfferPolicy",
    "AvailabilityChanged",
    "BusyConsent",
    "BusyElsewhere",
    "Candidate",
    "ConfirmHandover",
    "Cover",
    "DeclineJob",
    "Duty",
    "DutyCover",
    "DutyCovered",
    "DutyHandedOver",
    "DutyHandover",
    "DutyRota",
    "Handover",
    "HandoverUnconfirmed",
    "Job",
    "JobCalled",
    "JobDeclined",
    "JobOffer",
    "JobOffered",
    "JobSuggested",
    "Match",
    "NobodyLeft",
    "OfferJob",
    "OfferNext",
    "OffersExpired",
    "OffersWithdrawn",
    "OpenTickets",
    "Period",
    "PutQualification",
    "PutRota",
    "Qualification",
    "QualificationExpiresSoon",
    "Roster",
    "Rota",
    "SetReady",
    "ShareBusyTimes",
    "ShareLocation",
    "ShiftPeriod",
    "Suggest",
    "Suggestion",
    "Technician",
    "Territory",
    "TerritoryTechnician",
    "Turn",
    "UpsertTechnician",
    "WithdrawOffers",
    "absences_within",
    "auto_offer_of",
    "available",
    "available_spans",
    "busy_source",
    "clipped",
    "covers",
    "day_spans",
    "duty_of",
    "great_circle_km",
    "handover_to_confirm",
    "load_rota",
    "match",
    "merged",
    "on_duty",
    "on_shift",
    "open_tickets",
    "people_on_duty",
    "periods_of",
    "roster_of",
    "rosters",
    "rota_of",
    "serving",
    "technicians_for",
    "travel_minutes",
    "turns",
    "visits_source",
    "without",
]
