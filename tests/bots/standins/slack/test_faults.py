"""What goes wrong on demand: refusals for haste, silence after the work, events twice, out of order or late."""

import asyncio
import time

import pytest
from slack_sdk.errors import SlackApiError


@pytest.fixture
async def ears(house):
    """An app that notes the id and text of each event of a person."""
    app = house.app()
    house.heard = []

    @app.event("message")
    async def hear(body, event):
        if "bot_id" not in event and "subtype" not in event:
            house.heard.append((body["event_id"], event["text"], time.monotonic()))

    async with house.socket_app(app):
        yield house


async def test_too_many_requests(house):
    await house.fault("chat.postMessage", "429", count=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await house.client().chat_postMessage(channel="D1CHEN", text="x")
        assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
        assert caught.value.response.headers["Retry-After"] == "7"
    assert (await house.client().auth_test())["ok"]
    await house.client().chat_postMessage(channel="D1CHEN", text="x")
    assert len(await house.messages()) == 1


async def test_the_work_is_done_and_the_answer_never_comes(house):
    await house.fault("chat.postMessage", "timeout_after", retry_after=3)
    with pytest.raises(asyncio.TimeoutError):
        await house.client(timeout=1).chat_postMessage(channel="D1CHEN", text="uncertain")
    assert [each["text"] for each in await house.messages()] == ["uncertain"]


async def test_twice(ears):
    await ears.fault("message", "duplicate")
    await ears.say("once said")
    await ears.until(lambda: len(ears.heard) == 2)
    assert len({event for event, _, _ in ears.heard}) == 1


async def test_out_of_order(ears):
    await ears.fault("message", "reorder")
    await ears.say("first")
    await ears.say("second")
    await ears.until(lambda: len(ears.heard) == 2)
    assert [text for _, text, _ in ears.heard] == ["second", "first"]


async def test_held_back_but_never_lost(ears):
    await ears.fault("message", "reorder", retry_after=0.3)
    await ears.say("alone")
    await ears.until(lambda: ears.heard)


async def test_late(ears):
    await ears.fault("message", "late", retry_after=0.6)
    said = time.monotonic()
    await ears.say("slow mail")
    await ears.until(lambda: ears.heard)
    assert ears.heard[0][2] - said >= 0.6
