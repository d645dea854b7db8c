"""The main story on a whole running system: photo in Telegram, GraphQL, Slack, signatures, archive.

All of it is in one file, as a file stays in one process and a system takes most of a minute to start.
"""

import json
import re

import httpx
import pytest

from mendline.app.play import STEPS, Narrator, play
from mendline.app.play.words import ACCEPT, ARRIVED, FINISH
from support.faults import COMMANDS, story_with

pytestmark = pytest.mark.timeout(400)

RECORD = """query ($number: String!) { ticket(number: $number) {
  id state audit(first: 50) { nodes { seq command channel organisation { code } hash } }
  evidence(first: 10) { nodes { state } } } worklist(first: 100) { nodes { number state } } }"""
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }"


@pytest.fixture(scope="module")
def told(system):
    """The transcript of `mendline play` as a person sees it."""
    done = system.run("play")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def number(told):
    return re.search(r"YQH-\d{4}-\d+", told)[0]


def logins(system):
    return {row["story"]: row for row in json.loads((system.home / "demo.json").read_text()) if "story" in row}


def ask(system, part, document, **variables):
    row = logins(system)[part]
    with httpx.Client(base_url=system.url) as http:
        token = row.get("key")
        if token is None:
            given = {"organisation": row["code"], "login": row["email"], "password": row["password"]}
            answer = http.post("/graphql", json={"query": LOGIN, "variables": {"input": given}}).json()
            token = answer["data"]["login"]["accessToken"]
        asked = {"query": document, "variables": variables}
        return http.post("/graphql", json=asked, headers={"Authorization": f"Bearer {token}"}).json()


def test_the_transcript_tells_it_all(told, number):
    for words in ("林晓芸", "报警,停机", "维保合同", "上次维修", "维修验收通过", "quality.archive"):
        assert words in told
    # Who is on duty takes the job, at night somebody who reads English.
    for button in (ACCEPT, ARRIVED, FINISH):
        assert any(words in told for words in button)
    assert told.count("the manufacturer's portal hears") >= 5
    assert f"{number}: reported, repaired, accepted, archived" in told


def test_the_audit_has_each_step_once(system, number):
    ticket = ask(system, "clinical_engineer", RECORD, number=number)["data"]["ticket"]
    entries = ticket["audit"]["nodes"]
    assert tuple(entry["command"] for entry in entries) == COMMANDS
    assert [entry["seq"] for entry in entries] == list(range(1, len(COMMANDS) + 1))
    assert all(entry["hash"] for entry in entries)
    channels = {entry["command"]: entry["channel"] for entry in entries}
    assert channels["tickets.report"] == "telegram"
    assert channels["dispatch.offer_job"] == "graphql"
    assert channels["dispatch.accept_job"] == "slack"
    assert ticket["state"] == "ARCHIVED"
    assert [file["state"] for file in ticket["evidence"]["nodes"]] == ["STORED", "STORED"]


@pytest.mark.parametrize("part", ["other_hospital", "other_vendor"])
def test_others_see_nothing(system, number, part):
    data = ask(system, part, RECORD, number=number)["data"]
    assert data["ticket"] is None
    assert number not in [row["number"] for row in data["worklist"]["nodes"]]


def test_one_card_in_each_chat(system, number):
    with httpx.Client(base_url=system.standins_url) as http:
        cards = {}
        for person in http.get("/sim/people").json():
            shown = http.get("/sim/messages", params={"person": person["key"], "peek": 1}).json()
            titles = [message["text"] for message in shown if message["from"]["is_bot"]]
            cards[person["key"]] = sum(title.startswith(f"{number} · P") for title in titles)
    assert {key for key, count in cards.items() if count} >= {"yunqi-lin", "yunqi-shen", "yunqi-xu"}
    assert max(cards.values()) == 1
    assert not any(count for key, count in cards.items() if key.startswith(("fengqi", "yanhe")))


async def test_it_can_be_played_again(system, number):
    steps = []
    played = await play(
        system.url,
        system.standins_url,
        system.home,
        Narrator("zh"),
        after_step=lambda step, moment: steps.append((step, moment)),
    )
    assert played.number != number
    assert played.audit == COMMANDS
    assert [step for step, moment in steps if moment == "acted"] == list(STEPS)
    assert steps[-1] == ("archive", "seen")


async def test_each_part_is_killed_once(system):
    """The story goes on: one ticket, one card in each chat, no step twice. `./deploy/bench faults` walks every step."""
    plan = {"report": "worker", "offer": "web", "accept": "relay", "note": "bots", "sign_function": "broker"}
    await story_with(system, plan)
