"""A real bolt app behind a request URL: signatures, retries with their headers, buttons and commands."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from support.slack_house import free_port, served

CARD = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "accept", "text": {"type": "plain_text", "text": "Accept"}, "value": "v3"}
        ],
    }
]


async def test_events_buttons_and_commands_are_signed(house):
    app, seen = house.app(), []

    @app.event("message")
    async def heard(event, say):
        seen.append(event["text"])
        if "bot_id" not in event:
            await say(text="card", blocks=CARD)

    @app.action("accept")
    async def pressed(ack, action):
        await ack()
        seen.append(action["value"])

    @app.command("/wo")
    async def ran(ack, command):
        await ack(text=f"ran {command['text']}")

    async with house.http_app(app) as came:
        await house.say("停机")
        messages = await house.until(house.two_messages)
        press = {"person": "chen", "chat": "D1CHEN", "message": messages[1]["id"]}
        await house.sim("press", **press, action_id="accept", block_id="b")
        await house.say("jobs", command="/wo")
        assert (await house.http.get("/sim/health")).json()["channels"]["slack"]["connected"]
    assert seen[0] == "停机"
    assert "v3" in seen
    assert (await house.messages())[-1]["text"] == "ran jobs"
    assert all(request.headers["x-slack-signature"].startswith("v0=") for request in came)
    assert all("x-slack-retry-num" not in request.headers for request in came)


async def test_another_secret_is_refused_by_bolt(start):
    house = await start(retry_delays=[])
    app, seen = house.app(), []

    @app.event("message")
    async def heard(event):
        seen.append(event)

    async with house.http_app(app):
        forged = {"x-slack-signature": "v0=00", "x-slack-request-timestamp": "1"}
        answer = await house.http.post(house.request_url, content="{}", headers=forged)
        assert answer.status_code == 401
        await house.say("signed rightly")
        await house.until(lambda: seen)


async def test_retries_carry_their_number_and_reason(house):
    tries, port = [], free_port()

    async def endpoint(request):
        body = await request.json()
        if body["type"] == "url_verification":
            return PlainTextResponse(body["challenge"])
        tries.append((body["event_id"], dict(request.headers)))
        if len(tries) == 1:
            return PlainTextResponse("no", status_code=500)
        if len(tries) == 2:
            await asyncio.sleep(1.2)
        return PlainTextResponse("")

    async with served(Starlette(routes=[Route("/e", endpoint, methods=["POST"])]), port):
        await house.sim("slack/request_url", url=f"http://127.0.0.1:{port}/e")
        await house.say("again")
        await house.until(lambda: len(tries) == 3, 8)
        await asyncio.sleep(0.5)
    assert len({event for event, _ in tries}) == 1
    marks = [(each.get("x-slack-retry-num"), each.get("x-slack-retry-reason")) for _, each in tries]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_timeout")]


async def test_a_url_that_does_not_echo_the_challenge_is_refused(house):
    answer = await house.http.post("/sim/slack/request_url", json={"url": f"http://127.0.0.1:{free_port()}/x"})
    assert (answer.status_code, answer.json()) == (400, {"error": "url_verification_failed"})
