"""What signatories do: accept the repair after a second look, or send it back; and anyone: see the evidence."""

from collections.abc import Iterator

from mendline.fieldwork import Evidence
from mendline.kernel import DomainError, opaque, presign_download, rows, transaction
from mendline_bots.buttons import CONFIRM_LIFETIME
from mendline_bots.messages import Field, Form, Message, plain
from mendline_bots.talk import Press, Talk
from mendline_bots.ticket_view import TicketView, zone_of
from mendline_bots.verbs.verb import Answers, Place, verb


def _sign_places(view: TicketView) -> Iterator[Place]:
    if view.slot_to_sign and view.allows("quality.sign"):
        yield Place("button.accept_repair", 1, "primary", arguments={"slot": str(view.slot_to_sign.id)}, exact=True)


@verb("sign", permission="quality.sign", places=_sign_places)
async def sign(talk: Talk, _: Answers) -> None:
    """Shows what would be signed, with a confirmation that is good once, for this person and for five minutes."""
    view = await talk.view()
    slot = next((slot for slot in view.slots if str(slot.id) == talk.arguments["slot"]), None)
    if slot and slot.state == "signed":
        raise DomainError(
            "already_signed", by=view.named(slot.signer_name), at=slot.signed_at, number=view.ticket.number
        )
    if slot is None or slot is not view.slot_to_sign:
        raise DomainError("not_your_turn", number=view.ticket.number, role=slot.role if slot else "")
    quality = view.quality
    assert quality is not None
    facts = [
        (talk.words("card.result"), talk.words(f"result.{quality.result}")),
        (talk.words("card.cause"), plain(quality.cause)),
        (talk.words("card.action"), plain(quality.action)),
        (talk.words("card.files"), str(view.files)),
    ]
    await talk.say(
        Message(
            title=talk.words("sign.title", number=view.ticket.number),
            facts=tuple(facts),
            text=talk.words("sign.text", name=view.actor.name, meaning=talk.words(f"meaning.{slot.meaning}")),
        ),
        [
            [
                Press(
                    talk.words("button.confirm_signature"),
                    "confirm_signature",
                    {"slot": str(slot.id)},
                    talk.ticket,
                    "primary",
                    version=view.ticket.version,
                    once=True,
                    expires_at=talk.now() + CONFIRM_LIFETIME,
                )
            ],
            [Press(talk.words("button.never_mind"), "never_mind")],
        ],
        card=talk.card,
    )


@verb("confirm_signature", permission="quality.sign")
async def confirm_signature(talk: Talk, _: Answers) -> None:
    """Signs."""
    view = await talk.view()
    slot = next((slot for slot in view.slots if str(slot.id) == talk.arguments["slot"]), None)
    if slot is None:
        raise DomainError("not_your_turn", number=view.ticket.number, role="")
    await talk.run("quality.sign", slot=opaque("sl", slot.tenant_id, slot.id))
    await talk.show()
    await talk.say(talk.words("sign.done", number=view.ticket.number, meaning=talk.words(f"meaning.{slot.meaning}")))


def _reject_places(view: TicketView) -> Iterator[Place]:
    if view.slot_to_sign and view.allows("quality.reject"):
        yield Place("button.reject_repair", 1, "danger", exact=True)


async def _reject_form(talk: Talk, _: Answers) -> Form:
    return Form(
        title=talk.words("form.reject"),
        submit=talk.words("button.reject_repair"),
        fields=(Field(name="reason", label=talk.words("ask.reject_reason"), most=1000),),
    )


@verb("reject", permission="quality.sign", form=_reject_form, places=_reject_places)
async def reject(talk: Talk, answers: Answers) -> None:
    """Sends the work back, with the reason."""
    await talk.run("quality.reject", reason=talk.clean(answers["reason"])[:1000])
    await talk.show()


def _evidence_places(view: TicketView) -> Iterator[Place]:
    if view.files and view.actor.may("read.messages"):
        yield Place("button.evidence", 5, more=view.slot_to_sign is None)


@verb("evidence", permission="read.messages", words=("查看证据",), places=_evidence_places)
async def evidence(talk: Talk, _: Answers) -> None:
    """What was photographed and filed, each with a link that works for five minutes."""
    assert talk.ticket is not None
    async with transaction(talk.tenant):
        zone = await zone_of(talk.tenant)
        stored = await rows.select(
            Evidence,
            "tenant_id = $1 AND ticket_id = $2 AND state = 'stored' ORDER BY recorded_at, id LIMIT 20",
            *talk.ticket,
        )
    lines = []
    for number, file in enumerate(stored, 1):
        words = plain(file.caption) or talk.words(f"file.{file.kind}")
        lines.append(f"{number}. {file.occurred_at.astimezone(zone):%m-%d %H:%M} {words} · SHA-256 {file.sha256[:12]}…")
        if talk.incoming.private:
            lines.append(presign_download(file.key, file.filename))
    await talk.say(Message(title=talk.words("evidence.title"), text="\n".join(lines) or talk.words("evidence.none")))
