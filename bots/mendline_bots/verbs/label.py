"""A device's label as a picture: the sticker with its QR code, to be shown, scanned or printed on the spot."""

import hashlib

from mendline.devices import sticker_png, stickers_of
from mendline.kernel import opaque, put_blob, transaction
from mendline_bots.device_choice import chosen_device, device_words
from mendline_bots.messages import Message, Picture
from mendline_bots.talk import Talk
from mendline_bots.verbs.devices import check_named, device_form, name_device
from mendline_bots.verbs.verb import Answers, verb


@verb(
    "label",
    permission="devices.manage",
    slash="label",
    words=("标签", "打印标签", "label"),
    prepare=name_device,
    form=device_form,
    check=check_named,
    scans=True,
)
async def label(talk: Talk, answers: Answers) -> None:
    """Sends the sticker of a device as a picture; who had it made is in the organisation's book, as for sheets."""
    unit, model = await chosen_device(talk, answers)
    named = [opaque("dv", unit.tenant_id, unit.id)]
    await talk.run("devices.print_stickers", devices=named, sheet="roll_70x37")
    async with transaction(talk.tenant):
        [sticker] = await stickers_of(talk.person, named)
    content = await sticker_png(sticker)
    digest = hashlib.sha256(content).hexdigest()
    key = f"{talk.tenant}/stickers/{digest}.png"
    await put_blob(key, content, "image/png", digest)
    title = talk.words("label.title", device=device_words(unit, model, talk.locale))
    await talk.say(Message(title=title, picture=Picture(key, f"label-{digest[:8]}.png", title)))
