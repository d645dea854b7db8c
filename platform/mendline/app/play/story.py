"""The story of one repair, played live: from a photo in Telegram to the archive, a method to a step."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from mendline.app.play import telling, words
from mendline.app.play.cast import Cast
from mendline.app.play.chat import Chat, Shown
from mendline.app.play.narrator import Narrator, Sentence
from mendline.app.play.waiting import Stuck, until
from mendline.app.play.witnesses import (
    Follower,
    Outsiders,
    every_card_is_final,
    maker_sees_no_people,
    vendor_sees_no_rival,
)

Hook = Callable[[str, str], Awaitable[None] | None]
"""Called with a step's name and a moment: `acting` (about to), `acted` (what follows is not awaited yet), `seen`."""

STEPS = (
    *("report", "use_state", "offer", "accept", "eta", "arrive", "photo", "note", "finish"),
    *("sign_function", "sign_technical"),
)
"""Every step in which somebody acts, in order."""

NOTE = "更换压力传感器组件,重新标定,三档阻塞压力测试合格"
CAUSE = "下游压力传感器漂移"
NUMBER = re.compile(r"\W*([A-Z0-9]+-\d{4}-\d+) · P\d")


@dataclass(frozen=True)
class Played:
    """What came of it."""

    number: str
    ticket: str
    chats: int
    portal_states: tuple[str, ...]
    audit: tuple[str, ...]


class Story:
    """One repair. `hook` is called between the steps."""

    def __init__(self, cast: Cast, narrator: Narrator, hook: Hook | None = None) -> None:
        self._cast = cast
        self._narrator = narrator
        self._hook = hook
        self._portal = cast.portal()
        self._follower = Follower(self._portal, narrator)
        self._outsiders = Outsiders(cast, narrator)
        self._run = uuid4().hex
        self._number = ""
        self._earlier_is_open = False
        self._proposal: dict[str, Any] = {}

    async def play(self) -> Played:
        """Plays all of it. Raises Stuck with a sentence where it cannot go on."""
        telling.introduce(self._narrator, self._cast)
        self._dispatcher = await self._cast.member("dispatcher")
        self._engineer = await self._cast.member("clinical_engineer")
        await self._outsiders.begin()
        self._follower.start()
        try:
            self._narrator.chapter(Sentence("A nurse reports a fault", "护士报修"))
            await self._report()
            await self._use_state()
            self._narrator.chapter(Sentence("The vendor sends somebody", "服务商派单"))
            await self._propose()
            technician = await self._offer()
            self._narrator.chapter(Sentence("The technician repairs the device", "工程师维修"))
            await self._work(technician)
            self._narrator.chapter(Sentence("The hospital accepts the repair", "医院验收"))
            await self._sign("ward_manager", "function")
            await self._sign("clinical_engineer", "technical")
            self._narrator.chapter(Sentence("What remains", "留下的记录"))
            return await self._archive()
        finally:
            await self._follower.stop()

    async def _moment(self, step: str, moment: str) -> None:
        if self._hook is not None:
            result = self._hook(step, moment)
            if inspect.isawaitable(result):
                await result

    async def _seen(self, step: str) -> None:
        """After each step the outsiders look, and must find nothing."""
        await self._outsiders.look(self._number)
        await self._moment(step, "seen")

    def _act(self, chat: Chat, what: Sentence) -> None:
        pick = self._narrator.pick
        who = f"{chat.name} {pick(chat.name_en, '')}".strip()
        self._narrator.step(who, f"{pick(chat.role_en, chat.role)}, {chat.channel.capitalize()}", what)

    def _show(self, card: Shown) -> None:
        self._narrator.says(card.text, buttons=tuple(button.label for button in card.buttons))

    async def _report(self) -> None:
        nurse, row = self._cast.chat("nurse"), self._cast.parts["nurse"]
        before = await nurse.newest()
        self._act(
            nurse,
            Sentence(
                f"photographs the label of the pump {row['asset']} and writes “{row['caption']}” under it",
                f"拍下输液泵 {row['asset']} 的铭牌,附言“{row['caption']}”",
            ),
        )
        await self._moment("report", "acting")
        await nurse.photograph(row["label"], row["caption"])
        await self._moment("report", "acted")
        await self._new_card(nurse, before)
        card = await nurse.card(self._number, says=words.PHOTOS)
        self._show(card)
        for wanted in ((row["asset"],), words.ENTITLED, words.LAST_REPAIR):
            if not any(word in card.text for word in wanted):
                raise Stuck(f"the card does not tell {'/'.join(wanted)}:\n{card.text}")
        self._follower.watch(self._number)
        await self._seen("report")

    async def _new_card(self, nurse: Chat, before: str) -> Shown:
        """The card of the new ticket. Where an earlier play broke off, its ticket is open and the bot asks first."""
        asked: set[str] = set()

        async def look() -> Shown | None:
            messages = await nurse.messages()
            start = next((n for n, message in enumerate(messages) if message.id == before), -1)
            for message in messages[start + 1 :]:
                if message.bot and message.button(words.NEW) and message.id not in asked:
                    asked.add(message.id)
                    self._earlier_is_open = True
                    self._act(nurse, Sentence("says that this is a new fault", "选择新建报修单"))
                    await nurse.press(message, words.NEW)
                elif message.bot and (found := NUMBER.match(message.text)):
                    self._number = found[1]
                    return message
            return None

        return await until(look, "the photo made no ticket")

    async def _use_state(self) -> None:
        nurse = self._cast.chat("nurse")
        self._act(nurse, Sentence("taps “Down 停机”: the pump cannot be used", "点按“停机”"))
        card = await nurse.card(self._number, button=words.DOWN)
        await self._moment("use_state", "acting")
        await nurse.press(card, words.DOWN)
        await self._moment("use_state", "acted")

        self._show(await nurse.card(self._number, gone=words.DOWN))
        await self._seen("use_state")

    async def _propose(self) -> None:
        async def look() -> dict[str, Any] | None:
            ticket = (await self._dispatcher.ask("Proposal", number=self._number))["ticket"]
            ready = ticket and ticket["suggestion"] and ticket["clinical"]["useState"] == "DOWN"
            return ticket if ready else None

        ticket = self._proposal = await until(look, "the vendor's dispatcher gets no proposal")
        say, who = self._narrator, self._dispatcher.name
        sentence = Sentence(f"opens {self._number} in the vendor's portal", f"在服务商门户打开 {self._number}")
        say.step(who, say.pick("Dispatcher, GraphQL", "调度,GraphQL"), sentence)
        telling.proposal(say, ticket)
        if not ticket["suggestion"]["candidates"]:
            raise Stuck("no technician is qualified and on shift")
        count = await vendor_sees_no_rival(self._dispatcher, self._cast.parts["dispatcher"]["code"])
        say.aside(
            Sentence(
                f"the dispatcher's list holds {count} tickets, and not one of another vendor",
                f"调度的待办共 {count} 单,没有其他服务商的工单",
            )
        )
        await self._seen("propose")

    async def _offer(self) -> Chat:
        best = self._proposal["suggestion"]["candidates"][0]
        technician = self._cast.technician(best["name"], self._cast.organisation("dispatcher"))
        say = self._narrator
        sentence = Sentence(f"offers the job to {best['name']}, the first choice", f"把工单派给首选 {best['name']}")
        say.step(self._dispatcher.name, say.pick("Dispatcher, GraphQL", "调度,GraphQL"), sentence)
        given = {"ticket": self._proposal["id"], "technician": best["technician"]}
        await self._moment("offer", "acting")
        await self._dispatcher.ask("OfferJob", input=given | {"idempotencyKey": f"play {self._run} offer"})
        await self._moment("offer", "acted")
        self._act(technician, Sentence("gets a card", "收到派单卡片"))
        self._show(await technician.card(self._number, button=words.ACCEPT))
        await self._seen("offer")
        return technician

    async def _work(self, technician: Chat) -> None:
        for step, button, next_button, what in (
            ("accept", words.ACCEPT, words.IN_HALF_AN_HOUR, Sentence("accepts", "接单")),
            (
                "eta",
                words.IN_HALF_AN_HOUR,
                words.ARRIVED,
                Sentence("will be there in 30 minutes", "预计 30 分钟到达"),
            ),
            ("arrive", words.ARRIVED, words.FINISH, Sentence("has arrived", "已到场")),
        ):
            self._act(technician, what)
            card = await technician.card(self._number, button=button)
            await self._moment(step, "acting")
            await technician.press(card, button)
            await self._moment(step, "acted")
            self._show(await technician.card(self._number, button=next_button, gone=button))
            await self._seen(step)
        await self._photo(technician)
        await self._note(technician)
        await self._finish(technician)

    async def _photo(self, technician: Chat) -> None:
        before = len((await self._record())["evidence"]["nodes"])
        card = await technician.card(self._number)
        self._act(technician, Sentence("sends a photo as a reply to the card", "回复卡片发送照片"))
        await self._moment("photo", "acting")
        await technician.photograph(self._cast.parts["nurse"]["label"], "检修后", card.id)
        await self._moment("photo", "acted")

        async def look() -> dict[str, Any] | None:
            stored = [file for file in (await self._record())["evidence"]["nodes"] if file["state"] == "STORED"]
            return stored[-1] if len(stored) > before else None

        file = await until(look, "the photo did not become evidence")
        self._narrator.says(f"{file['filename']} · {file['size']} B · SHA-256 {file['sha256'][:16]}…")
        await self._seen("photo")

    async def _note(self, technician: Chat) -> None:
        card = await technician.card(self._number)
        self._act(technician, Sentence(f"replies to the card: “{NOTE}”", f"回复卡片:“{NOTE}”"))
        await self._moment("note", "acting")
        await technician.say(NOTE, card.id)
        await self._moment("note", "acted")

        async def look() -> bool | None:
            return any(e["command"] == "fieldwork.add_note" for e in (await self._record())["audit"]["nodes"]) or None

        await until(look, "the note did not reach the ticket")
        await self._seen("note")

    async def _finish(self, technician: Chat) -> None:
        self._act(
            technician, Sentence("finishes: the window is drafted from the day's messages", "完工:报告由当天消息起草")
        )
        await technician.press(await technician.card(self._number, button=words.FINISH), words.FINISH)
        view = await technician.window()
        self._narrator.says(telling.window(view))
        await self._moment("finish", "acting")
        await technician.fill_in(view, {"result": "repaired", "cause": CAUSE, "action": NOTE, "minutes": "45"})
        await self._moment("finish", "acted")

        self._show(await technician.card(self._number, gone=words.FINISH, says=(CAUSE,)))
        await self._seen("finish")

    async def _sign(self, part: str, meaning: str) -> None:
        signatory = self._cast.chat(part)
        card = await signatory.card(self._number, button=words.ACCEPT_REPAIR)
        self._act(signatory, Sentence(f"is asked to sign: {meaning}", f"收到验收请求:{meaning}"))
        self._show(card)
        before = await signatory.newest()
        await signatory.press(card, words.ACCEPT_REPAIR)
        question = await signatory.after(before, button=words.CONFIRM)
        self._act(
            signatory, Sentence("presses “accept repair” and is asked once more", "点按“维修验收通过”,系统再次确认")
        )
        self._show(question)
        await self._moment(f"sign_{meaning}", "acting")
        await signatory.press(question, words.CONFIRM)
        await self._moment(f"sign_{meaning}", "acted")

        async def look() -> bool | None:
            slots = (await self._record())["signatureSlots"]
            return any(s["meaning"] == meaning and s["state"] == "SIGNED" for s in slots) or None

        await until(look, f"the signature ({meaning}) did not arrive")
        self._act(signatory, Sentence("has signed", "已签字"))
        await self._seen(f"sign_{meaning}")

    async def _archive(self) -> Played:
        async def look() -> dict[str, Any] | None:
            record = await self._record()
            return record if record["state"] == "ARCHIVED" else None

        record = await until(look, f"{self._number} was not archived")
        await self._follower.heard("archived")
        await self._seen("archive")
        telling.record(self._narrator, record)
        self._tell_device(record["device"]["state"])
        self._narrator.row(self._narrator.pick("Every card shows the final state:", "各聊天中的卡片均为最终状态:"))
        cards = await every_card_is_final(self._cast, self._number)
        say = self._narrator
        for chat, _ in cards:
            say.row(f"✓ {chat.name} ({say.pick(chat.role_en, chat.role)}, {chat.channel.capitalize()})")
        await self._tell_isolation()
        say.end(
            Sentence(
                f"{self._number}: reported, repaired, accepted, archived", f"{self._number} 已报修、维修、验收并归档"
            )
        )
        commands = tuple(entry["command"] for entry in record["audit"]["nodes"])
        return Played(self._number, record["id"], len(cards), tuple(self._follower.states), commands)

    def _tell_device(self, state: str) -> None:
        if self._earlier_is_open:
            told = (
                "The device waits for its earlier ticket, which is still open.",
                "该设备尚有未结报修单,暂不恢复使用。",
            )
        elif state == "IN_SERVICE":
            told = ("The device is in service again.", "设备已恢复使用。")
        else:
            raise Stuck(f"the device is {state}, not in service")
        self._narrator.row(self._narrator.pick(*told))

    async def _record(self) -> dict[str, Any]:
        record: dict[str, Any] = (await self._engineer.ask("Record", number=self._number))["ticket"]
        return record

    async def _tell_isolation(self) -> None:
        contact = (self._proposal["people"] or {}).get("contactName") or ""
        await maker_sees_no_people(
            [self._portal, await self._cast.maker()], self._number, [contact, self._cast.chat("nurse").name]
        )
        chats = await self._outsiders.look_in_chats(self._number)
        looks = self._outsiders.looks
        self._narrator.row(
            self._narrator.pick(
                f"Hospital B and vendor W looked {looks} times, and in {chats} chats: nothing. The manufacturer sees"
                " the device and the repair, and nobody of the ward.",
                f"B 医院与 W 服务商查看 {looks} 次、{chats} 个聊天:一无所见。注册人只见设备与维修,不见病区人员。",
            )
        )
