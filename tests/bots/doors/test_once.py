"""An update counts once, however often and however parallel it comes; and only from who can prove where it is from."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from support.database import look
from support.doors import SECRETS, webhooks

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

SECRET = "X-Telegram-Bot-Api-Secret-Token"


def telegram_update(doors: "Doors", person: str, text: str, update_id: int) -> dict[str, Any]:
    account = doors.accounts[person]
    who = {"id": account["user_id"], "is_bot": False, "first_name": account["name"], "language_code": "zh-hans"}
    chat = {"id": account["user_id"], "type": "private"}
    message = {"message_id": update_id, "date": int(time.time()), "chat": chat, "from": who, "text": text}
    if text.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
    return {"update_id": update_id, "message": message}


def slack_event(doors: "Doors", person: str, text: str, event_id: str) -> dict[str, Any]:
    account = doors.accounts[person]
    event = {
        "type": "message",
        "channel": account["chat_id"],
        "channel_type": "im",
        "user": account["user_id"],
        "team": account["team_id"],
        "ts": f"{time.time():.6f}",
        "text": text,
    }
    return {"type": "event_callback", "team_id": account["team_id"], "event_id": event_id, "event": event}


def signed(body: bytes, *, secret: str = SECRETS["MENDLINE_SLACK_SIGNING_SECRET"], age: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": "application/json"}


async def inbound(key: str) -> int:
    return int((await look("SELECT count(*) AS n FROM inbound WHERE key = $1", key))[0]["n"])


async def tickets(cast: "Cast", organisation: str = "hospital_a") -> int:
    return int((await look("SELECT count(*) AS n FROM ticket WHERE tenant_id = $1", cast[organisation]))[0]["n"])


async def test_the_same_telegram_update_four_times_makes_one_ticket_and_one_reply(quiet_doors: "Doors") -> None:
    doors, number = quiet_doors, int(time.time() * 1000) % 10**9
    async with webhooks(doors) as url, httpx.AsyncClient(trust_env=False) as client:
        for text in ("/report", "SB-0001", "报警"):
            number += 1
            update = telegram_update(doors, "nurse_a", text, number)
            headers = {SECRET: SECRETS["MENDLINE_TELEGRAM_WEBHOOK_SECRET"]}
            answers = await asyncio.gather(
                *(client.post(f"{url}/telegram", json=update, headers=headers) for _ in range(4))
            )
            assert [answer.status_code for answer in answers] == [200] * 4
            await doors.settle()
            assert await inbound(f"tg:{doors.bot}:{number}") == 1
    assert await tickets(doors.cast) == 1
    assert len(await doors.texts("nurse_a")) == 3  # two questions and the card


async def test_the_same_slack_event_four_times_is_answered_once(quiet_doors: "Doors") -> None:
    doors, event = quiet_doors, f"Ev{time.time_ns()}"
    body = msgspec.json.encode(slack_event(doors, "technician_v", "我的任务", event))
    async with webhooks(doors) as url, httpx.AsyncClient(trust_env=False) as client:
        answers = await asyncio.gather(
            *(client.post(f"{url}/slack", content=body, headers=signed(body)) for _ in range(4))
        )
        assert [answer.status_code for answer in answers] == [200] * 4
        await doors.settle()
    assert await inbound(f"slack:{event}") == 1
    assert len(await doors.texts("technician_v")) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", "tg-secret-and-more"])
async def test_telegram_without_our_secret_is_refused(quiet_doors: "Doors", secret: str | None) -> None:
    doors, number = quiet_doors, int(time.time() * 1000) % 10**9
    headers = {} if secret is None else {SECRET: secret}
    async with webhooks(doors) as url, httpx.AsyncClient(trust_env=False) as client:
        update = telegram_update(doors, "nurse_a", "/report", number)
        with capture_logs() as logged:
            answer = await client.post(f"{url}/telegram", json=update, headers=headers)
    assert answer.status_code == 401
    assert [line["channel"] for line in logged if line["event"] == "webhook_refused"] == ["telegram"]
    assert await inbound(f"tg:{doors.bot}:{number}") == 0


@pytest.mark.parametrize("headers", [{"secret": "forged"}, {"age": 301}, {"age": -301}, None])
async def test_slack_with_a_forged_signature_or_an_old_time_is_refused(
    quiet_doors: "Doors", headers: dict[str, Any] | None
) -> None:
    doors, event = quiet_doors, f"Ev{time.time_ns()}"
    body = msgspec.json.encode(slack_event(doors, "technician_v", "我的任务", event))
    async with webhooks(doors) as url, httpx.AsyncClient(trust_env=False) as client:
        shown = {"Content-Type": "application/json"} if headers is None else signed(body, **headers)
        with capture_logs() as logged:
            answer = await client.post(f"{url}/slack", content=body, headers=shown)
    assert answer.status_code == 401
    assert [line["channel"] for line in logged if line["event"] == "webhook_refused"] == ["slack"]
    assert await inbound(f"slack:{event}") == 0


async def test_text_that_cannot_be_stored_holds_up_nobody(quiet_doors: "Doors") -> None:
    doors, number = quiet_doors, int(time.time() * 1000) % 10**9
    headers = {SECRET: SECRETS["MENDLINE_TELEGRAM_WEBHOOK_SECRET"], "Content-Type": "application/json"}
    update = json.dumps(telegram_update(doors, "nurse_a", "我的\0工单", number))
    async with webhooks(doors) as url, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{url}/telegram", content=update, headers=headers)).status_code == 200
        await doors.settle()
        assert await inbound(f"tg:{doors.bot}:{number}") == 1
    assert len(await doors.texts("nurse_a")) == 1


async def test_what_is_no_update_is_refused(quiet_doors: "Doors") -> None:
    headers = {SECRET: SECRETS["MENDLINE_TELEGRAM_WEBHOOK_SECRET"]}
    async with webhooks(quiet_doors) as url, httpx.AsyncClient(trust_env=False) as client:
        for body in (b"", b"{", b"[]", b'{"update_id": "x"}', b'{"message": {}}'):
            assert (await client.post(f"{url}/telegram", content=body, headers=headers)).status_code == 400
        assert (await client.post(f"{url}/telegram", content=b"x" * 1_100_000, headers=headers)).status_code == 413
        assert (await client.post(f"{url}/nobody", content=b"{}")).status_code == 404


async def test_a_press_sent_again_changes_nothing(doors: "Doors", cast: "Cast") -> None:
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "x"})
    await cast.run(
        "dispatcher_v", "dispatch.offer_job", {"ticket": made.ticket, "technician": cast.member_id("technician_v")}
    )
    await doors.settle()
    await doors.post("faults", channel="slack", method="block_actions", kind="duplicate")
    await doors.press("technician_v", "接单")
    entries = await look(
        "SELECT count(*) AS n FROM audit_entry WHERE tenant_id = $1 AND command = 'dispatch.accept_job'",
        cast["hospital_a"],
    )
    assert entries[0]["n"] == 1


def test_a_slack_form_body_has_one_key() -> None:
    from mendline_bots.slack.parsing import key_of

    body = {"type": "block_actions", "trigger_id": "1.2.3", "actions": [{"action_id": "press:x"}]}
    assert key_of(body) == key_of(dict(reversed(body.items())))
    assert key_of(body) != key_of(body | {"trigger_id": "1.2.4"})
    assert urlencode(body)
