"""Dispatch: who is qualified, who is suggested, who is asked, who takes the job."""

from mendline.dispatch import consumers as _consumers  # noqa: F401 - registers them
from mendline.dispatch.duty.handover import OpenTickets, open_tickets
from mendline.dispatch.duty.handover_record import HANDOVER_STATES, ConfirmHandover, DutyHandover, handover_to_confirm
from mendline.dispatch.duty.on_duty import DutyCover, DutyRota, duty_of, load_rota, people_on_duty, rota_of
from mendline.dispatch.duty.rota import Cover, Duty, Handover, Rota, Turn, on_duty, turns
from mendline.dispatch.duty.rota_keeping import PutRota
from mendline.dispatch.events import (
    AbsenceChanged,
    AvailabilityChanged,
    DutyCovered,
    DutyHandedOver,
    HandoverUnconfirmed,
    HolderAway,
    JobCalled,
    JobDeclined,
    JobOffered,
    JobSuggested,
    NobodyLeft,
    OffersExpired,
    OffersWithdrawn,
    QualificationExpiresSoon,
)
from mendline.dispatch.keeping import ShareLocation, UpsertTechnician
from mendline.dispatch.matching.authorisation import PAPERS
from mendline.dispatch.matching.criteria import CRITERIA, SHUT_OUT
from mendline.dispatch.matching.criterion import Job
from mendline.dispatch.matching.distance import great_circle_km, travel_minutes
from mendline.dispatch.matching.jobs import JobOffer, Suggestion
from mendline.dispatch.matching.matching import Candidate, Match, match, technicians_for
from mendline.dispatch.matching.planned_visits import visits_source
from mendline.dispatch.matching.suggesting import Suggest
from mendline.dispatch.offers import calling_off as _calling_off  # noqa: F401 - registers its consumer
from mendline.dispatch.offers import holder_away as _holder_away  # noqa: F401 - registers its consumer
from mendline.dispatch.offers import time_out as _time_out  # noqa: F401 - registers its timer
from mendline.dispatch.offers.answering import AcceptJob, DeclineJob
from mendline.dispatch.offers.auto_offer import AutoOfferPolicy, auto_offer_of
from mendline.dispatch.offers.offering import AskGroup, OfferJob, OfferNext, WithdrawOffers
from mendline.dispatch.people import Qualification, Technician
from mendline.dispatch.presence.absence import Absence, AskAbsence, absences_within
from mendline.dispatch.presence.availability import Roster, available, available_spans, day_spans, roster_of, rosters
from mendline.dispatch.presence.busy_consent import ShareBusyTimes
from mendline.dispatch.presence.busy_times import BUSY_SOURCES, BusyConsent, BusyElsewhere, busy_source
from mendline.dispatch.presence.readiness import SetReady
from mendline.dispatch.presence.shifts import Period, ShiftPeriod, periods_of
from mendline.dispatch.presence.spans import clipped, merged, without
from mendline.dispatch.presence.weekly_shifts import on_shift
from mendline.dispatch.qualifying import PutQualification
from mendline.dispatch.territory import Territory, TerritoryTechnician, serving
from mendline.dispatch.territory_shapes import Area, covers
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
    "HolderAway",
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
