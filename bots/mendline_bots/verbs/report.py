"""Reporting a fault: a photo of the label, a number, or a choice from the department's devices; then the symptom."""

from mendline.devices import Device
from mendline.kernel import DomainError, Reference, opaque, parse_opaque, rows, transaction
from mendline.tickets import Fault, likenesses
from mendline_bots.alike import likeness_line
from mendline_bots.device_choice import check_device, device_field, read_label, read_sticker
from mendline_bots.evidence import attach_files
from mendline_bots.messages import Field, Form, Message, Option
from mendline_bots.refusals import refusal_text
from mendline_bots.talk import Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import own_organisation

SAME_OFFERED = 3
"""Open tickets of the device that are offered as the same fault."""

NO_DEVICE, NEW = "none", "new"


async def _prepare(talk: Talk, answers: Answers) -> None:
    """The device of the button, the sticker's link or the label on the photos; what cannot be read is told beside the
    question for it.
    """
    words = talk.incoming.text if talk.incoming.files else talk.argument
    if words := await read_sticker(talk, answers, talk.clean(words)):
        answers.setdefault("symptom", words)
    if await talk.done_before("tickets.report"):
        answers["which"] = NEW
    if isinstance(named := talk.arguments.get("device"), str):
        answers["device"] = named
    await read_label(talk, answers)


async def _form(talk: Talk, answers: Answers) -> Form:
    fields = [
        await device_field(talk, answers, Option(NO_DEVICE, talk.words("option.no_device"))),
        Field(name="symptom", label=talk.words("ask.symptom")),
    ]
    if which := await _which(talk, answers):
        fields.append(which)
    if talk.person.unit_account:
        fields.append(Field(name="contact_name", label=talk.words("ask.contact_name"), most=120))
    return Form(
        title=talk.words("form.report"),
        submit=talk.words("button.report"),
        intro=talk.arguments.get("problem", ""),
        fields=tuple(fields),
    )


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
    return await check_device(talk, answers, NO_DEVICE)


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
