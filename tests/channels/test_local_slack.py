"""A small bolt app behind a request URL, driven by the independent local-slack: our driver works, and so does bolt."""

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from support.slack_house import free_port, served, until

from .local_slack import LocalSlack, Missing, local_slack

NOTE = {"type": "plain_text_input", "action_id": "t"}
MODAL = {
    "type": "modal",
    "callback_id": "sign",
    "title": {"type": "plain_text", "text": "验收 Accept"},
    "submit": {"type": "plain_text", "text": "OK"},
    "blocks": [{"type": "input", "block_id": "n", "label": {"type": "plain_text", "text": "Note"}, "element": NOTE}],
}
BUTTON = {"type": "button", "action_id": "accept", "text": {"type": "plain_text", "text": "验收"}, "value": "v3"}
CARD = [{"type": "actions", "block_id": "b", "elements": [BUTTON]}]


def _app(secret: str, client: AsyncWebClient, seen: list[object]) -> AsyncApp:
    app = AsyncApp(signing_secret=secret, client=client)

    @app.event("message")
    async def heard(event, client):
        files = [file["name"] for file in event.get("files", [])]
        seen.append(("message", event["text"], files))
        await client.chat_postMessage(channel=event["channel"], text="card", thread_ts=event["ts"], blocks=CARD)

    @app.action("accept")
    async def pressed(ack, body, client, action):
        await ack()
        seen.append(("press", body["user"]["id"], action["value"]))
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("sign")
    async def signed(ack, view, body):
        seen.append(("view", body["user"]["id"], view["state"]["values"]["n"]["t"]["value"]))
        await ack()

    @app.command("/wo")
    async def ran(ack, command):
        seen.append(("command", command["user_id"], command["text"]))
        await ack("好")

    @app.event("app_home_opened")
    async def home(event, client):
        seen.append(("home", event["user"]))
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    @app.event("file_shared")
    async def shared():
        """The same file again; the message has told it."""

    return app


async def test_a_bolt_app_is_driven_through_it() -> None:
    port = free_port()
    seen: list[object] = []
    try:
        async with local_slack(f"http://127.0.0.1:{port}/slack/events") as slack:
            client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
            handler = AsyncSlackRequestHandler(_app(slack.signing_secret, client, seen))
            async with served(Starlette(routes=[Route("/slack/events", handler.handle, methods=["POST"])]), port):
                await _play(slack, seen)
    except Missing as missing:
        pytest.skip(str(missing))


async def _play(slack: LocalSlack, seen: list[object]) -> None:
    async def card():
        return next((each for each in await slack.messages("D01ALICE") if each.get("bot_id")), None)

    said = await slack.message("U01ALICE", "泵报警 <停机>")
    posted = await until(card)
    assert posted["thread_ts"] == said
    await slack.press("U01ALICE", "D01ALICE", posted["ts"], "accept")
    assert (await until(slack.modal))["callback_id"] == "sign"
    await slack.submit("U01ALICE", {"n": {"t": {"type": "plain_text_input", "value": "功能正常"}}})
    assert await slack.modal() is None
    await slack.command("U02BOB", "/wo", "jobs")
    await slack.photo("U02BOB", "label.png", b"\x89PNG", "标签")
    await slack.open_home("U02BOB")

    async def published():
        return (await slack.state())["homeViews"].get("U02BOB")

    await until(published)
    assert seen[:4] == [
        ("message", "泵报警 <停机>", []),
        ("press", "U01ALICE", "v3"),
        ("view", "U01ALICE", "功能正常"),
        ("command", "U02BOB", "jobs"),
    ]
    assert ("message", "标签", ["label.png"]) in seen
