"""Files that people send: fetched from the channel, kept in S3, bound to the ticket as evidence."""

import hashlib

from mendline.fieldwork import evidence_key
from mendline.kernel import put_blob
from mendline_bots.channel import channel_of
from mendline_bots.incoming import File
from mendline_bots.talk import Talk


async def fetch_file(talk: Talk, file: File) -> bytes:
    """The bytes, fetched once for each update. Raises DomainError chat_file_too_large or chat_file_gone."""
    if file.id not in talk.fetched:
        talk.fetched[file.id] = await channel_of(talk.incoming.channel).fetch(talk.to, file)
    return talk.fetched[file.id]


async def attach_files(talk: Talk, caption: str = "") -> int:
    """Binds the files of this update to its ticket; answers how many. Doing it again changes nothing."""
    assert talk.ticket is not None
    for number, file in enumerate(talk.files):
        data = await fetch_file(talk, file)
        digest = hashlib.sha256(data).hexdigest()
        await put_blob(evidence_key(*talk.ticket, digest), data, file.media_type, digest)
        await talk.run(
            "fieldwork.attach_evidence",
            number=number,
            kind=file.kind,
            filename=talk.clean(file.name)[:200] or "file",
            media_type=file.media_type,
            size=len(data),
            sha256=digest,
            caption=talk.clean(caption)[:1024] if number == 0 else "",
        )
    return len(talk.files)
