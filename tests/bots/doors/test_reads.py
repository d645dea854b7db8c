"""Reads in chat: who asks for a ticket's card is noted; cards that hang there and follow it are not."""

from typing import TYPE_CHECKING

from support.database import look

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def test_opening_a_ticket_is_a_read_and_a_card_that_follows_it_is_not(doors: "Doors", cast: "Cast") -> None:
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警"})
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    assert await look("SELECT * FROM read_log WHERE tenant_id = $1", cast["vendor_v"]) == []
    await doors.say("technician_v", "我的任务")
    await doors.press("technician_v", made.number)
    (noted,) = await look("SELECT * FROM read_log WHERE tenant_id = $1", cast["vendor_v"])
    assert (noted["tenant_id"], noted["actor"]) == (cast["vendor_v"], cast.members["technician_v"])
    assert (noted["channel"], noted["operation"], noted["groups"]) == ("slack", "open", ["clinical", "people"])
    assert noted["owners"] == [cast["hospital_a"]] and len(noted["tickets"]) == 1
