"""Documents that end: whoever keeps the registry is told, once for each step, and what to do about it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.devices import Device, DeviceModel, DocumentExpires
from mendline.kernel import Envelope, consumer, pick, rows, say, transaction
from mendline_bots.administrators import administrators_of
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message, plain
from mendline_bots.notices import tell_members
from mendline_tenants import Actor, partner_card

ENGINEERING = ("clinical_engineer",)


@consumer("chat.document_expires", DocumentExpires)
async def document_expires(envelope: Envelope) -> None:
    """Clinical engineering hears of it; in an organisation without one its administrators, who may renew it too.

    While there is time it waits for whoever has the day; once the document holds no more, the duty officer hears too.
    """
    happened: DocumentExpires = envelope.event
    async with transaction(happened.tenant):
        people = await people_meant(happened.tenant, ENGINEERING, escalated=happened.days_left < 0)
        people = people or await administrators_of(happened.tenant)
        subjects = await _subjects(happened)

    def write(actor: Actor, _: ZoneInfo) -> Message:
        step = "ended" if happened.days_left < 0 else "ends_today" if happened.days_left == 0 else "ends"
        text = say(
            f"push.document_{step}",
            actor.locale,
            kind=say(f"document.{happened.kind}", actor.locale),
            number=plain(happened.number),
            subject=plain(" · ".join(pick(words, actor.locale) for words in subjects)),
            day=f"{happened.expires_on:%Y-%m-%d}",
            days=happened.days_left,
        )
        todo = "verify" if happened.kind == "verification_certificate" else "renew"
        return Message(text=f"{text}\n{say(f'push.document_{todo}', actor.locale)}")

    await tell_members(happened.tenant, people, f"event:{envelope.id}", write)


async def _subjects(happened: DocumentExpires) -> list[dict[str, str]]:
    """What the document is for, in both languages: the unit, the model, the organisation."""
    found: list[dict[str, str]] = []
    if happened.device is not None:
        device = await rows.get(Device, happened.tenant, happened.device)
        found.append(_named(await _model(happened.tenant, device.model_id), device.asset_number))
    if happened.model is not None:
        model = await _model(happened.tenant, happened.model)
        found.append(_named(model, model.model_number))
    if happened.organisation is not None:
        known = await partner_card(happened.tenant, happened.organisation)
        found.append(dict(known["name"]))  # type: ignore[call-overload]  # a card holds words there
    return found


async def _model(tenant: UUID, model: UUID) -> DeviceModel:
    return await rows.get(DeviceModel, tenant, model)


def _named(model: DeviceModel, number: str) -> dict[str, str]:
    return {language: f"{pick(model.name, language)} {number}" for language in ("zh", "en")}
