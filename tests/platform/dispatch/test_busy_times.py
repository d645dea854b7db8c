"""Busy times across organisations: spans and nothing else, by consent, gone at once when it is withdrawn."""

from datetime import UTC, datetime, timedelta

import pytest

from mendline.dispatch import BusyConsent, BusyElsewhere, available
from mendline.kernel import DomainError, frozen, gateway, now, opaque, rows, run, transaction
from mendline_tenants import ChatIdentity, ask_and_wait, system_actor
from support.database import look, unchanged

SECRET = "金丝雀：去别家面试"


async def linked(cast, who, account, of):
    async with gateway():
        identity = ChatIdentity(tenant_id=cast[of], channel="telegram", account=account, chat=account)
        identity.status = "suspended"  # linked, but not to be reached: nothing is sent in these tests
        identity.member_id = cast.members[who]
        await rows.insert(identity)


@pytest.fixture
async def both(cast):
    """technician_v of vendor V and technician_w of vendor W are one person: the same chat account."""
    account = cast["vendor_v"].hex
    await linked(cast, "technician_v", account, "vendor_v")
    await linked(cast, "technician_w", account, "vendor_w")
    return cast


def share(cast):
    return ask_and_wait(
        cast.actor("technician_v"), "dispatch.share_busy_times", {"organisation": cast.organisation_id("vendor_w")}
    )


BEGINS = (now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
AWAY = {"kind": "sick", "starts_at": BEGINS, "ends_at": BEGINS + timedelta(hours=3), "reason": SECRET}


async def known_there(cast):
    async with transaction(cast["vendor_w"]):
        return await rows.select(BusyElsewhere, "tenant_id = $1", cast["vendor_w"])


async def free_there(cast):
    who = cast.members["technician_w"]
    async with transaction(cast["vendor_w"]):
        found = await available(cast["vendor_w"], [who], BEGINS - timedelta(hours=1), BEGINS + timedelta(hours=4))
    return [(span.begins, span.ends) for span in found[who]]


ALL_FREE = [(BEGINS - timedelta(hours=1), BEGINS + timedelta(hours=4))]
LESS_THREE_HOURS = [
    (BEGINS - timedelta(hours=1), BEGINS),
    (BEGINS + timedelta(hours=3), BEGINS + timedelta(hours=4)),
]


async def consent(cast):
    async with transaction(cast["vendor_v"]):
        (row,) = await rows.select(BusyConsent, "tenant_id = $1", cast["vendor_v"])
    return row


async def test_spans_are_known_there_and_no_contents(both):
    cast = both
    await cast.run("technician_v", "dispatch.ask_absence", AWAY)
    assert await free_there(cast) == ALL_FREE, "nothing without consent"
    assert (await share(cast)).shared
    assert await free_there(cast) == LESS_THREE_HOURS
    (row,) = await known_there(cast)
    assert row.spans == [[int(AWAY["starts_at"].timestamp()), int(AWAY["ends_at"].timestamp())]]
    tables = await look(
        "SELECT c.table_name FROM information_schema.columns c JOIN pg_tables t ON t.tablename = c.table_name"
        " WHERE c.table_schema = 'public' AND c.column_name = 'tenant_id'"
    )
    for (table,) in tables:
        (all_rows,) = await look(
            f"SELECT coalesce(string_agg(to_jsonb(x)::text, ' '), '') FROM \"{table}\" x WHERE tenant_id = $1",
            cast["vendor_w"],
        )
        for word in (SECRET, "sick", "技师郑", str(cast.members["technician_v"])):
            assert word not in all_rows[0], f"{table} of the other organisation holds {word}"


async def test_what_comes_later_is_told_by_itself(both):
    cast = both
    await share(cast)
    assert await free_there(cast) == ALL_FREE
    made = await cast.run("technician_v", "dispatch.ask_absence", AWAY)
    await cast.drain()
    await cast.drain()
    assert await free_there(cast) == LESS_THREE_HOURS
    await cast.run("technician_v", "dispatch.cancel_absence", {"absence": made.absence})
    await cast.drain()
    await cast.drain()
    assert await free_there(cast) == ALL_FREE


async def test_jobs_in_hand_are_told_by_the_clock(both):
    cast = both
    await share(cast)
    report = {"device": cast.device_id("pump_a"), "symptom": SECRET, "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    given = {"ticket": ticket, "technician": cast.member_id("technician_v")}
    await cast.run("dispatcher_v", "dispatch.offer_job", given)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("technician_v", "fieldwork.set_eta", {"ticket": ticket, "minutes": 60})
    with frozen(now() + timedelta(minutes=6)):
        await cast.drain()
        await cast.drain()
    (row,) = await known_there(cast)
    ((begins, ends),) = row.spans
    assert ends - begins in (2 * 3600, 2 * 3600 + 60), "two hours, in whole minutes"
    assert abs(datetime.fromtimestamp(begins, UTC) - now() - timedelta(minutes=60)) < timedelta(minutes=2)


async def test_withdrawing_removes_at_once_and_nothing_old_comes_back(both):
    cast = both
    await cast.run("technician_v", "dispatch.ask_absence", AWAY)
    await share(cast)
    given = await consent(cast)
    (old,) = await known_there(cast)
    withdrawn = await ask_and_wait(
        cast.actor("technician_v"),
        "dispatch.withdraw_busy_times",
        {"consent": opaque("bc", given.tenant_id, given.id)},
    )
    assert not withdrawn.shared
    assert await free_there(cast) == ALL_FREE
    assert [row.spans for row in await known_there(cast)] == [[]]
    assert (await consent(cast)).told == []
    late = {
        "consent": str(given.id),
        "version": old.numbered,
        "accounts": [{"channel": "telegram", "workspace": "", "account": cast["vendor_v"].hex}],
        "spans": old.spans,
    }
    asked = system_actor(cast["vendor_w"], asked_by=cast["vendor_v"])
    assert not (await run(asked, "dispatch.take_busy_times", late)).shared, "an errand that was overtaken"
    assert [row.spans for row in await known_there(cast)] == [[]]
    await cast.run(
        "technician_v",
        "dispatch.ask_absence",
        {**AWAY, "starts_at": AWAY["ends_at"], "ends_at": BEGINS + timedelta(hours=9)},
    )
    with frozen(now() + timedelta(minutes=30)):
        await cast.drain()
    assert [row.spans for row in await known_there(cast)] == [[]]


async def test_who_is_known_no_longer_is_told_of_no_longer(both):
    cast = both
    await cast.run("technician_v", "dispatch.ask_absence", AWAY)
    await share(cast)
    assert await free_there(cast) == LESS_THREE_HOURS
    await cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id("technician_v")})
    with frozen(now() + timedelta(minutes=6)):
        await cast.drain()
        await cast.drain()
    assert await free_there(cast) == ALL_FREE
    assert (await consent(cast)).withdrawn_at is not None


async def test_an_account_that_nobody_has_there_is_refused_as_a_stranger_and_the_consent_ends(cast):
    await linked(cast, "technician_v", cast["vendor_v"].hex, "vendor_v")
    with pytest.raises(DomainError, match="not_found"):
        await share(cast)
    assert await known_there(cast) == []
    with frozen(now() + timedelta(minutes=6)):
        await cast.drain()
    assert (await consent(cast)).withdrawn_at is not None


async def test_another_organisation_cannot_touch_what_it_did_not_tell(both):
    cast = both
    await share(cast)
    given = await consent(cast)
    forged = {"consent": str(given.id), "version": 99, "accounts": [], "spans": []}
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await run(system_actor(cast["vendor_w"], asked_by=cast["hospital_a"]), "dispatch.take_busy_times", forged)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("technician_v2", "no_chat_account"),
        ("unit_a", "nobody_meant"),
        ("vendor_v", "nobody_meant"),
        ("analyst_m", "forbidden"),
    ],
)
async def test_only_a_person_consents_and_only_for_itself(both, who, code):
    cast = both
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, "dispatch.share_busy_times", {"organisation": cast.organisation_id("vendor_w")})
    assert refused.value.code == code


async def test_nobody_withdraws_for_another(both):
    cast = both
    await share(cast)
    given = await consent(cast)
    async with unchanged():
        for who in ("dispatcher_v", "technician_v2", "technician_w"):
            with pytest.raises(DomainError, match="not_found"):
                await cast.run(
                    who, "dispatch.withdraw_busy_times", {"consent": opaque("bc", given.tenant_id, given.id)}
                )
        with pytest.raises(DomainError, match="not_found"):
            await cast.run(
                "technician_v", "dispatch.share_busy_times", {"organisation": cast.organisation_id("vendor_v")}
            )
