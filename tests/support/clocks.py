"""Tickets whose SLA clocks are watched: a calendar, a contract that counts by it, and acts at given moments."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mendline.kernel import frozen, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketClock, TicketClockEvent, clocks_of, log_of
from support.cast import Cast

OFFICE = {
    "code": "office",
    "name": {"zh": "工作日", "en": "Office hours"},
    "zone": "Asia/Shanghai",
    "hours": [{"days": [1, 2, 3, 4, 5], "begins": "09:00", "ends": "17:00"}],
    "breaks": [{"days": [1, 2, 3, 4, 5], "begins": "12:00", "ends": "13:00"}],
    "country": "CN",
}
LEVEL = {"response": 60, "arrival": 240, "restoration": 480}


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """A local time of that zone as a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


async def contract(cast: Cast, calendar: Any = None, service_level: Any = LEVEL, by_priority: Any = ()) -> None:
    """Hospital A's contract counts by this calendar, with these minutes."""
    saved = await cast.run("admin_a", "tenants.upsert_calendar", calendar) if calendar else None
    await cast.run(
        "admin_a",
        "devices.upsert_contract",
        {
            "title": "输液泵全保 Infusion pumps, full service",
            "provider": cast.organisation_id("vendor_v"),
            "starts_on": "2020-01-01",
            "ends_on": "2030-01-01",
            "device_classes": ["infusion_pump"],
            "service_level": service_level,
            "by_priority": list(by_priority),
            "calendar": saved.calendar if saved else None,
            "direct": True,
        },
    )


async def reported(cast: Cast, moment: datetime, use_state: str = "degraded", **options: Any) -> str:
    """Nurse A reports the pump at that moment."""
    given = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": use_state}
    with frozen(moment):
        return str((await cast.run("nurse_a", "tickets.report", given, **options)).ticket)


async def act(
    cast: Cast, moment: datetime, who: str, command: str, ticket: str, occurred_at: datetime | None = None, **given: Any
) -> Any:
    """Somebody does something with the ticket at that moment."""
    with frozen(moment):
        return await cast.run(who, command, {"ticket": ticket, **given}, occurred_at=occurred_at)


async def kept(
    cast: Cast, ticket: str, viewer: str = "hospital_a"
) -> tuple[Ticket, dict[str, TicketClock], list[TicketClockEvent]]:
    """The ticket, its clocks by name, and their log, as this organisation sees them."""
    async with transaction(cast[viewer]):
        row = await rows.get(Ticket, *parse_opaque("tk", ticket))
        return row, {clock.clock: clock for clock in await clocks_of(row)}, await log_of(row)


async def taken(cast: Cast, moment: datetime, ticket: str) -> None:
    """Vendor V's technician has the job."""
    await act(cast, moment, "dispatcher_v", "dispatch.offer_job", ticket, technician=cast.member_id("technician_v"))
    await act(cast, moment, "technician_v", "dispatch.accept_job", ticket)
