"""Every verb, button, form, dialog and card of the chats, given another organisation's ticket or codes.

Verbs come from their registry. A button of one's own may still name a ticket that one sees no more; what is heard then
is what is heard of a ticket that nobody has, and nothing is stored but the chat's own rows.
"""

import re

import msgspec
import pytest

from mendline.kernel import NIL, Reference, gateway, new_id, opaque, rows, transaction
from mendline_bots.buttons import ChatButton, fresh_token
from mendline_bots.cards import ChatCard
from mendline_bots.conversation import converse
from mendline_bots.dialogs import put_dialog
from mendline_bots.drawing import draw
from mendline_bots.incoming import Incoming
from mendline_bots.verbs import VERBS
from mendline_tenants import ROLES, ChatIdentity
from support.database import administrator, look, unchanged
from support.isolation.outcomes import anonymous

STRANGER = "testing_t"
CHATS = ("chat_send", "chat_card", "chat_button", "dialog")
"""What a talk itself stores: one's own answers, cards and buttons, and the open question."""

ANSWERS = {
    **{"reason": "x", "result": "repaired", "cause": "x", "action": "x", "minutes": "5", "advice": "x"},
    **{"symptom": "x", "device": "x", "use_state": "down", "text": "x"},
    **{"place": "x", "condition": "usable", "certificate": "x", "version": "x"},
}
"""Something for every field that some form asks for."""

OF_ONESELF = dict.fromkeys(
    ("ready", "not_ready"), ("technician", "timer", "idempotency_key", "organisation_audit", "outbox", "delivery")
)
"""What verbs store that are about the person alone, whatever the button names."""

ARGUMENTS = {
    "minutes": 30,
    "use_state": "down",
    "flag": "isolation",
    "on": True,
    "locale": "en",
    "technician": str(NIL),
}
TOKEN = re.compile(r'"[A-Za-z0-9_-]{22}"')


@pytest.fixture(scope="module")
async def person(world):
    """A member of hospital A with every role, linked to a chat: (tenant, member, account)."""
    tenant, account = world["hospital_a"], f"account-{new_id().hex}"
    member = world.known("member", tenant)
    await administrator().execute("UPDATE member SET roles = $2 WHERE id = $1", member, list(ROLES))
    async with gateway():
        identity = ChatIdentity(tenant_id=tenant, channel="telegram", workspace="", account=account, chat=account)
        identity.member_id = member
        await rows.insert(identity)
    return tenant, member, account


def came(person, event, **more):
    return Incoming(event=event, channel="telegram", account=person[2], chat=person[2], **more)


async def heard(incoming, keep_dialog=False) -> str:
    """What the person hears of it, without ids and tokens; each time as one who is linked and was asked nothing."""
    again = "UPDATE chat_identity SET status = 'active', locale = 'zh' WHERE account = $1"
    await administrator().execute(again, incoming.account)
    if not keep_dialog:
        await administrator().execute("DELETE FROM dialog WHERE account = $1", incoming.account)
    key = f"try:{new_id()}"
    try:
        await converse(incoming, key)
    except AssertionError:  # a verb that no button and no word of ours leads to in this way
        return "no way to it"
    said = await look("SELECT content FROM chat_send WHERE key LIKE $1 ORDER BY id", f"{key}:%")
    return TOKEN.sub('"<token>"', anonymous(msgspec.json.encode([row["content"] for row in said]).decode()))


def targets(world):
    """A ticket that only the stranger sees, and one that nobody has, with what buttons name beside it of each."""
    tenant = world[STRANGER]
    ticket = next(row["id"] for row in world.rows["ticket"] if row["tenant_id"] == tenant)
    slot = next(row["id"] for row in world.rows["signature_slot"] if row["ticket_id"] == ticket)
    quotation = next(row["id"] for row in world.rows["quotation"] if row["ticket_id"] == ticket)
    named = {"slot": str(slot), "quotation": opaque("qt", tenant, quotation)}
    nobodys = {"slot": str(new_id()), "quotation": opaque("qt", tenant, new_id())}
    for kind, table in (("dv", "device"), ("pl", "place")):
        known = next(row["id"] for row in world.rows[table] if row["tenant_id"] == tenant)
        named[table], nobodys[table] = opaque(kind, tenant, known), opaque(kind, tenant, new_id())
    return (Reference(tenant, ticket), named), (Reference(tenant, new_id()), nobodys)


async def button(person, verb, ticket, named, card=None):
    token = fresh_token()
    async with transaction(person[0]):
        await rows.insert(
            ChatButton(
                tenant_id=person[0],
                token=token,
                verb=verb,
                card_id=card,
                owner_id=ticket.tenant,
                ticket_id=ticket.id,
                arguments={**ARGUMENTS, **named},
            )
        )
    return token


@pytest.mark.parametrize("event", ["pressed", "form"])
async def test_a_button_that_names_anothers_ticket(world, person, event):
    spoken = {}
    for verb in sorted(VERBS):
        answers = []
        async with unchanged(*CHATS, "chat_identity", "organisation_audit", *OF_ONESELF.get(verb, ())):
            for ticket, named in targets(world):
                token = await button(person, verb, ticket, named)
                more = {"press": token} if event == "pressed" else {"form": token, "answers": ANSWERS}
                answers.append(await heard(came(person, event, **more)))
        assert answers[0] == answers[1], verb
        spoken[verb] = answers[0]
    assert len({said for said in spoken.values() if said not in ("[]", "no way to it")}) > 3, "nothing was said at all"


async def test_a_dialog_about_anothers_ticket(world, person):
    for verb in sorted(name for name, known in VERBS.items() if known.form):
        answers = []
        async with unchanged(*CHATS, "chat_identity"):
            for ticket, named in targets(world):
                for field in ANSWERS:
                    state = {
                        "answers": ANSWERS,
                        "field": field,
                        "ticket": [str(ticket.tenant), str(ticket.id)],
                        "arguments": named,
                        "version": None,
                    }
                    incoming = came(person, "said", text="x")
                    await put_dialog(incoming, verb, state, None)
                    answers.append(await heard(incoming, keep_dialog=True))
        assert answers[: len(ANSWERS)] == answers[len(ANSWERS) :], verb


async def test_buttons_of_another_organisation_are_unknown(world, person):
    theirs = next(row["token"] for row in world.rows["chat_button"] if row["tenant_id"] == world[STRANGER])
    async with unchanged(*CHATS, "chat_identity"):
        answers = [await heard(came(person, "pressed", press=token)) for token in (theirs, fresh_token())]
    assert answers[0] == answers[1] != "[]"


async def test_words_with_anothers_numbers_and_codes(world, person):
    tenant = world[STRANGER]
    texts = {}
    for table, columns in {"device": ("asset_number", "serial"), "ticket": ("number",), "member": ("login",)}.items():
        row = next(row for row in world.rows[table] if row["tenant_id"] == tenant)
        texts |= {row[column]: table for column in columns}
    for name, verb in VERBS.items():
        for word in {verb.slash, *verb.words[:1]} - {""}:
            if name in ("unlink", "link", "start"):  # these change who one is, whatever follows
                continue
            answers = set()
            async with unchanged(*CHATS, "chat_identity", "organisation_audit", *OF_ONESELF.get(name, ())):
                for text in (*texts, "no such thing"):
                    said = await heard(came(person, "said", text=f"{word} {text}", command=verb.slash or ""))
                    answers.add(said.replace(text, "<text>"))
            assert len(answers) == 1, (name, answers)


async def test_a_card_of_anothers_ticket_shows_nothing(world, person):
    tenant, member, account = person
    shown = []
    for ticket, _ in targets(world):
        card = ChatCard(tenant_id=tenant, owner_id=ticket.tenant, ticket_id=ticket.id, member_id=member)
        card.channel, card.workspace, card.chat = "telegram", "", account
        async with transaction(tenant):
            await rows.insert(card)
        async with unchanged():
            shown.append(anonymous(msgspec.json.encode(await draw(card)).decode()))
    assert shown[0] == shown[1]
    assert STRANGER not in shown[0]
