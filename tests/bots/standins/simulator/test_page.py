"""The page in a real browser: playing a nurse in Telegram and an engineer in Slack."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from mendline_bots.standins import TELEGRAM_TOKEN

SLACK = {
    "key": "tech-zhou",
    "name": "周强",
    "name_en": "Zhou Qiang",
    "organisation": "迅修医疗服务",
    "role": "现场工程师",
    "channel": "slack",
    "user_id": "U1ZHOU",
    "chat_id": "D1ZHOU",
    "team_id": "T1VENDOR",
}


@asynccontextmanager
async def small_bot(url: str) -> AsyncIterator[None]:
    """Answers a photo with a card, and a press with a toast or an alert."""
    async with Bot(TELEGRAM_TOKEN, base_url=f"{url}/telegram/bot") as bot:

        async def answer() -> None:
            offset = 0
            while True:
                for update in await bot.get_updates(offset=offset, timeout=10):
                    offset = update.update_id + 1
                    if message := update.message:
                        keys = [InlineKeyboardButton(text, callback_data=text) for text in ("toast", "alert")]
                        markup = InlineKeyboardMarkup([keys])
                        text = f"<b>RJ-1</b> {message.caption or message.text}"
                        await bot.send_message(
                            message.chat.id, text, "HTML", reply_markup=markup, reply_to_message_id=message.id
                        )
                    if query := update.callback_query:
                        assert query.message and query.data
                        await query.answer(f"done {query.data}", show_alert=query.data == "alert")
                        await query.edit_message_text(f"pressed {query.data}")

        task = asyncio.create_task(answer())
        try:
            yield
        finally:
            task.cancel()


@asynccontextmanager
async def small_app(url: str) -> AsyncIterator[AsyncWebClient]:
    """A Bolt app whose button opens a modal that refuses the word "no"."""
    client = AsyncWebClient(token="xoxb-standin-T1VENDOR", base_url=f"{url}/slack/api/")
    app = AsyncApp(client=client, signing_secret="unused", request_verification_enabled=False)

    @app.action("finish")
    async def finish(ack: Any, body: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("report")
    async def report(ack: Any, body: Any) -> None:
        cause = body["view"]["state"]["values"]["cause"]["text"]["value"]
        if cause == "no":
            await ack(response_action="errors", errors={"cause": "say more"})
            return
        await ack()
        await client.chat_postMessage(channel="D1ZHOU", text=f"cause: {cause}")

    handler = AsyncSocketModeHandler(app, "xapp-standin")
    await handler.connect_async()
    try:
        yield client
    finally:
        await handler.close_async()


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def modal() -> dict[str, Any]:
    result = {
        "type": "static_select",
        "action_id": "choice",
        "options": [{"text": plain(text), "value": text} for text in ("已修复", "未复现", "需返厂")],
    }
    return {
        "type": "modal",
        "callback_id": "report",
        "title": plain("完工报告"),
        "submit": plain("提交"),
        "close": plain("取消"),
        "blocks": [
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "由今天的消息起草"}]},
            {"type": "input", "block_id": "result", "label": plain("结果"), "optional": True, "element": result},
            {
                "type": "input",
                "block_id": "cause",
                "label": plain("故障原因"),
                "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
            },
        ],
    }


async def test_a_nurse_reports_from_a_phone(standins: Any, browser: Any) -> None:
    async with small_bot(standins.url):
        await browser.open(standins.url, width=375, height=720)
        await browser.until("document.querySelectorAll('.person').length === 3")
        assert not await browser.run("document.getElementById('chat').checkVisibility()")
        await browser.click("[data-person='nurse-li']")
        await browser.click(".label-button")
        await browser.write(".sheet .control", "报警,停机")
        await browser.click(".label-card")
        await browser.until("document.querySelector('.mine .photo img')?.naturalWidth > 0")
        await browser.until("document.querySelector('.theirs .text b')?.textContent === 'RJ-1'")
        assert await browser.run("document.querySelector('.theirs .quote').textContent") == "李静🖼 报警,停机"
        await browser.click(".keyboard .key")
        await browser.until("document.querySelector('.toast')?.textContent === 'done toast'")
        await browser.until("document.querySelector('.theirs .text').textContent === 'pressed toast'")
        await browser.until("document.querySelector('.theirs .edited')")
        assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
        await browser.write("#text", "<b>写</b>", enter=True)
        await browser.until("[...document.querySelectorAll('.mine .text')].at(-1).textContent === '<b>写</b>'")
        await browser.click(".message:last-child .key:last-child")
        await browser.until("document.querySelector('dialog.alert p')?.textContent === 'done alert'")
        await browser.click("dialog.alert .primary")
        await browser.click(".chat-head .back")
        await browser.until("document.querySelector('[data-person=nurse-li]').checkVisibility()")
        assert browser.errors == []


async def test_unread_badges_follow_the_story(standins: Any, browser: Any) -> None:
    async with Bot(TELEGRAM_TOKEN, base_url=f"{standins.url}/telegram/bot") as bot:
        await browser.open(f"{standins.url}/#/nurse-li")
        await browser.until("document.querySelector('.person.chosen')")
        await bot.send_message(502, "RJ-1 waits for your signature")
        await browser.until("document.querySelector('[data-person=manager-wang] .badge')?.textContent === '1'")
        await browser.click("[data-person='manager-wang']")
        await browser.until("!document.querySelector('[data-person=manager-wang] .badge')")
        await bot.send_chat_action(502, "typing")
        await browser.until("document.querySelector('.dots')")


async def test_languages_themes_and_search(standins: Any, browser: Any) -> None:
    await browser.open(standins.url, dark=True)
    assert await browser.run("document.documentElement.dataset.theme") == "dark"
    await browser.until("document.querySelector('.person')")
    first = await browser.run("document.documentElement.lang")
    await browser.click("#language")
    assert await browser.run("document.documentElement.lang") != first
    await browser.run("document.documentElement.lang === 'en' || document.getElementById('language').click()")
    assert await browser.run("document.querySelector('.organisation h2').textContent") == "Jiangcheng First Hospital"
    await browser.write("#search", "Wang")
    await browser.until("document.querySelectorAll('.person').length === 1")
    await browser.open(f"{standins.url}/?again")
    assert await browser.run("document.documentElement.lang") == "en"


async def test_an_engineer_finishes_in_a_slack_modal(standins: Any, browser: Any) -> None:
    await standins.http.post("/sim/people", json=SLACK)
    async with small_app(standins.url) as app:
        button = {"type": "button", "action_id": "finish", "text": plain("完工"), "style": "primary"}
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "*XX-88* 输液泵"}}
        blocks = [section, {"type": "actions", "elements": [button]}]
        await app.chat_postMessage(channel="D1ZHOU", text="XX-88", blocks=blocks)
        await browser.open(f"{standins.url}/#/tech-zhou")
        await browser.until("document.querySelector('.section-words strong')?.textContent === 'XX-88'")
        await browser.click(".block-button.primary")
        await browser.until("document.querySelector('.slack-modal h2')?.textContent === '完工报告'")
        await browser.run("document.querySelector('.slack-modal select').value = '已修复'")
        await browser.write(".slack-modal textarea", "no")
        await browser.click(".slack-modal [type=submit]")
        await browser.until("document.querySelector('.wrong .input-error')?.textContent === 'say more'")
        assert await browser.run("document.querySelector('.slack-modal select').value") == "已修复"
        await browser.write(".slack-modal textarea", " battery worn out")
        await browser.click(".slack-modal [type=submit]")
        await browser.until("!document.querySelector('.slack-modal')")
        await browser.until("document.querySelector('.log').textContent.includes('battery worn out')")
        assert browser.errors == []


async def test_a_banner_says_when_nobody_listens(standins: Any, browser: Any) -> None:
    await browser.open(f"{standins.url}/#/nurse-li")
    await browser.until("!document.getElementById('banner').hidden")
    async with small_bot(standins.url):
        await browser.run("document.querySelector('.hint:nth-child(3)').click()")
        await browser.until("document.querySelector('.theirs .text b')")


@pytest.mark.parametrize("width", [375, 768, 1280])
async def test_nothing_is_wider_than_the_window(standins: Any, browser: Any, width: int) -> None:
    async with Bot(TELEGRAM_TOKEN, base_url=f"{standins.url}/telegram/bot") as bot:
        keys = [[InlineKeyboardButton("停机 Down, out of service" * 2, callback_data=str(n)) for n in range(4)]]
        await bot.send_message(501, "x" * 400, reply_markup=InlineKeyboardMarkup(keys))
    await browser.open(f"{standins.url}/#/nurse-li", width=width)
    await browser.until("document.querySelector('.theirs')")
    assert await browser.run("document.querySelector('.log').scrollWidth <= document.querySelector('.log').clientWidth")
