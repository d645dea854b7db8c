"""Codes on devices: GS1, HIBC, ICCBBA, MA, IFA and our own, scanned, typed or photographed."""
