"""Fault texts over GraphQL: the proposal on the ticket, the versions for administrators, and who reads neither."""

from typing import Any

from support.database import unchanged
from support.fault_models import figures, keep, toy

VERSIONS = """query { faultModels(first: 5) { totalCount nodes { id number state cause texts macroF1 majority accuracy
  calibrationError cutOff proposed right size failure worseThan learnedAt usedAt askedBy { name }
  categories { code texts f1 } leftOut { code texts } reliability { least texts confidence right } } } }"""
REPORT = """mutation($d: ID!, $s: String!) { reportFault(input: {device: $d, symptom: $s}) { ticket { id clinical {
  faultCode faultProposal { outcome code confidence words model dangers { kind words } } } } } }"""
CLINICAL = "query($t: ID!) { ticket(id: $t) { clinical { faultProposal { outcome code } } } }"
LEARN = "mutation { learnFaults(input: {}) { done } }"
USE = "mutation($m: ID!) { useFaultModel(input: {model: $m}) { number state model { state usedAt } } }"


async def test_a_report_is_answered_with_its_proposal(portal: Any) -> None:
    device = portal.cast.device_id("pump_a")
    said = await portal.get("nurse_a", REPORT, d=device, s="鸣")
    cold = said["reportFault"]["ticket"]["clinical"]
    nothing = {"outcome": "NO_MODEL", "code": None, "confidence": None, "words": [], "model": None, "dangers": []}
    assert cold == {"faultCode": None, "faultProposal": nothing}
    await keep(portal.cast)
    ticket = (await portal.get("nurse_a", REPORT, d=device, s="鸣,漏电"))["reportFault"]["ticket"]
    found = ticket["clinical"]["faultProposal"]
    assert found["outcome"] == "DANGER" and found["dangers"] == [{"kind": "shock", "words": ["漏电"]}]
    ticket = (await portal.get("nurse_a", REPORT, d=device, s="鸣"))["reportFault"]["ticket"]
    found = ticket["clinical"]["faultProposal"]
    assert (found["outcome"], found["code"], found["words"], found["model"]) == ("PROPOSED", "ALM", ["鸣"], 1)
    assert found["confidence"] > 0.99
    seen = await portal.get("dispatcher_v", CLINICAL, t=ticket["id"])
    assert seen["ticket"]["clinical"]["faultProposal"] == {"outcome": "PROPOSED", "code": "ALM"}
    assert (await portal.get("dispatcher_w", CLINICAL, t=ticket["id"]))["ticket"] is None


async def test_an_administrator_reads_the_versions_and_goes_back(portal: Any) -> None:
    await keep(portal.cast)
    await keep(portal.cast, toy("NEW"), figures(ALM=0.5, LEK=0.5))
    shown = (await portal.get("admin_a", VERSIONS))["faultModels"]
    worse, current = shown["nodes"]
    assert (shown["totalCount"], worse["number"], worse["state"], worse["worseThan"]) == (2, 2, "WORSE", 1)
    assert (current["state"], current["texts"], current["macroF1"], current["size"] > 0) == ("CURRENT", 120, 0.9, True)
    assert current["categories"] == [{"code": code, "texts": 60, "f1": 0.9} for code in ("ALM", "LEK")]
    assert current["leftOut"] == [{"code": "RARE", "texts": 2}]
    assert current["reliability"] == [{"least": 0.9, "texts": 120, "confidence": 0.93, "right": 0.9}]
    assert (current["calibrationError"], current["cutOff"]) == (0.03, 0.6)
    done = (await portal.get("admin_a", USE, m=worse["id"]))["useFaultModel"]
    assert (done["number"], done["state"], done["model"]["state"]) == (2, "current", "CURRENT")


async def test_others_read_no_versions_and_change_none(portal: Any) -> None:
    await keep(portal.cast)
    (version,) = (await portal.get("admin_a", VERSIONS))["faultModels"]["nodes"]
    assert (await portal.get("admin_b", VERSIONS))["faultModels"]["totalCount"] == 0
    for who in ("engineer_a", "dispatcher_v", "admin_b"):
        await portal.token(who)
    async with unchanged():
        for who, code in (("engineer_a", "forbidden"), ("admin_b", "not_found")):
            assert (await portal.ask(who, USE, m=version["id"])).codes == [code]
        assert (await portal.ask("admin_a", LEARN)).codes == ["fault_texts_missing"]
        assert (await portal.ask("engineer_a", VERSIONS)).codes == ["forbidden"]
