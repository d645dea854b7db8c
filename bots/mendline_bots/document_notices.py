"""Documents that end: whoever keeps the registry is told, once for each step; many of one morning come as one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from mendline.devices import Device, DeviceModel, DocumentExpires
from mendline.kernel import Envelope, Timer, consumer, fetchval, now, pick, rows, say, set_timer, timer, transaction
from mendline_bots.administrators import administrators_of
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message, plain
from mendline_bots.notices import tell_members
from mendline_tenants import Actor, Organisation, partner_card

KEEPERS = ("clinical_engineer", "dispatcher")
"""Who looks after an organisation's papers; where nobody does, its administrators."""

QUARTER = 15 * 60
"""Seconds. Documents of one organisation are told of together at the end of each quarter of an hour, ..."""

ALONE = 3
"""... but for so many, which are told of at once."""

LISTED = 15
"""How many documents a digest names; of the rest it tells the number."""

_TIMER = "chat.document_digest"
_KEPT = "SELECT payload FROM timer WHERE tenant_id = $1 AND key = $2"
_STILL = "SELECT payload FROM timer WHERE tenant_id = $1 AND id = $2"

Words = dict[str, str]


@consumer("chat.document_expires", DocumentExpires)
async def document_expires(envelope: Envelope) -> None:
    """Whoever keeps the papers hears of it; where nobody does the administrators, who may renew one too.

    While there is time it waits for whoever has the day; once the document holds no more, the duty officer hears too.
    """
    happened: DocumentExpires = envelope.event
    async with transaction(happened.tenant):
        if not await _goes_alone(str(envelope.id), happened):
            return
        people = await _people([happened])
        subject = await _subject(happened)

    def write(actor: Actor, _: ZoneInfo) -> Message:
        step = "ended" if happened.days_left < 0 else "ends_today" if happened.days_left == 0 else "ends"
        text = say(f"push.document_{step}", actor.locale, **_facts(happened, subject, actor.locale))
        todo = "verify" if happened.kind == "verification_certificate" else "renew"
        return Message(text=f"{text}\n{say(f'push.document_{todo}', actor.locale)}")

    await tell_members(happened.tenant, people, f"event:{envelope.id}", write)


async def _goes_alone(event: str, happened: DocumentExpires) -> bool:
    """Whether this is one of the first of its quarter; else it waits in the payload of the timer that ends it.

    One at a time for an organisation, so that they are counted right; the same event again is where it was.
    """
    tenant = happened.tenant
    await rows.lock(Organisation, tenant, tenant)
    quarter = int(now().timestamp()) // QUARTER  # told only now: nobody adds to one whose timer has rung
    key = f"{_TIMER}:{quarter}"
    kept: dict[str, Any] = await fetchval(_KEPT, tenant, key) or {}
    alone, waiting = kept.get("alone", []), kept.get("waiting", {})
    if event in alone or event in waiting:
        return event in alone
    first = len(alone) < ALONE
    if first:
        alone = [*alone, event]
    else:
        waiting = waiting | {event: msgspec.to_builtins(happened)}
    ends = datetime.fromtimestamp((quarter + 1) * QUARTER, UTC)
    await set_timer(tenant, _TIMER, key, ends, alone=alone, waiting=waiting)
    return first


@timer(_TIMER)
async def document_digest(due: Timer) -> None:
    """What waited is told in one message, those that end first before the others."""
    async with transaction(due.tenant_id):
        await rows.lock(Organisation, due.tenant_id, due.tenant_id)
        kept: dict[str, Any] = await fetchval(_STILL, due.tenant_id, due.id) or {}  # set anew: another one rings for it
    waiting = msgspec.convert(list(kept.get("waiting", {}).values()), list[DocumentExpires])
    if not waiting:
        return
    ends = sorted(waiting, key=lambda one: (one.expires_on, one.number))
    async with transaction(due.tenant_id):
        people = await _people(ends)
        named = [(one, await _subject(one)) for one in ends[:LISTED]]

    def write(actor: Actor, _: ZoneInfo) -> Message:
        facts = [_facts(one, subject, actor.locale) for one, subject in named]
        rest = len(ends) - len(named)
        more = say("document_digest.more", actor.locale, count=rest) if rest else ""
        return Message(
            title=say("document_digest.title", actor.locale, count=len(ends)),
            facts=tuple((str(one["day"]), say("document_digest.line", actor.locale, **one)) for one in facts),
            text="\n".join(filter(None, (more, say("push.document_renew", actor.locale)))),
        )

    await tell_members(due.tenant_id, people, f"timer:{due.id}", write)


async def _people(ending: Sequence[DocumentExpires]) -> list[UUID]:
    """Who is told, in the current transaction."""
    tenant = ending[0].tenant
    people = await people_meant(tenant, KEEPERS, escalated=any(one.days_left < 0 for one in ending))
    return people or await administrators_of(tenant)


def _facts(happened: DocumentExpires, subject: list[Words], locale: str) -> dict[str, Any]:
    return {
        "kind": say(f"document.{happened.kind}", locale),
        "number": plain(happened.number),
        "subject": plain(" · ".join(pick(words, locale) for words in subject)),
        "day": f"{happened.expires_on:%Y-%m-%d}",
        "days": happened.days_left,
    }


async def _subject(happened: DocumentExpires) -> list[Words]:
    """What the document is for, in both languages: the unit, the model, the organisation."""
    found: list[Words] = []
    if happened.device is not None:
        device = await rows.get(Device, happened.tenant, happened.device)
        found.append(_named(await rows.get(DeviceModel, happened.tenant, device.model_id), device.asset_number))
    if happened.model is not None:
        model = await rows.get(DeviceModel, happened.tenant, happened.model)
        found.append(_named(model, model.model_number))
    if happened.organisation is not None:
        known = await partner_card(happened.tenant, happened.organisation)
        found.append(msgspec.convert(known["name"], Words))
    return found


def _named(model: DeviceModel, number: str) -> Words:
    return {language: f"{pick(model.name, language)} {number}" for language in ("zh", "en")}
