"""`mendline play` reads chats of both channels, and says in words why it cannot begin."""

import httpx
import pytest

from mendline.app import play as app_play
from mendline.app.play import Narrator, Stuck, play
from mendline.app.play import chat as app_chat
from mendline.app.play.chat import Chat
from mendline.kernel import settings

PERSON = {
    "key": "lin", "name": "林晓芸", "name_en": "Lin Xiaoyun", "role": "护士", "role_en": "Nurse",
    "channel": "telegram", "organisation": "医院",
}  # fmt: skip
TELEGRAM = {
    "id": "7", "from": {"name": "Mendline", "is_bot": True}, "mine": False,
    "text": "HA-2026-5 · P2 · 输液泵\n状态 已受理",
    "buttons": [[{"text": "停机", "data": "a"}, {"text": "网页", "url": "https://mendline.example"}]],
}  # fmt: skip
SLACK = {
    "id": "1.2", "from": {"name": "Mendline", "is_bot": True}, "mine": False, "text": "HA-2026-5 · P2", "buttons": [],
    "blocks": [
        {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "*HA-2026-5 · P2 · 输液泵*"}},
        {"type": "context", "block_id": "c", "elements": [{"type": "mrkdwn", "text": "20:38 A &amp; B"}]},
        {"type": "actions", "block_id": "b", "elements": [
            {"type": "button", "action_id": "press:x", "value": "x", "text": {"type": "plain_text", "text": "接单"}},
        ]},
    ],
}  # fmt: skip


def chat_of(*messages):
    def answer(request):
        return httpx.Response(200, json=list(messages))

    http = httpx.AsyncClient(base_url="http://simulator", transport=httpx.MockTransport(answer))
    return Chat(http, PERSON)


async def test_a_card_reads_the_same_in_both_channels():
    telegram = (await chat_of(TELEGRAM).cards("HA-2026-5"))[0]
    slack = (await chat_of(SLACK).cards("HA-2026-5"))[0]
    assert telegram.button(("停机", "Down")).press == {"data": "a"}
    assert [button.label for button in telegram.buttons] == ["停机"]
    assert slack.text == "HA-2026-5 · P2 · 输液泵\n20:38 A & B"
    assert slack.button(("接单",)).press == {"action_id": "press:x", "block_id": "b"}


async def test_an_answer_that_names_a_ticket_is_no_card():
    answer = TELEGRAM | {"text": "已签署 HA-2026-5"}
    longer = TELEGRAM | {"text": "HA-2026-55 · P2 · 输液泵"}
    own = TELEGRAM | {"from": {"name": "林晓芸", "is_bot": False}}
    assert not await chat_of(answer, longer, own).cards("HA-2026-5")


async def test_a_card_that_never_comes_is_told_with_what_came_instead(monkeypatch):
    monkeypatch.setattr(app_play.waiting, "PATIENCE", 0.1)
    with pytest.raises(Stuck, match=r"林晓芸 \(telegram\): no card of HA-2026-9 .*接单(.|\n)*状态 已受理"):
        await chat_of(TELEGRAM).card("HA-2026-9", button=("接单",))


def test_the_simulators_refusal_is_told():
    request = httpx.Request("GET", "http://simulator/sim/press")
    with pytest.raises(Stuck, match="404 to /sim/press: No person"):
        app_chat._told(httpx.Response(404, text="No person", request=request))


async def test_without_a_demo_there_is_no_story(tmp_path):
    with pytest.raises(Stuck, match="no demo"):
        await play("http://127.0.0.1:9", "http://127.0.0.1:9", tmp_path, Narrator())


def test_without_a_system_the_command_says_so_and_fails(monkeypatch, capsys):
    alone = settings().model_copy(update={"standins_url": None})
    monkeypatch.setattr(app_play, "settings", lambda: alone)
    assert app_play.run() == 1
    assert "start one with ./deploy/up" in capsys.readouterr().out
