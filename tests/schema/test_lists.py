"""Lists: told whole, or null with an error that says so; what can grow without bound is a connection."""

from typing import Any

import pytest

from mendline.kernel import parse_opaque
from mendline_schema.declarations.fields import Relation
from mendline_schema.schema import build_schema
from support.cast import Cast
from support.database import administrator
from support.reference import Reference
from support.reference_rows import Rows

FEW = {
    "Ticket.clocks": "one of each kind",
    "Ticket.loans": "a spare unit at a time, and all are back before it closes",
    "Ticket.possibleDuplicates": "twenty of the device are looked at",
    "Ticket.repeats": "twenty of the device are looked at, and three of the model kept",
    "Ticket.quotations": "each is answered or replaced by a person",
    "Ticket.children": "each is consented to by a person",
    "Ticket.subcontracts": "each is consented to by a person",
    "Ticket.participants": "one of each organisation",
    "Ticket.reports": "one of each attempt",
    "Ticket.signatureSlots": "a few of each attempt",
    "Ticket.offers": "a few rounds over the technicians of one provider",
    "Device.belongings": "what one unit is made of",
    "Device.duplicates": "merged by a person, each by itself",
    "Device.documents": "papers of one unit",
    "DeviceModel.documents": "papers of one model",
    "Technician.territories": "where one person drives",
    "Technician.busyElsewhere": "one of each organisation of a person",
    "Technician.qualifications": "one of each paper of a person",
    "Territory.technicians": "as many as `putTerritory` takes",
}
"""Lists without pages, and why a hundred rows are more than enough; what has no such reason is made a connection."""


def test_lists_without_pages_have_few_rows() -> None:
    bindings = build_schema().statements.bindings
    lists = {
        f"{field.owner}.{field.name}"
        for bound in bindings.types.values()
        for field in bound.fields.values()
        if isinstance(field.read, Relation) and field.read.many == "list"
    }
    assert lists == set(FEW)


UNIT = "query($d: ID!) { device(id: $d) { assetNumber belongings { assetNumber } } }"
EVENTS = """query($t: ID!) { ticket(id: $t) {
  clockEvents(last: 2) { totalCount nodes { seq } pageInfo { hasPreviousPage } } } }"""

COPIES = """
INSERT INTO device SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'parent_id', d.id,
  'asset_number', 'part ' || n, 'system', NULL, 'number', NULL))).*
FROM device d, generate_series(1, $2::int) n WHERE d.id = $1
"""

MORE_EVENTS = """
INSERT INTO ticket_clock_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),
  'seq', e.seq + n))).*
FROM ticket_clock_event e, generate_series(1, $2::int) n
WHERE e.id = (SELECT id FROM ticket_clock_event WHERE ticket_id = $1 ORDER BY seq DESC LIMIT 1)
"""


@pytest.mark.parametrize("parts", [100, 101])
async def test_a_list_is_told_whole_or_not_at_all(portal: Any, cast: Cast, parts: int) -> None:
    """As graphql-core's own executor answers it, over the rule that the reference knows by itself."""
    await administrator().execute(COPIES, cast.devices["pump_a"], parts)
    answer = await portal.ask("engineer_a", UNIT, d=cast.device_id("pump_a"))
    shown = answer.data["device"]
    assert shown["assetNumber"], "what is beside the list is answered"
    if parts == 100:
        assert (len(shown["belongings"]), answer.codes) == (100, [])
    else:
        assert (shown["belongings"], answer.codes) == (None, ["list_too_long"])
        (error,) = answer.errors
        assert error["path"] == ["device", "belongings"]
        assert error["extensions"]["facts"] == {"field": "Device.belongings", "limit": 100}
    theirs = await Reference(cast.actor("engineer_a"), Rows()).execute(UNIT, {"d": cast.device_id("pump_a")}, None)
    assert theirs.data == answer.data
    assert [list(error.path or ()) for error in theirs.errors or ()] == [error["path"] for error in answer.errors]


async def test_one_of_many_rows_that_has_too_long_a_list_is_told_once(portal: Any, cast: Cast) -> None:
    await administrator().execute(COPIES, cast.devices["pump_a"], 101)
    document = "{ devices(first: 50) { nodes { assetNumber parent { belongings { id } } } } }"
    answer = await portal.ask("engineer_a", document)
    assert answer.codes == ["list_too_long"]
    parents = [node["parent"] for node in answer.data["devices"]["nodes"]]
    assert {"belongings": None} in parents


async def test_what_grows_without_bound_shows_its_newest_and_how_many_there_are(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    before = (await portal.get("engineer_a", EVENTS, t=ticket))["ticket"]["clockEvents"]["totalCount"]
    await administrator().execute(MORE_EVENTS, parse_opaque("tk", ticket).id, 150)
    told = (await portal.get("engineer_a", EVENTS, t=ticket))["ticket"]["clockEvents"]
    assert told["totalCount"] == before + 150
    assert told["pageInfo"]["hasPreviousPage"] is True
    assert [node["seq"] for node in told["nodes"]] == [before + 149, before + 150]
