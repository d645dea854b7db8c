"""Reporting a fault: a photo of the label, a number, or a choice from the department's devices; then the symptom."""

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
)
from mendline.kernel import DomainError, Reference, opaque, parse_opaque, pick, rows, transaction
from mendline.tickets import Fault, likenesses
from mendline_bots.alike import likeness_line
from mendline_bots.evidence import attach_files, fetch_file
from mendline_bots.messages import Field, Form, Message, Option
from mendline_bots.refusals import refusal_text
from mendline_bots.talk import Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import own_organisation

OFFERED = 8
"""Devices that are offered for a choice; others are typed."""

SAME_OFFERED = 3
"""Open tickets of the device that are offered as the same fault."""

NO_DEVICE, NEW = "none", "new"


async def _prepare(talk: Talk, answers: Answers) -> None:
    """Reads the label on the photos; what cannot be read is told beside the question for the device."""
    words = talk.incoming.text if talk.incoming.files else talk.argument
    if words := talk.clean(words):
        answers.setdefault("symptom", words)
    if await talk.done_before("tickets.report"):
        answers["which"] = NEW
    if not talk.files:
        return
    try:
        await _find(talk, answers, parse_codes(await _codes_on_photos(talk)))
    except DomainError as refusal:
        talk.arguments["problem"] = refusal_text(refusal, talk.locale)


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


async def _form(talk: Talk, answers: Answers) -> Form:
    fields = [
        Field(name="device", label=talk.words("ask.device"), options=await _device_options(talk), most=120),
        Field(name="symptom", label=talk.words("ask.symptom")),
    ]
    if talk.person.unit_account:
        fields.append(Field(name="contact_name", label=talk.words("ask.contact_name"), most=120))
    if which := await _which(talk, answers):
        fields.insert(2, which)
    return Form(
        title=talk.words("form.report"),
        submit=talk.words("button.report"),
        intro=talk.arguments.get("problem", ""),
        fields=tuple(fields),
    )


async def _device_options(talk: Talk) -> tuple[Option, ...]:
    async with transaction(talk.tenant):
        if chosen := talk.arguments.get("candidates"):
            found = [await rows.get(Device, *parse_opaque("dv", one)) for one in chosen[:OFFERED]]
        elif talk.person.place:
            found = (await devices_at(talk.tenant, talk.person.place))[:OFFERED]
        else:
            found = []
        models = {device.model_id: await rows.get(DeviceModel, talk.tenant, device.model_id) for device in found}
    options = [
        Option(
            opaque("dv", device.tenant_id, device.id),
            f"{device.asset_number} {pick(models[device.model_id].name, talk.locale)}",
        )
        for device in found
    ]
    return (*options, Option(NO_DEVICE, talk.words("option.no_device")))


async def _which(talk: Talk, answers: Answers) -> Field | None:
    """Whether it is the same fault as one that is reported already, with what speaks for it; None where none is."""
    device, symptom = answers.get("device", ""), answers.get("symptom", "")
    if not device.startswith("dv_") or not symptom or await talk.done_before("tickets.report"):
        return None
    async with transaction(talk.tenant):
        row = await rows.get(Device, *parse_opaque("dv", device))
        fault = Fault(row.id, row.model_id, symptom)
        found = await likenesses(await own_organisation(talk.tenant), fault, talk.now())
    known = [one for one in found if one.kind == "duplicate"][:SAME_OFFERED]
    if not known:
        return None
    same = [Option(opaque("tk", talk.tenant, one.id), talk.words("option.same", number=one.number)) for one in known]
    lines = "\n".join(likeness_line(talk.locale, one, one.number) for one in known)
    return Field(
        name="which",
        label=f"{talk.words('ask.which')}\n{lines}",
        kind="choice",
        options=(*same, Option(NEW, talk.words("option.another"))),
    )


async def _check(talk: Talk, answers: Answers) -> Answers:
    """Turns a typed number into the device it names."""
    given = answers.get("device", "")
    if not given or given == NO_DEVICE or given.startswith("dv_"):
        return {}
    try:
        await _find(talk, answers, parse_identifier(given))
    except DomainError as refusal:
        return {"device": refusal_text(refusal, talk.locale)}
    return {}


@verb(
    "report",
    permission="tickets.report",
    slash="report",
    words=("报修", "report"),
    prepare=_prepare,
    form=_form,
    check=_check,
)
async def report(talk: Talk, answers: Answers) -> None:
    """Opens a ticket, or adds to the one that is open for this device."""
    which = answers.get("which", NEW)
    if which != NEW:
        await _add(talk, parse_opaque("tk", which), answers["symptom"])
        return
    made = await talk.run(
        "tickets.report",
        device=None if answers["device"] == NO_DEVICE else answers["device"],
        symptom=answers["symptom"],
        contact_name=talk.clean(answers.get("contact_name", ""))[:120],
    )
    talk.ticket = parse_opaque("tk", made.ticket)
    await talk.show()
    await _attach(talk, "")


async def _add(talk: Talk, ticket: Reference, words: str) -> None:
    talk.ticket = ticket
    view = await talk.view()
    if talk.files:
        await _attach(talk, words)
    else:
        await talk.run("tickets.comment", body=words)
    card, _ = await talk.show()
    await talk.say(talk.words("said.added", number=view.ticket.number), card=card)


async def _attach(talk: Talk, caption: str) -> None:
    """The photos of the report; one that cannot be fetched is told and does not undo the report."""
    try:
        if await attach_files(talk, caption):
            await talk.show()
    except DomainError as refusal:
        await talk.say(Message(text=refusal_text(refusal, talk.locale)))
