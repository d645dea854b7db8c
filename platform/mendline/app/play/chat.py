"""One person's chat in the simulator: reads what is there, writes, presses buttons, fills in windows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from mendline.app.play.waiting import Stuck, until

_SILENCE = "The app did not respond"
"""What Slack shows when nobody listens. It repeats messages by itself, but never a press or a window."""

Words = tuple[str, ...]
"""The same words in the languages a button may speak."""


@dataclass(frozen=True)
class Button:
    """A button and what the stand-in needs to press it."""

    label: str
    press: Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """A message as plain text with its buttons, whichever channel it is in."""

    id: str
    bot: bool
    text: str
    buttons: tuple[Button, ...] = field(default=())

    def button(self, words: Words) -> Button | None:
        """The button that says one of these words."""
        return next((b for b in self.buttons if any(word in b.label for word in words)), None)

    def is_card_of(self, number: str) -> bool:
        """Whether this is the card of a ticket: its title begins with number and priority."""
        return self.bot and bool(re.match(rf"\W*{re.escape(number)} · P\d", self.text))


class Chat:
    """The private chat of one person with the bot."""

    def __init__(self, http: httpx.AsyncClient, person: Mapping[str, Any]) -> None:
        self._http = http
        self.key: str = person["key"]
        self.channel: str = person["channel"]
        self.name: str = person["name"]
        self.name_en: str = person["name_en"]
        self.role: str = person["role"]
        self.role_en: str = person["role_en"]
        self.organisation: str = person["organisation"]

    async def messages(self) -> list[Shown]:
        """Everything in the chat, oldest first, without marking it as read."""
        answer = await self._http.get("/sim/messages", params={"person": self.key, "peek": 1})
        return [_shown(message) for message in _told(answer)]

    async def newest(self) -> str:
        """The id of the last message, "" in an empty chat."""
        return next((message.id for message in reversed(await self.messages())), "")

    async def cards(self, number: str) -> list[Shown]:
        """The cards of a ticket: there should be one."""
        return [message for message in await self.messages() if message.is_card_of(number)]

    async def card(self, number: str, *, button: Words = (), gone: Words = (), says: Words = ()) -> Shown:
        """The ticket's card, once it has this button, not that one, and says one of these words. Raises Stuck."""

        async def look() -> Shown | None:
            for card in await self.cards(number):
                buttons = (not button or card.button(button)) and not (gone and card.button(gone))
                if buttons and (not says or any(word in card.text for word in says)):
                    return card
            return None

        wanted = " ".join([f"with the button {'/'.join(button)}" if button else "", "/".join(says)]).strip()
        return await self._wait(look, f"no card of {number} {wanted} came")

    async def after(self, message: str, *, button: Words = (), says: re.Pattern[str] | None = None) -> Shown:
        """The bot's first message after that one, with this button or matching that pattern. Raises Stuck."""

        async def look() -> Shown | None:
            for shown in _behind(await self.messages(), message):
                if shown.bot and (not button or shown.button(button)) and (not says or says.search(shown.text)):
                    return shown
            return None

        return await self._wait(look, f"no answer {'/'.join(button)} came")

    async def _wait(self, look: Any, missing: str) -> Shown:
        last: list[Shown] = []

        async def asking() -> Shown | None:
            found: Shown | None = await look()
            if found is None:
                last[:] = (await self.messages())[-2:]
            return found

        return await until(asking, f"{self.name} ({self.channel}): {missing}", lambda: "\n".join(m.text for m in last))

    async def say(self, text: str, reply_to: str | None = None) -> str:
        """Writes; answers the message's id."""
        given = {"person": self.key, "text": text, "reply_to": reply_to}
        return str(_told(await self._http.post("/sim/send", json=given))["id"])

    async def photograph(self, label: str, caption: str = "", reply_to: str | None = None) -> str:
        """Sends the photo of a device's label; answers the message's id."""
        given = {"person": self.key, "label": label, "caption": caption, "reply_to": reply_to}
        return str(_told(await self._http.post("/sim/photo", json=given))["id"])

    async def press(self, message: Shown, words: Words) -> dict[str, Any]:
        """Presses a button, again while nobody answers; answers the toast, alert or window it brought. Raises Stuck."""
        button = message.button(words)
        if button is None:
            raise Stuck(f"{self.name}: no button {'/'.join(words)} on:\n{message.text}")
        given = {"person": self.key, "message": message.id, **button.press}
        return await self._insist("/sim/press", given)

    async def window(self) -> dict[str, Any]:
        """The window (modal) that is open, once it has something to fill in. Raises Stuck."""

        async def look() -> dict[str, Any] | None:
            view: dict[str, Any] | None = _told(await self._http.get("/sim/view", params={"person": self.key}))
            return view if view and any(block["type"] == "input" for block in view["blocks"]) else None

        return await until(look, f"{self.name}: no window opened")

    async def fill_in(self, view: Mapping[str, Any], answers: Mapping[str, str]) -> None:
        """Fills a window in and sends it: `answers` by field, what is drafted stays. Raises Stuck if it is refused."""
        values: dict[str, dict[str, Any]] = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                element = block["element"]
                given = next(
                    (v for name, v in answers.items() if name in (block["block_id"], element["action_id"])), None
                )
                if given is not None:
                    values[block["block_id"]] = {element["action_id"]: given}
        body = {"person": self.key, "view_id": view["id"], "values": values}
        answer = await self._insist("/sim/view/submit", body)
        if answer.get("errors"):
            raise Stuck(f"{self.name}: the window was refused: {answer['errors']}")

    async def _insist(self, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a person does whom Slack tells that the app did not respond: the same again."""
        again = False

        async def once() -> dict[str, Any] | None:
            nonlocal again
            answer = await self._http.post(path, json=given)
            if again and answer.status_code == httpx.codes.NOT_FOUND:
                return {}  # it had worked after all: button or window are gone
            silent = answer.status_code == httpx.codes.GATEWAY_TIMEOUT
            told: dict[str, Any] = {} if silent else _told(answer)
            again = silent or _SILENCE in (told.get("toast") or "")
            return None if again else told

        return await until(once, f"{self.name}: {_SILENCE}")


def _told(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise Stuck(
            f"the chat simulator answered {answer.status_code} to {answer.request.url.path}: {answer.text[:300]}"
        )
    return answer.json()


def _behind(messages: list[Shown], id: str) -> list[Shown]:
    place = next((n for n, message in enumerate(messages) if message.id == id), -1)
    return messages[place + 1 :]


def _shown(message: Mapping[str, Any]) -> Shown:
    buttons = [
        Button(each["text"], {"data": each["data"]})
        for row in message.get("buttons") or []
        for each in row
        if each.get("data")
    ]
    blocks = message.get("blocks") or []
    text = message.get("text") or ""
    if blocks and not message.get("mine"):
        text = "\n".join(_words(blocks)) or text
        buttons += _slack_buttons(blocks)
    return Shown(message["id"], message["from"]["is_bot"], text.strip(), tuple(buttons))


def _slack_buttons(blocks: Iterable[Mapping[str, Any]]) -> Iterator[Button]:
    for block in blocks:
        for element in block.get("elements") or []:
            if element.get("type") == "button" and not element.get("url"):
                press = {"action_id": element.get("action_id"), "block_id": block.get("block_id")}
                yield Button(element["text"]["text"], press)


def _words(blocks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The text of Slack's blocks, a line each, without its marks for bold."""
    for block in blocks:
        if block["type"] in ("section", "header"):
            parts = [block["text"]] if block.get("text") else []
            yield from (_plain(part["text"]) for part in [*parts, *(block.get("fields") or [])])
        elif block["type"] == "context":
            yield from (_plain(part["text"]) for part in block["elements"] if "text" in part)


def _plain(mrkdwn: str) -> str:
    bare = re.sub(r"\*([^*\n]+)\*", r"\1", mrkdwn)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
