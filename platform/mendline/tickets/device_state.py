"""What tickets do to a device's state: a report only makes it worse, and an undone report gives back what it took."""

from mendline.devices import SAME_UNIT, Device, change_state, lock_unit, worse
from mendline.kernel import Reference, fetch, fetchval, rows
from mendline.tickets.ticket import Ticket, TicketClinical, TicketVigilance

DEVICE_STATES = {"down": "out_of_service", "patient_affected": "out_of_service", "degraded": "restricted"}
"""What a use state at the ward makes of the device's state."""

_OTHER_OPEN = f"""
WITH RECURSIVE line(id, parent_id) AS (
  SELECT id, parent_id FROM ticket WHERE tenant_id = $1 AND id = $3
  UNION ALL SELECT t.id, t.parent_id FROM ticket t JOIN line ON t.tenant_id = $1 AND t.id = line.parent_id)
SELECT c.use_state FROM ticket t JOIN ticket_clinical c ON c.tenant_id = $1 AND c.id = t.id
WHERE t.tenant_id = $1 AND (t.device_id = $2 OR t.device_id IN {SAME_UNIT}) AND t.id NOT IN (SELECT id FROM line)
  AND t.phase <> 'closed' AND t.state <> 'approved'
"""  # noqa: S608 - our own words

_OPEN_BESIDE = f"""
SELECT EXISTS (
  SELECT 1 FROM ticket t WHERE t.tenant_id = $1 AND t.device_id IN {SAME_UNIT} AND t.id <> $3
    AND (t.closed_at IS NULL OR t.closed_at >= $4))
"""  # noqa: S608 - our own words
"""Whether another ticket of the unit was open while this one was."""

_SOMEBODY_WAS_THERE = """
SELECT EXISTS (SELECT 1 FROM visit WHERE tenant_id = $1 AND ticket_id = $2 AND arrived_at IS NOT NULL)
"""


async def report_use_state(device: Device, use_state: str, ticket: Ticket) -> None:
    """The locked device becomes as unusable as the ward says; no report makes it more usable than it was."""
    told = DEVICE_STATES.get(use_state)
    if told is not None and worse(device.state, told) != device.state:
        await change_state(device, told, Reference(ticket.tenant_id, ticket.id))


async def state_by_other_tickets(ticket: Ticket) -> str:
    """The state that the device of an accepted ticket comes back to: in service, unless another open ticket says worse.

    The parent of the ticket, and the parent's own, have passed this fault on to it and do not count.
    """
    state = "in_service"
    for other in await fetch(_OTHER_OPEN, ticket.tenant_id, ticket.device_id, ticket.id):
        state = worse(state, DEVICE_STATES.get(other["use_state"], "in_service"))
    return state


async def undo_report(ticket: Ticket) -> None:
    """The device of a cancelled ticket gets back the state it had before the report.

    It does not where that would be a decision: somebody has been at the device (whatever became of the ticket since),
    an adverse event is suspected, another ticket of the device was open at the same time, or the record that was
    reported was merged into another meanwhile.
    """
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    vigilance = await rows.get(TicketVigilance, ticket.tenant_id, ticket.id)
    took = clinical.use_state in DEVICE_STATES and clinical.device_state_before is not None
    if ticket.device_id is None or not took or ticket.attempt > 1 or vigilance.suspected:
        return
    if await fetchval(_SOMEBODY_WAS_THERE, ticket.tenant_id, ticket.id):
        return
    device = await lock_unit(ticket.tenant_id, ticket.device_id)
    if device.id != ticket.device_id or device.state not in ("out_of_service", "restricted"):
        return
    if not await fetchval(_OPEN_BESIDE, ticket.tenant_id, device.id, ticket.id, ticket.opened_at):
        await change_state(device, clinical.device_state_before, Reference(ticket.tenant_id, ticket.id))
