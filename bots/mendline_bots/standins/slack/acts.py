"""What people do in Slack - write, send files, press, command, submit - turned into what Slack sends to the app."""

import time
from typing import Any

from ..channel import PressAnswer, SimulatorError, Upload, ViewAnswer
from ..person import Person
from .block_kit import actionable
from .chat_methods import content
from .delivery import Answer, Unanswered
from .directory import Conversation
from .messages import Message
from .mrkdwn import escape
from .refusals import Refusal, Wire
from .state import State
from .values import complaints, entered, state_of
from .views import View

SILENT = "应用没有响应，请重试。The app did not respond. Please try again."


class Acts:
    """The people's side."""

    def __init__(self, state: State) -> None:
        self._state = state

    def conversation(self, person: Person, chat: str) -> Conversation:
        """A conversation of this person. Raises SimulatorError."""
        for conversation in self._state.directory.conversations_of(person):
            if conversation.id == chat:
                return conversation
        raise SimulatorError(f"{person.key} is not in {chat}", 404)

    def _thread(self, conversation: Conversation, reply_to: str | None) -> str | None:
        if not reply_to:
            return None
        parent = self._state.messages.find(conversation.id, reply_to)
        if parent is None or parent.only_for:
            raise SimulatorError("no message to answer there", 404)
        return parent.thread

    def write(self, person: Person, chat: str, text: str, reply_to: str | None) -> Message:
        """A person writes; answers to a message go into its thread."""
        conversation = self.conversation(person, chat)
        if not text.strip():
            raise SimulatorError("the message is empty")
        blocks = [
            {
                "type": "rich_text",
                "block_id": "typed",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
            }
        ]
        thread_ts = self._thread(conversation, reply_to)
        return self._state.write(conversation, person, escape(text), blocks=blocks, thread_ts=thread_ts)

    def share(self, person: Person, chat: str, upload: Upload, caption: str, reply_to: str | None) -> Message:
        """A person sends a file, with words or without."""
        conversation, files = self.conversation(person, chat), self._state.files
        owner = str(person.user_id)
        file = files.announce(conversation.team_id, owner, upload.name, len(upload.content), upload.media_type)
        file.complete = True
        files.keep(file)
        files.write(file, upload.content)
        thread_ts = self._thread(conversation, reply_to)
        return self._state.write(conversation, person, escape(caption), files=[file], thread_ts=thread_ts)

    def _who(self, person: Person, team_id: str) -> Wire:
        """What every interaction says: who, where, which app."""
        workspace, settings = self._state.directory.workspace(team_id), self._state.settings
        return {
            "user": {"id": person.user_id, "username": person.key, "name": person.key, "team_id": person.team_id},
            "team": {"id": team_id, "domain": workspace.domain},
            "api_app_id": settings.app_id,
            "token": settings.verification_token,
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._state.triggers.issue(str(person.user_id), team_id),
        }

    async def _deliver(self, kind: str, payload: Wire, name: str, person: Person, chat: str | None) -> Answer:
        self._state.stage.transcript.add("slack", "in", name, payload, chat=chat, person=person.key)
        if person.team_id in self._state.directory.uninstalled:
            raise SimulatorError(SILENT, 504)
        try:
            return await self._state.delivery.interaction(kind, payload, name)
        except Unanswered as silence:
            raise SimulatorError(SILENT, 504) from silence

    def _response_url(self, team_id: str, chat: str, person: Person, ts: str | None) -> str:
        tail = self._state.triggers.response_url(team_id, chat, str(person.user_id), ts)
        return f"{self._state.stage.url}/slack/response/{tail}"

    async def command(self, person: Person, chat: str, command: str, text: str) -> str:
        """A slash command; an answer in the acknowledgement is shown to that person alone. Returns its ts or ""."""
        conversation = self.conversation(person, chat)
        if command not in self._state.settings.commands:
            raise SimulatorError(f"{command} is not a valid command. 没有这个命令。", 404)
        who = self._who(person, conversation.team_id)
        form: Wire = {
            "token": who["token"],
            "team_id": conversation.team_id,
            "team_domain": who["team"]["domain"],
            "channel_id": conversation.id,
            "channel_name": "directmessage" if conversation.is_im else conversation.name,
            "user_id": person.user_id,
            "user_name": person.key,
            "command": command,
            "text": escape(text),
            "api_app_id": who["api_app_id"],
            "is_enterprise_install": "false",
            "response_url": self._response_url(conversation.team_id, chat, person, None),
            "trigger_id": who["trigger_id"],
        }
        said = (await self._deliver("slash_commands", form, command, person, chat)).payload
        if not said or not (said.get("text") or said.get("blocks")):
            return ""
        try:
            checked = content(said, 40_000)
        except Refusal as refusal:
            raise SimulatorError(f"{command} failed because its answer was wrong: {refusal.code}", 502) from refusal
        message = self._state.write(
            conversation,
            self._state.directory.workspace(conversation.team_id),
            checked["text"],
            blocks=checked.get("blocks"),
            only_for=None if said.get("response_type") == "in_channel" else str(person.user_id),
        )
        return message.ts

    async def press(
        self, person: Person, chat: str, where: str, action_id: str | None, block_id: str | None, value: Any
    ) -> PressAnswer:
        """A button or menu in a message, a modal or the Home tab (`where` is a ts or a view id)."""
        if where.startswith("V"):
            view = self._own_view(person, where)
            place: Wire = {"container": {"type": "view", "view_id": view.id}, "view": view.wire}
            blocks, team_id, channel = view.wire["blocks"], view.team_id, None
        else:
            conversation = self.conversation(person, chat)
            message = self._state.messages.find(chat, where)
            if message is None or message.only_for not in {None, person.user_id}:
                raise SimulatorError("that message is gone", 404)
            place = self._message_place(person, conversation, message)
            blocks, team_id, channel = message.wire.get("blocks") or [], conversation.team_id, chat
        block, element = _element(blocks, action_id, block_id)
        state = entered(element, element.get("value") if element["type"] == "button" else value)
        action = {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": f"{time.time():.6f}",
            **({"text": element["text"]} if element["type"] == "button" else {}),
            **{name: each for name, each in state.items() if each is not None},
        }
        own = {block["block_id"]: {element["action_id"]: value}} if element["type"] != "button" else {}
        values = {"values": state_of(blocks, own)}
        place |= {"state": values} if channel else {"view": {**place["view"], "state": values}}
        payload = {"type": "block_actions", **self._who(person, team_id), **place, "actions": [action]}
        before = self._state.views.top(str(person.user_id))
        try:
            await self._deliver("interactive", payload, "block_actions", person, channel)
        except SimulatorError as silence:
            return PressAnswer(toast=silence.message)
        after = self._state.views.top(str(person.user_id))
        return PressAnswer(view=after.wire if after and after is not before else None)

    async def shortcut(self, person: Person, chat: str, ts: str, callback_id: str) -> None:
        """A message shortcut: the person chooses one of the app's entries in the menu of a message."""
        conversation = self.conversation(person, chat)
        message = self._state.messages.find(chat, ts)
        if message is None or message.only_for:
            raise SimulatorError("that message is gone", 404)
        place = self._message_place(person, conversation, message)
        payload = {
            "type": "message_action",
            **self._who(person, conversation.team_id),
            "callback_id": callback_id,
            "action_ts": self._state.messages.stamp(),
            "message_ts": ts,
            **{name: place[name] for name in ("channel", "message", "response_url")},
        }
        await self._deliver("interactive", payload, "message_action", person, chat)

    def _message_place(self, person: Person, conversation: Conversation, message: Message) -> Wire:
        container: Wire = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": conversation.id,
            "is_ephemeral": bool(message.only_for),
        }
        if message.wire.get("thread_ts"):
            container["thread_ts"] = message.wire["thread_ts"]
        place: Wire = {
            "container": container,
            "channel": {"id": conversation.id, "name": "directmessage" if conversation.is_im else conversation.name},
            "response_url": self._response_url(conversation.team_id, conversation.id, person, message.ts),
        }
        if not message.only_for:
            place["message"] = message.wire
        return place

    def _own_view(self, person: Person, view_id: str) -> View:
        view = self._state.views.find(view_id)
        if view is None or view.user_id != person.user_id:
            raise SimulatorError("that window is closed", 404)
        return view

    async def submit(self, person: Person, view_id: str, given: dict[str, Any]) -> ViewAnswer:
        """A person submits a modal: Slack's own checks first, then the app's answer."""
        view = self._own_view(person, view_id)
        if view is not self._state.views.top(view.user_id):
            raise SimulatorError("another window is in front", 409)
        values = state_of(view.wire["blocks"], given)
        if errors := complaints(view.wire["blocks"], values):
            return ViewAnswer(errors=errors)
        wire = {**view.wire, "state": {"values": values}}
        payload = {"type": "view_submission", **self._who(person, view.team_id), "view": wire, "response_urls": []}
        answer = await self._deliver("interactive", payload, "view_submission", person, None)
        result = self._after_submission(view, answer.payload or {})
        self._state.stage.bell.ring(person.key, "view")
        return result

    def _after_submission(self, view: View, answer: Wire) -> ViewAnswer:
        views, workspace = self._state.views, self._state.directory.workspace(view.team_id)
        action = answer.get("response_action")
        if action is None:
            # The app may have opened another modal meanwhile; only the submitted one closes.
            if views.top(view.user_id) is view:
                views.pop(view.user_id)
            top = views.top(view.user_id)
            return ViewAnswer(closed=True, view=top.wire if top else None)
        try:
            if action == "errors":
                return ViewAnswer(errors=_errors(view, answer))
            if action == "clear":
                views.clear(view.user_id)
                return ViewAnswer(closed=True)
            if action == "update":
                views.change(view, workspace, views.checked(answer.get("view"), "modal", view.team_id, view))
                return ViewAnswer(view=view.wire)
            if action == "push":
                wire = views.checked(answer.get("view"), "modal", view.team_id)
                return ViewAnswer(view=views.push(view.user_id, workspace, wire).wire)
        except Refusal as refusal:
            words = "; ".join([refusal.code, *refusal.messages])
            raise SimulatorError(f"the app's answer to the submission was wrong: {words}", 502) from refusal
        raise SimulatorError(f"the app's answer to the submission was wrong: response_action {action!r}", 502)

    async def close(self, person: Person) -> None:
        """A person closes the modal in front; with `clear_on_close` all of them."""
        views = self._state.views
        view = views.top(str(person.user_id))
        if view is None:
            return
        clears = bool(view.wire["clear_on_close"])
        closed = views.clear(view.user_id) if clears else [view]
        if not clears:
            views.pop(view.user_id)
        self._state.stage.bell.ring(person.key, "view")
        for each in closed:
            if each.wire["notify_on_close"]:
                who = {name: fact for name, fact in self._who(person, each.team_id).items() if name != "trigger_id"}
                payload = {"type": "view_closed", **who, "view": each.wire, "is_cleared": clears}
                await self._deliver("interactive", payload, "view_closed", person, None)

    def open_home(self, person: Person) -> None:
        """A person opens the Home tab; the app hears of it each time."""
        view = self._state.views.home(str(person.user_id))
        event: Wire = {
            "type": "app_home_opened",
            "user": person.user_id,
            "channel": person.chat_id,
            "tab": "home",
            "event_ts": self._state.messages.stamp(),
        }
        if view:
            event["view"] = view.wire
        self._state.tell(person.team_id or "", event, person=person)


def _errors(view: View, answer: Wire) -> dict[str, str]:
    errors = answer.get("errors")
    inputs = {block["block_id"] for block in view.wire["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise Refusal("invalid_arguments", ["[ERROR] errors must name input blocks of the view"])
    return {str(name): str(words) for name, words in errors.items()}


def _element(blocks: list[Wire], action_id: str | None, block_id: str | None) -> tuple[Wire, Wire]:
    for block in blocks:
        if block_id in {None, "", block.get("block_id")}:
            for element in actionable(block):
                if element.get("action_id") == action_id:
                    return block, element
    raise SimulatorError("that button is no longer there", 404)
