"""Who looks on: the manufacturer's portal that follows, those who must see nothing, and every chat at the end."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mendline.app.play import words
from mendline.app.play.cast import Cast
from mendline.app.play.chat import Chat, Shown
from mendline.app.play.narrator import Narrator, Sentence
from mendline.app.play.portal import Portal
from mendline.app.play.waiting import Stuck, until

LIFE = (
    "reported",
    "triaged",
    "offered",
    "accepted",
    "en_route",
    "on_site",
    "finished",
    "checked",
    "approved",
    "archived",
)
"""The states of a repair without detours, in their order."""


class Follower:
    """The manufacturer's portal: it subscribes before the story begins and tells each state once."""

    def __init__(self, portal: Portal, narrator: Narrator) -> None:
        self._portal = portal
        self._narrator = narrator
        self._number = ""
        self._task: asyncio.Task[None] | None = None
        self._early: list[Mapping[str, Any]] = []
        self.states: list[str] = []

    def start(self) -> None:
        """Begins to follow."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Ends."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def watch(self, number: str) -> None:
        """From now on this ticket is the one to tell of; what came before its number was known is told now."""
        self._number = number
        for item in self._early:
            self._hear(item)
        self._early.clear()

    async def _follow(self) -> None:
        async for data in self._portal.follow("FollowWorklist"):
            item = data["worklistChanged"]["item"]
            if item is None:  # unshared
                continue
            if self._number:
                self._hear(item)
            elif not data["worklistChanged"]["initial"]:
                self._early.append(item)

    def _hear(self, item: Mapping[str, Any]) -> None:
        state = item["state"].lower()
        if item["number"] != self._number or (self.states and self.states[-1] == state):
            return
        self.states.append(state)
        self._narrator.aside(
            Sentence(
                f"the manufacturer's portal hears: {item['number']} is {state}",
                f"注册人门户收到:{item['number']} → {state}",
            )
        )

    async def heard(self, state: str) -> None:
        """Waits until the portal has heard of this state. Raises Stuck, also when states came out of their order."""

        async def listening() -> bool | None:
            if self._task and self._task.done():
                self._task.result()
            return True if state in self.states else None

        await until(listening, f"{self._portal.name}: never heard of {state}", lambda: " ".join(self.states))
        order = [LIFE.index(each) for each in self.states if each in LIFE]
        if order != sorted(order):
            raise Stuck(f"{self._portal.name}: states came out of order: {' '.join(self.states)}")


class Outsiders:
    """Hospital B's engineer and vendor W's dispatcher, who look after every step and must find nothing."""

    def __init__(self, cast: Cast, narrator: Narrator) -> None:
        self._cast = cast
        self._narrator = narrator
        self._portals: list[Portal] = []
        self.looks = 0

    async def begin(self) -> None:
        """They log in."""
        self._portals = [await self._cast.member(part) for part in ("other_hospital", "other_vendor")]

    async def look(self, number: str) -> None:
        """They ask for the ticket by its number and look through their lists. Raises Stuck when one sees it."""
        for portal in self._portals:
            seen = await portal.ask("FindTicket", number=number)
            if seen["ticket"] is not None or number in [row["number"] for row in seen["worklist"]["nodes"]]:
                raise Stuck(f"{portal.name} sees {number}, which is none of their business")
        self.looks += 1

    async def look_in_chats(self, number: str) -> int:
        """Nobody of theirs has a word about it in any chat; answers how many chats were read. Raises Stuck."""
        chats = self._cast.chats_of(*(self._cast.organisation(part) for part in ("other_hospital", "other_vendor")))
        for chat in chats:
            if any(number in message.text for message in await chat.messages()):
                raise Stuck(f"{chat.name} of {chat.organisation} has {number} in the chat")
        return len(chats)


async def vendor_sees_no_rival(portal: Portal, code: str) -> int:
    """Nothing on the vendor's list is another vendor's work; answers how many tickets there are. Raises Stuck.

    What a hospital does itself may be there: an agreement shows it to who services the devices.
    """
    cursor, count = None, 0
    while True:
        page = (await portal.ask("WorklistNumbers", after=cursor))["worklist"]
        for row in page["nodes"]:
            count += 1
            if row["provider"]["code"] not in (code, row["facility"]["code"]):
                raise Stuck(f"{portal.name} sees {row['number']}, the work of {row['provider']['code']}")
        if not page["pageInfo"]["hasNextPage"]:
            return count
        cursor = page["pageInfo"]["endCursor"]


async def maker_sees_no_people(portals: list[Portal], number: str, secrets: list[str]) -> None:
    """With a key and with a login the manufacturer gets device and quality, and nothing of the ward. Raises Stuck."""
    for portal in portals:
        answer = await portal.answer("MakersView", number=number)
        ticket = (answer.get("data") or {}).get("ticket") or {}
        if ticket.get("number") != number:
            raise Stuck(f"{portal.name} should see {number} and got {answer}")
        withheld = [group for group in ("people", "clinical", "messages") if _filled(ticket.get(group))]
        told = json.dumps(answer, ensure_ascii=False)
        if withheld or any(secret in told for secret in secrets if secret):
            raise Stuck(f"{portal.name} sees of the ward: {told}")


def _filled(group: Any) -> bool:
    """Whether a field group says anything."""
    if isinstance(group, Mapping):
        return any(_filled(value) for value in group.values())
    return bool(group)


async def every_card_is_final(cast: Cast, number: str) -> list[tuple[Chat, Shown]]:
    """All cards of the ticket in all chats, one to a chat, each in its final state. Raises Stuck."""
    found: list[tuple[Chat, Shown]] = []
    for chat in cast.chats_of():
        if not await chat.cards(number):
            continue
        found.append((chat, await chat.card(number, says=words.ARCHIVED)))
        if len(await chat.cards(number)) != 1:
            raise Stuck(f"{chat.name} ({chat.channel}) has more than one card of {number}")
    return found
