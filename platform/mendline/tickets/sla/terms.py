"""What was agreed for a ticket's clocks when it was opened: calendar, targets, what holds them back."""

from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from mendline.devices import Contract, agreed_minutes
from mendline.kernel import rows
from mendline.tickets.sla.clock import CLOCKS
from mendline.tickets.sla.rules import DEFAULT_PAUSES
from mendline_tenants import (
    POLICIES,
    Hours,
    Organisation,
    ServiceCalendar,
    Window,
    WorkingCalendar,
    countries,
    hours_of,
)

PRIORITIES = (1, 2, 3, 4)

POLICIES["sla_pauses"] = Annotated[
    list[Literal["parts", "customer", "access", "decontamination", "quotation"]], Meta(max_length=5)
]
POLICIES["office_hours"] = Annotated[list[Window], Meta(min_length=1, max_length=50)]

_OFFICE = (Hours((1, 2, 3, 4, 5), 8 * 60, 18 * 60),)


class Terms(NamedTuple):
    """The terms of one ticket. minutes: clock -> priority ("1" to "4") -> minutes; telling: see `TicketClock`."""

    calendar: WorkingCalendar
    telling: WorkingCalendar
    minutes: dict[str, dict[str, int]]
    pauses: list[str]

    def stored(self, clock: str) -> dict[str, Any]:
        """As the columns of a clock."""
        return {
            "calendar": msgspec.to_builtins(self.calendar),
            "telling": msgspec.to_builtins(self.telling),
            "minutes": self.minutes[clock],
            "pauses": self.pauses,
        }


async def terms_of(organisation: Organisation, contract: Contract | None, zone: str | None) -> Terms:
    """The terms of a ticket that this hospital opens now. zone: of the site, where it has one of its own.

    Without a calendar in the contract clocks run day and night, and people are told of them in office hours.
    """
    named = None
    if contract is not None and contract.calendar_id is not None:
        named = (await rows.get(ServiceCalendar, organisation.id, contract.calendar_id)).working(zone)
    site = zone or organisation.timezone
    level = contract.service_level if contract else {}
    agreed = {clock: {p: agreed_minutes(level, p, clock) for p in PRIORITIES} for clock in CLOCKS}
    return Terms(
        calendar=named or WorkingCalendar(site, always=True),
        telling=named or _office(organisation, site),
        minutes={clock: {str(p): m for p, m in by.items() if m is not None} for clock, by in agreed.items()},
        pauses=list(organisation.policies.get("sla_pauses", DEFAULT_PAUSES)),
    )


def _office(organisation: Organisation, zone: str) -> WorkingCalendar:
    chosen = organisation.policies.get("office_hours")
    return WorkingCalendar(
        zone=zone,
        hours=tuple(hours_of(Window(**window)) for window in chosen) if chosen else _OFFICE,
        country=organisation.country if organisation.country in countries() else None,
    )
