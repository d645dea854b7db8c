"""Our stand-in Slack beside the independent one: whatever the other tells an app, ours tells it too."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from support.slack_house import free_port, served, slack_house

from .local_slack import Missing, local_slack
from .test_local_slack import CARD, MODAL

# Slack's message objects name no channel, its file objects have more than any app of ours reads, and an app gets
# `file_shared` only when it subscribes to it.
NOT_COMPARED = ("message.channel", "event.files[].", "event.display_as_bot")
NOT_SUBSCRIBED = "event:file_shared"


def members(value: Any, path: str = "") -> set[str]:
    """Every member of a JSON document, by its path."""
    if isinstance(value, dict):
        return {f"{path}.{name}" for name in value} | {
            m for name, v in value.items() for m in members(v, f"{path}.{name}")
        }
    return {m for each in value for m in members(each, f"{path}[]")} if isinstance(value, list) else set()


class Ear:
    """A request URL that notes the members and headers of each kind of payload."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}
        self.triggers: list[str] = []
        self.app = Starlette(routes=[Route("/e", self.hear, methods=["POST"])])

    async def hear(self, request: Request) -> Response:
        """One payload."""
        body = (await request.body()).decode()
        if "json" in request.headers["content-type"]:
            payload = json.loads(body)
            if payload["type"] == "url_verification":
                return PlainTextResponse(payload["challenge"])
            kind = f"event:{payload['event']['type']}"
        else:
            form = dict(parse_qsl(body, keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
            kind = payload.get("type", "command")
            self.triggers.append(payload["trigger_id"])
        names = {f"header {name}" for name in request.headers if name.startswith("x-slack")}
        self.heard.setdefault(kind, set()).update(names, members(payload, kind))
        return PlainTextResponse("")


async def test_everything_the_other_says_ours_says_too(tmp_path) -> None:
    theirs, ours = Ear(), Ear()
    port = free_port()
    async with served(theirs.app, port), served(ours.app, port_of_ours := free_port()):
        try:
            async with local_slack(f"http://127.0.0.1:{port}/e") as slack:
                client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
                card = (await client.chat_postMessage(channel="D01ALICE", text="c", blocks=CARD))["ts"]
                await slack.message("U01ALICE", "hi", thread_ts=card)
                await slack.photo("U01ALICE", "a.png", b"x", "t")
                await slack.open_home("U01ALICE")
                await slack.press("U01ALICE", "D01ALICE", card, "accept")
                await client.views_open(trigger_id=theirs.triggers[-1], view=MODAL)
                await slack.submit("U01ALICE", {"n": {"t": {"type": "plain_text_input", "value": "x"}}})
                await slack.command("U01ALICE", "/wo", "x")
        except Missing as missing:
            pytest.skip(str(missing))
        async with slack_house(tmp_path) as house:
            await house.sim("slack/request_url", url=f"http://127.0.0.1:{port_of_ours}/e")
            client = house.client()
            card = (await client.chat_postMessage(channel="D1CHEN", text="c", blocks=CARD))["ts"]
            await house.say("hi", reply_to=card)
            photo = {"files": {"file": ("a.png", b"x", "image/png")}}
            await house.http.post("/sim/photo", data={"person": "chen", "chat": "D1CHEN", "caption": "t"}, **photo)
            await house.sim("home", person="chen")
            await house.sim("press", person="chen", chat="D1CHEN", message=card, action_id="accept", block_id="b")
            view = (await client.views_open(trigger_id=ours.triggers[-1], view=MODAL))["view"]
            await house.sim("view/submit", person="chen", view_id=view["id"], values={"n": {"t": "x"}})
            await house.say("x", command="/wo")
            await house.until(lambda: {"event:message", "event:app_home_opened", "command"} <= set(ours.heard))
    missing_here = {
        member
        for kind, said in theirs.heard.items()
        for member in said - ours.heard.get(kind, set())
        if kind != NOT_SUBSCRIBED and not any(each in member for each in NOT_COMPARED)
    }
    assert {"event:message", "block_actions", "view_submission", "command", "event:app_home_opened"} <= set(
        theirs.heard
    )
    assert missing_here == set()
