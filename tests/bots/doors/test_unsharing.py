"""A partner that sees a ticket no more reads nothing of it in chat, whatever was under way to it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mendline.kernel import frozen, now, parse_opaque, transaction
from mendline_bots.cards import ChatCard, show_card
from mendline_bots.channel import Address
from mendline_bots.messages import Message
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from support.clocks import act, reported, taken
from support.database import look

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors

SHARED_NO_MORE = "此工单不再与您共享。如需查看,请联系使用单位的医学工程部。"
PARTNER = "dispatcher_w"


async def shared(doors: "Doors", cast: "Cast", **share: Any) -> tuple[str, ChatCard]:
    """A ticket that technician V has taken, and its card in the chat of the partner's dispatcher."""
    ticket = await reported(cast, now())
    await taken(cast, now(), ticket)
    share |= {"organisation": cast.organisation_id("vendor_w"), "groups": ["progress"]}
    await act(cast, now(), "engineer_a", "tickets.share", ticket, **share)
    account = doors.accounts[PARTNER]
    async with transaction(cast["vendor_w"]):
        card, _ = await show_card(
            cast["vendor_w"],
            Address(account["channel"], "", str(account["chat_id"])),
            parse_opaque("tk", ticket),
            cast.members[PARTNER],
            private=True,
            priority=Priority.PUSH,
        )
    await doors.settle()
    assert "状态" in (await doors.texts(PARTNER))[0]
    return ticket, card


async def unshare(cast: "Cast", ticket: str) -> None:
    await act(cast, now(), "engineer_a", "tickets.unshare", ticket, organisation=cast.organisation_id("vendor_w"))


async def test_a_slip_is_not_told_to_who_sees_the_ticket_no_more(doors: "Doors", cast: "Cast") -> None:
    ticket, _ = await shared(doors, cast)
    await act(cast, now(), "technician_v", "fieldwork.estimate_completion", ticket, minutes=60)
    await act(cast, now(), "technician_v", "fieldwork.estimate_completion", ticket, minutes=1440, reason="机密")
    await unshare(cast, ticket)
    await doors.settle()
    assert await doors.texts(PARTNER) == [SHARED_NO_MORE]
    queued = await look("SELECT 1 FROM chat_send WHERE tenant_id = $1 AND content IS NOT NULL", cast["vendor_w"])
    assert queued == [], "nor is it written down for them"


async def test_what_waited_to_be_sent_is_dropped_with_the_right_to_read_it(doors: "Doors", cast: "Cast") -> None:
    ticket, card = await shared(doors, cast)
    async with transaction(cast["vendor_w"]):
        text = Message(text="机密")
        await queue_message(card.tenant_id, card.address, text, key="waits", priority=Priority.PUSH, card=card.id)
    await unshare(cast, ticket)
    await doors.settle()
    assert await doors.texts(PARTNER) == [SHARED_NO_MORE]


@pytest.mark.parametrize("by_itself", [False, True], ids=["unshared", "the end date came"])
async def test_a_partners_card_is_drawn_once_more_as_the_share_ends(
    doors: "Doors", cast: "Cast", *, by_itself: bool
) -> None:
    until = {"until": (now() + timedelta(hours=2)).isoformat()} if by_itself else {}
    ticket, _ = await shared(doors, cast, **until)
    if by_itself:
        with frozen(now() + timedelta(hours=3)):
            await doors.settle()
    else:
        await unshare(cast, ticket)
        await doors.settle()
    assert await doors.texts(PARTNER) == [SHARED_NO_MORE]


async def test_who_answers_the_card_of_a_hidden_ticket_is_answered(doors: "Doors", cast: "Cast") -> None:
    ticket, _ = await shared(doors, cast)
    await unshare(cast, ticket)
    await doors.say(PARTNER, "何时修好?", reply_to=(await doors.last(PARTNER))["id"])
    texts = await doors.texts(PARTNER)
    assert texts[0] == SHARED_NO_MORE
    assert len(texts) == 2, "a refusal in words"
