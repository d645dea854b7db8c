"""Dispatch: who is qualified, who is suggested, who takes the job."""

from mendline.dispatch import consumers as _consumers  # noqa: F401 - registers them
from mendline.dispatch.commands import AcceptJob, DeclineJob, OfferJob, Suggest
from mendline.dispatch.distance import great_circle_km, travel_minutes
from mendline.dispatch.events import JobDeclined, JobOffered, JobSuggested
from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.keeping import ShareLocation, UpsertTechnician
from mendline.dispatch.matching import Candidate, match, on_shift
from mendline.dispatch.people import Qualification, Technician
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "AcceptJob",
    "Candidate",
    "DeclineJob",
    "JobDeclined",
    "JobOffer",
    "JobOffered",
    "JobSuggested",
    "OfferJob",
    "Qualification",
    "ShareLocation",
    "Suggest",
    "Suggestion",
    "Technician",
    "UpsertTechnician",
    "great_circle_km",
    "match",
    "on_shift",
    "travel_minutes",
]
