"""What was said, opened and uploaded is still there after a restart."""

from .test_modals import modal


async def test_chats_files_and_views_are_kept(start):
    first = await start()
    client = first.client()
    ts = (await client.chat_postMessage(channel="D1CHEN", text="card"))["ts"]
    await client.chat_update(channel="D1CHEN", ts=ts, text="card, edited")
    gone = (await client.chat_postMessage(channel="D1CHEN", text="gone"))["ts"]
    await client.chat_delete(channel="D1CHEN", ts=gone)
    await first.say("answer", reply_to=ts)
    await client.files_upload_v2(channel="D1CHEN", filename="a.txt", content="kept")
    await client.views_publish(user_id="U1CHEN", view={"type": "home", "blocks": [{"type": "divider"}]})
    await first.sim("slack/uninstall", team_id="T2CLINIC")
    app = first.app()

    @app.command("/wo")
    async def opens(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=modal())
        await ack()

    async with first.socket_app(app):
        await first.say("x", command="/wo")
    before, view = await first.messages(), await first.view()
    assert len(before) == 3
    await first.stop()

    second = await start()
    assert await second.messages() == before
    assert await second.view() == view
    assert (await second.http.get(before[2]["file"]["url"])).text == "kept"
    assert (await second.sim("home", person="chen"))["blocks"][0]["type"] == "divider"
    await second.client().chat_update(channel="D1CHEN", ts=ts, text="card, after the restart")
    assert (await second.messages())[0]["text"] == "card, after the restart"
    assert (await second.http.get("/sim/chats", params={"person": "chen"})).json()[0]["unread"] == 0
    answer = await second.http.post("/slack/api/auth.test", headers={"Authorization": "Bearer xoxb-standin-T2CLINIC"})
    assert answer.json()["error"] == "account_inactive"
