"""Which device is meant: by a photo of its label, by a number typed or scanned, or chosen from those nearby."""

import asyncio

from mendline.devices import (
    Device,
    DeviceIdentifier,
    DeviceModel,
    devices_at,
    find_devices,
    parse_codes,
    parse_identifier,
    read_codes,
    read_start_word,
)
from mendline.kernel import DomainError, opaque, parse_opaque, pick, rows, transaction
from mendline_bots.evidence import fetch_file
from mendline_bots.messages import Field, Option
from mendline_bots.refusals import refusal_text
from mendline_bots.talk import Talk

OFFERED = 8
"""Devices that are offered for a choice; others are typed."""

Answers = dict[str, str]


async def read_label(talk: Talk, answers: Answers) -> None:
    """Reads the label on the photos; what cannot be read is told beside the question for the device."""
    if not talk.files:
        return
    talk.arguments.pop("problem", None)
    try:
        await _find(talk, answers, parse_codes(await _codes_on_photos(talk)))
    except DomainError as refusal:
        talk.arguments["problem"] = refusal_text(refusal, talk.locale)


async def read_number(talk: Talk, answers: Answers) -> None:
    """Reads the number that a command named; one that names no device is told beside the question for it."""
    if not (number := talk.clean(talk.argument)):
        return
    try:
        await _find(talk, answers, parse_identifier(number))
    except DomainError as refusal:
        unknown = refusal.code in ("barcode_unreadable", "device_unknown")
        told = DomainError("device_unknown", code=number) if unknown else refusal
        talk.arguments["problem"] = refusal_text(told, talk.locale)


async def read_sticker(talk: Talk, answers: Answers, words: str) -> str:
    """Where the words begin with what a sticker of ours leads to, its device is meant; gives the words after it."""
    first, _, rest = words.partition(" ")
    meant = sticker_named(first)
    if meant is None:
        return words
    try:
        await _find(talk, answers, [meant])
    except DomainError as refusal:
        talk.arguments["problem"] = refusal_text(refusal, talk.locale)
    return rest.strip()


def sticker_named(word: str) -> DeviceIdentifier | None:
    """What a sticker's link means (Slack writes it in angle brackets), or the word that its page starts a bot with."""
    if (named := read_start_word(word)) is not None:
        organisation, asset = named
        return DeviceIdentifier(system="asset", raw=asset, asset=asset, organisation=organisation)
    link = word.removeprefix("<").removesuffix(">").partition("|")[0]
    if not link.startswith(("http://", "https://")):
        return None
    try:
        return next((one for one in parse_identifier(link) if one.organisation), None)
    except DomainError:
        return None


async def _codes_on_photos(talk: Talk) -> list[str]:
    codes: list[str] = []
    for file in talk.files:
        if file.kind == "photo":
            codes += await asyncio.to_thread(read_codes, await fetch_file(talk, file))
    if not codes:
        raise DomainError("photo_without_code")
    return codes


async def _find(talk: Talk, answers: Answers, identifiers: list[DeviceIdentifier]) -> None:
    """One device is taken; of several one has to be chosen, and any that a code names whose check cannot be checked."""
    async with transaction(talk.tenant):
        devices = await find_devices(talk.tenant, identifiers)
    ids = [opaque("dv", device.tenant_id, device.id) for device in devices]
    unverified = [one.system for one in identifiers if one.check == "unverified"]
    if len(ids) == 1 and not unverified:
        answers["device"] = ids[0]
        return
    talk.arguments["candidates"] = ids
    if unverified:
        raise DomainError("barcode_unverified", system=unverified[0])
    raise DomainError("device_ambiguous", count=len(ids))


async def device_field(talk: Talk, answers: Answers, *others: Option) -> Field:
    """The question for the device: the one that is known, those that a code may mean, or those of the person's
    department; `others` last.
    """
    known = answers.get("device", "")
    drafted = known if known.startswith("dv_") else ""
    async with transaction(talk.tenant):
        if chosen := [drafted] if drafted else talk.arguments.get("candidates"):
            found = [await rows.get(Device, *parse_opaque("dv", one)) for one in chosen[:OFFERED]]
        elif talk.person.place:
            found = (await devices_at(talk.tenant, talk.person.place))[:OFFERED]
        else:
            found = []
        models = {device.model_id: await rows.get(DeviceModel, talk.tenant, device.model_id) for device in found}
    options = [
        Option(opaque("dv", device.tenant_id, device.id), device_words(device, models[device.model_id], talk.locale))
        for device in found
    ]
    return Field(name="device", label=talk.words("ask.device"), options=(*options, *others), value=drafted, most=512)


def device_words(device: Device, model: DeviceModel, locale: str) -> str:
    """A device in a line: its asset number and what it is."""
    return f"{device.asset_number} {pick(model.name, locale)}"


async def check_device(talk: Talk, answers: Answers, *others: str) -> Answers:
    """Turns a typed number, or the link of a sticker, into the device it names; field -> what is wrong with it."""
    given = answers.get("device", "")
    if not given or given in others or given.startswith("dv_"):
        return {}
    try:
        await _find(talk, answers, parse_identifier(given))
    except DomainError as refusal:
        return {"device": refusal_text(refusal, talk.locale)}
    return {}


async def chosen_device(talk: Talk, answers: Answers) -> tuple[Device, DeviceModel]:
    """The device of the answers, one of the person's own organisation. Raises DomainError not_found."""
    async with transaction(talk.tenant):
        device = await rows.get(Device, talk.tenant, parse_opaque("dv", answers["device"]).id)
        return device, await rows.get(DeviceModel, talk.tenant, device.model_id)
