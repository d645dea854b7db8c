"""The demo's content is complete, consistent and the same each time."""

from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest

from mendline.app.demo import demo_folder, demo_package
from mendline.devices import parse_identifier
from mendline.devices.codes.gs1 import check_digit_fits

TODAY = date(2026, 11, 22)
DEMO = demo_package().demo(TODAY)


def keys(kind: str) -> set[str]:
    return {each.key for each in getattr(DEMO, kind)}


@pytest.mark.parametrize(
    "kind",
    [
        "organisations",
        "places",
        "members",
        "api_keys",
        "models",
        "devices",
        "contracts",
        "agreements",
        "closed",
        "open",
    ],
)
def test_keys_are_unique(kind):
    assert len(keys(kind)) == len(getattr(DEMO, kind)) > 0


def test_the_cast():
    kinds = Counter(organisation.kind for organisation in DEMO.organisations)
    assert kinds == {"hospital": 2, "manufacturer": 1, "vendor": 2, "testing_body": 1}
    technicians = [m for m in DEMO.members if m.latitude is not None]
    assert len(technicians) == 12
    assert all(29.9 < m.latitude < 30.5 and 119.8 < m.longitude < 120.5 for m in technicians)
    assert len(DEMO.devices) == 60
    assert len(DEMO.closed) == 300
    assert {ticket.state for ticket in DEMO.open} == {
        "reported", "offered", "en_route", "working", "waiting_parts", "finished",
    }  # fmt: skip


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), TODAY, date(2031, 7, 7)])
def test_the_same_day_gives_the_same_demo_and_every_day_works(today):
    package = demo_package()
    assert package.demo(today) == package.demo(today)
    assert package.demo(today).devices != package.demo(today, seed=2).devices


def test_models_have_valid_gtins_of_their_own():
    assert len({model.gtin for model in DEMO.models}) == len(DEMO.models)
    assert all(len(model.gtin) == 14 and check_digit_fits(model.gtin) for model in DEMO.models)


def test_every_label_string_parses_back_to_its_device():
    models = {model.key: model for model in DEMO.models}
    for device in DEMO.devices:
        first = parse_identifier("]d2" + device.label_text)[0]
        assert (first.device_identifier, first.serial, first.lot, first.manufactured) == (
            models[device.model].gtin,
            device.serial,
            device.lot,
            device.manufactured,
        )
        [sticker] = parse_identifier(device.link)
        assert sticker.asset == device.asset


def test_references_lead_somewhere():
    organisations, places, members, devices = keys("organisations"), keys("places"), keys("members"), keys("devices")
    for place in DEMO.places:
        assert place.organisation in organisations
        assert place.parent is None or place.parent in places
    for member in DEMO.members:
        assert member.organisation in organisations
        assert member.place is None or member.place in places
    for device in DEMO.devices:
        assert device.model in keys("models")
        assert device.place in places
    for contract in DEMO.contracts:
        assert contract.devices
        assert {contract.hospital, contract.vendor} <= organisations
        assert set(contract.devices) <= devices
    for agreement in DEMO.agreements:
        assert {agreement.grantor, agreement.grantee} <= organisations
        assert set(agreement.models) <= keys("models")
    for proof in DEMO.qualifications:
        assert proof.member in members
        assert (proof.model is None) != (proof.device_class is None)
    for ticket in (*DEMO.closed, *DEMO.open):
        assert ticket.device in devices
        assert ticket.reporter in members
        assert ticket.engineer is None or ticket.engineer in members
        assert ticket.provider is None or ticket.provider in organisations
    assert {shift.member for shift in DEMO.shifts} == {m.key for m in DEMO.members if m.latitude is not None}


def test_people_can_be_told_apart():
    chats = [(chat.channel, chat.team_id, chat.user_id) for member in DEMO.members for chat in member.chats]
    assert len(set(chats)) == len(chats)
    assert len({member.email for member in DEMO.members}) == len(DEMO.members)
    assert all(member.phone.startswith("+86 100 0000") for member in DEMO.members)
    teams = {organisation.key: organisation.slack_team for organisation in DEMO.organisations}
    for member in DEMO.members:
        for chat in member.chats:
            assert chat.team_id == (teams[member.organisation] if chat.channel == "slack" else None)
            assert chat.channel == "telegram" or chat.team_id
        assert member.chats or member.password_login


def test_every_organisation_has_an_admin_and_every_ward_a_manager():
    for organisation in DEMO.organisations:
        assert any(m.organisation == organisation.key and "admin" in m.roles for m in DEMO.members)
    for place in DEMO.places:
        if place.kind == "nursing_unit":
            assert any(m.place == place.key and "ward_manager" in m.roles for m in DEMO.members)


def test_closed_tickets_tell_a_possible_story():
    midnight = datetime.combine(TODAY, time()).astimezone(DEMO.closed[0].closed_at.tzinfo)
    by_key = {ticket.key: ticket for ticket in DEMO.closed}
    managers = {m.key for m in DEMO.members if "ward_manager" in m.roles}
    for ticket in DEMO.closed:
        steps = [
            ticket.occurred_at, ticket.triaged_at, ticket.accepted_at, ticket.arrived_at, ticket.finished_at,
            ticket.ward_signed_at, ticket.technical_signed_at, ticket.closed_at,
        ]  # fmt: skip
        assert steps == sorted(steps)
        assert ticket.closed_at < midnight
        assert ticket.occurred_at > midnight - timedelta(days=367)
        assert ticket.ward_signatory in managers
        assert ticket.technical_signatory != ticket.engineer
        if ticket.repeat_of:
            first = by_key[ticket.repeat_of]
            assert (first.device, first.fault) == (ticket.device, ticket.fault)
            assert timedelta() < ticket.occurred_at - first.closed_at < timedelta(days=30)
    assert [ticket.occurred_at for ticket in DEMO.closed] == sorted(ticket.occurred_at for ticket in DEMO.closed)
    assert sum(ticket.repeat_of is not None for ticket in DEMO.closed) >= 10
    assert {ticket.locale for ticket in DEMO.closed} == {"zh", "en"}


def test_vendors_sent_qualified_people():
    proofs = {(q.member, q.model or q.device_class): q.expires for q in DEMO.qualifications}
    models = {device.key: device.model for device in DEMO.devices}
    for ticket in DEMO.closed:
        if ticket.provider != ticket.hospital:
            assert proofs[ticket.engineer, models[ticket.device]] > ticket.occurred_at.date()


def test_open_tickets_have_begun_and_leave_the_story_alone():
    midnight = datetime.combine(TODAY, time()).astimezone(DEMO.open[0].occurred_at.tzinfo)
    for ticket in DEMO.open:
        moments = [ticket.occurred_at, ticket.offered_at, ticket.accepted_at, ticket.arrived_at]
        moments += [ticket.paused_at, ticket.finished_at]
        happened = [moment for moment in moments if moment]
        assert happened == sorted(happened)
        assert happened[-1] < midnight
    assert len({ticket.device for ticket in DEMO.open} | {DEMO.story.device}) == 7


def test_the_story_can_be_played_at_any_hour():
    story = DEMO.story
    device = next(each for each in DEMO.devices if each.key == story.device)
    assert device.warranty_until < TODAY
    assert [c.vendor for c in DEMO.contracts if device.key in c.devices and c.straight_to_vendor] == [story.vendor]
    assert any(ticket.device == device.key for ticket in DEMO.closed)
    people = {member.key: member for member in DEMO.members}
    assert device.place.startswith(people[story.nurse].place)
    assert people[story.nurse].place == people[story.ward_manager].place
    assert [people[key].chats[0].channel for key in (story.nurse, story.ward_manager, story.clinical_engineer)] == [
        "telegram", "telegram", "slack",
    ]  # fmt: skip
    assert people[story.dispatcher].password_login
    qualified = {q.member for q in DEMO.qualifications if q.model == device.model and q.expires > TODAY}
    for hour in range(7 * 24):
        day, clock = divmod(hour, 24)
        assert any(
            shift.member in qualified and shift.member.startswith(story.vendor) and _covers(shift, day, time(clock))
            for shift in DEMO.shifts
        ), f"nobody on day {day} at {clock}"


def _covers(shift, day: int, clock: time) -> bool:
    if shift.starts < shift.ends:
        return day in shift.weekdays and shift.starts <= clock < shift.ends
    return (day in shift.weekdays and clock >= shift.starts) or ((day - 1) % 7 in shift.weekdays and clock < shift.ends)


def test_label_photos_are_written_once(tmp_path):
    few = type(DEMO)(**{name: getattr(DEMO, name) for name in DEMO.__struct_fields__} | {"devices": DEMO.devices[:2]})
    write_labels = demo_package().write_labels
    paths = write_labels(few, tmp_path / "labels")
    assert [path.name for path in paths] == [f"{device.asset}.jpg" for device in few.devices]
    written = [path.stat().st_mtime_ns for path in paths]
    assert [path.stat().st_mtime_ns for path in write_labels(few, tmp_path / "labels")] == written


def test_the_demo_is_found_beside_the_source_roots():
    assert (demo_folder() / "content.py").is_file()
