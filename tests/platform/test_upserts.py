"""Upserts by external reference: a number of a system outside finds its row again, once, however often it is sent."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from mendline.kernel import DomainError
from support.cast import Cast
from support.database import look, unchanged

HIS = {"system": "HIS", "number": "2026/7"}
WORDS = {"zh": "名", "en": "Name"}


def inputs(cast: Cast) -> dict[str, tuple[str, str, dict[str, Any], dict[str, Any], str]]:
    """By table: who puts it, the command, its input, the fields that change, and the column that shows them."""
    model = {"name": WORDS, "manufacturer": WORDS, "device_class": "pump"}
    contract = {"provider": cast.organisation_id("vendor_v"), "starts_on": "2026-01-01", "ends_on": "2027-01-01"}
    place = {"kind": "bed", "name": WORDS}
    member = {"name": "甲", "roles": ["reporter"]}
    agreement = {"organisation": cast.organisation_id("vendor_w"), "part": "participant", "groups": ["quality"]}
    partner = {"organisation": cast.organisation_id("vendor_v"), "kind": "vendor", "name": WORDS}
    return {
        "device_model": ("engineer_a", "devices.upsert_model", model, {"model_number": ""}, "model_number"),
        "contract": ("engineer_a", "devices.upsert_contract", contract, {"title": ""}, "title"),
        "place": ("admin_a", "tenants.upsert_place", place, {"name": {"zh": ""}}, "name"),
        "member": ("admin_a", "tenants.upsert_member", member, {"login": ""}, "login"),
        "agreement": (
            "engineer_a",
            "tenants.upsert_agreement",
            agreement,
            {"device_classes": [""]},
            "device_classes",
        ),
        "partner": ("admin_a", "tenants.upsert_partner", partner, {"code": ""}, "code"),
        "device": ("engineer_a", "devices.upsert_device", {"model": "MODEL"}, {"asset_number": ""}, "asset_number"),
    }


TABLES = ("device_model", "contract", "place", "member", "agreement", "partner", "device")


async def put(cast: Cast, table: str, word: str, **reference: Any) -> Any:
    """Puts a row with this word in the column that changes."""
    who, command, fixed, changing, _ = inputs(cast)[table]
    if fixed.get("model") == "MODEL":
        given = {"name": WORDS, "manufacturer": WORDS, "device_class": "pump", "model_number": "of devices"}
        fixed = {"model": (await cast.run("engineer_a", "devices.upsert_model", given)).model}
    changed = {name: _shaped(value, word) for name, value in changing.items()}
    return await cast.run(who, command, {**fixed, **changed, **reference})


def _shaped(value: Any, word: str) -> Any:
    if isinstance(value, dict):
        return dict.fromkeys(value, word)
    return [word] if isinstance(value, list) else word


def _word(value: Any) -> Any:
    if isinstance(value, dict):
        return value["zh"]
    return value[0] if isinstance(value, list) else value


async def stored(cast: Cast, table: str) -> list[Any]:
    """What the rows with the reference hold in the column that changes."""
    column = inputs(cast)[table][-1]
    rows = await look(
        f'SELECT "{column}" FROM "{table}" WHERE tenant_id = $1 AND system = $2 AND number = $3',
        cast["hospital_a"],
        *HIS.values(),
    )
    return [_word(row[0]) for row in rows]


@pytest.mark.parametrize("table", TABLES)
async def test_the_second_time_changes_the_first_ones_row(cast: Cast, table: str) -> None:
    first = await put(cast, table, "one", **HIS)
    assert await stored(cast, table) == ["one"]
    second = await put(cast, table, "two", **HIS)
    assert await stored(cast, table) == ["two"]
    assert next(iter(_ids(first))) == next(iter(_ids(second)))


@pytest.mark.parametrize("table", TABLES)
async def test_two_at_once_are_one_row(cast: Cast, table: str) -> None:
    answers = await asyncio.gather(*(put(cast, table, f"word {n}".replace(" ", "-"), **HIS) for n in range(6)))
    assert len(await stored(cast, table)) == 1
    assert len({tuple(_ids(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("table", ["device_model", "contract"])
async def test_two_at_once_without_a_reference_are_one_row(cast: Cast, table: str) -> None:
    await asyncio.gather(*(put(cast, table, "same") for _ in range(6)))
    column = inputs(cast)[table][-1]
    rows = await look(f'SELECT "{column}" FROM "{table}" WHERE tenant_id = $1', cast["hospital_a"])
    assert Counter(row[0] for row in rows)["same"] == 1


@pytest.mark.parametrize("table", TABLES)
async def test_half_a_reference_is_refused(cast: Cast, table: str) -> None:
    if table == "device":
        await put(cast, table, "makes the model")
    for half in ("system", "number"):
        async with unchanged("device_model", "organisation_audit") if table == "device" else unchanged():
            with pytest.raises(DomainError) as refused:
                await put(cast, table, "half", **{half: "x"})
        assert refused.value.facts["problem"] == "half_a_reference"


async def test_two_organisations_may_use_the_same_number(cast: Cast) -> None:
    await put(cast, "place", "one", **HIS)
    given = {"kind": "bed", "name": WORDS, **HIS}
    await cast.run("admin_b", "tenants.upsert_place", given)
    assert len(await stored(cast, "place")) == 1


async def test_a_partner_cannot_take_anothers_number(cast: Cast) -> None:
    await put(cast, "partner", "one", **HIS)
    other = {"organisation": cast.organisation_id("vendor_w"), "code": "W", "kind": "vendor", "name": WORDS, **HIS}
    async with unchanged():
        with pytest.raises(DomainError, match="already_exists"):
            await cast.run("admin_a", "tenants.upsert_partner", other)


async def test_the_same_report_is_one_ticket(cast: Cast) -> None:
    """A hospital's own system sends a report again when it heard no answer, and may send it twice at once."""
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", **HIS}
    answers = await asyncio.gather(*(cast.run("nurse_a", "tickets.report", report) for _ in range(5)))
    again = await cast.run("engineer_a", "tickets.report", {"symptom": "报警, 第二遍", **HIS})
    assert len({answer.ticket for answer in [*answers, again]}) == 1
    rows = await look("SELECT system, external_number FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert [tuple(row) for row in rows] == [("HIS", "2026/7")]
    other = await cast.run("nurse_a", "tickets.report", {**report, "number": "2026/8"})
    assert other.ticket != again.ticket


async def test_half_a_reference_opens_no_ticket(cast: Cast) -> None:
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input"):
            await cast.run("nurse_a", "tickets.report", {"symptom": "报警", "system": "HIS"})


def _ids(result: Any) -> list[str]:
    return [
        value for name in result.__struct_fields__ if isinstance(value := getattr(result, name), str) and "_" in value
    ]
