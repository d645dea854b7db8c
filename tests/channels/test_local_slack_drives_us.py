"""The independent local-slack drives our Slack channel: a signed event, a button, a window, a command, a file."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from support.database import look

from .local_slack import LocalSlack, Missing, local_slack

if TYPE_CHECKING:
    from support.cast import Cast

NURSE, TECHNICIAN = "U01ALICE", "U02BOB"


@asynccontextmanager
async def our_channel(cast: "Cast") -> AsyncIterator[LocalSlack]:
    """local-slack, our webhook behind it, and two people linked. Skips where local-slack cannot run."""
    from starlette.applications import Starlette

    from mendline.app.channels import CHANNELS
    from mendline.app.http.chat import routes
    from mendline.kernel import gateway, rows, settings
    from mendline_bots import channel_of, install_channels
    from mendline_tenants import ChatIdentity, ChatInstallation
    from support.doors import free_port, served

    port = free_port()
    try:
        async with local_slack(f"http://127.0.0.1:{port}/chat/slack") as slack:
            ours = {
                "MENDLINE_SLACK_API_URL": slack.api_url,
                "MENDLINE_SLACK_SIGNING_SECRET": slack.signing_secret,
                "MENDLINE_SLACK_BOT_TOKEN": slack.bot_token,
            }
            os.environ.update(ours)
            settings.cache_clear()
            install_channels(CHANNELS)
            channel_of("slack").limits = lambda _: ()  # type: ignore[method-assign]
            people = ((NURSE, "nurse_a", "hospital_a"), (TECHNICIAN, "technician_v", "vendor_v"))
            async with gateway():
                await look("DELETE FROM chat_identity WHERE workspace = $1", slack.team_id)
                assert await rows.first(ChatInstallation, "workspace = $1", slack.team_id) is None
                for account, person, organisation in people:
                    await rows.insert(
                        ChatIdentity(
                            tenant_id=cast[organisation],
                            channel="slack",
                            workspace=slack.team_id,
                            account=account,
                            chat=await slack.dm(account),
                            member_id=cast.members[person],
                        )
                    )
            try:
                async with served(Starlette(routes=list(routes())), port):
                    yield slack
            finally:
                for name in ours:
                    os.environ.pop(name)
                settings.cache_clear()
    except Missing as missing:
        pytest.skip(str(missing))


async def test_it_reports_and_takes_the_job(cast: "Cast", blobs: None) -> None:
    from support.doors import label_of

    async with our_channel(cast) as slack:

        async def ours(account: str) -> list[dict[str, Any]]:
            await cast.drain()
            return [each for each in await slack.messages(await slack.dm(account)) if each.get("bot_id")]

        await slack.photo(NURSE, "label.jpg", label_of("SN1001", "SB-0001"), "报警 <停机>")
        card = (await until(lambda: ours(NURSE)))[0]
        assert "SB-0001" in card["blocks"][0]["text"]["text"]
        assert "报警 &lt;停机&gt;" in card["blocks"][1]["text"]["text"]
        await slack.press(NURSE, await slack.dm(NURSE), card["ts"], action(card, "停机"))
        await until(lambda: row(cast, "SELECT 1 FROM ticket_clinical WHERE tenant_id = $1 AND use_state = 'down'"))

        ticket = await row(cast, "SELECT opaque('tk', tenant_id, id) AS id FROM ticket WHERE tenant_id = $1")
        offer = {"ticket": ticket[0]["id"], "technician": cast.member_id("technician_v")}
        await cast.run("dispatcher_v", "dispatch.offer_job", offer)
        card = (await until(lambda: ours(TECHNICIAN)))[0]
        await slack.press(TECHNICIAN, await slack.dm(TECHNICIAN), card["ts"], action(card, "拒单"))

        async def window() -> Any:
            await cast.drain()
            view = await slack.modal()
            return view if view and view.get("callback_id") == "form" else None

        await until(window)
        await slack.submit(TECHNICIAN, {"reason~typed": {"value": {"type": "plain_text_input", "value": "车坏了"}}})
        await until(lambda: row(cast, "SELECT 1 FROM ticket WHERE tenant_id = $1 AND state = 'triaged'"))

        before = len(await ours(TECHNICIAN))
        await slack.command(TECHNICIAN, "/wo", "我的任务")
        assert await until(lambda: more(ours, before))


def action(card: dict[str, Any], label: str) -> str:
    """The action id of the button with this label."""
    elements = (each for block in card["blocks"] if block["type"] == "actions" for each in block["elements"])
    return str(next(each["action_id"] for each in elements if each["text"]["text"] == label))


async def row(cast: "Cast", sql: str) -> list[Any]:
    """Rows of hospital A, after all that is due has been done."""
    await cast.drain()
    return list(await look(sql, cast["hospital_a"]))


async def more(ours: Callable[[str], Awaitable[list[Any]]], before: int) -> bool:
    """Whether there is another message."""
    return len(await ours(TECHNICIAN)) > before


async def until(look_: Callable[[], Awaitable[Any]]) -> Any:
    """Waits for something to become true and gives it."""
    async with asyncio.timeout(15):
        while not (found := await look_()):  # noqa: ASYNC110 - another program is what is waited for
            await asyncio.sleep(0.05)
    return found
