"""The chat front doors in one process: strict stand-ins over real HTTP, the listeners, and a worker that drains."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from mendline.app.channels import CHANNELS
from mendline.app.http.chat import routes
from mendline.devices import DeviceLabel, device_link, label_image, phone_photo
from mendline.kernel import NIL, gateway, new_id, rows, settings
from mendline_bots import channel_of, install_channels
from mendline_bots.standins.server import build_app, server_of
from mendline_tenants import ChatIdentity, ChatInstallation
from support.cast import PEOPLE, PUMP, Cast
from support.database import look

SECRETS = {"MENDLINE_TELEGRAM_WEBHOOK_SECRET": "tg-secret", "MENDLINE_SLACK_SIGNING_SECRET": "slack-secret"}
WORKSPACES = {"hospital_a": "T1HA", "vendor_v": "T1VV"}
ON_SLACK = ("engineer_a", "technician_v", "technician_v2", "dispatcher_v", "desk_v", "quality_a")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[str]:
    """An application behind a real port."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    async with _running(uvicorn.Server(config)) as url:
        yield url


@asynccontextmanager
async def _running(server: uvicorn.Server) -> AsyncIterator[str]:
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.config.port}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Doors:
    """A running pair of stand-ins and our side of them. People are the cast's, named as there."""

    cast: Cast
    url: str
    bot: str
    http: httpx.AsyncClient
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def post(self, path: str, **body: Any) -> Any:
        """One call of the simulator, which must succeed."""
        answer = await self.http.post(f"/sim/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def say(self, person: str, text: str, **more: Any) -> None:
        """A person writes, and all that follows is done."""
        await self.post("send", person=person, text=text, **more)
        await self.settle()

    async def photo(self, person: str, image: bytes, caption: str = "", **more: Any) -> None:
        """A person sends a photo."""
        files = {"file": (more.pop("name", "label.png"), image, more.pop("media_type", "image/png"))}
        answer = await self.http.post("/sim/photo", data={"person": person, "caption": caption, **more}, files=files)
        assert answer.is_success, answer.text
        await self.settle()

    async def messages(self, person: str, chat: str | None = None) -> list[dict[str, Any]]:
        """What the person sees."""
        query = {"person": person} | ({"chat": chat} if chat else {})
        answer = await self.http.get("/sim/messages", params=query)
        assert answer.is_success, answer.text
        return list(answer.json())

    async def last(self, person: str) -> dict[str, Any]:
        """The newest message of ours that the person sees."""
        return [message for message in await self.messages(person) if not message["mine"]][-1]

    async def texts(self, person: str) -> list[str]:
        """All that we said to the person."""
        return [words_of(message) for message in await self.messages(person) if not message["mine"]]

    async def press(self, person: str, label: str, *, settle: bool = True, newest: bool = True) -> Any:
        """Presses the button with this label on the newest message that has it."""
        for message in reversed(await self.messages(person)):
            for button in buttons_of(message):
                if button["label"] == label:
                    body = {key: value for key, value in button.items() if key != "label"}
                    answer = await self.post("press", person=person, message=message["id"], **body)
                    if settle:
                        await self.settle()
                    return answer
        seen = [button["label"] for m in await self.messages(person) for button in buttons_of(m)]
        raise AssertionError(f"{person} sees no button {label!r}; there are {seen}")

    async def labels(self, person: str) -> list[str]:
        """The buttons of the newest message that has some."""
        for message in reversed(await self.messages(person)):
            if found := [button["label"] for button in buttons_of(message)]:
                return found
        return []

    async def submit(self, person: str, **values: Any) -> Any:
        """Fills and submits the open window; values are texts, or options where the field is a choice."""
        view = (await self.http.get("/sim/view", params={"person": person})).json()
        given = {}
        for block in view["blocks"]:
            if block["type"] == "input" and block["block_id"] in values:
                given[block["block_id"]] = {"value": values[block["block_id"]]}
        answer = await self.post("view/submit", person=person, view_id=view["id"], values=given)
        await self.settle()
        return answer

    async def settle(self, seconds: float = 20) -> None:
        """Works until nothing is left to do, waiting out the rates.

        Where we have taken all that the stand-ins have, nothing to do is enough; else it must stay so for a while.
        """
        tenants = [*self.cast.organisations.values(), NIL]
        quiet = 0
        async with asyncio.timeout(seconds):
            while quiet < 7:
                untaken = await self._untaken()  # asked first: what has been taken by now is done below
                done = await self.cast.drain()
                open_rows = await look(
                    "SELECT count(*) AS n FROM (SELECT 1 FROM chat_send WHERE completed_at IS NULL"
                    " AND tenant_id = ANY ($1) UNION ALL SELECT 1 FROM inbound WHERE completed_at IS NULL) AS work",
                    tenants,
                )
                if done or open_rows[0]["n"]:
                    quiet = 0
                elif not untaken:
                    return
                else:
                    quiet += 1
                if not done:
                    await asyncio.sleep(0.02)

    async def _untaken(self) -> int:
        channels = (await self.http.get("/sim/health")).json()["channels"]
        return sum(channel["untaken"] for channel in channels.values())

    async def link_everybody(self) -> None:
        """Links all accounts at once, without the codes that `test_people` types."""
        async with gateway():
            for person, account in self.accounts.items():
                await rows.insert(
                    ChatIdentity(
                        tenant_id=self.cast[PEOPLE[person][0]],
                        channel=account["channel"],
                        workspace=account.get("team_id") or "",
                        account=str(account["user_id"]),
                        chat=str(account["chat_id"]),
                        member_id=self.cast.members[person],
                    )
                )


def words_of(message: dict[str, Any]) -> str:
    """All the words of a message, buttons left out."""
    if not message.get("blocks"):
        return str(message["text"])
    lines = []
    for block in message["blocks"]:
        if block["type"] == "section":
            lines.append(block["text"]["text"])
        elif block["type"] == "context":
            lines += [element["text"] for element in block["elements"]]
    return "\n".join(lines)


def buttons_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons as the simulator wants them pressed."""
    found = [
        {"label": button["text"], "data": button["data"]}
        for row in message.get("buttons", [])
        for button in row
        if "data" in button
    ]
    for block in message.get("blocks") or []:
        if block["type"] == "actions":
            found += [
                {
                    "label": e["text"]["text"],
                    "action_id": e["action_id"],
                    "block_id": block["block_id"],
                    "value": e["value"],
                }
                for e in block["elements"]
            ]
    return found


def account_of(cast: Cast, person: str, number: int) -> dict[str, Any]:
    """How a person of the cast is known in the chats: ward people on Telegram, the others on Slack."""
    organisation, chinese, english, role = PEOPLE[person]
    known: dict[str, Any] = {"key": person, "name": chinese, "name_en": english, "role": role, "language": "zh"}
    unique = int.from_bytes(cast.members[person].bytes[-5:]) % 10**9
    if person in ON_SLACK:
        tail = f"{unique:09d}"
        team = f"{WORKSPACES[organisation]}{cast[organisation].hex[-6:].upper()}"
        return known | {"channel": "slack", "user_id": f"U{tail}", "chat_id": f"D{tail}", "team_id": team}
    return known | {"channel": "telegram", "user_id": 1000 + unique, "chat_id": 1000 + unique}


@asynccontextmanager
async def open_doors(cast: Cast, home: Path, *, listening: bool = True) -> AsyncIterator[Doors]:
    """Stand-ins, linked people and listeners; `listening=False` leaves polling and socket mode out."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # A bot of its own: each stand-in counts its updates from the beginning.
    bot = str(7_000_000_000 + int.from_bytes(cast["hospital_a"].bytes[-4:]))
    ours = {
        **SECRETS,
        "MENDLINE_TELEGRAM_TOKEN": f"{bot}:doors",
        "MENDLINE_TELEGRAM_API_URL": f"{url}/telegram",
        "MENDLINE_SLACK_API_URL": f"{url}/slack/api/",
        "MENDLINE_SLACK_APP_TOKEN": "xapp-doors",
    }
    theirs = ours | {"MENDLINE_STANDINS_TELEGRAM_TOKEN": f"{bot}:doors"}
    os.environ.update(ours)
    settings.cache_clear()
    install_channels(CHANNELS)
    for name in CHANNELS:  # what the rates are is tested by themselves; here they would only be waited out
        channel_of(name).limits = lambda _: ()  # type: ignore[method-assign]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_running(server_of(build_app(home, url, theirs), port)))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30, trust_env=False))
        doors = Doors(cast, url, bot, http)
        doors.accounts = {name: account_of(cast, name, n) for n, name in enumerate(PEOPLE)}
        await doors.http.post("/sim/people", json=list(doors.accounts.values()))
        async with gateway():
            for team in {a["team_id"] for a in doors.accounts.values() if "team_id" in a}:
                owner = cast["hospital_a"] if team.startswith("T1HA") else cast["vendor_v"]
                await rows.insert(
                    ChatInstallation(
                        tenant_id=owner, id=new_id(), channel="slack", workspace=team, bot_token=f"xoxb-standin-{team}"
                    )
                )
        await doors.link_everybody()
        if listening:
            doors.tasks = [asyncio.create_task(channel_of(name).listen()) for name in ("telegram", "slack")]
            await _connected(doors)
        try:
            yield doors
        finally:
            for task in doors.tasks:
                task.cancel()
            await asyncio.gather(*doors.tasks, return_exceptions=True)
            for name in ours:
                os.environ.pop(name, None)
            settings.cache_clear()


async def _connected(doors: Doors) -> None:
    async with asyncio.timeout(10):
        while True:
            channels = (await doors.http.get("/sim/health")).json()["channels"]
            if all(channel["connected"] for channel in channels.values()):
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def webhooks(doors: Doors) -> AsyncIterator[str]:
    """Our webhook routes behind a port; gives their address."""
    async with served(Starlette(routes=list(routes())), free_port()) as url:
        yield f"{url}/chat"


def label_of(serial: str, asset: str) -> bytes:
    """A phone's photo of an infusion pump's label."""
    label = DeviceLabel(
        maker_zh="迈康医疗",
        maker_en="Maker M",
        model_zh="输液泵",
        model_en="Infusion pump",
        model_number="IP-200",
        registration="国械注准20243140001",
        gtin=PUMP,
        serial=serial,
        manufactured=date(2024, 5, 1),
        hospital_zh="第一医院",
        hospital_en="First Hospital",
        department_zh="三病区",
        department_en="Ward 3",
        asset=asset,
        link=device_link("https://mendline.example", "HA", asset),
    )
    return phone_photo(label_image(label), 7)
