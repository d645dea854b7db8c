"""Files: a person's photo reaches the app, an upload of the app reaches the person, strangers reach nothing."""

import httpx
import pytest
from slack_sdk.errors import SlackApiError

PICTURE = b"\x89PNG\r\n\x1a\n" + b"label" * 100


async def photo(house, **more):
    """A person sends a picture."""
    body = {"person": "chen", "chat": "D1CHEN", "caption": "报警,停机", **more}
    answer = await house.http.post("/sim/photo", data=body, files={"file": ("label.png", PICTURE, "image/png")})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def test_a_photo_reaches_the_app(house):
    app, heard = house.app(), []

    @app.event("message")
    async def hear(event):
        heard.append(event)

    async with house.socket_app(app):
        await photo(house)
        event = (await house.until(lambda: heard))[0]
    file = event["files"][0]
    assert (event["subtype"], event["text"]) == ("file_share", "报警,停机")
    assert (file["mimetype"], file["size"]) == ("image/png", len(PICTURE))
    assert (await house.client().files_info(file=file["id"]))["file"]["url_private"] == file["url_private"]
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as web:
        own = {"Authorization": "Bearer xoxb-standin-T1VENDOR"}
        assert (await web.get(file["url_private"], headers=own)).content == PICTURE
        assert (await web.get(file["url_private_download"], headers=own)).content == PICTURE
        # Slack answers a wrong token with its login page and status 200: look at the content type.
        for token in ("xoxb-standin-T2CLINIC", "xoxb-no", "xapp-standin"):
            stranger = await web.get(file["url_private"], headers={"Authorization": f"Bearer {token}"})
            assert (stranger.status_code, stranger.headers["content-type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(SlackApiError) as caught:
        await house.client("xoxb-standin-T2CLINIC").files_info(file=file["id"])
    assert caught.value.response["error"] == "file_not_found"
    shown = (await house.messages())[0]
    assert (await house.http.get(shown["photo_url"])).content == PICTURE


async def test_the_app_uploads(house):
    root = (await house.client().chat_postMessage(channel="D1CHEN", text="root"))["ts"]
    await house.client().files_upload_v2(
        channel="D1CHEN", filename="report.pdf", content=b"%PDF-1.7 x", initial_comment="报告", thread_ts=root
    )
    shown = (await house.messages())[-1]
    assert (shown["text"], shown["file"]["name"], shown["reply_to"]["id"]) == ("报告", "report.pdf", root)
    assert (await house.http.get(shown["file"]["url"])).content == b"%PDF-1.7 x"


async def test_an_upload_must_be_as_long_as_announced(house):
    client = house.client()
    place = await client.files_getUploadURLExternal(filename="a.txt", length=5)
    assert (await house.http.post(place["upload_url"], content=b"1234")).status_code == 400
    with pytest.raises(SlackApiError) as caught:
        await client.files_completeUploadExternal(files=[{"id": place["file_id"]}], channel_id="D1CHEN")
    assert caught.value.response["error"] == "file_not_found"
    assert (await house.http.post(place["upload_url"], content=b"12345")).text == "OK - 5"
    with pytest.raises(SlackApiError) as caught:
        await client.files_completeUploadExternal(files=[{"id": place["file_id"]}], channel_id="C1CLOSED")
    assert caught.value.response["error"] == "not_in_channel"


async def test_an_image_block_with_a_slack_file_is_shown(house):
    client = house.client()
    place = await client.files_getUploadURLExternal(filename="a.png", length=len(PICTURE))
    await house.http.post(place["upload_url"], content=PICTURE)
    await client.files_completeUploadExternal(files=[{"id": place["file_id"]}])
    block = {"type": "image", "slack_file": {"id": place["file_id"]}, "alt_text": "label"}
    await client.chat_postMessage(channel="D1CHEN", text="x", blocks=[block])
    assert (await house.http.get((await house.messages())[0]["blocks"][0]["image_url"])).content == PICTURE
