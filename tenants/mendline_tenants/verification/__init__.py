"""Verification: an organisation's audit computed again from what is stored, and compared with what others keep."""

from mendline_tenants.verification.findings import Checked, Finding
from mendline_tenants.verification.verify import Witness, verify

__all__ = ["Checked", "Finding", "Witness", "verify"]
