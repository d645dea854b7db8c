"""The one list of domains: the packages of the house, in the order in which their tables are made."""

from importlib import import_module
from types import ModuleType

DOMAINS = (
    "mendline.kernel",
    "mendline_tenants",
    "mendline.devices",
    "mendline.tickets",
    "mendline.dispatch",
    "mendline.fieldwork",
    "mendline.quality",
    "mendline_schema",
    "mendline_bots",
)
"""Packages that declare tables, commands or consumers. Importing one registers what it declares."""


def load_domains() -> list[ModuleType]:
    """Imports every domain, so that its tables, commands, consumers and timers are known."""
    return [import_module(name) for name in DOMAINS]
