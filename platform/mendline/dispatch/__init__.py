"""Dispatch: who is qualified, who is suggested, who is asked, who takes the job."""

from mendline.dispatch import consumers as _consumers  # noqa: F401 - registers them
from mendline.dispatch import time_out as _time_out  # noqa: F401 - registers its timer
from mendline.dispatch.answering import AcceptJob, DeclineJob
from mendline.dispatch.auto_offer import AutoOfferPolicy, auto_offer_of
from mendline.dispatch.criteria import CRITERIA, SHUT_OUT, Job
from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.dispatch.events import JobCalled, JobDeclined, JobOffered, JobSuggested, NobodyLeft, OffersExpired
from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.keeping import ShareLocation, UpsertTechnician
from mendline.dispatch.matching import Candidate, Match, match, technicians_for
from mendline.dispatch.offering import AskGroup, OfferJob, OfferNext, WithdrawOffers
from mendline.dispatch.people import Qualification, Technician
from mendline.dispatch.shifts import on_shift
from mendline.dispatch.suggesting import Suggest
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "CRITERIA",
    "SHUT_OUT",
    "AcceptJob",
    "AskGroup",
    "AutoOfferPolicy",
    "Candidate",
    "DeclineJob",
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
    "Qualification",
    "ShareLocation",
    "Suggest",
    "Suggestion",
    "Technician",
    "UpsertTechnician",
    "WithdrawOffers",
    "auto_offer_of",
    "great_circle_km",
    "match",
    "on_shift",
    "technicians_for",
    "travel_minutes",
]
