"""A job that somebody has accepted goes to another: by a dispatcher who says so, and never behind anybody's back."""

import pytest

from mendline.kernel import DomainError, frozen, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketPeople
from support.clocks import act, at, kept, reported, taken
from support.database import look, unchanged

NOON, ONE_PAST, TWO_PAST, THREE_PAST = (at(f"2026-06-08T12:0{minute}") for minute in range(4))


async def offers(cast):
    found = await look(
        "SELECT technician_name, state, ended_why FROM job_offer WHERE tenant_id = $1 ORDER BY offered_at, id",
        cast["vendor_v"],
    )
    return [tuple(row) for row in found]


async def held_by(cast, ticket):
    """The ticket's state, whose it is, and when somebody is expected."""
    async with transaction(cast["vendor_v"]):
        row = await rows.get(Ticket, *parse_opaque("tk", ticket))
        people = await rows.get(TicketPeople, *parse_opaque("tk", ticket))
    return row.state, people.assignee_name, row.eta_at


async def told_to(cast, event="dispatch.offers_withdrawn"):
    found = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = $2 ORDER BY recorded_at", cast["vendor_v"], event
    )
    return [row["payload"] for row in found]


@pytest.fixture
async def taken_by_first(cast):
    """A ticket of noon that technician V has accepted."""
    ticket = await reported(cast, NOON)
    await taken(cast, NOON, ticket)
    return ticket


@pytest.mark.parametrize("on_the_way", [False, True])
async def test_a_job_goes_to_another_and_both_are_told(cast, taken_by_first, on_the_way):
    ticket, second = taken_by_first, cast.member_id("technician_v2")
    if on_the_way:
        await act(cast, ONE_PAST, "technician_v", "fieldwork.set_eta", ticket, minutes=30)
    await act(cast, TWO_PAST, "dispatcher_v", "dispatch.offer_job", ticket, technician=second, reassign=True)
    assert await held_by(cast, ticket) == ("offered", None, None)
    assert await offers(cast) == [("技师郑", "withdrawn", "reassigned"), ("技师冯", "offered", None)]
    (gone,) = await told_to(cast)
    assert (gone["why"], gone["technicians"]) == ("reassigned", [str(cast.members["technician_v"])])
    assert [event["technician"] for event in await told_to(cast, "dispatch.offered")][-1] == str(
        cast.members["technician_v2"]
    )
    (entry,) = await look(
        "SELECT facts FROM audit_entry WHERE tenant_id = $1 AND command = 'dispatch.offer_job'"
        " AND facts->>'from' IN ('accepted', 'en_route')",
        cast["hospital_a"],
    )
    (offer,) = await look(
        "SELECT id FROM job_offer WHERE ended_why = 'reassigned' AND tenant_id = $1", cast["vendor_v"]
    )
    assert entry["facts"]["reassigned"] == str(offer["id"])
    await act(cast, THREE_PAST, "technician_v2", "dispatch.accept_job", ticket)
    assert (await held_by(cast, ticket))[:2] == ("accepted", "技师冯")
    async with unchanged():
        with pytest.raises(DomainError, match="not_your_job"):
            await act(cast, THREE_PAST, "technician_v", "fieldwork.arrive", ticket)
        with pytest.raises(DomainError, match="already_accepted"):
            await act(cast, THREE_PAST, "technician_v", "dispatch.decline_job", ticket, reason="x")


async def test_whose_job_it_was_reads_who_is_asked_now(cast, taken_by_first):
    second = cast.member_id("technician_v2")
    given = {"technician": second, "reassign": True}
    await act(cast, ONE_PAST, "dispatcher_v", "dispatch.offer_job", taken_by_first, **given)
    with pytest.raises(DomainError, match="offer_passed") as refused:
        await act(cast, TWO_PAST, "technician_v", "dispatch.accept_job", taken_by_first)
    assert refused.value.facts["to"] == "技师冯"


async def test_a_job_that_was_taken_back_waits_for_the_dispatcher(cast, taken_by_first):
    await act(cast, ONE_PAST, "technician_v", "fieldwork.set_eta", taken_by_first, minutes=30)
    await act(cast, TWO_PAST, "dispatcher_v", "dispatch.withdraw_offers", taken_by_first, reassign=True)
    assert await held_by(cast, taken_by_first) == ("triaged", None, None)
    assert await offers(cast) == [("技师郑", "withdrawn", "reassigned")]
    assert [event["why"] for event in await told_to(cast)] == ["reassigned"]
    await act(cast, THREE_PAST, "dispatcher_v", "dispatch.offer_next", taken_by_first)
    assert (await offers(cast))[-1] == ("技师冯", "offered", None), "whom it was taken from is not asked by itself"


async def test_a_group_is_asked_without_whose_job_it_was(cast, taken_by_first):
    await act(cast, ONE_PAST, "dispatcher_v", "dispatch.ask_group", taken_by_first, reassign=True)
    assert await offers(cast) == [("技师郑", "withdrawn", "reassigned"), ("技师冯", "offered", None)]
    assert (await held_by(cast, taken_by_first))[:2] == ("offered", None)


async def test_who_does_not_say_so_takes_a_job_from_nobody(cast, taken_by_first):
    """Between what a dispatcher has read and the press somebody may have accepted."""
    second = cast.member_id("technician_v2")
    async with unchanged():
        for command, given in (
            ("dispatch.offer_job", {"technician": second}),
            ("dispatch.ask_group", {}),
            ("dispatch.withdraw_offers", {}),
        ):
            with pytest.raises(DomainError, match="job_held") as refused:
                await act(cast, ONE_PAST, "dispatcher_v", command, taken_by_first, **given)
            assert (refused.value.facts["by"], refused.value.facts["at"]) == ("技师郑", NOON)


async def test_a_job_that_went_to_somebody_else_meanwhile_is_not_taken_from_them(cast, taken_by_first):
    """Whoever names whose job it is takes it from nobody else."""
    first, second = cast.member_id("technician_v"), cast.member_id("technician_v2")
    commands = (
        ("dispatch.offer_job", {"technician": second}),
        ("dispatch.ask_group", {}),
        ("dispatch.withdraw_offers", {}),
    )
    async with unchanged():
        for command, given in commands:
            with pytest.raises(DomainError, match="job_held") as refused:
                stale = {**given, "reassign": True, "held_by": second}
                await act(cast, ONE_PAST, "dispatcher_v", command, taken_by_first, **stale)
            assert (refused.value.facts["by"], refused.value.facts["at"]) == ("技师郑", NOON)
    given = {"technician": second, "reassign": True, "held_by": first}
    await act(cast, ONE_PAST, "dispatcher_v", "dispatch.offer_job", taken_by_first, **given)
    assert (await held_by(cast, taken_by_first))[0] == "offered"


async def test_a_job_is_not_offered_to_who_has_it_and_not_taken_from_who_is_there(cast, taken_by_first):
    first, second = cast.member_id("technician_v"), cast.member_id("technician_v2")
    async with unchanged():
        for command, given in (
            ("dispatch.offer_job", {"technician": first}),
            ("dispatch.ask_group", {"technicians": [first, second]}),
        ):
            with pytest.raises(DomainError, match="already_accepted"):
                await act(cast, ONE_PAST, "dispatcher_v", command, taken_by_first, reassign=True, **given)
        for who, code in (("technician_v2", "forbidden"), ("engineer_a", "wrong_part"), ("dispatcher_w", "not_found")):
            with pytest.raises(DomainError, match=code):
                await act(cast, ONE_PAST, who, "dispatch.withdraw_offers", taken_by_first, reassign=True)
    await act(cast, TWO_PAST, "technician_v", "fieldwork.arrive", taken_by_first)
    async with unchanged():
        with pytest.raises(DomainError, match="holder_there"):
            given = {"technician": second, "reassign": True}
            await act(cast, THREE_PAST, "dispatcher_v", "dispatch.offer_job", taken_by_first, **given)


async def _begun(cast, ticket, state):
    await act(cast, ONE_PAST, "technician_v", *GOES[state][0], ticket, **GOES[state][1])
    if state == "at_depot":
        await act(cast, ONE_PAST, "technician_v", "fieldwork.send_to_depot", ticket)


GOES = {
    "waiting": (("fieldwork.wait",), {"reason": "parts"}),
    "on_site": (("fieldwork.arrive",), {}),
    "at_depot": (("fieldwork.arrive",), {}),
}


@pytest.mark.parametrize("gone", ["left", "ill"])
@pytest.mark.parametrize("state", GOES)
async def test_a_job_whose_technician_is_gone_goes_to_another(cast, taken_by_first, state, gone):
    ticket, first, second = taken_by_first, cast.member_id("technician_v"), cast.member_id("technician_v2")
    await _begun(cast, ticket, state)
    with frozen(ONE_PAST):
        if gone == "left":
            await cast.run("admin_v", "tenants.suspend_member", {"member": first, "left": True})
        else:
            ill = {"kind": "sick", "starts_at": ONE_PAST.isoformat(), "ends_at": at("2026-06-09T18:00").isoformat()}
            await cast.run("dispatcher_v", "dispatch.ask_absence", {**ill, "member": first})
    await cast.drain(at=ONE_PAST)
    (away,) = await told_to(cast, "dispatch.holder_away")
    assert (away["technician"], away["ends"] is None) == (str(cast.members["technician_v"]), gone == "left")
    with pytest.raises(DomainError, match="job_held"):
        await act(cast, TWO_PAST, "dispatcher_v", "dispatch.offer_job", ticket, technician=second)
    await act(cast, TWO_PAST, "dispatcher_v", "dispatch.offer_job", ticket, technician=second, reassign=True)
    assert await held_by(cast, ticket) == ("offered", None, None)
    assert await offers(cast) == [("技师郑", "withdrawn", "reassigned"), ("技师冯", "offered", None)]
    await act(cast, THREE_PAST, "technician_v2", "dispatch.accept_job", ticket)
    await act(cast, THREE_PAST, "technician_v2", "fieldwork.arrive", ticket)
    assert (await held_by(cast, ticket))[:2] == ("on_site", "技师冯")


async def test_a_job_that_waits_goes_to_another_and_its_answer_counts_no_more(cast, taken_by_first):
    await _begun(cast, taken_by_first, "waiting")
    given = {"technician": cast.member_id("technician_v2"), "reassign": True}
    await act(cast, TWO_PAST, "dispatcher_v", "dispatch.offer_job", taken_by_first, **given)
    ticket, clocks, _ = await kept(cast, taken_by_first)
    assert (ticket.state, ticket.waiting_for, clocks["response"].state) == ("offered", None, "running")


async def test_rework_that_is_offered_anew_is_nobodys_until_it_is_accepted(cast, taken_by_first):
    await act(cast, ONE_PAST, "technician_v", "fieldwork.arrive", taken_by_first)
    done = {"result": "repaired", "cause": "x", "action": "x"}
    await act(cast, ONE_PAST, "technician_v", "fieldwork.finish", taken_by_first, **done)
    await cast.drain(at=ONE_PAST)
    await act(cast, TWO_PAST, "manager_a", "quality.reject", taken_by_first, reason="仍报警")
    assert (await held_by(cast, taken_by_first))[:2] == ("rework", "技师郑")
    await act(
        cast, TWO_PAST, "dispatcher_v", "dispatch.offer_job", taken_by_first, technician=cast.member_id("technician_v2")
    )
    assert (await held_by(cast, taken_by_first))[:2] == ("offered", None)
    assert (await told_to(cast))[-1]["why"] == "reassigned"


async def test_a_dispatcher_hears_of_jobs_whose_holder_falls_ill(cast, taken_by_first):
    """Those that fall into the absence are weighed anew for the dispatcher, who decides; others are left alone."""
    ill = {"kind": "sick", "starts_at": ONE_PAST.isoformat(), "ends_at": at("2026-06-09T18:00").isoformat()}
    later = {**ill, "kind": "leave", "starts_at": at("2026-07-01T08:00").isoformat()}
    later["ends_at"] = at("2026-07-05T18:00").isoformat()
    await cast.drain(at=NOON)
    for absence, told in ((later, 0), (ill, 1)):
        with frozen(ONE_PAST):
            given = {**absence, "member": cast.member_id("technician_v")}
            await cast.run("dispatcher_v", "dispatch.ask_absence", given)
        await cast.drain(at=ONE_PAST)
        away = await told_to(cast, "dispatch.holder_away")
        assert [event["technician"] for event in away] == [str(cast.members["technician_v"])] * told
    assert away[0]["ends"] == "2026-06-09T10:00:00Z"
    (suggestion,) = await look(
        "SELECT candidates FROM suggestion WHERE tenant_id = $1 ORDER BY recorded_at DESC LIMIT 1", cast["vendor_v"]
    )
    assert [one["name"] for one in suggestion["candidates"]] == ["技师冯"]
    assert (await held_by(cast, taken_by_first))[:2] == ("accepted", "技师郑"), "a person decides"
