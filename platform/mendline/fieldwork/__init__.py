"""Fieldwork: visits, notes and evidence."""

from mendline.fieldwork.evidence import Evidence
from mendline.fieldwork.visit import Visit

__all__ = ["Evidence", "Visit"]
