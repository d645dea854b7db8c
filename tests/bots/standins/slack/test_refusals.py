"""The real AsyncWebClient is refused what Slack refuses, in Slack's words."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}


async def refused(call):
    """The error word and messages of a call that must fail."""
    with pytest.raises(SlackApiError) as caught:
        await call
    data = caught.value.response.data
    return data["error"], (data.get("response_metadata") or {}).get("messages", [])


async def code(call):
    """The error word alone."""
    return (await refused(call))[0]


async def test_each_token_opens_its_own_workspace(house):
    assert (await house.client().auth_test())["team_id"] == "T1VENDOR"
    assert (await house.client("xoxb-standin-T2CLINIC").auth_test())["team_id"] == "T2CLINIC"
    assert await code(house.client("xoxb-wrong").auth_test()) == "invalid_auth"
    assert await code(house.client("").auth_test()) == "not_authed"
    assert await code(house.client("xapp-standin").auth_test()) == "not_allowed_token_type"
    assert (
        await code(house.client().apps_connections_open(app_token="xoxb-standin-T1VENDOR")) == "not_allowed_token_type"
    )
    assert await code(house.client().api_call("chat.shout")) == "unknown_method"


async def test_channels_of_others_do_not_exist(house):
    client = house.client()
    assert await code(client.chat_postMessage(channel="C0NONE", text="x")) == "channel_not_found"
    assert await code(client.chat_postMessage(channel="D2MARIA", text="x")) == "channel_not_found"
    assert await code(client.chat_postMessage(channel="C1CLOSED", text="x")) == "not_in_channel"
    posted = await client.chat_postMessage(channel="U1CHEN", text="by user id")
    assert posted["channel"] == "D1CHEN"
    word, messages = await refused(client.chat_update(channel="", ts="1.1", text="x"))
    assert (word, messages) == ("invalid_arguments", ["[ERROR] missing required field: channel"])


async def test_what_a_message_may_say(house):
    client = house.client()
    assert await code(client.chat_postMessage(channel="D1CHEN", text="")) == "no_text"
    assert await code(client.chat_postMessage(channel="D1CHEN", text="x" * 40_001)) == "msg_too_long"
    posted = await client.chat_postMessage(channel="D1CHEN", text="x" * 40_000)
    assert await code(client.chat_update(channel="D1CHEN", ts=posted["ts"], text="x" * 4_001)) == "msg_too_long"
    assert await code(client.chat_postMessage(channel="D1CHEN", blocks="{")) == "invalid_blocks_format"
    word, messages = await refused(
        client.chat_postMessage(
            channel="D1CHEN", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
        )
    )
    assert word == "invalid_blocks"
    assert messages == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}} for _ in range(5)]
    assert await code(client.chat_postMessage(channel="D1CHEN", blocks=long)) == "msg_blocks_too_long"


async def test_threads_hang_on_messages_that_exist(house):
    client = house.client()
    root = (await client.chat_postMessage(channel="D1CHEN", text="root"))["ts"]
    reply = await client.chat_postMessage(channel="D1CHEN", text="reply", thread_ts=root)
    assert reply["message"]["thread_ts"] == root
    nested = await client.chat_postMessage(channel="D1CHEN", text="to the reply", thread_ts=reply["ts"])
    assert nested["message"]["thread_ts"] == root
    assert await code(client.chat_postMessage(channel="D1CHEN", text="x", thread_ts="1.000001")) == "thread_not_found"
    assert await code(client.chat_postMessage(channel="D1CHEN", text="x", thread_ts="0")) == "invalid_thread_ts"
    shown = await house.messages()
    assert shown[1]["reply_to"] == {"id": root, "name": "Mendline", "text": "root"}


async def test_only_own_messages_are_changed(house):
    client = house.client()
    theirs = (await house.say("mine"))["id"]
    assert await code(client.chat_update(channel="D1CHEN", ts=theirs, text="x")) == "cant_update_message"
    assert await code(client.chat_delete(channel="D1CHEN", ts=theirs)) == "cant_delete_message"
    assert await code(client.chat_update(channel="D1CHEN", ts="1.000001", text="x")) == "message_not_found"
    own = (await client.chat_postMessage(channel="D1CHEN", text="own"))["ts"]
    await client.chat_delete(channel="D1CHEN", ts=own)
    assert await code(client.chat_delete(channel="D1CHEN", ts=own)) == "message_not_found"


async def test_update_keeps_blocks_that_are_not_named(house):
    client = house.client()
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    ts = (await client.chat_postMessage(channel="D1CHEN", text="a", blocks=blocks))["ts"]
    await client.chat_update(channel="D1CHEN", ts=ts, text="b")
    shown = (await house.messages())[0]
    assert shown["text"] == "b"
    assert shown["edited"]
    assert shown["blocks"][0]["elements"][0]["action_id"] == "go"
    await client.chat_update(channel="D1CHEN", ts=ts, text="c", blocks=[])
    assert (await house.messages())[0]["blocks"] is None


async def test_ephemeral_messages_are_seen_by_one_and_found_by_none(house):
    client = house.client()
    assert await code(client.chat_postEphemeral(channel="C1OPS", user="U9NOBODY", text="x")) == "user_not_in_channel"
    ts = (await client.chat_postEphemeral(channel="C1OPS", user="U1CHEN", text="psst"))["message_ts"]
    assert [each["ephemeral"] for each in await house.messages("chen", "C1OPS")] == [True]
    assert await house.messages("wang", "C1OPS") == []
    assert await code(client.chat_update(channel="C1OPS", ts=ts, text="x")) == "message_not_found"


async def test_people_are_found_in_their_own_workspace(house):
    client = house.client()
    user = (await client.users_info(user="U1CHEN", include_locale=True))["user"]
    assert (user["profile"]["real_name"], user["locale"]) == ("陈工", "zh-CN")
    assert (await client.users_lookupByEmail(email="chen@slack.test"))["user"]["id"] == "U1CHEN"
    assert await code(client.users_lookupByEmail(email="maria@slack.test")) == "users_not_found"
    assert await code(client.users_info(user="U9NOBODY")) == "user_not_found"
    # A guest in a shared channel is visible, yet has no direct messages with a bot of another workspace.
    assert (await client.users_info(user="U2MARIA"))["user"]["team_id"] == "T2CLINIC"
    assert await code(client.conversations_open(users="U2MARIA")) == "user_not_visible"
    assert (await client.conversations_open(users="U1CHEN"))["channel"]["id"] == "D1CHEN"
    assert (await client.conversations_info(channel="C1OPS"))["channel"]["name"] == "ops"


async def test_history_is_out_of_reach(house):
    with pytest.raises(SlackApiError) as caught:
        await house.client().conversations_history(channel="D1CHEN")
    assert caught.value.response["error"] == "missing_scope"
    assert "im:history" in caught.value.response["needed"]


async def test_reactions(house):
    client = house.client()
    ts = (await house.say("photo"))["id"]
    await client.reactions_add(channel="D1CHEN", timestamp=ts, name="eyes")
    assert await code(client.reactions_add(channel="D1CHEN", timestamp=ts, name="eyes")) == "already_reacted"
    assert await code(client.reactions_add(channel="D1CHEN", timestamp=ts, name="No Such")) == "invalid_name"
    assert (await house.messages())[0]["reactions"] == ["eyes"]


async def test_broadcasts_are_real_only_when_raw(house):
    client = house.client()
    await client.chat_postMessage(channel="C1OPS", text="&lt;!channel&gt; is inert")
    assert (await house.http.get("/sim/slack/broadcasts")).json() == []
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here|here> look"}}]
    await client.chat_postMessage(channel="C1OPS", text="<!channel>", blocks=blocks)
    found = (await house.http.get("/sim/slack/broadcasts")).json()
    assert [each["broadcasts"] for each in found] == [["channel", "here"]]


async def test_one_message_per_second_and_channel_when_asked_for(start):
    house = await start(channel_rate=True)
    client = house.client()
    await client.chat_postMessage(channel="D1CHEN", text="1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="D1CHEN", text="2")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="D1WANG", text="another chat is not held")
    await asyncio.sleep(1.05)
    await client.chat_postMessage(channel="D1CHEN", text="2")


async def test_installing_and_uninstalling(house):
    base = {"client_id": "1.standin", "redirect_uri": "http://127.0.0.1/back", "state": "s1", "team": "T2CLINIC"}
    answer = await house.http.get("/slack/oauth/v2/authorize", params=base)
    back = answer.next_request.url
    assert back.params["state"] == "s1"
    client = house.client("")
    grant = {"client_id": "1.standin", "client_secret": "standin-client-secret", "code": back.params["code"]}
    assert await code(client.oauth_v2_access(**{**grant, "client_secret": "x"})) == "bad_client_secret"
    answer = await client.oauth_v2_access(**grant)
    assert (answer["team"]["id"], answer["access_token"]) == ("T2CLINIC", "xoxb-standin-T2CLINIC")
    assert await code(client.oauth_v2_access(**grant)) == "code_already_used"
    assert await code(client.oauth_v2_access(**{**grant, "code": "x"})) == "invalid_code"
    await house.sim("slack/uninstall", team_id="T2CLINIC")
    assert await code(house.client("xoxb-standin-T2CLINIC").auth_test()) == "account_inactive"
    assert (await house.client().auth_test())["ok"]
