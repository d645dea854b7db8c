"""Who pays is decided with a reason, disputed by one side and answered by the other; every word of it is kept."""

import pytest

from mendline.kernel import DomainError, opaque, parse_opaque, rows, transaction
from mendline.tickets import EntitlementEntry, Ticket, TicketCommercial
from support.database import unchanged


async def pump_ticket(cast):
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    return (await cast.run("nurse_a", "tickets.report", report)).ticket


async def log(cast, ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.select(
            EntitlementEntry, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq", *parse_opaque("tk", ticket)
        )


async def commercial(cast, ticket, viewer="hospital_a"):
    async with transaction(cast[viewer]):
        return await rows.find(TicketCommercial, *parse_opaque("tk", ticket))


def contract_id(cast, hospital="hospital_a"):
    return opaque("ct", cast[hospital], cast.contracts[hospital])


async def test_what_was_found_and_decided_is_kept_with_who_and_why(cast):
    ticket = await pump_ticket(cast)
    (found,) = await log(cast, ticket)
    assert (found.kind, found.entitlement, found.service_level["minutes"]["response"]) == ("found", "contract", 30)
    assert "维保合同" in found.found["zh"]
    decision = {"ticket": ticket, "entitlement": "outside", "misuse": True, "reason": "进液,使用不当"}
    await cast.run("dispatcher_v", "tickets.decide_entitlement", decision)
    entries = await log(cast, ticket)
    assert [(e.kind, e.entitlement, e.misuse, e.reason) for e in entries[1:]] == [
        ("decided", "outside", True, "进液,使用不当")
    ]
    assert (entries[1].author_org, entries[1].author_id) == (cast["vendor_v"], cast.members["dispatcher_v"])
    now_is = await commercial(cast, ticket)
    assert (now_is.entitlement, now_is.misuse, now_is.quotation_needed) == ("outside", True, True)
    assert len(await log(cast, ticket, "vendor_v")) == 2


async def test_one_side_disputes_and_the_other_answers(cast):
    ticket = await pump_ticket(cast)
    decision = {"ticket": ticket, "entitlement": "outside", "misuse": True, "reason": "进液"}
    await cast.run("dispatcher_v", "tickets.decide_entitlement", decision)
    dispute = {"ticket": ticket, "entitlement": "contract", "reason": "全保合同含进液"}
    await cast.run("engineer_a", "tickets.dispute_entitlement", dispute)
    assert (await commercial(cast, ticket, "vendor_v")).disputed_by == cast["hospital_a"]
    async with unchanged():
        for who, command, given, code in (
            ("dispatcher_v", "tickets.decide_entitlement", decision, "dispute_open"),
            ("dispatcher_v", "tickets.dispute_entitlement", dispute, "dispute_open"),
            ("engineer_a", "tickets.answer_dispute", {"ticket": ticket, "granted": True, "reason": "x"}, "wrong_part"),
        ):
            with pytest.raises(DomainError, match=code):
                await cast.run(who, command, given)
    upheld = {"ticket": ticket, "granted": False, "reason": "合同除外条款"}
    await cast.run("dispatcher_v", "tickets.answer_dispute", upheld)
    assert (await commercial(cast, ticket)).entitlement == "outside"
    await cast.run("engineer_a", "tickets.dispute_entitlement", {**dispute, "reason": "附件三"})
    await cast.run("dispatcher_v", "tickets.answer_dispute", {"ticket": ticket, "granted": True, "reason": "确认"})
    assert [(e.seq, e.kind, e.entitlement) for e in await log(cast, ticket)] == [
        (1, "found", "contract"),
        (2, "decided", "outside"),
        (3, "disputed", "contract"),
        (4, "upheld", "outside"),
        (5, "disputed", "contract"),
        (6, "granted", "contract"),
    ]
    settled = await commercial(cast, ticket)
    assert (settled.entitlement, settled.misuse, settled.disputed_by, settled.quotation_needed) == (
        "contract",
        False,
        None,
        False,
    )


async def test_what_turns_out_to_be_covered_waits_for_no_quotation(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("engineer_a", "tickets.triage", {"ticket": parent, "route": "outside"})
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    decision = {"ticket": child, "entitlement": "contract", "contract": contract_id(cast), "reason": "补充协议"}
    decided = await cast.run("engineer_a", "tickets.decide_entitlement", decision)
    assert decided.state == "triaged"
    assert (await log(cast, child))[-1].service_level["minutes"]["restoration"] == 1440


async def test_triage_by_another_entitlement_is_a_decision_with_a_reason(cast):
    ticket = await pump_ticket(cast)
    triage = {"ticket": ticket, "route": "warranty"}
    async with unchanged():
        with pytest.raises(DomainError, match="reason_needed"):
            await cast.run("engineer_a", "tickets.triage", triage)
    await cast.run("engineer_a", "tickets.triage", {**triage, "reason": "厂家延保"})
    assert [(e.kind, e.entitlement) for e in await log(cast, ticket)] == [
        ("found", "contract"),
        ("decided", "warranty"),
    ]
    sent = await cast.run("engineer_a", "tickets.triage", {"ticket": ticket, "route": "outside", "reason": "进液"})
    assert sent.state == "quotation", "it is the vendor's already, whose work now waits for a quotation"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"entitlement": "free"}, "invalid_input"),
        ({"entitlement": 1}, "invalid_input"),
        ({"reason": ""}, "invalid_input"),
        ({"reason": "x" * 501}, "invalid_input"),
        ({"entitlement": "warranty", "misuse": True}, "misuse_excludes_warranty"),
        ({"misuse": "yes"}, "invalid_input"),
        ({"contract": "ct_" + "A" * 43}, "not_found"),
        ({"contract": "B"}, "not_found"),
        ({"ticket": "tk_" + "A" * 43}, "not_found"),
    ],
)
async def test_a_wrong_decision_is_refused_and_changes_nothing(cast, wrong, code):
    ticket = await pump_ticket(cast)
    wrong = {name: contract_id(cast, "hospital_b") if value == "B" else value for name, value in wrong.items()}
    decision = {"ticket": ticket, "entitlement": "contract", "reason": "x", **wrong}
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("engineer_a", "tickets.decide_entitlement", decision)
    assert refused.value.code == code


async def test_who_may_not(cast):
    ticket = await pump_ticket(cast)
    report = {"device": cast.device_id("monitor_a"), "symptom": "黑屏"}
    own = (await cast.run("nurse_a", "tickets.report", report)).ticket
    decision = {"ticket": ticket, "entitlement": "outside", "reason": "x"}
    mine = {"ticket": own, "entitlement": "contract", "reason": "x"}
    share = {"ticket": ticket, "organisation": cast.organisation_id("vendor_w"), "groups": ["commercial"]}
    await cast.run("engineer_a", "tickets.share", share)
    named = {**decision, "entitlement": "contract", "contract": contract_id(cast)}
    async with unchanged():
        for who, command, given, code in (
            ("nurse_a", "tickets.decide_entitlement", decision, "forbidden"),
            ("engineer_b", "tickets.decide_entitlement", decision, "not_found"),
            ("vendor_w", "tickets.decide_entitlement", decision, "wrong_part"),
            ("vendor_w", "tickets.dispute_entitlement", decision, "wrong_part"),
            ("dispatcher_v", "tickets.decide_entitlement", named, "wrong_part"),
            ("engineer_a", "tickets.decide_entitlement", mine, "contract_needed"),
            ("engineer_a", "tickets.dispute_entitlement", mine, "nobody_to_dispute_with"),
            ("engineer_a", "tickets.dispute_entitlement", {**decision, "entitlement": "contract"}, "invalid_input"),
            ("engineer_a", "tickets.answer_dispute", {"ticket": ticket, "granted": True, "reason": "x"}, "no_dispute"),
        ):
            with pytest.raises(DomainError) as refused:
                await cast.run(who, command, given)
            assert refused.value.code == code, (who, command)
    await cast.run("nurse_a", "tickets.cancel", {"ticket": ticket})
    async with unchanged():
        with pytest.raises(DomainError, match="ticket_closed"):
            await cast.run("engineer_a", "tickets.decide_entitlement", decision)


async def test_verification_goes_to_a_testing_body_as_such(cast):
    report = {"device": cast.device_id("monitor_a"), "symptom": "强检到期"}
    parent = (await cast.run("nurse_a", "tickets.report", report)).ticket
    passing = {"ticket": parent, "provider": cast.organisation_id("testing_t")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    async with transaction(cast["testing_t"]):
        made = await rows.get(Ticket, *parse_opaque("tk", child))
    assert (made.kind, made.state, made.provider_id) == ("mandatory_verification", "triaged", cast["testing_t"])
    await cast.run("testing_t", "tickets.fix_remotely", {"ticket": child})
    finish = {"ticket": child, "result": "repaired", "cause": "检定", "action": "检定合格"}
    assert (await cast.run("testing_t", "fieldwork.finish", finish)).state == "finished"
