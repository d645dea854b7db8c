"""Drives local-slack, an independent Slack of other authors from npm, against a request URL of ours.

What our own stand-in and our own adapter both misunderstand, this one may show. It knows no OAuth, no retries and no
refusals; it does sign, deliver, keep messages and open modals.
"""

import asyncio
import base64
import hashlib
import json
import os
import platform
import shutil
import socket
import tarfile
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

PACKAGE = "local-slack-linux-x64@0.1.8"
INTEGRITY = "2BCTKxKajjZNWCSCj66Jq5VDScUDNpGZ1lA3281I8RvpDE4/ULCwC26TlcW6/4sPbSTs02Q3KjTiltJp3ZBEvg=="  # sha512
BINARY = "MENDLINE_LOCAL_SLACK"
HOW = (
    f"needs local-slack: `npm pack {PACKAGE}` in a temporary folder (done by this test when npm and a registry are"
    f" there), or {BINARY}=<its binary>"
)


class Missing(Exception):
    """local-slack cannot run here; the message says how to get it."""


async def _packed(folder: Path) -> Path:
    """The binary out of npm's package, unpacked in `folder`; nothing of it is installed or run by npm."""
    npm = shutil.which("npm")
    if npm is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Missing(f"no npm on Linux x86-64 here; {HOW}")
    pack = await asyncio.create_subprocess_exec(
        npm, "pack", PACKAGE, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, words = await asyncio.wait_for(pack.communicate(), 90)
    except TimeoutError:
        pack.kill()
        await pack.wait()
        raise Missing(f"npm gave no package within 90 s; {HOW}") from None
    archive = folder / "local-slack-linux-x64-0.1.8.tgz"
    if pack.returncode:
        raise Missing(f"npm has no package: {words.decode()[-200:].strip()}; {HOW}")
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != INTEGRITY:
        raise Missing(f"npm's package is not the one that was pinned; {HOW}")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    binary = folder / "package" / "bin" / "local-slack"
    binary.chmod(0o755)
    return binary


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalSlack:
    """A running local-slack. `api_url` is the base URL for the SDK's client; users write in their DM with the bot."""

    team_id = "T01TEST"
    bot_user_id = "U0BOT"
    bot_token = "xoxb-test-token"
    signing_secret = "test-signing-secret"

    def __init__(self, port: int) -> None:
        self._port = port
        self.api_url = f"http://127.0.0.1:{port}/api/"
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)

    async def close(self) -> None:
        """Close the connections of this driver."""
        await self._http.aclose()

    async def _control(self, path: str, **body: Any) -> Any:
        answer = await self._http.post(f"/_control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def state(self) -> dict[str, Any]:
        """Everything it knows: `channels`, `messages`, `modalStack`, `homeViews`, as it tells its own web page."""
        async with self._page() as page:
            return dict(json.loads(await page.recv())["state"])

    async def alive(self) -> None:
        """Raises httpx.TransportError while it does not listen yet."""
        await self._http.get("/_control/log")

    def _page(self) -> websockets.connect:
        return websockets.connect(f"ws://127.0.0.1:{self._port}/ui", proxy=None, max_size=None)

    async def dm(self, user: str) -> str:
        """The id of the user's direct messages with the bot."""
        for channel in (await self.state())["channels"]:
            if channel["is_im"] and user in channel["members"]:
                return str(channel["id"])
        raise LookupError(f"{user} has no direct messages")

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        """A channel's messages, oldest first, as Slack's message objects."""
        return (await self._http.get(f"/_control/messages/{channel}")).json()["messages"]

    async def message(self, user: str, text: str, *, channel: str | None = None, thread_ts: str | None = None) -> str:
        """A user writes; the app gets a signed `message` event. Returns the ts."""
        body = {"channel": channel or await self.dm(user), "user": user, "text": text, "thread_ts": thread_ts}
        sent = await self._control("message", **{name: value for name, value in body.items() if value is not None})
        return str(sent["message"]["ts"])

    async def photo(self, user: str, name: str, content: bytes, text: str = "") -> str:
        """A user sends a file; the app gets `message` with subtype `file_share`. Returns the ts."""
        form = {"channel": await self.dm(user), "user": user, "text": text}
        answer = await self._http.post("/_control/upload", data=form, files={"file": (name, content)})
        answer.raise_for_status()
        return str(answer.json()["message"]["ts"])

    async def press(self, user: str, channel: str, ts: str, action_id: str) -> None:
        """A user presses a button that the message at `ts` really has; the app gets a signed `block_actions`."""
        message = next(each for each in await self.messages(channel) if each["ts"] == ts)
        found = [
            {"type": "button", "block_id": block.get("block_id"), **element}
            for block in message.get("blocks") or []
            for element in block.get("elements") or []
            if element.get("action_id") == action_id
        ]
        if not found:
            raise LookupError(f"no button {action_id} in {ts}")
        await self._control("interact", channel=channel, messageTs=ts, user=user, action=found[0])

    async def command(self, user: str, command: str, text: str = "", *, channel: str | None = None) -> None:
        """A user runs a slash command; the app gets a signed form."""
        where = channel or await self.dm(user)
        await self._control("command", channel=where, user=user, command=command, text=text)

    async def open_home(self, user: str) -> None:
        """A user opens the Home tab; the app gets `app_home_opened`."""
        await self._control("open-home", user=user)

    async def modal(self) -> dict[str, Any] | None:
        """The modal in front, or None."""
        stack = (await self.state())["modalStack"]
        return stack[-1] if stack else None

    async def submit(self, user: str, values: dict[str, dict[str, Any]]) -> None:
        """A user submits the modal in front; the app gets a signed `view_submission`.

        `values` is Slack's `state.values`: `{block_id: {action_id: {"type": …, "value": …}}}`. Its control API has no
        submission, so this speaks as its web page does.
        """
        async with self._page() as page:
            await page.recv()
            await page.send(json.dumps({"t": "view_submit", "user": user, "values": values}))
            # The page hears of the closed or changed modal, or of its errors, once the app has answered.
            async with asyncio.timeout(10):
                while json.loads(await page.recv())["t"] not in {"view", "view_errors"}:
                    pass


@asynccontextmanager
async def local_slack(request_url: str, users: Sequence[str] = ("U01ALICE", "U02BOB")) -> AsyncIterator[LocalSlack]:
    """Start it with these users, each with direct messages to the bot; ends with the block. Raises Missing."""
    with tempfile.TemporaryDirectory(prefix="mendline-local-slack-") as name:
        folder, port = Path(name), _free_port()
        given = os.environ.get(BINARY)
        binary = Path(given) if given else await _packed(folder)
        people = [{"id": user, "name": user.lower(), "email": f"{user.lower()}@slack.test"} for user in users]
        direct = [{"id": f"D{u[1:]}", "name": u.lower(), "is_im": True, "members": [u, "U0BOT"]} for u in users]
        app = {"mode": "events", "requestUrl": request_url}
        config = folder / "config.json"
        config.write_text(json.dumps({"apps": [app], "users": people, "channels": direct}), encoding="utf-8")
        arguments = ["--config", str(config), "--port", str(port), "--base-host", "127.0.0.1"]
        process = await asyncio.create_subprocess_exec(
            str(binary), *arguments, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        slack = LocalSlack(port)
        try:
            await _ready(slack, process)
            yield slack
        finally:
            await slack.close()
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def _ready(slack: LocalSlack, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(15):
        while True:
            if process.returncode is not None:
                raise Missing(f"local-slack ended with {process.returncode}; {HOW}")
            try:
                await slack.alive()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
