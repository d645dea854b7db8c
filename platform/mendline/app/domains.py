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
    "mendline.dayplans",
    "mendline.quality",
    "mendline_schema",
    "mendline_bots.doors",
)
"""Packages that declare tables, commands or consumers. Importing one registers what it declares.

The bots' package holds the stand-ins too and is light: its module `doors` registers.
"""


def load_domains() -> list[ModuleType]:
    """Imports every domain, so that its tables, commands, consumers and timers are known."""
    return [import_module(name) for name in DOMAINS]
