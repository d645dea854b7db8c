"""Mutations: one command each, with key, expected version and a payload that is read anew."""

import hashlib
from typing import Any

import httpx
import pytest

from mendline.kernel import work
from support.cast import Cast
from support.database import look


async def step(portal: Any, who: str, mutation: str, **given: Any) -> Any:
    """One mutation whose payload holds the ticket."""
    kind = mutation[0].upper() + mutation[1:]
    kind = {"FinishJob": "Finish", "CancelTicket": "Cancel"}.get(kind, kind)
    wanted = "ticket { state version signatureSlots { id role state } }"
    document = f"mutation($i: {kind}Input!) {{ {mutation}(input: $i) {{ {wanted} }} }}"
    data = await portal.get(who, document, i=given)
    return data[mutation]["ticket"]


async def test_a_whole_life(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    await cast.drain()
    best = await portal.get(
        "dispatcher_v",
        """query($t: ID!) { ticket(id: $t) { state
          suggestion { candidates { technician name reasons { criterion value points } } excluded { name why } } } }""",
        t=ticket,
    )
    technician = best["ticket"]["suggestion"]["candidates"][0]["technician"]
    assert technician == cast.member_id("technician_v")
    await step(portal, "dispatcher_v", "offerJob", ticket=ticket, technician=technician)
    accepted = await step(portal, "technician_v", "acceptJob", ticket=ticket, expectedVersion=2)
    assert accepted["state"] == "ACCEPTED"
    await step(portal, "technician_v", "setEta", ticket=ticket, minutes=20)
    await step(portal, "technician_v", "arrive", ticket=ticket)
    await step(portal, "technician_v", "addNote", ticket=ticket, body="换了泵头")
    done = await step(
        portal, "technician_v", "finishJob", ticket=ticket, result="REPAIRED", cause="堵塞", action="更换"
    )
    assert done["state"] == "FINISHED"
    await cast.drain()
    seen = await portal.get(
        "manager_a", "query($t: ID!) { ticket(id: $t) { signatureSlots { id role state } } }", t=ticket
    )
    first, second = seen["ticket"]["signatureSlots"]
    assert (first["role"], first["state"], second["state"]) == ("ward_manager", "OPEN", "WAITING")
    await step(portal, "manager_a", "sign", slot=first["id"])
    await step(portal, "engineer_a", "sign", slot=second["id"])
    await cast.drain()
    end = await portal.get(
        "engineer_a",
        "query($t: ID!) { ticket(id: $t) { state phase quality { result returnedAt } audit { totalCount } } }",
        t=ticket,
    )
    assert (end["ticket"]["state"], end["ticket"]["phase"], end["ticket"]["quality"]["result"]) == (
        "ARCHIVED",
        "CLOSED",
        "REPAIRED",
    )
    assert end["ticket"]["audit"]["totalCount"] >= 9


async def test_a_key_gives_the_same_result_with_another_selection(portal: Any) -> None:
    ticket = await portal.report()
    said = 'comment(input: {ticket: $t, body: $b, idempotencyKey: "k1"})'
    first = await portal.get("nurse_a", f"mutation($t: ID!, $b: String!) {{ {said} {{ number }} }}", t=ticket, b="快")
    second = await portal.get(
        "nurse_a",
        f"mutation($t: ID!, $b: String!) {{ {said} {{ number ticket {{ messages {{ nodes {{ body }} }} }} }} }}",
        t=ticket,
        b="快",
    )
    assert second["comment"]["number"] == first["comment"]["number"]
    assert second["comment"]["ticket"]["messages"]["nodes"] == [{"body": "快"}]
    other = await portal.ask("nurse_a", f"mutation($t: ID!, $b: String!) {{ {said} {{ number }} }}", t=ticket, b="慢")
    assert other.codes == ["key_reused"]


async def test_refusals_name_the_field_and_the_state(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    stale = await portal.ask(
        "engineer_a", "mutation($t: ID!) { cancelTicket(input: {ticket: $t, expectedVersion: 7}) { number } }", t=ticket
    )
    assert stale.codes == ["stale_version"]
    assert stale.errors[0]["extensions"]["facts"] == {"current": 1, "by": "王护士"}
    empty = await portal.ask(
        "nurse_a",
        'mutation($d: ID!) { reportFault(input: {device: $d, symptom: ""}) { number } }',
        d=cast.device_id("pump_a"),
    )
    assert empty.codes == ["invalid_input"]
    assert empty.errors[0]["extensions"]["facts"]["field"] == "symptom"
    forbidden = await portal.ask("nurse_a", "mutation($t: ID!) { archive(input: {ticket: $t}) { number } }", t=ticket)
    assert forbidden.codes == ["forbidden"]


async def test_two_mutations_in_order_each_on_its_own(portal: Any) -> None:
    ticket = await portal.report()
    answer = await portal.ask(
        "nurse_a",
        """mutation($t: ID!) {
          a: comment(input: {ticket: $t, body: "一"}) { ticket { messages { nodes { body } } } }
          b: archive(input: {ticket: $t}) { number }
          c: comment(input: {ticket: $t, body: "三"}) { ticket { messages { totalCount } } number } }""",
        t=ticket,
    )
    assert answer.data["a"]["ticket"] == {"messages": {"nodes": [{"body": "一"}]}}
    assert (answer.data["b"], answer.codes) == (None, ["forbidden"])
    assert answer.data["c"]["ticket"] == {"messages": {"totalCount": 2}}


async def test_the_payload_masks_too(portal: Any) -> None:
    ticket = await portal.report()
    answer = await portal.ask(
        "nurse_a",
        'mutation($t: ID!) { comment(input: {ticket: $t, body: "x"}) { ticket { commercial { entitlement } } } }',
        t=ticket,
    )
    assert answer.data["comment"]["ticket"]["commercial"] is None
    assert [error["path"] for error in answer.errors] == [["comment", "ticket", "commercial"]]


async def test_what_breaks_is_told_by_a_number_alone(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mendline_schema.reads import statements

    async def broken(*_: Any) -> str:
        raise RuntimeError("secret detail")

    ticket = await portal.report()
    monkeypatch.setattr(statements, "fetchval", broken)
    monkeypatch.setattr(statements, "read", broken)
    for document in (
        "query($t: ID!) { ticket(id: $t) { id } }",
        "mutation($t: ID!) { remind(input: {ticket: $t}) { ticket { id } } }",
    ):
        answer = await portal.ask("nurse_a", document, t=ticket)
        assert answer.codes == ["internal"]
        assert "secret" not in str(answer.errors)


@pytest.mark.usefixtures("blobs")
async def test_evidence_goes_straight_to_the_store(portal: Any, cast: Cast) -> None:
    ticket, body = await portal.report(), b"a photo" * 1000
    asked = {
        "ticket": ticket,
        "filename": "泵.jpg",
        "mediaType": "image/jpeg",
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    request = """mutation($i: RequestUploadInput!) {
      requestUpload(input: $i) { url headers { name value } evidence { id state } } }"""
    upload = (await portal.get("nurse_a", request, i=asked))["requestUpload"]
    confirm = "mutation($e: ID!) { confirmUpload(input: {evidence: $e}) { evidence { state filename downloadUrl } } }"
    early = await portal.ask("nurse_a", confirm, e=upload["evidence"]["id"])
    assert early.codes == ["evidence_not_uploaded"]
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    async with httpx.AsyncClient() as store:
        assert (await store.put(upload["url"], content=body[::-1], headers=headers)).status_code >= 400
        assert (await store.put(upload["url"], content=body, headers=headers)).status_code == 200
        stored = (await portal.get("nurse_a", confirm, e=upload["evidence"]["id"]))["confirmUpload"]["evidence"]
        assert (stored["state"], stored["filename"]) == ("STORED", "泵.jpg")
        assert (await store.get(stored["downloadUrl"])).content == body
    large = await portal.ask("nurse_a", request, i={**asked, "size": 201 * 1024 * 1024})
    assert large.codes == ["evidence_too_large"]
    assert len(await look("SELECT 1 FROM evidence WHERE tenant_id = $1", cast["hospital_a"])) == 1


@pytest.mark.usefixtures("blobs")
async def test_a_scan_is_uploaded_bound_and_seen(portal: Any, cast: Cast) -> None:
    body = b"%PDF-1.7 " + b"a certificate" * 100
    asked = {"filename": "注册证.pdf", "mediaType": "application/pdf", "size": len(body)}
    asked["sha256"] = hashlib.sha256(body).hexdigest()
    request = "mutation($i: RequestProofInput!) { requestProof(input: $i) { url headers { name value } proof { id } } }"
    upload = (await portal.get("engineer_a", request, i=asked))["requestProof"]
    confirm = "mutation($p: ID!) { confirmProof(input: {proof: $p}) { proof { state downloadUrl } } }"
    early = await portal.ask("engineer_a", confirm, p=upload["proof"]["id"])
    assert early.codes == ["evidence_not_uploaded"]
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    async with httpx.AsyncClient() as store:
        assert (await store.put(upload["url"], content=body, headers=headers)).status_code == 200
        assert (await portal.get("engineer_a", confirm, p=upload["proof"]["id"]))["confirmProof"]["proof"][
            "downloadUrl"
        ]
        bind = """mutation($d: ID!, $p: ID!) { upsertDocument(input: {kind: REGISTRATION_CERTIFICATE, number: "1",
          device: $d, scan: $p}) { document { scan { filename downloadUrl } } } }"""
        bound = await portal.get("engineer_a", bind, d=cast.device_id("pump_a"), p=upload["proof"]["id"])
        seen = bound["upsertDocument"]["document"]["scan"]
        assert seen["filename"] == "注册证.pdf"
        assert (await store.get(seen["downloadUrl"])).content == body
    listed = await portal.ask("nurse_a", "{ documents { nodes { number scan { filename } } } }")
    assert listed.codes == ["forbidden"], "not for everybody who reads documents"
    assert listed.data["documents"]["nodes"] == [{"number": "1", "scan": None}]


async def test_the_payload_is_read_before_the_commit(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mendline_schema.reads import statements

    asked: list[bool] = []
    original = statements.fetchval

    async def noted(sql: str, *values: Any) -> Any:
        asked.append(in_command())
        return await original(sql, *values)

    ticket = await portal.report()
    monkeypatch.setattr(statements, "fetchval", noted)
    said = 'comment(input: {ticket: $t, body: "x", idempotencyKey: "k"})'
    wanted = "a: ticket { state } b: ticket { messages { totalCount } }"
    for _ in ("first", "replayed"):
        data = await portal.get("nurse_a", f"mutation($t: ID!) {{ {said} {{ {wanted} }} }}", t=ticket)
        assert data["comment"] == {"a": {"state": "TRIAGED"}, "b": {"messages": {"totalCount": 1}}}
    assert asked == [True] * 4


async def test_a_payload_that_cannot_be_read_in_time_undoes_nothing(
    portal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mendline.kernel import commands
    from mendline_schema.reads import statements

    original = statements.fetchval

    async def slow(sql: str, *values: Any) -> Any:
        if in_command():
            await original("SELECT pg_sleep(5)")
        return await original(sql, *values)

    ticket = await portal.report()
    monkeypatch.setattr(statements, "fetchval", slow)
    monkeypatch.setattr(commands, "READ_TIME", 0.05)
    document = """mutation($t: ID!) { comment(input: {ticket: $t, body: "x", idempotencyKey: "k"}) {
      ticket { messages { totalCount } commercial { entitlement } } } }"""
    for _ in ("first", "replayed"):
        answer = await portal.ask("nurse_a", document, t=ticket)
        assert answer.data["comment"]["ticket"] == {"messages": {"totalCount": 1}, "commercial": None}
        assert answer.codes == ["forbidden"]


async def test_what_was_read_of_an_attempt_taken_back_is_forgotten(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mendline_schema.reads import statements

    original, asked = statements.fetchval, []

    async def fails_second(sql: str, *values: Any) -> Any:
        asked.append(sql)
        return await original("SELECT 1 / 0" if len(asked) == 2 else sql, *values if len(asked) != 2 else ())

    monkeypatch.setattr(statements, "fetchval", fails_second)
    data = await portal.get(
        "nurse_a",
        'mutation($d: ID!) { reportFault(input: {device: $d, symptom: "x"}) { a: ticket { id } b: ticket { id } } }',
        d=cast.device_id("pump_a"),
    )
    assert data["reportFault"]["a"] == data["reportFault"]["b"] != {"id": None}
    assert len(asked) == 4
    stored = await look("SELECT count(*) AS rows FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert stored[0]["rows"] == 1


def in_command() -> bool:
    """Whether a command is under way in this task."""
    try:
        work()
    except RuntimeError:
        return False
    return True


async def test_shifts_are_given_as_they_are_named(portal: Any, cast: Cast) -> None:
    document = """mutation($i: UpsertTechnicianInput!) { upsertTechnician(input: $i) { technician { name } } }"""
    shifts = [{"days": [1, 2], "from": "08:00", "to": "17:30"}]
    given = {"member": cast.member_id("technician_v"), "shifts": shifts}
    assert (await portal.get("dispatcher_v", document, i=given))["upsertTechnician"]["technician"]["name"]
    (stored,) = await look("SELECT shifts FROM technician WHERE member_id = $1", cast.members["technician_v"])
    assert stored["shifts"] == shifts
    wrong = {**given, "shifts": [{"days": [8], "from": "x", "to": "y"}]}
    assert (await portal.ask("dispatcher_v", document, i=wrong)).codes == ["invalid_input"]
