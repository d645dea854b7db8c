"""Moving a device: which one, where to from buttons or typed, one look at from and to, done."""

from mendline.devices import Device, DeviceModel, location_of
from mendline.kernel import DomainError, opaque, parse_opaque, pick, rows, transaction
from mendline_bots.buttons import CONFIRM_LIFETIME
from mendline_bots.device_choice import chosen_device, device_words
from mendline_bots.messages import Field, Form, Message, Option
from mendline_bots.place_choice import OFFERED, places_beside, places_named
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.devices import check_named, device_form, device_message, name_device
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import Place


@verb(
    "move",
    permission="devices.move",
    slash="move",
    words=("移动设备", "转移设备", "move"),
    prepare=name_device,
    form=device_form,
    check=check_named,
    scans=True,
)
async def move(talk: Talk, answers: Answers) -> None:
    """Shows where a device stands and offers where it may go."""
    unit, model = await chosen_device(talk, answers)
    _require_in_use(unit)
    async with transaction(talk.tenant):
        places = await places_beside(unit)
    named = {"device": opaque("dv", unit.tenant_id, unit.id)}
    presses = [
        Press(pick(place.name, talk.locale), "move_to", named | {"place": opaque("pl", place.tenant_id, place.id)})
        for place in places
    ]
    presses.append(Press(talk.words("button.elsewhere"), "move_elsewhere", named, form=True))
    message = await device_message(talk, unit, model)
    asked = Message(title=message.title, facts=message.facts, text=talk.words("ask.place"))
    await talk.say(asked, [presses[at : at + 2] for at in range(0, len(presses), 2)])


async def _place_form(talk: Talk, _: Answers) -> Form:
    async with transaction(talk.tenant):
        found = [
            await rows.get(Place, talk.tenant, parse_opaque("pl", one).id) for one in talk.arguments.get("places", [])
        ]
        words = [(await location_of(talk.tenant, place.id)).words for place in found]
    options = tuple(
        Option(opaque("pl", place.tenant_id, place.id), pick(where, talk.locale))
        for place, where in zip(found, words, strict=True)
    )
    return Form(
        title=talk.words("form.move"),
        submit=talk.words("button.continue"),
        fields=(Field(name="place", label=talk.words("ask.place_typed"), options=options, most=120),),
    )


async def _check_place(talk: Talk, answers: Answers) -> Answers:
    """Turns a typed name into the place it means; where it means several, they are offered."""
    given = answers.get("place", "")
    if not given or given.startswith("pl_"):
        return {}
    async with transaction(talk.tenant):
        found = await places_named(talk.tenant, given)
    if len(found) == 1:
        answers["place"] = opaque("pl", talk.tenant, found[0].id)
        return {}
    if not found:
        return {"place": talk.words("wrong.place_unknown", name=given)}
    talk.arguments["places"] = [opaque("pl", talk.tenant, place.id) for place in found[:OFFERED]]
    return {"place": talk.words("wrong.place_ambiguous", name=given)}


@verb("move_elsewhere", permission="devices.move", form=_place_form, check=_check_place)
async def move_elsewhere(talk: Talk, answers: Answers) -> None:
    """The place was typed."""
    talk.arguments["place"] = answers["place"]
    await move_to(talk, answers)


@verb("move_to", permission="devices.move")
async def move_to(talk: Talk, _: Answers) -> None:
    """Shows from and to, and asks once; what has changed meanwhile makes the answer worthless."""
    unit, model, place = await _meant(talk)
    _require_in_use(unit)
    if unit.place_id == place.id:
        await _there_already(talk, unit, place)
        return
    way = await _way(talk, unit, place)
    named = {name: talk.arguments[name] for name in ("device", "place")}
    confirm = Press(
        talk.words("button.move_now"),
        "move_now",
        named | {"way": way},
        style="primary",
        version=unit.version,
        expires_at=talk.now() + CONFIRM_LIFETIME,
    )
    never_mind = Press(talk.words("button.never_mind"), "never_mind")
    asked = talk.words("ask.move", device=device_words(unit, model, talk.locale), **way)
    await talk.say(asked, [[confirm, never_mind]])


@verb("move_now", permission="devices.move")
async def move_now(talk: Talk, _: Answers) -> None:
    """Moves it; what belongs to it and stands with it goes along."""
    unit, model, place = await _meant(talk)
    if unit.place_id == place.id and not await talk.done_before("devices.move"):
        await _there_already(talk, unit, place)
        return
    given = {"device": talk.arguments["device"], "place": talk.arguments["place"]}
    try:
        await talk.run("devices.move", **given)
    except DomainError as refusal:
        if refusal.code != "stale_version":
            raise
        await talk.say(talk.words("said.device_changed", asset_number=unit.asset_number))
        return
    await talk.say(talk.words("said.moved", device=device_words(unit, model, talk.locale), **talk.arguments["way"]))


async def _meant(talk: Talk) -> tuple[Device, DeviceModel, Place]:
    unit, model = await chosen_device(talk, {"device": str(talk.arguments.get("device", ""))})
    async with transaction(talk.tenant):
        place = await rows.get(Place, talk.tenant, parse_opaque("pl", str(talk.arguments.get("place", ""))).id)
    return unit, model, place


async def _way(talk: Talk, unit: Device, place: Place) -> dict[str, str]:
    """From and to, in words."""
    async with transaction(talk.tenant):
        before, after = [(await location_of(talk.tenant, one)).words for one in (unit.place_id, place.id)]
    return {
        "before": pick(before, talk.locale) or talk.words("place.none"),
        "after": pick(after, talk.locale),
    }


async def _there_already(talk: Talk, unit: Device, place: Place) -> None:
    where = pick(place.name, talk.locale)
    await talk.say(talk.words("said.there_already", asset_number=unit.asset_number, place=where))


def _require_in_use(unit: Device) -> None:
    if unit.state == "retired":
        raise DomainError("device_retired", asset_number=unit.asset_number)
