"""Who keeps certificates and licences is told in chat, some days before one ends and when it has ended."""

from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.devices import DocumentExpires
from mendline.kernel import Envelope, consumer, rows, say, transaction
from mendline_bots.duty import people_meant
from mendline_bots.messages import Message, plain
from mendline_bots.people_notices import tell_members
from mendline_tenants import Actor, Member

KEEPERS = ("clinical_engineer", "dispatcher")
"""Who looks after an organisation's papers; where nobody does, its administrators."""


@consumer("chat.document_expires", DocumentExpires)
async def document_expires(envelope: Envelope) -> None:
    """The organisation's own people hear of it, once for each day on which it is spoken of."""
    happened: DocumentExpires = envelope.event
    async with transaction(happened.tenant):
        people = await _keepers(happened.tenant)

    def write(actor: Actor, _: ZoneInfo) -> Message:
        sentence = "push.document_expires" if happened.days_left >= 0 else "push.document_expired"
        kind = say(f"document.{happened.kind}", actor.locale)
        facts = {"number": plain(happened.number), "day": f"{happened.expires_on:%Y-%m-%d}", "days": happened.days_left}
        return Message(text=say(sentence, actor.locale, what=kind, **facts))

    await tell_members(happened.tenant, people, f"event:{envelope.id}", write)


async def _keepers(tenant: UUID) -> list[UUID]:
    found = await people_meant(tenant, KEEPERS, escalated=False)
    if found:
        return found
    admins = await rows.select(
        Member, "tenant_id = $1 AND 'admin' = ANY (roles) AND status = 'active' ORDER BY id LIMIT 50", tenant
    )
    return [member.id for member in admins]
