"""Regulatory documents: found by their number, warned of before their end, replaced and withdrawn but never deleted."""

from datetime import date, timedelta
from typing import Any

import pytest

from mendline.devices.papers.document_warnings import moments
from mendline.kernel import DomainError, now
from support.cast import Cast
from support.database import look, unchanged


def day(days: int) -> str:
    return (now() + timedelta(days=days)).date().isoformat()


async def put(cast: Cast, number: str = "国械注准20243140001", **facts: Any) -> Any:
    subject = facts.pop("subject", {"device": cast.device_id("pump_a")})
    given = {"kind": "registration_certificate", "number": number, "expires_on": day(200), **subject, **facts}
    return await cast.run("engineer_a", "devices.upsert_document", given)


async def refused(cast: Cast, code: str, **facts: Any) -> None:
    async with unchanged():
        with pytest.raises(DomainError) as caught:
            await put(cast, **facts)
    assert caught.value.code == code, caught.value


async def told(cast: Cast) -> list[int]:
    rows = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'devices.document_expires' ORDER BY id",
        cast["hospital_a"],
    )
    return [row[0]["days_left"] for row in rows]


async def timers(cast: Cast) -> list[Any]:
    return await look(
        "SELECT due_at FROM timer WHERE tenant_id = $1 AND name = 'devices.warn_of_document' AND completed_at IS NULL",
        cast["hospital_a"],
    )


def test_people_are_told_in_the_morning_of_each_day_and_at_the_end() -> None:
    told = [(str(at), n) for at, n in moments(date(2026, 3, 31), (7, 30, 30), "Asia/Shanghai")]
    assert told == [
        ("2026-03-01 08:00:00+08:00", 30),
        ("2026-03-24 08:00:00+08:00", 7),
        ("2026-04-01 08:00:00+08:00", -1),
    ]


async def test_a_document_that_ends_soon_is_told_of_once(cast: Cast) -> None:
    first = await put(cast, expires_on=day(20))
    await cast.drain()
    assert len(await told(cast)) == 1
    (next_time,) = await timers(cast)
    assert next_time[0] > now() + timedelta(days=10)
    await cast.run("hospital_a", "devices.warn_of_document", {"document": first.document})
    assert len(await told(cast)) == 1, "of the same day nobody is told twice"
    await put(cast, expires_on=day(400))
    await cast.drain()
    assert len(await told(cast)) == 1
    (next_time,) = await timers(cast)
    assert next_time[0] > now() + timedelta(days=300)


async def test_the_organisation_says_how_long_before(cast: Cast) -> None:
    await cast.run("admin_a", "tenants.set_policy", {"name": "document_warnings", "value": [180]})
    await put(cast, expires_on=day(100))
    await cast.drain()
    assert len(await told(cast)) == 1


async def test_nobody_is_told_of_what_was_replaced_or_withdrawn(cast: Cast) -> None:
    old = await put(cast, "OLD", expires_on=day(200))
    new = await put(cast, "NEW", expires_on=day(800), replaces=old.document)
    assert len(await timers(cast)) == 1
    await cast.run("engineer_a", "devices.withdraw_document", {"document": new.document, "reason": "错录"})
    assert await timers(cast) == []
    await refused(cast, "document_withdrawn", number="OLD")
    async with unchanged():
        with pytest.raises(DomainError, match="document_withdrawn"):
            await cast.run("engineer_a", "devices.withdraw_document", {"document": new.document, "reason": "再"})


async def test_a_verification_certificate_says_when_its_device_is_due(cast: Cast) -> None:
    certificate = {"kind": "verification_certificate", "issued_on": day(-300)}
    await put(cast, "V1", **certificate, expires_on=day(65))
    latest = await put(cast, "V2", kind="verification_certificate", issued_on=day(-10), expires_on=day(355))
    due = "SELECT verified_on, verification_due_at FROM device WHERE id = $1"
    (row,) = await look(due, cast.devices["pump_a"])
    assert row[0].isoformat() == day(-10)
    assert row[1] > now() + timedelta(days=350)
    await cast.run("engineer_a", "devices.withdraw_document", {"document": latest.document, "reason": "错录"})
    (row,) = await look(due, cast.devices["pump_a"])
    assert row[0].isoformat() == day(-300)


async def test_bad_documents_change_nothing(cast: Cast) -> None:
    await refused(cast, "invalid_input", subject={})
    await refused(cast, "invalid_input", issued_on=day(300))
    await refused(cast, "invalid_input", kind="birthday_card")
    await refused(cast, "invalid_input", expires_on="soon")
    await refused(cast, "not_found", subject={"device": cast.device_id("pump_b")})
    await refused(cast, "not_found", subject={"organisation": cast.organisation_id("hospital_b")})
    known = await put(cast, subject={"organisation": cast.organisation_id("vendor_v")})
    await refused(cast, "document_replaces_itself", replaces=known.document)
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            gone = {"document": known.document, "reason": "x"}
            await cast.run("engineer_b", "devices.withdraw_document", gone)
