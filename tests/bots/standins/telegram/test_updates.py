"""How updates reach the bot: polling, webhook, faults, and over a restart."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, RetryAfter, TimedOut

LI = 501


class Hook:
    """A webhook that keeps what it gets and answers what it is told."""

    def __init__(self) -> None:
        self.updates: list[int] = []
        self.secrets: set[str | None] = set()
        self.statuses: list[int] = []
        self.app = Starlette(routes=[Route("/hook", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        update = await request.json()
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.updates.append(update["update_id"])
        return Response(status_code=status)

    async def wait(self, count: int) -> list[int]:
        for _ in range(300):
            if len(self.updates) >= count:
                break
            await asyncio.sleep(0.02)
        return self.updates


async def test_polling_gives_an_update_until_it_is_confirmed(bot: Bot, standins: Any) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    await standins.post("/sim/send", person="nurse-li", text="/report 报警")
    [update] = await waiting
    assert update.message and update.message.text == "/report 报警"
    assert update.message.entities[0].type == "bot_command" and update.message.entities[0].length == 7
    assert update.effective_user and not update.effective_user.is_bot
    assert update.effective_user.language_code == "zh-hans"
    assert [u.update_id for u in await bot.get_updates()] == [update.update_id]
    assert await bot.get_updates(offset=update.update_id + 1) == ()


async def test_a_second_poller_ends_the_first(bot: Bot, another_bot: Callable[..., Bot]) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.2)
    async with another_bot() as other:
        second = asyncio.create_task(other.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        assert await second == ()


async def test_webhook_with_secret_and_retries(
    bot: Bot, standins: Any, serve_beside: Callable[[Any], AbstractAsyncContextManager[str]]
) -> None:
    hook = Hook()
    hook.statuses = [500, 503]
    with pytest.raises(BadRequest, match="https url must be provided"):
        await bot.set_webhook("http://example.org/hook")
    async with serve_beside(hook.app) as url:
        await bot.set_webhook(f"{url}/hook", secret_token="s3cret")
        with pytest.raises(Conflict, match="while webhook is active"):
            await bot.get_updates()
        await standins.post("/sim/send", person="nurse-li", text="one")
        assert len(await hook.wait(1)) == 1
        assert hook.secrets == {"s3cret"}
        info = await bot.get_webhook_info()
        assert info.last_error_message and "503" in info.last_error_message
        await standins.post("/sim/telegram/send", person="nurse-li", text="four at once", deliver=4)
        updates = await hook.wait(5)
        assert len(updates) == 5 and len(set(updates)) == 2
        await bot.delete_webhook()
        assert await bot.get_updates() == ()


async def test_faults_of_a_delivery(bot: Bot, standins: Any) -> None:
    async def say(text: str, **fault: Any) -> None:
        if fault:
            await standins.post("/sim/faults", channel="telegram", **fault)
        await standins.post("/sim/send", person="nurse-li", text=text)

    async def texts() -> list[str]:
        updates: tuple[Update, ...] = await bot.get_updates()
        if updates:
            await bot.get_updates(offset=max(u.update_id for u in updates) + 1)
        return [u.message.text or "" for u in updates if u.message]

    await say("twice", method="message", kind="duplicate")
    assert await texts() == ["twice", "twice"]
    await say("first", method="message", kind="reorder")
    await say("second")
    assert await texts() == ["second", "first"]
    await say("late", method="*", kind="late", retry_after=0.3)
    assert await texts() == []
    await asyncio.sleep(0.5)
    assert await texts() == ["late"]


async def test_faults_of_a_call(bot: Bot, standins: Any) -> None:
    await standins.post("/sim/faults", channel="telegram", method="sendMessage", kind="429", retry_after=7)
    with pytest.raises(RetryAfter):
        await bot.send_message(LI, "x")
    await standins.post("/sim/faults", channel="telegram", method="sendMessage", kind="timeout_after", retry_after=1)
    with pytest.raises(TimedOut):
        await bot.send_message(LI, "done although unanswered", read_timeout=0.3)
    messages = await standins.get("/sim/messages", person="nurse-li")
    assert [m["text"] for m in messages] == ["done although unanswered"]
    assert await standins.get("/sim/faults") == []


async def test_a_restart_keeps_chats_updates_and_files(
    home: Path, standins: Any, bot: Bot, picture: bytes, serve: Callable[[Path], AbstractAsyncContextManager[Any]]
) -> None:
    sent = await bot.send_photo(LI, picture, caption="<b>标签</b>", parse_mode="HTML")
    await standins.post("/sim/send", person="nurse-li", text="还在吗", reply_to=str(sent.message_id))
    before = await standins.get("/sim/messages", person="nurse-li")
    async with serve(home) as again:
        assert await again.get("/sim/messages", person="nurse-li") == before
        assert (await again.http.get(before[0]["photo_url"])).content == picture
        entries = await again.get("/sim/transcript", person="nurse-li")
        assert [entry["method"] for entry in entries] == ["sendPhoto", "message"]
        async with Bot(bot.token, base_url=f"{again.url}/telegram/bot") as later:
            [update] = await later.get_updates()
            assert update.message and update.message.text == "还在吗"
            new = await later.send_message(LI, "ja")
            assert new.message_id == sent.message_id + 2
