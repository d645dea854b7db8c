"""Calls of Slack's Web API, and its refusals in the words of the house."""

import time
from typing import Any, NoReturn

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from mendline.kernel import LRU, gateway, get_blob, rows, settings
from mendline_bots.channel import Gone, MessageGone, TooFast, Unsure
from mendline_bots.messages import Picture
from mendline_bots.slack.parsing import NAME
from mendline_tenants import ChatInstallation

SEND_SECONDS = 10
UPLOADED = 500
"""Pictures whose files this process remembers: a plan is shown to several people of a workspace."""

KNOWN_SECONDS = 60.0
"""How long a workspace's token is remembered by this process."""

_GONE = {
    *("channel_not_found", "is_archived", "not_in_channel", "user_not_found", "user_disabled", "cannot_dm_bot"),
    *("account_inactive", "token_revoked", "team_not_found", "app_missing_action_url"),
}
_MESSAGE_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}


class Workspaces:
    """The bot tokens of the workspaces that installed the app."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, str | None]] = {}

    async def token(self, workspace: str) -> str | None:
        """The token of a workspace; the one of the settings where none is stored."""
        until, token = self._known.get(workspace, (0.0, None))
        if time.monotonic() > until:
            async with gateway():
                found = await rows.first(ChatInstallation, "channel = $1 AND workspace = $2", NAME, workspace)
            token = (found.bot_token if found else None) or settings().slack_bot_token
            self._known[workspace] = (time.monotonic() + KNOWN_SECONDS, token)
        return token

    def forget(self, workspace: str) -> None:
        """Looks the token up anew at the next call."""
        self._known.pop(workspace, None)


class SlackCalls:
    """The Web API. Retry handlers are off: trying again is the queue's work."""

    def __init__(self, url: str, workspaces: Workspaces) -> None:
        self._url = url
        self._workspaces = workspaces
        self._uploaded: LRU[tuple[str, str], str] = LRU(UPLOADED)

    def client(self, token: str | None) -> AsyncWebClient:
        """A client for one token."""
        return AsyncWebClient(token, base_url=self._url, timeout=SEND_SECONDS, retry_handlers=[])

    async def call(self, workspace: str, method: str, **arguments: Any) -> dict[str, Any]:
        """Calls a method. Raises TooFast, Unsure, Gone, MessageGone, and SlackApiError for the rest."""
        token = await self._workspaces.token(workspace)
        if token is None:
            raise Gone("not_installed")
        try:
            answer = await self.client(token).api_call(method, json=arguments)
        except SlackApiError as refusal:
            self._translate(workspace, refusal)
        except aiohttp.ClientConnectorError:
            raise
        except (TimeoutError, aiohttp.ClientError) as silence:
            raise Unsure from silence
        data = answer.data
        assert isinstance(data, dict)
        return data

    async def upload(self, workspace: str, picture: Picture) -> str:
        """The id of a picture's file in a workspace, uploaded once. Raises as `call`; nothing is shown by it yet."""
        known = self._uploaded.get((workspace, picture.key))
        if known is not None:
            return known
        token = await self._workspaces.token(workspace)
        if token is None:
            raise Gone("not_installed")
        content = await get_blob(picture.key)
        try:
            answer = await self.client(token).files_upload_v2(
                filename=picture.name, content=content, title=picture.alt[:200], alt_txt=picture.alt[:1000]
            )
        except SlackApiError as refusal:
            self._translate(workspace, refusal)
        return self._uploaded.put((workspace, picture.key), str(answer["file"]["id"]))

    def _translate(self, workspace: str, refusal: SlackApiError) -> NoReturn:
        code = str(refusal.response.get("error", ""))
        if code == "ratelimited":
            raise TooFast(float(refusal.response.headers.get("Retry-After", 1))) from refusal
        if code in _MESSAGE_GONE:
            raise MessageGone from refusal
        if code in _GONE:
            self._workspaces.forget(workspace)
            raise Gone(code) from refusal
        raise refusal
