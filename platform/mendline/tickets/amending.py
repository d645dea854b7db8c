"""Amending a report: what was not asked when it was hurried in, told later by the reporting side."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.devices import location_of
from mendline.kernel import DomainError, PlaceId, TicketId, command, parse_opaque, rows, work
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.partners.children import with_children
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import TicketClinical, TicketPeople
from mendline.tickets.told import AccessWindows, FaultCode, check_times, stored_windows
from mendline_tenants import Actor, Place


class AmendReport(Struct, frozen=True):
    """What is not named stays. access_windows: all of them anew; contact, place and place_note as in a report."""

    ticket: TicketId
    happened_at: datetime | None = None
    place: PlaceId | None = None
    place_note: Annotated[str, Meta(max_length=120)] | None = None
    contact_name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    contact_phone: Annotated[str, Meta(max_length=40)] | None = None
    access_windows: AccessWindows | None = None
    fault_code: FaultCode | None = None


@command("tickets.amend_report", "tickets.update")
async def amend_report(actor: Actor, input: AmendReport) -> TicketResult:
    """Changes what was told of a ticket that is under way, and of those by which others do its work; no clock changes.

    Raises wrong_part for all but the hospital, ticket_closed, not_found for a place that is not its own, and
    invalid_input as a report does.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    check_times(input.happened_at, input.access_windows or (), work().occurred_at)
    people: dict[str, Any] = _given(input, "place_note", "contact_name", "contact_phone")
    if input.place is not None:
        place = await rows.get(Place, *parse_opaque("pl", input.place))
        location = await location_of(ticket.tenant_id, place.id)
        people |= {"location": location.words, "latitude": location.latitude, "longitude": location.longitude}
    clinical: dict[str, Any] = _given(input, "happened_at", "fault_code")
    if input.access_windows is not None:
        clinical["access_windows"] = stored_windows(input.access_windows)
    async for one in with_children(ticket):
        if people:
            await rows.change(TicketPeople, one.tenant_id, one.id, **people)
        if clinical:
            await rows.change(TicketClinical, one.tenant_id, one.id, **clinical)
        if people or clinical:
            await change(actor, one)
    return result(ticket)


def _given(input: AmendReport, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(input, name)) is not None}
