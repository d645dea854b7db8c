"""A quotation is offered by the provider and answered by the hospital; each revision stays; bad ones change nothing."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from mendline.kernel import DomainError, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.tickets import Quotation, QuotationOutcome, Ticket, TicketClock, TicketCommercial
from mendline_tenants import ask_and_wait
from support.database import look, unchanged

LINES = [{"text": "更换探头", "unit_amount": 1_250_000}, {"text": "人工", "unit_amount": 30_000, "quantity": 4}]


def offer(ticket, **other):
    valid = (now() + timedelta(days=7)).isoformat()
    return {"ticket": ticket, "currency": "CNY", "lines": LINES, "valid_until": valid, **other}


async def outside(cast):
    """A ticket that triage has sent outside, passed on to vendor V: (parent, child)."""
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    report = {"device": cast.device_id("pump_a"), "symptom": "进液"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("engineer_a", "tickets.triage", {"ticket": parent, "route": "outside", "reason": "使用不当"})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    return parent, (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket


async def stored(cast, ticket, model=Ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.find(model, *parse_opaque("tk", ticket))


async def all_of(cast, model, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.select(model, "tenant_id = $1 ORDER BY recorded_at, id", cast["hospital_a"])


async def offer_job(cast, ticket):
    technician = cast.member_id("technician_v")
    return await cast.run("dispatcher_v", "dispatch.offer_job", {"ticket": ticket, "technician": technician})


async def test_what_triage_sends_outside_waits_for_an_approved_quotation(cast):
    parent, child = await outside(cast)
    assert (await stored(cast, parent)).state == "waiting"
    waiting = await stored(cast, child)
    assert (waiting.state, waiting.phase, waiting.waiting_for) == ("quotation", "waiting", "quotation")
    async with unchanged():
        with pytest.raises(DomainError, match="wrong_state"):
            await offer_job(cast, child)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    (kept,) = await all_of(cast, Quotation)
    assert (kept.amount, kept.currency, kept.revision, kept.resumes) == (1_370_000, "CNY", 1, "triaged")
    answered = await cast.run(
        "engineer_a", "tickets.answer_quotation", {"quotation": quoted.quotation, "approved": True}
    )
    assert answered.outcome == "approved"
    going_on = await stored(cast, child)
    assert (going_on.state, going_on.waiting_for) == ("triaged", None)
    assert (await offer_job(cast, child)).state == "offered"


async def test_a_refusal_leaves_room_for_a_new_offer(cast):
    _, child = await outside(cast)
    first = (await cast.run("desk_v", "tickets.quote", offer(child))).quotation
    answer = {"quotation": first, "approved": False}
    async with unchanged():
        with pytest.raises(DomainError, match="reason_needed"):
            await cast.run("engineer_a", "tickets.answer_quotation", answer)
    await cast.run("engineer_a", "tickets.answer_quotation", {**answer, "reason": "太贵"})
    assert (await stored(cast, child)).state == "quotation"
    second = await cast.run("desk_v", "tickets.quote", offer(child, lines=LINES[1:]))
    third = await cast.run("desk_v", "tickets.quote", offer(child, lines=LINES[:1], remark="含运费"))
    assert [q.revision for q in await all_of(cast, Quotation)] == [1, 2, 3]
    assert [o.outcome for o in await all_of(cast, QuotationOutcome)] == ["refused", "replaced"]
    async with unchanged():
        for closed, told in ((first, "refused"), (second.quotation, "replaced")):
            with pytest.raises(DomainError, match="quotation_closed") as refused:
                await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": closed, "approved": True})
            assert refused.value.facts["quotation"] == told
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": third.quotation, "approved": True})
    assert (await stored(cast, child)).state == "triaged"


async def test_a_validity_ends_within_the_minute_and_nobody_approves_it_after(cast):
    _, child = await outside(cast)
    until = now() + timedelta(hours=3)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child, valid_until=until.isoformat()))
    await cast.drain()
    assert await all_of(cast, QuotationOutcome) == []
    answer = {"quotation": quoted.quotation, "approved": True}
    with frozen(until + timedelta(seconds=1)):
        async with unchanged():
            with pytest.raises(DomainError, match="quotation_expired"):
                await cast.run("engineer_a", "tickets.answer_quotation", answer)
        await cast.drain()
        (outcome,) = await all_of(cast, QuotationOutcome)
        assert (outcome.outcome, outcome.author_org) == ("expired", cast["vendor_v"])
        assert (await stored(cast, child)).state == "quotation"
        again = await cast.run("desk_v", "tickets.quote", offer(child))
        await cast.run("engineer_a", "tickets.answer_quotation", {**answer, "quotation": again.quotation})
    assert (await stored(cast, child)).state == "triaged"


async def test_in_the_middle_of_the_work_it_interrupts_and_goes_on_where_it_was(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await offer_job(cast, ticket)
    for command in ("dispatch.accept_job", "fieldwork.arrive"):
        await cast.run("technician_v", command, {"ticket": ticket})
    quoted = await cast.run("dispatcher_v", "tickets.quote", offer(ticket))
    async with transaction(cast["hospital_a"]):
        clocks = await rows.select(TicketClock, "tenant_id = $1 AND clock = 'restoration'", cast["hospital_a"])
    assert [clock.state for clock in clocks] == ["paused"], "the clock is held back while the hospital decides"
    async with unchanged():
        with pytest.raises(DomainError, match="wrong_state"):
            await cast.run("technician_v", "fieldwork.wait", {"ticket": ticket, "reason": "parts"})
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": quoted.quotation, "approved": True})
    assert (await stored(cast, ticket)).state == "on_site"


@pytest.mark.parametrize("way", ["resume", "send_to_depot"])
async def test_no_way_to_the_device_goes_round_the_quotation(cast, way):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await offer_job(cast, ticket)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    decided = {"ticket": ticket, "entitlement": "outside", "reason": "使用不当"}
    await cast.run("engineer_a", "tickets.decide_entitlement", decided)
    await cast.run("technician_v", "fieldwork.wait", {"ticket": ticket, "reason": "customer"})
    async with unchanged():
        with pytest.raises(DomainError, match="quotation_needed"):
            await cast.run("technician_v", f"fieldwork.{way}", {"ticket": ticket})
    quoted = await cast.run("dispatcher_v", "tickets.quote", offer(ticket))
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": quoted.quotation, "approved": True})
    assert (await stored(cast, ticket)).state == "accepted"
    assert (await cast.run("technician_v", "fieldwork.arrive", {"ticket": ticket})).state == "on_site"


async def test_a_quotation_ends_with_its_ticket_and_who_has_the_job_hears_of_it(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await offer_job(cast, ticket)
    await cast.run("technician_v", "dispatch.accept_job", {"ticket": ticket})
    await cast.run("dispatcher_v", "tickets.quote", offer(ticket))
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket, "reason": "太贵"})
    (outcome,) = await all_of(cast, QuotationOutcome)
    assert (outcome.outcome, outcome.author_org, outcome.reason) == ("refused", cast["hospital_a"], "太贵")
    told = "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = $2 ORDER BY recorded_at"
    (called_off,) = await look(told, cast["hospital_a"], "tickets.called_off")
    assert (called_off["payload"]["state"], called_off["payload"]["provider"]) == ("cancelled", str(cast["vendor_v"]))
    moved = await look(told, cast["hospital_a"], "tickets.quotation_moved")
    assert [row["payload"]["what"] for row in moved] == ["ended"]
    with frozen(now() + timedelta(days=8)):
        await cast.drain()
    assert [o.outcome for o in await all_of(cast, QuotationOutcome)] == ["refused"], "it does not expire on top of that"


async def test_the_provider_may_do_without_one(cast):
    _, child = await outside(cast)
    await cast.run("desk_v", "tickets.quote", offer(child))
    dropped = await cast.run("desk_v", "tickets.drop_quotation", {"ticket": child, "reason": "厂家承担"})
    assert dropped.state == "triaged"
    assert [o.outcome for o in await all_of(cast, QuotationOutcome)] == ["withdrawn"]
    assert not (await stored(cast, child, TicketCommercial)).quotation_needed
    assert (await offer_job(cast, child)).state == "offered"


async def test_a_policy_makes_everything_outside_wait(cast):
    policy = {"name": "quotation", "value": "outside"}
    await cast.run("admin_a", "tenants.set_policy", policy)
    agreement = {"organisation": cast.organisation_id("vendor_w"), "part": "service_provider"}
    await cast.run("admin_a", "tenants.upsert_agreement", {**agreement, "groups": ["people", "clinical", "commercial"]})
    call = {"hospital": cast.organisation_id("hospital_a"), "device": "SB-0001", "symptom": "黑屏", "caller_name": "王"}
    ticket = (await ask_and_wait(cast.actor("dispatcher_w"), "tickets.report_for", call)).ticket
    async with unchanged():
        with pytest.raises(DomainError, match="quotation_needed"):
            technician = cast.member_id("technician_w")
            await cast.run("dispatcher_w", "dispatch.offer_job", {"ticket": ticket, "technician": technician})
        with pytest.raises(DomainError, match="quotation_needed"):
            await cast.run("dispatcher_w", "tickets.fix_remotely", {"ticket": ticket})
        with pytest.raises(DomainError, match="invalid_input"):
            await cast.run("admin_a", "tenants.set_policy", {**policy, "value": "always"})


async def test_a_subcontractor_is_paid_by_another_and_waits_for_none(cast):
    _, child = await outside(cast)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": quoted.quotation, "approved": True})
    asking = {"ticket": child, "subcontractor": cast.organisation_id("vendor_w"), "reason": "专业"}
    asked = await ask_and_wait(cast.actor("dispatcher_v"), "tickets.ask_subcontract", asking)
    granted = await cast.run(
        "engineer_a", "tickets.answer_subcontract", {"subcontract": asked.subcontract, "approved": True}
    )
    assert (await stored(cast, granted.child)).state == "triaged"
    assert await stored(cast, granted.child, TicketCommercial, "vendor_w") is None
    technician = cast.member_id("technician_w")
    given = {"ticket": granted.child, "technician": technician}
    assert (await cast.run("dispatcher_w", "dispatch.offer_job", given)).state == "offered"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"currency": "RMB"}, "invalid_input"),
        ({"currency": "cny"}, "invalid_input"),
        ({"currency": 156}, "invalid_input"),
        ({"lines": []}, "invalid_input"),
        ({"lines": [{"text": "x", "unit_amount": 1.5}]}, "invalid_input"),
        ({"lines": [{"text": "x", "unit_amount": "one"}]}, "invalid_input"),
        ({"lines": [{"text": "", "unit_amount": 100}]}, "invalid_input"),
        ({"lines": [{"text": "x", "unit_amount": 100, "quantity": 0}]}, "invalid_input"),
        ({"lines": [{"text": "折扣", "unit_amount": -100}]}, "invalid_input"),
        ({"lines": [{"text": "x", "unit_amount": 10**15, "quantity": 2}]}, "invalid_input"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "invalid_input"),
        ({"valid_until": "tomorrow"}, "invalid_input"),
        ({"ticket": "qt_" + "A" * 43}, "not_found"),
        ({"ticket": "tk_" + "A" * 43}, "not_found"),
    ],
)
async def test_a_wrong_offer_is_refused_and_changes_nothing(cast, wrong, code):
    _, child = await outside(cast)
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("desk_v", "tickets.quote", {**offer(child), **wrong})
    assert refused.value.code == code


async def test_each_side_does_its_own_part_and_strangers_see_nothing(cast):
    parent, child = await outside(cast)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    answer = {"quotation": quoted.quotation, "approved": True}
    absent = {**answer, "quotation": opaque("qt", cast["hospital_a"], cast["hospital_b"])}
    async with unchanged():
        for who, command, given, code in (
            ("engineer_a", "tickets.quote", offer(child), "forbidden"),
            ("hospital_a", "tickets.quote", offer(parent), "wrong_part"),
            ("technician_v", "tickets.quote", offer(child), "forbidden"),
            ("vendor_w", "tickets.quote", offer(child), "not_found"),
            ("vendor_v", "tickets.answer_quotation", answer, "wrong_part"),
            ("nurse_a", "tickets.answer_quotation", answer, "forbidden"),
            ("engineer_b", "tickets.answer_quotation", answer, "not_found"),
            ("engineer_a", "tickets.answer_quotation", absent, "not_found"),
            ("hospital_a", "tickets.drop_quotation", {"ticket": child, "reason": "x"}, "wrong_part"),
            ("hospital_a", "tickets.expire_quotation", {"quotation": quoted.quotation}, "wrong_part"),
            ("desk_v", "tickets.expire_quotation", {"quotation": quoted.quotation}, "forbidden"),
        ):
            with pytest.raises(DomainError) as refused:
                await cast.run(who, command, given)
            assert refused.value.code == code, (who, command)
    early = await cast.run("vendor_v", "tickets.expire_quotation", {"quotation": quoted.quotation})
    assert early.outcome == "open"
    for viewer in ("vendor_w", "hospital_b", "manufacturer_m"):
        assert await all_of(cast, Quotation, viewer) == []


async def test_stale_and_repeated_answers(cast):
    _, child = await outside(cast)
    before = (await stored(cast, child)).version
    given = offer(child)
    quoted = await cast.run("desk_v", "tickets.quote", given, key="quote-1")
    assert quoted == await cast.run("desk_v", "tickets.quote", given, key="quote-1")
    answer = {"quotation": quoted.quotation, "approved": True}
    async with unchanged():
        with pytest.raises(DomainError, match="stale_version"):
            await cast.run("engineer_a", "tickets.answer_quotation", answer, expected_version=before)
    once = await cast.run("engineer_a", "tickets.answer_quotation", answer, key="answer-1")
    async with unchanged():
        assert await cast.run("engineer_a", "tickets.answer_quotation", answer, key="answer-1") == once
        with pytest.raises(DomainError, match="quotation_closed"):
            await cast.run("engineer_a", "tickets.answer_quotation", {**answer, "approved": False, "reason": "x"})


async def test_of_two_answers_at_the_same_moment_one_counts(cast):
    _, child = await outside(cast)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    answers = ({"approved": True}, {"approved": False, "reason": "太贵"})
    done = await asyncio.gather(
        *(
            cast.run(who, "tickets.answer_quotation", {"quotation": quoted.quotation, **answer})
            for who, answer in zip(("engineer_a", "admin_a"), answers, strict=True)
        ),
        return_exceptions=True,
    )
    (lost,) = [one for one in done if isinstance(one, DomainError)]
    (won,) = [one for one in done if not isinstance(one, BaseException)]
    assert (lost.code, lost.facts["quotation"]) == ("quotation_closed", won.outcome)
    assert [one.outcome for one in await all_of(cast, QuotationOutcome)] == [won.outcome]


async def test_the_database_lets_no_provider_approve(cast):
    """Whatever the commands do: an approval in the provider's name is no row that the table takes."""
    _, child = await outside(cast)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    tenant, quotation = parse_opaque("qt", quoted.quotation)
    forged = {"tenant_id": tenant, "ticket_id": parse_opaque("tk", child).id, "id": quotation}
    forged |= {"author_id": cast.members["desk_v"], "outcome": "approved"}
    with pytest.raises(asyncpg.CheckViolationError):
        async with transaction(cast["vendor_v"]):
            await rows.insert(QuotationOutcome(author_org=cast["vendor_v"], **forged))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(cast["vendor_v"]):
            await rows.insert(QuotationOutcome(author_org=tenant, **forged))
    assert (await look("SELECT count(*) FROM quotation_outcome WHERE tenant_id = $1", tenant))[0][0] == 0


async def test_what_lies_between_two_sides_stays_there_whoever_the_ticket_is_shared_with_later(cast):
    _, child = await outside(cast)
    quoted = await cast.run("desk_v", "tickets.quote", offer(child))
    share = {"ticket": child, "organisation": cast.organisation_id("testing_t"), "groups": ["commercial"]}
    for _ in range(2):
        await cast.run("engineer_a", "tickets.share", share)
        assert await stored(cast, child, TicketCommercial, "testing_t") is not None
        assert await all_of(cast, Quotation, "testing_t") == []
        await cast.run("engineer_a", "tickets.unshare", {name: share[name] for name in ("ticket", "organisation")})
    await cast.run("engineer_a", "tickets.share", share)
    await cast.run("engineer_a", "tickets.answer_quotation", {"quotation": quoted.quotation, "approved": True})
    assert await all_of(cast, QuotationOutcome, "testing_t") == []
    assert len(await all_of(cast, QuotationOutcome, "vendor_v")) == 1
