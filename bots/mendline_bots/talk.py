"""One talk: something a person did, who that person is, and the ways to act and to answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from mendline.kernel import COMMANDS, NIL, IdempotencyKey, Reference, now, opaque, rows, run, say, transaction, wake
from mendline_bots.buttons import ChatButton, fresh_token, keep_buttons
from mendline_bots.cards import ChatCard, show_card
from mendline_bots.channel import Address
from mendline_bots.incoming import File, Incoming
from mendline_bots.messages import Button, Message, Style, plain
from mendline_bots.sends import Priority, refresh
from mendline_bots.sends import say as queue_message
from mendline_bots.ticket_view import TicketView, view_ticket
from mendline_tenants import Actor


@dataclass(frozen=True)
class Press:
    """A button of a message that is not a card: what its press means, for this person alone."""

    label: str
    verb: str
    arguments: dict[str, Any] = field(default_factory=dict)
    ticket: Reference | None = None
    style: Style = "plain"
    version: int | None = None
    once: bool = False
    expires_at: datetime | None = None
    form: bool = False


def pressable(press: Press, tenant: UUID, member: UUID, made: list[ChatButton]) -> Button:
    """The button of a press that this member alone may press; what it means is added to `made`, to be stored."""
    token = fresh_token()
    made.append(
        ChatButton(
            tenant_id=tenant,
            token=token,
            owner_id=press.ticket.tenant if press.ticket else None,
            ticket_id=press.ticket.id if press.ticket else None,
            verb=press.verb,
            arguments=press.arguments,
            member_id=member,
            ticket_version=press.version,
            once=press.once,
            expires_at=press.expires_at,
        )
    )
    return Button(token, press.label, press.style, press.form)


@dataclass
class Talk:
    """What one update is about.

    argument: what followed the command. fetched: files by their id.
    key: the idempotency key of the update; every command and every answer derives its own from it. actor: None for a
    person who is not linked. ticket, arguments, version: what the pressed button or the dialog brought. card: the card
    that was pressed or answered.
    """

    incoming: Incoming
    key: str
    locale: str
    actor: Actor | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    ticket: Reference | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    version: int | None = None
    card: ChatCard | None = None
    argument: str = ""
    fetched: dict[str, bytes] = field(default_factory=dict)
    said: int = 0

    @property
    def to(self) -> Address:
        """The chat to answer in."""
        return Address(self.incoming.channel, self.incoming.workspace, self.incoming.chat)

    @property
    def person(self) -> Actor:
        """The linked person. Raises RuntimeError for verbs that anyone may use and forgot to ask."""
        if self.actor is None:
            raise RuntimeError("nobody is linked here")
        return self.actor

    @property
    def tenant(self) -> UUID:
        """Whose rows the answers are; NIL for people who are not linked."""
        return self.actor.organisation if self.actor else NIL

    @property
    def files(self) -> tuple[File, ...]:
        """The files of this update, or those that the dialog carries along."""
        return self.incoming.files or msgspec.convert(self.arguments.get("files", []), tuple[File, ...])

    def words(self, name: str, /, **facts: Any) -> str:
        """A sentence in the person's language."""
        return say(name, self.locale, **facts)

    def command_key(self, command: str, number: int = 0) -> str:
        """The idempotency key of a command of this update."""
        return f"{self.key}:{command}" + (f":{number}" if number else "")

    async def run(self, command: str, *, number: int = 0, **given: Any) -> Any:
        """Runs a command as this person, on the ticket that is meant."""
        if self.ticket is not None and "ticket" in COMMANDS[command].input.__struct_fields__:
            given["ticket"] = opaque("tk", *self.ticket)
        return await run(
            self.person, command, given, key=self.command_key(command, number), expected_version=self.version
        )

    async def done_before(self, command: str) -> Any:
        """The result of this update's command if it ran already: a worker may have died right after it."""
        async with transaction(self.tenant):
            known = await rows.first(
                IdempotencyKey,
                "tenant_id = $1 AND actor = $2 AND key = $3",
                self.tenant,
                self.person.id,
                self.command_key(command),
            )
        return known.result if known else None

    async def view(self) -> TicketView:
        """The ticket as this person may see it. Raises DomainError not_found."""
        assert self.ticket is not None
        async with transaction(self.tenant):
            return await view_ticket(self.person, self.ticket)

    async def say(
        self,
        text: str | Message,
        presses: Iterable[Iterable[Press]] = (),
        *,
        priority: Priority = Priority.ANSWER,
        card: ChatCard | None = None,
    ) -> None:
        """Answers; `presses` are rows of buttons that this person alone may press."""
        message = text if isinstance(text, Message) else Message(text=text)
        made: list[ChatButton] = []
        rows_ = tuple(tuple(self._button(press, made) for press in row) for row in presses)
        if rows_:
            message = msgspec.structs.replace(message, rows=rows_)
        self.said += 1
        async with transaction(self.tenant):
            await keep_buttons(made)
            await queue_message(
                self.tenant,
                self.to,
                message,
                key=f"{self.key}:say:{self.said}",
                priority=priority,
                reply_to=self.incoming.thread if self.incoming.private else self.incoming.message,
                card=card.id if card else None,
            )
        wake()

    def _button(self, press: Press, made: list[ChatButton]) -> Button:
        return pressable(press, self.tenant, self.person.id, made)

    async def show(self, ticket: Reference | None = None) -> tuple[ChatCard, bool]:
        """The ticket's card in this chat, brought up to date at once; whether it is new."""
        shown = ticket or self.ticket
        assert shown is not None
        async with transaction(self.tenant):
            card = await show_card(
                self.tenant,
                self.to,
                shown,
                self.person.id,
                private=self.incoming.private,
                priority=Priority.ANSWER,
            )
        wake()
        return card

    async def expand(self) -> None:
        """Shows or hides the rest of the pressed card's buttons."""
        if self.card is None:
            return
        async with transaction(self.tenant):
            await rows.update(self.card, expanded=not self.card.expanded)
            await refresh(self.tenant, self.card.address, self.card.id, Priority.ANSWER)
        wake()

    def allows(self, permission: str | None, anyone: bool) -> bool:
        """Whether this person may use a verb with this permission."""
        if self.actor is None:
            return anyone
        return permission is None or self.actor.may(permission)

    def clean(self, text: str) -> str:
        """Words of a person, fit to be stored: without control characters, at most 4000 characters."""
        return plain(text).strip()[:4000]

    @staticmethod
    def now() -> datetime:
        """The present moment."""
        return now()
