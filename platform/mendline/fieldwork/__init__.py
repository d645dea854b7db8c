"""Fieldwork: visits, notes and evidence."""

from mendline.fieldwork.commands import AddNote, Arrive, Finish, Resume, SetEta, Wait
from mendline.fieldwork.estimates import Estimate, EstimateCompletion
from mendline.fieldwork.events import EstimateSlipped, JobFinished
from mendline.fieldwork.evidence import Evidence
from mendline.fieldwork.expected_visit import ExpectVisit
from mendline.fieldwork.report import ServiceReport
from mendline.fieldwork.uploads import AttachEvidence, ConfirmUpload, EvidenceResult, RequestUpload, evidence_key
from mendline.fieldwork.visit import Visit
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "AddNote",
    "Arrive",
    "AttachEvidence",
    "ConfirmUpload",
    "Estimate",
    "EstimateCompletion",
    "EstimateSlipped",
    "Evidence",
    "EvidenceResult",
    "ExpectVisit",
    "Finish",
    "JobFinished",
    "RequestUpload",
    "Resume",
    "ServiceReport",
    "SetEta",
    "Visit",
    "Wait",
    "evidence_key",
]
