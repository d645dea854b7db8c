"""A ticket whose work was passed on ends when its last child has ended, however that one ended."""

import pytest

from mendline.kernel import DomainError, parse_opaque, rows, transaction
from mendline.tickets import Ticket
from support.clocks import act, at, reported, taken
from support.database import unchanged

NOON, LATER, AFTER = at("2026-06-08T12:00"), at("2026-06-08T13:00"), at("2026-06-08T14:00")
CONDEMNED = {"result": "condemnation_advised", "cause": "主板烧毁", "action": "检测"}


async def ended(cast, ticket):
    async with transaction(cast["hospital_a"]):
        stored = await rows.get(Ticket, *parse_opaque("tk", ticket))
    return stored.state, stored.outcome


@pytest.fixture
async def passed_on(cast):
    """The parent at hospital A, and the child of vendor V whose technician advises to condemn the device."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    parent = await reported(cast, NOON)
    await act(cast, NOON, "engineer_a", "tickets.triage", parent, route="contract", reason="x")
    provider = cast.organisation_id("vendor_v")
    child = (await act(cast, NOON, "engineer_a", "tickets.pass_on", parent, provider=provider)).ticket
    await taken(cast, NOON, child)
    await act(cast, NOON, "technician_v", "fieldwork.arrive", child)
    await act(cast, NOON, "technician_v", "fieldwork.finish", child, **CONDEMNED)
    await cast.drain(at=NOON)
    return parent, child


async def test_a_parent_ends_when_its_childs_device_is_condemned(cast, passed_on):
    parent, child = passed_on
    async with unchanged():
        with pytest.raises(DomainError, match="children_open"):
            await act(cast, LATER, "engineer_a", "quality.conclude", parent)
    await act(cast, LATER, "engineer_a", "quality.condemn", child, reason="老旧")
    assert (await ended(cast, parent))[0] == "waiting"
    await cast.drain(at=LATER)
    assert await ended(cast, child) == ("condemned", "condemned")
    assert await ended(cast, parent) == ("archived", "passed_on")


async def test_a_person_may_end_it_too(cast, passed_on):
    parent, child = passed_on
    await act(cast, LATER, "engineer_a", "quality.condemn", child, reason="老旧")
    await act(cast, AFTER, "engineer_a", "quality.conclude", parent)
    await cast.drain(at=AFTER)
    assert await ended(cast, parent) == ("archived", "passed_on")
