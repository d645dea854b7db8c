"""`auth.*`, `apps.*`, `users.*`, `conversations.*` and `oauth.*`: who is there, and how the app is let in."""

import secrets
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from .api import Call, Method
from .refusals import Refusal, Wire
from .settings import SCOPES
from .socket_mode import Sockets
from .state import State


async def api_test(call: Call) -> Wire:
    """`api.test`: echoes its arguments, and refuses with `error` when asked to."""
    if error := call.text("error"):
        raise Refusal(error, args=call.args)
    return {"args": call.args}


async def auth_test(call: Call) -> Wire:
    """`auth.test`: whose token this is."""
    workspace = call.workspace
    return {
        "url": f"https://{workspace.domain}.slack.test/",
        "team": workspace.name,
        "user": call.state.settings.bot_name.lower(),
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


async def user_info(call: Call) -> Wire:
    """`users.info`: the bot itself is a user too."""
    call.need("user")
    workspace = call.workspace
    if call.text("user") == workspace.bot_user_id:
        bot = {"id": workspace.bot_user_id, "team_id": workspace.team_id, "name": "mendline", "is_bot": True}
        return {"user": {**bot, "profile": {"bot_id": workspace.bot_id, "real_name": call.state.settings.bot_name}}}
    person = call.state.directory.user(workspace, call.text("user"))
    return {"user": call.state.directory.user_wire(person, locale=call.flag("include_locale"))}


async def lookup_by_email(call: Call) -> Wire:
    """`users.lookupByEmail`."""
    call.need("email")
    return {"user": call.state.directory.user_wire(call.state.directory.by_email(call.workspace, call.text("email")))}


async def conversation_open(call: Call) -> Wire:
    """`conversations.open`: the direct messages with one person."""
    users = [each for each in call.text("users").split(",") if each]
    if call.text("channel"):
        conversation = call.state.directory.conversation(call.workspace.team_id, call.text("channel"))
    elif not users:
        raise Refusal("users_list_not_supplied")
    elif len(users) > 1 or call.workspace.bot_user_id in users:
        raise Refusal(
            "cannot_dm_bot" if call.workspace.bot_user_id in users else "method_not_supported_for_channel_type"
        )
    else:
        person = call.state.directory.user(call.workspace, users[0])
        if person.team_id != call.workspace.team_id:
            raise Refusal("user_not_visible")
        conversation = call.state.directory.direct(person)
    channel = conversation.wire() if call.flag("return_im") else {"id": conversation.id}
    return {"no_op": True, "already_open": True, "channel": channel}


async def conversation_info(call: Call) -> Wire:
    """`conversations.info`."""
    call.need("channel")
    return {"channel": call.state.directory.conversation(call.workspace.team_id, call.text("channel")).wire()}


async def history_refused(call: Call) -> Wire:
    """`conversations.history` and `.replies`: this app never asks for the right to read what was said."""
    raise Refusal("missing_scope", needed="channels:history,groups:history,mpim:history,im:history", provided=SCOPES)


async def auth_revoke(call: Call) -> Wire:
    """`auth.revoke`: the token is dead from now on."""
    if call.flag("test"):
        return {"revoked": False}
    Installation(call.state).remove(call.workspace.team_id)
    return {"revoked": True}


def connection_opener(sockets: Sockets) -> Method:
    """`apps.connections.open`, which needs to know the sockets."""

    async def connection_open(call: Call) -> Wire:
        if call.state.settings.request_url:
            raise Refusal("socket_mode_not_enabled")
        return {"url": sockets.invite()}

    return connection_open


class Installation:
    """OAuth's two steps, and uninstalling."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._codes: dict[str, tuple[str, str]] = {}
        self._spent: set[str] = set()

    async def authorize(self, request: Request) -> Response:
        """The consent page, which agrees at once: back to `redirect_uri` with a code. `team` chooses the workspace."""
        query, workspaces = request.query_params, self._state.directory.workspaces()
        team_id = query.get("team") or (workspaces[0].team_id if workspaces else "")
        if query.get("client_id") != self._state.settings.client_id:
            return PlainTextResponse("invalid_client_id", status_code=400)
        if team_id not in {workspace.team_id for workspace in workspaces}:
            return PlainTextResponse("invalid_team_for_non_distributed_app", status_code=400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = (team_id, query.get("redirect_uri", ""))
        back = query.get("redirect_uri", "")
        joint = "&" if "?" in back else "?"
        return RedirectResponse(f"{back}{joint}{urlencode({'code': code, 'state': query.get('state', '')})}")

    async def access(self, call: Call) -> Wire:
        """`oauth.v2.access`: a code becomes a bot token, once."""
        settings = self._state.settings
        name, secret = call.login if call.login[0] else (call.text("client_id"), call.text("client_secret"))
        if name != settings.client_id:
            raise Refusal("invalid_client_id")
        if secret != settings.client_secret:
            raise Refusal("bad_client_secret")
        code = call.text("code")
        if code in self._spent:
            raise Refusal("code_already_used")
        if code not in self._codes:
            raise Refusal("invalid_code")
        team_id, back = self._codes[code]
        if call.text("redirect_uri") != back and (back and call.text("redirect_uri")):
            raise Refusal("bad_redirect_uri")
        self._spent.add(code)
        del self._codes[code]
        self._state.directory.uninstalled.discard(team_id)
        self._state.journal.put("slack_uninstalled", team_id, None)
        workspace = self._state.directory.workspace(team_id)
        admin = next((each for each in self._state.directory.people() if each.team_id == team_id), None)
        return {
            "access_token": workspace.bot_token,
            "token_type": "bot",
            "scope": SCOPES,
            "bot_user_id": workspace.bot_user_id,
            "app_id": settings.app_id,
            "team": {"id": team_id, "name": workspace.name},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": admin.user_id if admin else ""},
        }

    def remove(self, team_id: str) -> None:
        """Uninstall the app: its token dies and the app hears of it."""
        workspace = self._state.directory.workspace(team_id)
        self._state.directory.uninstalled.add(team_id)
        self._state.journal.put("slack_uninstalled", team_id, value=True)
        self._state.tell(team_id, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [workspace.bot_user_id]}})
        self._state.tell(team_id, {"type": "app_uninstalled"})
