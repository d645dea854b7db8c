"""Dispatch: who is qualified, who is suggested, who takes the job."""

from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.people import Qualification, Technician

__all__ = ["JobOffer", "Qualification", "Suggestion", "Technician"]
