"""The simulator's JSON API, with both channels behind it."""

import asyncio
import json
import subprocess
import sys
from typing import Any

SLACK = {
    "key": "tech-zhou",
    "name": "周强",
    "name_en": "Zhou Qiang",
    "channel": "slack",
    "user_id": "U1ZHOU",
    "chat_id": "D1ZHOU",
    "team_id": "T1VENDOR",
}


async def test_people_are_listed_with_what_is_new(standins: Any) -> None:
    await standins.http.post("/sim/people", json=SLACK)
    rows = await standins.get("/sim/people")
    assert [(row["key"], row["unread"]) for row in rows[:2]] == [("nurse-li", 0), ("manager-wang", 0)]
    assert rows[0]["display_name"] == "李静" and rows[1]["display_name"] == "Wang Min"
    assert rows[-1]["key"] == "tech-zhou"


async def test_sent_messages_read_the_same_in_both_channels(standins: Any) -> None:
    await standins.http.post("/sim/people", json=SLACK)
    for person in ("nurse-li", "tech-zhou"):
        sent = await standins.post("/sim/send", person=person, text="a < b & c")
        [message] = await standins.get("/sim/messages", person=person)
        assert message["id"] == sent["id"] and message["mine"]
        assert message["html"] == "a &lt; b &amp; c"


async def test_what_cannot_be_done_is_said(standins: Any) -> None:
    async def refused(path: str, **body: Any) -> tuple[int, str]:
        answer = await standins.http.post(path, json=body)
        return answer.status_code, answer.json()["error"]

    assert await refused("/sim/send", person="nobody", text="x") == (404, "No person has this key.")
    assert (await refused("/sim/send", person="nurse-li", text="  "))[0] == 400
    assert (await refused("/sim/send", person="nurse-li", text="x" * 4097))[0] == 400
    assert (await refused("/sim/press", person="nurse-li", message="1", data="x"))[0] == 404
    assert (await refused("/sim/photo", person="nurse-li", label="../people.json"))[0] == 404
    assert (await refused("/sim/view/submit", person="nurse-li", view_id="V1", values={}))[0] == 400
    assert (await refused("/sim/faults", channel="telegram", kind="explode"))[0] == 400
    assert (await refused("/sim/telegram/dance", person="nurse-li"))[0] == 404


async def test_events_tell_what_happens(standins: Any) -> None:
    async with standins.http.stream("GET", "/sim/events", params={"person": "nurse-li"}) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == ": open"
        await standins.post("/sim/send", person="manager-wang", text="not for her")
        await standins.post("/sim/send", person="nurse-li", text="for her")
        while not (line := await asyncio.wait_for(anext(lines), 5)).startswith("data:"):
            pass
        happening = json.loads(line.removeprefix("data:"))
    assert happening["person"] == "nurse-li" and happening["kind"] == "message"


async def test_health_says_that_nobody_listens(standins: Any) -> None:
    health = await standins.get("/sim/health")
    alone = {"connected": False, "untaken": 0}
    assert health == {"ok": True, "channels": {"telegram": alone, "slack": alone}}


async def test_the_process_stays_small() -> None:
    heavy = ["tortoise", "asyncpg", "strawberry", "PIL", "zxingcpp", "telegram", "slack_bolt", "boto3", "dramatiq"]
    script = f"import sys, mendline_bots.standins; print([m for m in {heavy!r} if m in sys.modules])"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
