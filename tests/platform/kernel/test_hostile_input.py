"""Input that Postgres cannot store, races that it refuses and times that nobody may claim get an answer in words."""

import asyncio
from datetime import datetime, timedelta

import pytest

from mendline.kernel import NIL, DomainError, now, opaque, parse_opaque
from support.database import look, unchanged


@pytest.fixture
def report(cast):
    return {"device": cast.device_id("pump_a"), "symptom": "报警"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"symptom": "a\0b"}, "symptom"),
        ({"symptom": "\ud800"}, "symptom"),
        ({"contact_name": "王\0"}, "contact_name"),
        ({"happened_at": datetime(2026, 1, 1)}, "happened_at"),
        ({"happened_at": "2026-01-01T00:00:00"}, "happened_at"),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, "happened_at"),
        ({"access_windows": [["2026-01-01T00:00:00Z", "2026-01-01T00:00:00"]]}, "access_windows[0][1]"),
        ({"access_windows": [["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]] * 21}, "access_windows"),
        ({"symptom": [[]]}, "symptom"),
    ],
)
async def test_what_cannot_be_stored_is_named(cast, report, wrong, field):
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("nurse_a", "tickets.report", {**report, **wrong})
    assert refused.value.facts["field"] == field


async def test_a_struct_is_looked_at_as_closely_as_a_dict(cast):
    from mendline.tickets import ReportFault

    with pytest.raises(DomainError, match="invalid_input"):
        await cast.run("nurse_a", "tickets.report", ReportFault(symptom="\0"))


@pytest.mark.parametrize("key", ["\0", "k\ud800", "", "x" * 201])
async def test_a_key_that_cannot_be_stored_is_refused(cast, report, key):
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("nurse_a", "tickets.report", report, key=key)
    assert refused.value.facts["field"] == "idempotencyKey"


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), None], ids=["the future", "no zone"])
async def test_nobody_claims_the_future_or_a_time_without_a_zone(cast, report, ahead):
    claimed = now() + ahead if ahead else datetime(2026, 1, 1)
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refused:
            await cast.run("nurse_a", "tickets.report", report, occurred_at=claimed)
    assert refused.value.facts["field"] == "occurredAt"


def test_an_id_has_one_spelling():
    text = opaque("tk", NIL, NIL)
    assert parse_opaque("tk", text) == (NIL, NIL)
    for other in (text[:-1] + "B", text.replace("A", "+", 1), text + "=", "dv" + text[2:]):
        with pytest.raises(DomainError, match="not_found"):
            parse_opaque("tk", other)


async def test_two_who_put_the_same_row_at_once_both_succeed(cast):
    model = {
        "name": {"zh": "泵", "en": "Pump"},
        "manufacturer": {"zh": "迈康", "en": "M"},
        "model_number": "IP-300",
        "device_class": "infusion_pump",
    }
    made = await cast.run("engineer_a", "devices.upsert_model", model)
    unit = {"asset_number": "SB-7777", "model": made.model}
    answers = await asyncio.gather(*(cast.run("engineer_a", "devices.upsert_device", unit) for _ in range(6)))
    assert len({answer.device for answer in answers}) == 1


async def test_a_number_that_another_row_has_is_refused_in_words(cast):
    (known,) = await look("SELECT model_id, id FROM device WHERE id = $1", cast.devices["pump_a"])
    unit = {"model": opaque("md", cast["hospital_a"], known["model_id"]), "system": "cmms", "number": "7"}
    await cast.run("engineer_a", "devices.upsert_device", {**unit, "asset_number": "SB-8001"})
    await cast.run("engineer_a", "devices.upsert_device", {**unit, "number": "8", "asset_number": "SB-8002"})
    async with unchanged():
        with pytest.raises(DomainError, match="already_exists"):
            await cast.run("engineer_a", "devices.upsert_device", {**unit, "number": "8", "asset_number": "SB-8001"})


async def test_who_sees_one_ticket_of_a_command_does_not_hear_of_the_other(cast):
    black = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    parent = (await cast.run("nurse_a", "tickets.report", black)).ticket
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_w")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    told = await look(
        "SELECT payload->>'ticket' AS ticket, visible_to FROM outbox WHERE tenant_id = $1 AND name = 'tickets.changed'"
        " AND payload->>'command' = 'tickets.pass_on'",
        cast["hospital_a"],
    )
    told = {row["ticket"]: set(row["visible_to"]) for row in told}
    assert told[str(parse_opaque("tk", parent).id)] == {cast["hospital_a"]}
    assert told[str(parse_opaque("tk", child).id)] == {cast["hospital_a"], cast["vendor_w"]}
