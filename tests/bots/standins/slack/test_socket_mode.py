"""A real bolt app over socket mode: events, buttons, commands, acknowledgements, reconnection."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError

from .test_modals import modal

BUTTON = {"type": "button", "action_id": "accept", "text": {"type": "plain_text", "text": "接单 Accept"}, "value": "v3"}
CARD = [{"type": "actions", "block_id": "b", "elements": [BUTTON]}]


async def test_an_event_reaches_the_app_and_its_answer_the_person(house):
    app, bodies = house.app(), []

    @app.event("message")
    async def heard(body, event, say):
        bodies.append(body)
        if "bot_id" not in event and "subtype" not in event:
            await say(text="报修 <ok> &amp;", thread_ts=event["ts"])

    async with house.socket_app(app):
        await house.say("pump <broken> & 停机")
        shown = await house.until(lambda: len(bodies) and bodies)
        assert shown[0]["event"]["text"] == "pump &lt;broken&gt; &amp; 停机"
        assert (shown[0]["team_id"], shown[0]["event"]["channel_type"]) == ("T1VENDOR", "im")
        messages = await house.until(house.two_messages)
    assert messages[0]["text"] == "pump <broken> & 停机"
    assert messages[1]["from"] == {"name": "Mendline", "is_bot": True}
    assert messages[1]["reply_to"]["id"] == messages[0]["id"]


async def test_a_workspace_of_its_own_token(house):
    app, heard = house.app(), []

    @app.event("message")
    async def hear(body):
        heard.append(body["team_id"])

    async with house.socket_app(app):
        await house.say("hello", person="maria", chat="D2MARIA")
        await house.until(lambda: heard == ["T2CLINIC"])


async def test_a_guest_in_a_shared_channel_is_marked(house):
    app, heard = house.app(), []

    @app.event("message")
    async def hear(body):
        heard.append(body)

    async with house.socket_app(app):
        await house.say("hello", person="maria", chat="C1OPS")
        body = (await house.until(lambda: heard))[0]
    assert body["is_ext_shared_channel"]
    assert (body["team_id"], body["event"]["user_team"]) == ("T1VENDOR", "T2CLINIC")


async def test_a_button(house):
    app, presses = house.app(), []

    @app.action("accept")
    async def pressed(ack, body, respond, client):
        await ack()
        presses.append(body)
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="accepted", blocks=[])
        await respond(text="only you see this", replace_original=False)

    card = (await house.client().chat_postMessage(channel="D1CHEN", text="job", blocks=CARD))["ts"]
    async with house.socket_app(app):
        press = {"person": "chen", "chat": "D1CHEN", "message": card, "action_id": "accept", "block_id": "b"}
        assert await house.sim("press", **press, value="forged") == {}
        await house.until(lambda: presses)
        messages = await house.until(house.two_messages)
    body = presses[0]
    assert (body["user"]["id"], body["actions"][0]["value"]) == ("U1CHEN", "v3")
    assert body["container"]["message_ts"] == card
    assert (messages[0]["text"], messages[0]["edited"]) == ("accepted", True)
    assert (messages[1]["text"], messages[1]["ephemeral"]) == ("only you see this", True)
    gone = await house.http.post("/sim/press", json=press)
    assert gone.status_code == 404


async def test_a_slash_command(house):
    app, commands = house.app(), []

    @app.command("/wo")
    async def ran(ack, command):
        commands.append(command)
        await ack(f"你好 {command['text']}")

    async with house.socket_app(app):
        assert (await house.say("jobs <1>", command="/wo"))["id"]
        await house.say("/wo typed as text")
        unknown = await house.http.post("/sim/send", json={"person": "chen", "chat": "D1CHEN", "text": "/nope"})
    assert [each["text"] for each in commands] == ["jobs &lt;1&gt;", "typed as text"]
    assert commands[0]["trigger_id"]
    assert commands[0]["response_url"].startswith(house.url)
    assert (await house.messages())[0]["text"] == "你好 jobs <1>"
    assert (unknown.status_code, "not a valid command" in unknown.json()["error"]) == (404, True)


async def test_a_press_that_nobody_answers_is_said_to_the_person(house):
    card = (await house.client().chat_postMessage(channel="D1CHEN", text="job", blocks=CARD))["ts"]
    press = {"person": "chen", "chat": "D1CHEN", "message": card, "action_id": "accept", "block_id": "b"}
    answer = await house.sim("press", **press)
    assert "did not respond" in answer["toast"]


async def test_what_is_not_acknowledged_comes_again_and_says_so(house):
    app, tries = house.app(process_before_response=True), []

    @app.middleware
    async def slow(body, req, next_):
        tries.append(body["event_id"])
        if len(tries) < 3:
            await asyncio.sleep(1.2)
        await next_()

    @app.event("message")
    async def heard():
        pass

    async with house.socket_app(app):
        await house.say("again")
        await house.until(lambda: len(tries) == 3, 8)
        await asyncio.sleep(1.2)
    assert len(set(tries)) == 1
    assert len(tries) == 3


async def test_an_event_waits_for_the_app_to_come_back(house):
    app, heard = house.app(), []

    @app.event("message")
    async def hear(event):
        heard.append(event["text"])

    await house.say("while you were away")
    await asyncio.sleep(0.3)
    async with house.socket_app(app):
        await house.until(lambda: heard == ["while you were away"])


async def test_reconnecting_on_request(house):
    app, heard = house.app(), []

    @app.event("message")
    async def hear(event):
        heard.append(event["text"])

    async with house.socket_app(app):
        await house.sim("slack/disconnect", reason="warning")
        await asyncio.sleep(0.2)
        await house.sim("slack/disconnect", reason="refresh_requested")
        await house.say("after")
        await house.until(lambda: heard == ["after"])
        health = (await house.http.get("/sim/health")).json()
        assert health["channels"]["slack"]["connected"]
    await asyncio.sleep(0.1)
    health = (await house.http.get("/sim/health")).json()
    assert not health["channels"]["slack"]["connected"]


async def test_the_home_tab(house):
    app = house.app()

    @app.event("app_home_opened")
    async def opened(event, client):
        block = {"type": "section", "text": {"type": "mrkdwn", "text": "*我的任务*"}}
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [block]})

    async with house.socket_app(app):
        assert await house.sim("home", person="chen") is None
        home = await house.until(lambda: house.sim("home", person="chen"))
    shown = (await house.http.get("/sim/home", params={"person": "chen"})).json()
    assert (shown["id"], shown["blocks"]) == (home["id"], home["blocks"])
    assert home["blocks"][0]["text"]["html"] == "<strong>我的任务</strong>"
    with pytest.raises(SlackApiError) as caught:
        await house.client().views_publish(user_id="U1CHEN", hash="old", view={"type": "home", "blocks": []})
    assert caught.value.response["error"] == "hash_conflict"


async def test_a_message_shortcut(house):
    app, seen = house.app(), []

    @app.shortcut("add_to_ticket")
    async def chosen(ack, shortcut, client):
        await ack()
        seen.append(shortcut)
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal())

    ts = (await house.say("漏液"))["id"]
    async with house.socket_app(app):
        await house.sim("slack/shortcut", person="chen", chat="D1CHEN", message=ts, callback_id="add_to_ticket")
        assert (await house.until(house.view))["callback_id"] == "finish"
    assert (seen[0]["type"], seen[0]["message"]["text"]) == ("message_action", "漏液")
