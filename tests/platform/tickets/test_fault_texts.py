"""Fault texts: an organisation's own closed tickets teach its model, reports get proposals, persons decide."""

from datetime import timedelta

import pytest

from mendline.kernel import DomainError, frozen, now, opaque, parse_opaque, rows, transaction
from mendline.tickets import FaultModel, TicketClinical, TicketVigilance, current_model
from mendline.tickets.faults.rounds import request_fault_learning
from support.database import look, unchanged
from support.fault_models import figures, keep, toy
from support.fault_texts import chinese

CATEGORIES = {"power": "PWR", "alarm": "ALM", "network": "NET"}


async def closed(cast, number, symptom, code, who="admin_a", device="pump_a", provider="vendor_v"):
    ended = now() - timedelta(days=1)
    history = {
        **{"system": "old", "number": f"n-{number}", "device": cast.device_id(device), "symptom": symptom},
        **{"provider": cast.organisation_id(provider), "fault_code": code},
        **{"opened_at": ended - timedelta(hours=5), "finished_at": ended, "closed_at": ended},
    }
    return await cast.run(who, "tickets.import_closed", history)


async def report(cast, symptom, who="nurse_a", device="pump_a", **more):
    given = {"device": cast.device_id(device), "symptom": symptom, **more}
    return await cast.run(who, "tickets.report", given)


async def proposal(cast, answer, viewer="hospital_a", model=TicketClinical):
    async with transaction(cast[viewer]):
        row = await rows.get(model, *parse_opaque("tk", answer.ticket))
        return row.fault_proposal if model is TicketClinical else row


async def versions(cast, organisation="hospital_a"):
    async with transaction(cast[organisation]):
        return await rows.select(FaultModel, "tenant_id = $1 ORDER BY number", cast[organisation])


async def test_closed_tickets_teach_and_the_next_report_gets_a_proposal_with_its_reasons(cast):
    cold = await proposal(cast, await report(cast, "插上电源没有任何反应"))
    assert (cold["outcome"], cold["code"], cold["model"]) == ("no_model", None, None)
    lessons = [(text, CATEGORIES[name]) for name in CATEGORIES for text, label in chinese("train") if label == name]
    for number, (text, code) in enumerate(lessons[:99]):
        await closed(cast, number, text, code)
    with pytest.raises(DomainError) as refused:
        await cast.run("admin_a", "tickets.learn_faults")
    assert (refused.value.code, refused.value.facts["missing"]) == ("fault_texts_missing", 1)
    for number, (text, code) in enumerate(lessons[99:], 99):
        await closed(cast, number, text, code)
    # Another hospital's tickets teach nothing here, nor do those without a code.
    await closed(cast, "b", "插上电源没有任何反应", "FOREIGN", "admin_b", "pump_b", "vendor_w")
    await closed(cast, "none", "插上电源没有任何反应", None)
    await request_fault_learning()
    await cast.drain(queues=["timer"], at=now() + timedelta(hours=5))
    (model,) = await versions(cast)
    assert (model.number, model.state, model.cause, model.texts) == (1, "current", "closed", len(lessons))
    assert model.figures["labels"] == dict.fromkeys(sorted(CATEGORIES.values()), 36)
    assert await versions(cast, "hospital_b") == [] == await versions(cast, "vendor_v")
    text = "插上电源没有任何反应,开不了机"
    answer = await report(cast, text)
    found = await proposal(cast, answer)
    assert (found["outcome"], found["code"], found["model"]) == ("proposed", "PWR", 1)
    assert found["confidence"] >= model.cut_off and found["words"] and all(word in text for word in found["words"])
    # Whoever holds the ward's words is told of it; another hospital's reports know nothing of this model.
    assert (await proposal(cast, answer, "vendor_v"))["code"] == "PWR"
    other = await proposal(cast, await report(cast, text, "nurse_b", "pump_b"), "hospital_b")
    assert (other["outcome"], other["code"]) == ("no_model", None)
    # A danger stands above what the model finds; and nobody's word is made of a proposal.
    hot = await report(cast, "插上电源没有任何反应,还冒煙")
    assert (await proposal(cast, hot))["outcome"] == "danger"
    assert (await proposal(cast, hot))["dangers"] == [{"kind": "smoke", "words": ["冒烟"]}]
    assert (await proposal(cast, hot, model=TicketVigilance)).suspected
    async with transaction(cast["hospital_a"]):
        clinical = await rows.get(TicketClinical, *parse_opaque("tk", answer.ticket))
    assert clinical.fault_code is None
    # The next round finds too little new; a person may ask all the same.
    await request_fault_learning()
    await cast.drain(queues=["timer"], at=now() + timedelta(hours=5))
    assert len(await versions(cast)) == 1
    with frozen(now() + timedelta(seconds=1)):
        await cast.run("admin_a", "tickets.learn_faults")
        await cast.drain(queues=["delivery"])
    again = (await versions(cast))[-1]
    assert (again.number, again.cause, again.asked_by, again.state) == (2, "asked", cast.members["admin_a"], "current")
    assert again.model == model.model, "the same texts teach the same"


async def test_a_version_that_is_worse_is_kept_aside_and_says_so(cast):
    await keep(cast)
    worse = await keep(cast, toy("XXX"), figures(ALM=0.7, LEK=0.9))
    assert (worse.number, worse.state) == (2, "worse")
    first, second = await versions(cast)
    assert (first.state, second.worse_than, second.used_at) == ("current", 1, None)
    # Within chance, or for the price of a category that is new and rare, the later one is taken.
    assert (await keep(cast, known=figures(ALM=0.89, LEK=0.89, NEW=0.2))).state == "current"
    assert [version.state for version in await versions(cast)] == ["former", "worse", "current"]


async def test_an_administrator_goes_back_to_a_version(cast):
    one, two = await keep(cast), await keep(cast, toy("NEW"), figures(NEW=0.9, LEK=0.9))
    assert (await proposal(cast, await report(cast, "鸣")))["code"] == "NEW"
    answer = await cast.run("admin_a", "tickets.use_fault_model", {"model": one.model})
    assert (answer.number, answer.state) == (1, "current")
    assert [version.state for version in await versions(cast)] == ["current", "former"]
    found = await proposal(cast, await report(cast, "鸣"))
    assert (found["code"], found["model"], found["words"]) == ("ALM", 1, ["鸣"])
    audit = await look(
        "SELECT facts FROM organisation_audit WHERE tenant_id = $1 AND command = 'tickets.use_fault_model'",
        cast["hospital_a"],
    )
    assert [row["facts"] for row in audit] == [{"number": 1}]
    assert two.number == 2


async def test_what_nothing_was_learned_from_is_told_and_never_used(cast):
    await keep(cast)
    failed = await keep(cast, b"", failure="killed: nothing was learned within 480 s", figures=None)
    assert failed.state == "failed"
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run("admin_a", "tickets.use_fault_model", {"model": failed.model})
    assert refused.value.code == "fault_model_failed"
    assert [version.state for version in await versions(cast)] == ["current", "failed"]


@pytest.mark.parametrize(
    ("who", "command"),
    [
        *((who, "tickets.learn_faults") for who in ("engineer_a", "nurse_a", "technician_v")),
        ("engineer_a", "tickets.use_fault_model"),
        ("admin_a", "tickets.keep_fault_model"),
    ],
)
async def test_who_may_not_is_refused(cast, who, command):
    kept = await keep(cast)
    given = {
        "tickets.use_fault_model": {"model": kept.model},
        "tickets.keep_fault_model": {"cause": "asked", "asked_by": None, "closed": 1, "model": "", "figures": None},
    }
    async with unchanged():
        with pytest.raises(DomainError) as refused:
            await cast.run(who, command, given.get(command))
    assert refused.value.code == "forbidden"


async def test_another_organisations_version_is_not_there(cast):
    kept = await keep(cast)
    async with unchanged():
        for model in (kept.model, opaque("fm", cast["hospital_b"], parse_opaque("fm", kept.model).id)):
            with pytest.raises(DomainError) as refused:
                await cast.run("admin_b", "tickets.use_fault_model", {"model": model})
            assert refused.value.code == "not_found"


async def test_a_text_of_which_the_model_is_not_sure_gets_no_code(cast):
    await keep(cast)
    for text in ("完全不知道", "鸣" * 10 + "漏" * 10, "💥" * 2000, "\u200b \u200b.", "x" * 4000):
        found = await proposal(cast, await report(cast, text, device="monitor_a"))
        assert (found["outcome"], found["code"], found["confidence"], found["model"]) == ("unsure", None, None, 1)


async def test_only_faults_are_classified_but_dangers_are_looked_for_in_all(cast):
    await keep(cast)
    visit = await report(cast, "鸣,冒烟", kind="preventive_maintenance")
    assert await proposal(cast, visit) is None
    assert (await proposal(cast, visit, model=TicketVigilance)).words == ["smoke"]


async def test_a_model_that_cannot_be_read_refuses_no_report(cast):
    await keep(cast, b"broken")
    answer = await report(cast, "鸣")
    assert (await proposal(cast, answer))["outcome"] == "no_model"


async def test_a_person_confirms_or_corrects_and_a_passed_on_ticket_keeps_the_proposal(cast):
    await keep(cast)
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    answer = await report(cast, "鸣")
    await cast.run("engineer_a", "tickets.triage", {"ticket": answer.ticket, "route": "contract"})
    passing = {"ticket": answer.ticket, "provider": cast.organisation_id("vendor_v")}
    child = await cast.run("engineer_a", "tickets.pass_on", passing)
    await cast.run("engineer_a", "tickets.amend_report", {"ticket": child.ticket, "fault_code": "LEK"})
    async with transaction(cast["vendor_v"]):
        clinical = await rows.get(TicketClinical, *parse_opaque("tk", child.ticket))
    assert (clinical.fault_code, clinical.fault_proposal["code"]) == ("LEK", "ALM")


async def test_the_current_model_is_read_once_in_a_process(cast):
    await keep(cast)
    async with transaction(cast["hospital_a"]):
        first = await current_model(cast["hospital_a"])
        assert (await current_model(cast["hospital_a"])).model is first.model
    async with transaction(cast["hospital_b"]):
        assert await current_model(cast["hospital_a"]) is None, "under another's name nothing is there"
