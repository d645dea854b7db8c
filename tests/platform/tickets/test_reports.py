"""A report carries all that a ward knows; what was not asked in a hurry is told later; wrong words change nothing."""

from datetime import timedelta

import pytest

from mendline.kernel import DomainError, iso, now, parse_opaque, rows, transaction
from mendline.tickets import Ticket, TicketClinical, TicketPeople
from support.database import unchanged


async def stored(cast, ticket, model=Ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


def window(begins, ends):
    return [iso(now() + timedelta(hours=begins)), iso(now() + timedelta(hours=ends))]


async def test_all_that_a_report_carries(cast):
    later, sooner = window(26, 28), window(2, 4)
    report = {
        "named": "SB-0001",
        "symptom": "报警,停机",
        "fault_code": "ALM-03",
        "use_state": "degraded",
        "happened_at": iso(now() - timedelta(hours=1)),
        "place": cast.place_id("ward_a"),
        "place_note": "12 床",
        "contact_name": "小王",
        "contact_phone": "8123",
        "spare_needed": True,
        "isolation": True,
        "decontamination": "contaminated",
        "access_windows": [later, sooner],
    }
    answer = await cast.run("unit_a", "tickets.report", report)
    ticket = await stored(cast, answer.ticket)
    clinical = await stored(cast, answer.ticket, TicketClinical)
    people = await stored(cast, answer.ticket, TicketPeople)
    assert ticket.device_id == cast.devices["pump_a"]
    assert (people.place_note, people.contact_name, people.reporter_name) == ("12 床", "小王", "三病区")
    assert (clinical.fault_code, clinical.decontamination) == ("ALM-03", "contaminated")
    assert clinical.access_windows == [sooner, later]


@pytest.mark.parametrize("named", ["SN1001", "(01)06921234567890(21)SN1001", "0106921234567890" + "21SN1001"])
async def test_a_device_is_known_by_what_is_read_on_it(cast, named):
    answer = await cast.run("nurse_a", "tickets.report", {"named": named, "symptom": "报警"})
    assert (await stored(cast, answer.ticket)).device_id == cast.devices["pump_a"]


async def test_a_shared_account_says_who_reports(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    async with unchanged():
        for name in ("", "  "):
            with pytest.raises(DomainError, match="contact_needed"):
                await cast.run("unit_a", "tickets.report", {**report, "contact_name": name})
    assert (await cast.run("unit_a", "tickets.report", {**report, "contact_name": "小王"})).number


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"named": "ZY-0001"}, "device_unknown"),
        ({"named": "06921234567890"}, "device_ambiguous"),
        ({"named": "06921234567891"}, "barcode_check_digit"),
        ({"named": "SB-0001", "device": "pump_a"}, "invalid_input"),
        ({"named": ""}, "invalid_input"),
        ({"named": 1001.5}, "invalid_input"),
        ({"fault_code": "no blanks"}, "invalid_input"),
        ({"decontamination": "dirty"}, "invalid_input"),
        ({"place_note": "x" * 121}, "invalid_input"),
        ({"access_windows": [(2, 1)]}, "invalid_input"),
        ({"access_windows": [(-3, -1)]}, "invalid_input"),
        ({"access_windows": [["2030-01-01T00:00:00Z"]]}, "invalid_input"),
    ],
)
async def test_a_wrong_report_is_refused_and_changes_nothing(cast, wrong, code):
    if wrong.get("device"):
        wrong = {**wrong, "device": cast.device_id(wrong["device"])}
    if isinstance(wrong.get("access_windows", [None])[0], tuple):
        wrong = {"access_windows": [window(*hours) for hours in wrong["access_windows"]]}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("nurse_a", "tickets.report", {"symptom": "报警", **wrong})
    assert refused.value.code == code


async def test_what_was_not_asked_is_told_later(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    first = await cast.run("nurse_a", "tickets.report", report)
    free, happened = window(1, 2), iso(now() - timedelta(hours=3))
    told = {"ticket": first.ticket, "place_note": "治疗室", "access_windows": [free], "happened_at": happened}
    told |= {"place": cast.place_id("ward_a"), "fault_code": "ALM"}
    amended = await cast.run("nurse_a", "tickets.amend_report", told, expected_version=first.version)
    assert amended.version == first.version + 1
    clinical, people = (
        await stored(cast, first.ticket, TicketClinical),
        await stored(cast, first.ticket, TicketPeople, "vendor_v"),
    )
    assert (clinical.access_windows, iso(clinical.happened_at), clinical.fault_code) == ([free], happened, "ALM")
    assert (people.place_note, people.contact_name) == ("治疗室", "王护士")
    async with unchanged():
        foreign = {"ticket": first.ticket, "place": cast.place_id("ward_b")}
        for who, given, code in (
            ("vendor_v", told, "wrong_part"),
            ("technician_v", told, "forbidden"),
            ("nurse_b", told, "not_found"),
            ("nurse_a", foreign, "not_found"),
            ("nurse_a", {**told, "access_windows": [window(-2, -1)]}, "invalid_input"),
            ("nurse_a", {**told, "happened_at": iso(now() + timedelta(days=1))}, "invalid_input"),
            ("nurse_a", {**told, "contact_name": ""}, "invalid_input"),
        ):
            with pytest.raises(DomainError, match=code):
                await cast.run(who, "tickets.amend_report", given)
        with pytest.raises(DomainError, match="stale_version"):
            await cast.run("nurse_a", "tickets.amend_report", told, expected_version=first.version)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": first.ticket})
    async with unchanged():
        with pytest.raises(DomainError, match="ticket_closed"):
            await cast.run("nurse_a", "tickets.amend_report", told)


async def test_telling_nothing_changes_nothing(cast):
    ticket = (await cast.run("nurse_a", "tickets.report", {"symptom": "报警"})).ticket
    before = (await stored(cast, ticket)).version
    assert (await cast.run("nurse_a", "tickets.amend_report", {"ticket": ticket})).version == before
