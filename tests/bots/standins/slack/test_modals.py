"""Modals against a real bolt app: triggers, submissions and all their answers, stacks and hashes."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError


def modal(title="Finish", **more):
    """A modal that asks for a note and a result."""
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("fixed", "parts")]
    note = {"type": "plain_text_input", "action_id": "t", "min_length": 3}
    return {
        "type": "modal",
        "callback_id": "finish",
        "private_metadata": "ticket-1",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "OK"},
        "blocks": [
            {"type": "input", "block_id": "n", "label": {"type": "plain_text", "text": "Note"}, "element": note},
            {
                "type": "input",
                "block_id": "r",
                "label": {"type": "plain_text", "text": "Result"},
                "element": {
                    "type": "static_select",
                    "action_id": "s",
                    "options": options,
                    "initial_option": options[0],
                },
            },
        ],
        **more,
    }


@pytest.fixture
async def desk(house):
    """An app whose /wo opens the modal and whose submission answers as `house.answer` says."""
    app = house.app()
    house.answer, house.seen, house.triggers = {}, [], []

    @app.command("/wo")
    async def opens(ack, command, client):
        await ack()
        house.triggers.append(command["trigger_id"])
        await client.views_open(trigger_id=command["trigger_id"], view=modal(notify_on_close=True))

    @app.view("finish")
    async def submitted(ack, body):
        house.seen.append(body)
        await ack(**house.answer)

    @app.view_closed("finish")
    async def closed(ack, body):
        house.seen.append(body)
        await ack()

    async with house.socket_app(app):
        yield house


async def opened(house):
    """Open the modal and return it."""
    await house.say("finish", command="/wo")
    return await house.until(house.view)


def submit(house, view, note="replaced the battery", **values):
    """Submit a modal."""
    values = {"n": {"t": note}, **values}
    return house.sim("view/submit", person="chen", view_id=view["id"], values=values)


async def test_a_submission_carries_what_was_entered_and_closes(desk):
    view = await opened(desk)
    assert await submit(desk, view, r={"s": {"type": "static_select", "selected_option": {"value": "parts"}}}) == {
        "closed": True
    }
    assert await desk.view() is None
    sent = desk.seen[0]["view"]
    assert sent["private_metadata"] == "ticket-1"
    assert sent["state"]["values"]["n"]["t"] == {"type": "plain_text_input", "value": "replaced the battery"}
    assert sent["state"]["values"]["r"]["s"]["selected_option"]["value"] == "parts"


async def test_slacks_own_checks_come_first(desk):
    view = await opened(desk)
    assert await submit(desk, view, note="") == {"errors": {"n": "Please complete this required field."}}
    assert await submit(desk, view, note="ab") == {"errors": {"n": "This field needs at least 3 characters."}}
    assert desk.seen == []


async def test_errors_stay_in_the_modal(desk):
    view = await opened(desk)
    desk.answer = {"response_action": "errors", "errors": {"n": "请写明原因"}}
    assert await submit(desk, view) == {"errors": {"n": "请写明原因"}}
    assert (await desk.view())["id"] == view["id"]
    desk.answer = {"response_action": "errors", "errors": {"unknown": "x"}}
    answer = await desk.http.post(
        "/sim/view/submit", json={"person": "chen", "view_id": view["id"], "values": {"n": {"t": "long enough"}}}
    )
    assert (answer.status_code, "errors must name input blocks" in answer.json()["error"]) == (502, True)


async def test_update_push_and_clear(desk):
    view = await opened(desk)
    desk.answer = {"response_action": "update", "view": modal("Second")}
    updated = (await submit(desk, view))["view"]
    assert (updated["id"], updated["title"]["text"]) == (view["id"], "Second")
    assert updated["hash"] != view["hash"]
    desk.answer = {"response_action": "push", "view": modal("Third")}
    pushed = (await submit(desk, updated))["view"]
    assert (pushed["previous_view_id"], pushed["root_view_id"]) == (view["id"], view["id"])
    desk.answer = {"response_action": "clear"}
    assert await submit(desk, pushed) == {"closed": True}
    assert await desk.view() is None


async def test_a_wrong_view_in_the_answer_is_not_shown(desk):
    view = await opened(desk)
    desk.answer = {"response_action": "update", "view": modal("x" * 25)}
    answer = await desk.http.post(
        "/sim/view/submit", json={"person": "chen", "view_id": view["id"], "values": {"n": {"t": "long enough"}}}
    )
    assert (answer.status_code, "less than 25 characters" in answer.json()["error"]) == (502, True)
    assert (await desk.view())["title"]["text"] == "Finish"


async def test_closing_is_told_when_asked_for(desk):
    await opened(desk)
    await desk.sim("view/close", person="chen")
    assert await desk.view() is None
    assert (desk.seen[0]["type"], desk.seen[0]["is_cleared"]) == ("view_closed", False)


async def test_triggers_work_once_and_for_three_seconds(start):
    house = await start(trigger_seconds=0.2)
    app, triggers, client = house.app(), [], house.client()

    @app.command("/wo")
    async def keep(ack, command):
        triggers.append(command["trigger_id"])
        await ack()

    async def refused(**arguments):
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(**arguments)
        return caught.value.response

    async with house.socket_app(app):
        await house.say("1", command="/wo")
        bad = await refused(trigger_id=triggers[0], view=modal("x" * 25))
        assert bad["error"] == "invalid_arguments"
        assert "[json-pointer:/view/title/text]" in bad["response_metadata"]["messages"][-1]
        await client.views_open(trigger_id=triggers[0], view=modal())
        assert (await refused(trigger_id=triggers[0], view=modal()))["error"] == "exchanged_trigger_id"
        await house.say("2", command="/wo")
        await asyncio.sleep(0.3)
        assert (await refused(trigger_id=triggers[1], view=modal()))["error"] == "expired_trigger_id"
        assert (await refused(trigger_id="1.2.3", view=modal()))["error"] == "invalid_trigger_id"
        other = house.client("xoxb-standin-T2CLINIC")
        await house.say("3", command="/wo")
        with pytest.raises(SlackApiError) as caught:
            await other.views_open(trigger_id=triggers[2], view=modal())
        assert caught.value.response["error"] == "invalid_trigger_id"


async def test_updating_by_id_hash_and_external_id(desk):
    view, client = await opened(desk), desk.client()

    async def refused(**arguments):
        with pytest.raises(SlackApiError) as caught:
            await client.views_update(**arguments)
        return caught.value.response["error"]

    updated = (await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("New", external_id="e1")))[
        "view"
    ]
    assert await refused(view_id=view["id"], hash=view["hash"], view=modal()) == "hash_conflict"
    assert await refused(view_id="V0", view=modal()) == "not_found"
    assert await refused(external_id="e2", view=modal()) == "not_found"
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("views.update", json={"view_id": updated["id"], "external_id": "e1", "view": modal()})
    assert "Cannot provide both" in caught.value.response["response_metadata"]["messages"][0]
    await client.views_update(external_id="e1", view=modal("By name", external_id="e1"))
    assert (await desk.view())["title"]["text"] == "By name"
    await desk.sim("view/close", person="chen")
    assert await refused(view_id=view["id"], view=modal()) == "not_found"


async def test_a_submission_waits_for_a_client_that_reconnects(desk):
    view = await opened(desk)
    await desk.sim("slack/disconnect", reason="link_disabled")
    assert await submit(desk, view) == {"closed": True}


async def test_a_submission_that_nobody_answers_leaves_the_modal_open(house):
    app = house.app(process_before_response=True)

    @app.command("/wo")
    async def opens(ack, command, client):
        await client.views_open(trigger_id=command["trigger_id"], view=modal())
        await ack()

    @app.view("finish")
    async def submitted(ack):
        await asyncio.sleep(1.2)
        await ack()

    async with house.socket_app(app):
        view = await opened(house)
        body = {"person": "chen", "view_id": view["id"], "values": {"n": {"t": "long enough"}}}
        answer = await house.http.post("/sim/view/submit", json=body)
    assert (answer.status_code, "did not respond" in answer.json()["error"]) == (504, True)
    assert (await house.view())["id"] == view["id"]


async def test_at_most_three_deep(desk):
    await opened(desk)
    for word in ("push", "push", "limit"):
        triggers = len(desk.triggers)
        view = await desk.view()
        desk.answer = {"response_action": "push", "view": modal(word)}
        body = {"person": "chen", "view_id": view["id"], "values": {"n": {"t": "long enough"}}}
        answer = await desk.http.post("/sim/view/submit", json=body)
        assert triggers == len(desk.triggers)
    assert (answer.status_code, "push_limit_reached" in answer.json()["error"]) == (502, True)
