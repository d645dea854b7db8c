"""Dispatch: who is qualified, who is suggested, who takes the job."""

from mendline.dispatch import consumers as _consumers  # noqa: F401 - registers them
from mendline.dispatch.absence import Absence, AskAbsence, absences_within
from mendline.dispatch.availability import Roster, available, available_spans, roster_of, rosters
from mendline.dispatch.busy_consent import ShareBusyTimes
from mendline.dispatch.busy_times import BUSY_SOURCES, BusyConsent, BusyElsewhere, busy_source
from mendline.dispatch.commands import AcceptJob, DeclineJob, OfferJob, Suggest
from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.dispatch.duty import DutyCover, DutyRota, duty_of, load_rota, people_on_duty, rota_of
from mendline.dispatch.events import (
    AbsenceChanged,
    AvailabilityChanged,
    DutyCovered,
    DutyHandedOver,
    JobDeclined,
    JobOffered,
    JobSuggested,
    QualificationExpiresSoon,
)
from mendline.dispatch.handover import OpenTickets, open_tickets
from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.keeping import ShareLocation, UpsertTechnician
from mendline.dispatch.matching import Candidate, match, on_shift
from mendline.dispatch.people import Qualification, Technician
from mendline.dispatch.qualifying import PutQualification
from mendline.dispatch.readiness import SetReady
from mendline.dispatch.rota import Cover, Duty, Handover, Rota, Turn, on_duty, turns
from mendline.dispatch.rota_keeping import PutRota
from mendline.dispatch.shifts import Period, ShiftPeriod, periods_of
from mendline.dispatch.spans import clipped, merged, without
from mendline.dispatch.territory import Territory, TerritoryTechnician, serving
from mendline.dispatch.territory_shapes import Area, covers
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "BUSY_SOURCES",
    "Absence",
    "AbsenceChanged",
    "AcceptJob",
    "Area",
    "AskAbsence",
    "AvailabilityChanged",
    "BusyConsent",
    "BusyElsewhere",
    "Candidate",
    "Cover",
    "DeclineJob",
    "Duty",
    "DutyCover",
    "DutyCovered",
    "DutyHandedOver",
    "DutyRota",
    "Handover",
    "JobDeclined",
    "JobOffer",
    "JobOffered",
    "JobSuggested",
    "OfferJob",
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
    "absences_within",
    "available",
    "available_spans",
    "busy_source",
    "clipped",
    "covers",
    "duty_of",
    "great_circle_km",
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
    "travel_minutes",
    "turns",
    "without",
]
