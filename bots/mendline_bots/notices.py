"""Notices: a message to each of some members who has a chat, in their language, with buttons for that person alone."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from mendline.kernel import say, transaction, wake
from mendline_bots.buttons import ChatButton, fresh_token, keep_buttons
from mendline_bots.messages import Button, Message
from mendline_bots.people import reachable
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_bots.ticket_view import zone_of
from mendline_tenants import Actor


class Choice(NamedTuple):
    """A button below a notice: its sentence, the verb, what it says when pressed, and whether it opens a form."""

    label: str
    verb: str
    arguments: dict[str, Any]
    form: bool = False


Write = Callable[[Actor, ZoneInfo], Message]


async def tell_members(
    tenant: UUID, members: Iterable[UUID], key: str, write: Write, choices: tuple[Choice, ...] = ()
) -> None:
    """A message to each of these members who has a chat, once for each key, with buttons for that person alone."""
    for member in members:
        known = await reachable(tenant, member)
        if known is None:
            continue
        to, actor = known
        async with transaction(tenant):
            zone = await zone_of(tenant)
        buttons = [
            ChatButton(
                tenant_id=tenant,
                token=fresh_token(),
                verb=choice.verb,
                arguments=choice.arguments,
                member_id=member,
            )
            for choice in choices
        ]
        drawn = tuple(
            Button(button.token, say(choice.label, actor.locale), form=choice.form)
            for button, choice in zip(buttons, choices, strict=True)
        )
        message = msgspec.structs.replace(write(actor, zone), rows=(drawn,) if drawn else ())
        async with transaction(tenant):
            await keep_buttons(buttons)
            await queue_message(tenant, to, message, key=f"{key}:{member}", priority=Priority.PUSH)
    wake()
