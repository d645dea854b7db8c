"""How large an answer may be, and that what Python makes for one neither repeats itself nor stops the process."""

import asyncio
import hashlib
from itertools import pairwise
from time import monotonic
from typing import Any

import msgspec
import pytest

from mendline.fieldwork import evidence_key
from mendline.kernel import DomainError, parse_opaque, put_blob, settings
from mendline_schema import fieldwork
from mendline_schema.reads import finishers, statements
from mendline_schema.reads.finishers import Finishers
from mendline_schema.reads.values import Parameters
from support.cast import Cast

WORD = "w" * 24
AMPLE = 1_000_000


def marked(*texts: str) -> bytes:
    return msgspec.json.encode([f"{WORD}0|{text}" for text in texts])


def finishing(function: Any) -> Finishers:
    made = Finishers(Parameters())
    made.mark(function, "x")
    return made


async def test_equal_values_are_made_once() -> None:
    asked: list[str] = []

    def make(text: str) -> str:
        asked.append(text)
        return text.upper()

    answer, _ = await finishing(make).finish(marked("a", "b", "a", 'c"', "a"), WORD, AMPLE)
    assert msgspec.json.decode(answer) == ["A", "B", "A", 'C"', "A"]
    assert asked == ["a", "b", 'c"']


async def test_only_so_many_values_are_made_for_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finishers, "FINISHED", 3)
    assert await finishing(str).finish(marked("a", "b", "c", "a"), WORD, AMPLE)
    with pytest.raises(DomainError, match="too_many_finished"):
        await finishing(str).finish(marked("a", "b", "c", "d"), WORD, AMPLE)


async def test_what_is_made_counts_for_the_size() -> None:
    long = finishing(lambda text: text * 100)
    assert await long.finish(marked("a", "a"), WORD, 300)
    with pytest.raises(DomainError, match="answer_too_large"):
        await long.finish(marked("a", "a", "a"), WORD, 300)


async def test_others_have_their_turn_while_values_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a turn of no length others come between any two values."""
    monkeypatch.setattr(finishers, "TURN", 0.0)
    order: list[str] = []

    async def other() -> None:
        for _ in range(3):
            order.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await finishing(lambda text: order.append(text) or monotonic()).finish(marked("a", "b", "c"), WORD, AMPLE)
    await task
    assert all("other" in pair for pair in pairwise(order[:4])), order


async def test_an_answer_that_is_too_large_is_not_sent(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = await portal.report(device="monitor_a", symptom="病" * 4_000)
    small = settings().model_copy(update={"answer_bytes": 50_000})
    sent: list[int] = []
    read = statements.read

    async def watched(*given: Any, **named: Any) -> Any:
        row = await read(*given, **named)
        sent.append(len(row[0]))
        return row

    monkeypatch.setattr(statements, "read", watched)
    monkeypatch.setattr(statements, "settings", lambda: small)
    document = "query($t: [ID!]!) { nodes(ids: $t) { ... on Ticket { clinical { symptom } } } }"
    await portal.get("engineer_a", "{ me { name } }")
    assert len((await portal.get("engineer_a", document, t=[ticket] * 4))["nodes"]) == 4
    refused = await portal.ask("engineer_a", document, t=[ticket] * 5)
    assert (refused.data, refused.codes) == (None, ["answer_too_large"])
    assert refused.errors[0]["message"] == (
        "The answer would be larger than 50000 bytes. Ask for smaller pages or fewer fields."
    )
    assert sent[0] > 48_000 and sent[1] < 100, "the process was not even sent it"


async def test_a_link_that_is_asked_for_a_hundred_times_is_signed_once(
    portal: Any, cast: Cast, blobs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await portal.report(device="monitor_a")
    body = b"photo"
    sha = hashlib.sha256(body).hexdigest()
    await put_blob(evidence_key(*parse_opaque("tk", ticket), sha), body, "image/png", sha)
    photo = {"ticket": ticket, "filename": "p.png", "media_type": "image/png", "size": len(body), "sha256": sha}
    await cast.run("nurse_a", "fieldwork.attach_evidence", photo)
    signed: list[Any] = []
    sign = fieldwork.presign_download
    monkeypatch.setattr(fieldwork, "presign_download", lambda *given: signed.append(given) or sign(*given))
    links = "evidence { nodes { a: downloadUrl b: downloadUrl } }"
    document = f"query($t: [ID!]!) {{ nodes(ids: $t) {{ ... on Ticket {{ {links} }} }} }}"
    data = await portal.get("nurse_a", document, t=[ticket] * 50)
    found = {link for node in data["nodes"] for photo in node["evidence"]["nodes"] for link in photo.values()}
    assert (len(data["nodes"]), len(found), len(signed)) == (50, 1, 1)
