"""What engineering writes into the registry from a device's card: verified, new software, out of use for good."""

from datetime import date

from mendline.kernel import opaque, run
from mendline_bots.device_choice import chosen_device
from mendline_bots.messages import Field, Form
from mendline_bots.talk import Talk
from mendline_bots.verbs.verb import Answers, verb


async def _meant(talk: Talk) -> tuple[str, str]:
    """The unit behind the button: its opaque id, and its asset number. Raises DomainError not_found."""
    unit, _ = await chosen_device(talk, {"device": str(talk.arguments.get("device", ""))})
    return opaque("dv", unit.tenant_id, unit.id), unit.asset_number


async def _retire_form(talk: Talk, _: Answers) -> Form:
    _device, asset = await _meant(talk)
    return Form(
        title=talk.words("form.retire"),
        submit=talk.words("button.retire"),
        intro=talk.words("ask.retire", asset_number=asset),
        fields=(Field(name="reason", label=talk.words("ask.reason"), most=500),),
    )


@verb("retire", permission="devices.manage", form=_retire_form)
async def retire(talk: Talk, answers: Answers) -> None:
    """Retires the unit; what speaks against it is said."""
    device, asset = await _meant(talk)
    await talk.run("devices.retire", device=device, reason=talk.clean(answers["reason"])[:500])
    await talk.say(talk.words("said.retired", asset_number=asset))


async def _software_form(talk: Talk, _: Answers) -> Form:
    unit, _model = await chosen_device(talk, {"device": str(talk.arguments.get("device", ""))})
    known = talk.words("ask.software_now", version=unit.software_version) if unit.software_version else ""
    return Form(
        title=talk.words("form.software"),
        submit=talk.words("button.software"),
        intro=" · ".join(filter(None, (unit.asset_number, known))),
        fields=(Field(name="version", label=talk.words("ask.software"), most=120),),
    )


@verb("software", permission="devices.service", form=_software_form)
async def software(talk: Talk, answers: Answers) -> None:
    """Records the software that the unit runs from now on."""
    device, asset = await _meant(talk)
    version = talk.clean(answers["version"])[:120]
    await talk.run("tickets.change_software", device=device, software_version=version)
    await talk.say(talk.words("said.software", asset_number=asset, version=version))


async def _verified_form(talk: Talk, _: Answers) -> Form:
    _device, asset = await _meant(talk)
    return Form(
        title=talk.words("form.verified"),
        submit=talk.words("button.verified"),
        intro=asset,
        fields=(
            Field(name="certificate", label=talk.words("ask.certificate"), most=120),
            Field(name="until", label=talk.words("ask.valid_until"), most=10),
        ),
    )


async def _check_verified(talk: Talk, answers: Answers) -> Answers:
    given = answers.get("until", "")
    until = _day(given)
    today = talk.now().astimezone(talk.zone).date()
    return {"until": talk.words("wrong.valid_until")} if given and (until is None or until < today) else {}


@verb("verified", permission="devices.manage", form=_verified_form, check=_check_verified)
async def verified(talk: Talk, answers: Answers) -> None:
    """Puts the verification certificate; the registry reckons from it when the unit is due again."""
    device, asset = await _meant(talk)
    given = {
        "kind": "verification_certificate",
        "number": talk.clean(answers["certificate"])[:120],
        "device": device,
        "issued_on": talk.now().astimezone(talk.zone).date(),
        "expires_on": _day(answers["until"]),
    }
    await run(talk.person, "devices.upsert_document", given, key=talk.command_key("devices.upsert_document"))
    await talk.say(talk.words("said.verified", asset_number=asset, day=_day(answers["until"])))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
