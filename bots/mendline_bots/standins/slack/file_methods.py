"""`files.*`: the upload in three steps, and downloads with a bearer token."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from .api import Call
from .refusals import Refusal, Wire, wrong
from .state import State

MOST_BYTES = 1 << 30  # Slack: files up to 1 GB


async def get_upload_url(call: Call) -> Wire:
    """`files.getUploadURLExternal`: announce a name and a length in bytes."""
    call.need("filename", "length")
    if not call.text("length").isdigit() or not 0 < int(call.text("length")) <= MOST_BYTES:
        raise wrong("length must be a positive integer [json-pointer:/length]")
    owner = call.workspace.bot_user_id
    file = call.state.files.announce(call.workspace.team_id, owner, call.text("filename"), int(call.text("length")))
    return {"upload_url": f"{call.state.stage.url}/slack/upload/v1/{file.id}", "file_id": file.id}


async def complete_upload(call: Call) -> Wire:
    """`files.completeUploadExternal`: share what was uploaded in a conversation, or keep it private."""
    call.need("files")
    wanted = call.args["files"]
    if not isinstance(wanted, list) or not wanted:
        raise wrong("must provide an array [json-pointer:/files]")
    state, team_id = call.state, call.workspace.team_id
    files = [state.files.get(str(each.get("id")) if isinstance(each, dict) else "", team_id) for each in wanted]
    if any(state.files.read(file) is None for file in files):
        raise Refusal("file_not_found")
    channel = call.text("channel_id") or call.text("channels").split(",")[0]
    conversation = state.directory.conversation(team_id, channel) if channel else None
    if conversation and not conversation.has_bot:
        raise Refusal("not_in_channel")
    for file, each in zip(files, wanted, strict=True):
        file.title, file.complete = str(each.get("title") or file.name), True
        state.files.keep(file)
    if conversation:
        thread_ts = call.text("thread_ts") or None
        state.write(conversation, call.workspace, call.text("initial_comment"), files=files, thread_ts=thread_ts)
    return {"files": [state.files.wire(file) for file in files]}


async def file_info(call: Call) -> Wire:
    """`files.info`."""
    call.need("file")
    return {"file": call.state.files.wire(call.state.files.get(call.text("file"), call.workspace.team_id))}


class FileRoutes:
    """The addresses that bytes travel through."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def upload(self, request: Request) -> Response:
        """The second step of an upload: the bytes, raw or as a form, as long as announced."""
        file = self._state.files.find(request.path_params["file_id"])
        if file is None or file.complete:
            return PlainTextResponse("invalid upload", status_code=404)
        content = await request.body()
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            parts = [part for part in (await request.form()).values() if not isinstance(part, str)]
            content = await parts[0].read() if parts else b""
        if len(content) != file.length:
            return PlainTextResponse(f"expected {file.length} bytes, got {len(content)}", status_code=400)
        self._state.files.write(file, content)
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, request: Request) -> Response:
        """`url_private`: without a token of that workspace Slack shows its login page, with status 200 in the end."""
        team_id, _, file_id = request.path_params["names"].partition("-")
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        try:
            workspace = self._state.directory.by_token(token)
            file = self._state.files.get(file_id, workspace.team_id)
        except Refusal:
            return RedirectResponse("/slack/login", status_code=302)
        content = self._state.files.read(file)
        if workspace.team_id != team_id or content is None:
            return PlainTextResponse("", status_code=404)
        return Response(content, media_type=file.media_type)

    async def login(self, _request: Request) -> Response:
        """What a download without a token ends up with."""
        return Response("<!DOCTYPE html><title>Sign in | Slack</title>", media_type="text/html")

    async def shown(self, request: Request) -> Response:
        """A file for the simulator page, which has no token."""
        file = self._state.files.find(request.path_params["file_id"])
        content = self._state.files.read(file) if file else None
        if file is None or content is None:
            return PlainTextResponse("", status_code=404)
        return Response(content, media_type=file.media_type, headers={"X-Content-Type-Options": "nosniff"})
