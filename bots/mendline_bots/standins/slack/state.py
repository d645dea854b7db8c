"""Everything one stand-in Slack knows, and the few acts that both sides of it share: post, change, delete, tell."""

import secrets
import time
from typing import Any

from ..channel import Stage
from ..journal import Journal
from ..person import Person
from .delivery import Delivery
from .directory import Conversation, Directory
from .files import Files, StoredFile
from .messages import Message, Messages
from .mrkdwn import broadcasts
from .refusals import Wire
from .settings import SlackSettings, Workspace
from .triggers import Triggers
from .views import Views


class State:
    """The parts together."""

    def __init__(self, stage: Stage, settings: SlackSettings, journal: Journal, delivery: Delivery) -> None:
        self.stage = stage
        self.settings = settings
        self.journal = journal
        self.delivery = delivery
        self.directory = Directory(settings, stage.people)
        self.directory.uninstalled.update(team_id for team_id, _ in journal.loaded("slack_uninstalled"))
        self.messages = Messages(journal)
        self.files = Files(journal, stage.data / "slack-files", stage.url)
        self.views = Views(journal, settings.app_id)
        self.triggers = Triggers(settings.trigger_seconds)

    def write(
        self,
        conversation: Conversation,
        author: Person | Workspace,
        text: str,
        *,
        blocks: list[Any] | None = None,
        thread_ts: str | None = None,
        only_for: str | None = None,
        files: list[StoredFile] | None = None,
        more: Wire | None = None,
    ) -> Message:
        """Put a new message into a conversation and tell everyone who sees it."""
        ts = self.messages.stamp()
        by_bot = isinstance(author, Workspace)
        user_id = author.bot_user_id if isinstance(author, Workspace) else str(author.user_id)
        wire: Wire = {"type": "message", "user": user_id, "text": text, "ts": ts, "team": author.team_id}
        if isinstance(author, Workspace):
            wire |= {"bot_id": author.bot_id, "app_id": self.settings.app_id, "bot_profile": self._profile(author)}
        else:
            wire["client_msg_id"] = secrets.token_hex(16)
        if blocks is not None:
            wire["blocks"] = blocks
        if thread_ts:
            wire["thread_ts"] = thread_ts
            parent = self.messages.find(conversation.id, thread_ts)
            if parent:
                wire["parent_user_id"] = parent.author
        if files:
            wire |= {"files": [self.files.wire(file) for file in files], "upload": True, "subtype": "file_share"}
        wire |= more or {}
        message = Message(
            ts=ts,
            channel=conversation.id,
            team_id=conversation.team_id,
            author=user_id,
            by_bot=by_bot,
            wire=wire,
            only_for=only_for,
            broadcasts=broadcasts(text, blocks) if by_bot else [],
        )
        self.messages.keep(message)
        self.ring(conversation, "message", message)
        if not only_for:
            self.tell_message(conversation, message, {})
        return message

    def _profile(self, workspace: Workspace) -> Wire:
        return {
            "id": workspace.bot_id,
            "app_id": self.settings.app_id,
            "name": self.settings.bot_name,
            "team_id": workspace.team_id,
            "deleted": False,
        }

    def change(self, conversation: Conversation, message: Message, wire: Wire) -> None:
        """Replace what a message says; everyone sees it marked as edited."""
        before = message.wire
        message.wire = {**wire, "edited": {"user": message.author, "ts": self.messages.stamp()}}
        message.broadcasts = broadcasts(str(wire.get("text", "")), wire.get("blocks"))
        self.messages.keep(message)
        self.ring(conversation, "edited", message)
        if not message.only_for:
            changed = {"subtype": "message_changed", "message": message.wire, "previous_message": before}
            self.tell_message(conversation, message, changed)

    def delete(self, conversation: Conversation, message: Message) -> None:
        """Take a message away."""
        self.messages.remove(message)
        self.ring(conversation, "deleted", message)
        if not message.only_for:
            gone = {"subtype": "message_deleted", "deleted_ts": message.ts, "previous_message": message.wire}
            self.tell_message(conversation, message, gone)

    def ring(self, conversation: Conversation, kind: str, message: Message) -> None:
        """Tell the open pages of all who see this message."""
        for user_id in [message.only_for] if message.only_for else conversation.members:
            if person := self.directory.person(user_id):
                self.stage.bell.ring(person.key, kind, conversation.id, message.ts)

    def tell_message(self, conversation: Conversation, message: Message, changed: Wire) -> None:
        """The event of a new, changed or deleted message, if the app is to hear of it."""
        if not conversation.has_bot or (message.by_bot and not self.settings.echo):
            return
        event: Wire = {
            **(
                {"type": "message", "ts": self.messages.stamp(), "hidden": True, **changed} if changed else message.wire
            ),
            "channel": conversation.id,
            "channel_type": "im" if conversation.is_im else "channel",
            "event_ts": message.ts,
        }
        author = self.directory.person(message.author)
        guest = bool(author and author.team_id != conversation.team_id)
        if guest and author:
            event |= {"user_team": author.team_id, "source_team": author.team_id}
        self.tell(conversation.team_id, event, shared=guest, person=author)

    def tell(self, team_id: str, event: Wire, *, shared: bool = False, person: Person | None = None) -> None:
        """Send one event to the app."""
        if team_id in self.directory.uninstalled and event["type"] not in {"app_uninstalled", "tokens_revoked"}:
            return
        workspace = self.directory.workspace(team_id)
        body: Wire = {
            "token": self.settings.verification_token,
            "team_id": team_id,
            "api_app_id": self.settings.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(6).upper()}",
            "event_time": int(time.time()),
            "is_ext_shared_channel": shared,
            "event_context": f"4-{secrets.token_urlsafe(12)}",
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team_id,
                    "user_id": workspace.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
        }
        key = person.key if person else None
        self.stage.transcript.add("slack", "in", event["type"], body, chat=event.get("channel"), person=key)
        self.delivery.event(body)

    def name_of(self, name: str) -> str:
        """What a user or channel id is called."""
        if person := self.directory.person(name):
            return person.display_name
        named = {workspace.bot_user_id: self.settings.bot_name for workspace in self.directory.workspaces()}
        return named.get(name) or next((each.name for each in self.settings.channels if each.id == name), name)
