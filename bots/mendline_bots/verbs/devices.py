"""One device from a chat: what it is, where it stands, and what this person may do with it."""

from collections.abc import Iterator

from mendline.devices import Device, DeviceModel, location_of
from mendline.kernel import opaque, pick, transaction
from mendline_bots.device_choice import check_device, chosen_device, device_field, device_words, read_label, read_number
from mendline_bots.messages import Form, Message
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, verb


async def name_device(talk: Talk, answers: Answers) -> None:
    """The device that a button, the command's argument or a photo names."""
    if isinstance(named := talk.arguments.get("device"), str):
        answers["device"] = named
    else:
        await read_number(talk, answers)
        await read_label(talk, answers)


async def device_form(talk: Talk, answers: Answers) -> Form:
    """The one question which device it is."""
    return Form(
        title=talk.words("form.device"),
        submit=talk.words("button.continue"),
        intro=talk.arguments.get("problem", ""),
        fields=(await device_field(talk, answers),),
    )


async def check_named(talk: Talk, answers: Answers) -> Answers:
    """Turns what was typed into the device it names."""
    return await check_device(talk, answers)


@verb(
    "device",
    permission="read.devices",
    slash="device",
    words=("设备", "device"),
    prepare=name_device,
    form=device_form,
    check=check_named,
    scans=True,
)
async def device(talk: Talk, answers: Answers) -> None:
    """Shows a device of the own registry, with a button for each thing that this person may do with it."""
    unit, model = await chosen_device(talk, answers)
    presses = list(_presses(talk, unit))
    await talk.say(await device_message(talk, unit, model), [presses[at : at + 3] for at in range(0, len(presses), 3)])


async def device_message(talk: Talk, unit: Device, model: DeviceModel) -> Message:
    """What a device is, where it stands and how it stands with it."""
    async with transaction(talk.tenant):
        place = (await location_of(talk.tenant, unit.place_id)).words
    facts = (
        ("card.place", pick(place, talk.locale) or talk.words("place.none")),
        ("card.state", talk.words(f"device_state.{unit.state}")),
        ("card.model", f"{pick(model.manufacturer, talk.locale)} {model.model_number}"),
        ("card.serial", unit.serial or ""),
        ("card.software", unit.software_version or ""),
        ("card.on_loan", talk.words("yes") if unit.loan_id else ""),
    )
    return Message(
        title=device_words(unit, model, talk.locale),
        facts=tuple((talk.words(name), words) for name, words in facts if words),
    )


def _presses(talk: Talk, unit: Device) -> Iterator[Press]:
    named = {"device": opaque("dv", unit.tenant_id, unit.id)}
    if unit.state == "retired":
        return
    if talk.allows("tickets.report", False):
        yield Press(talk.words("button.report_fault"), "report", named, style="primary", form=True)
    if talk.allows("devices.move", False):
        yield Press(talk.words("button.move"), "move", named)
    if unit.loan_id is not None and talk.allows("devices.lend", False):
        yield Press(talk.words("button.take_back_unit"), "take_back_unit", named, form=True)
    if talk.allows("devices.manage", False):
        yield Press(talk.words("button.label"), "label", named)
        yield Press(talk.words("button.verified"), "verified", named, form=True)
    if talk.allows("devices.service", False):
        yield Press(talk.words("button.software"), "software", named, form=True)
    if talk.allows("devices.manage", False):
        yield Press(talk.words("button.retire"), "retire", named, style="danger", form=True)
