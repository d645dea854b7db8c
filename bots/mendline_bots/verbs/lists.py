"""Lists of tickets: mine, my jobs, those that wait for my signature; each line opens its card."""

from mendline.devices import devices_at
from mendline.dispatch import JobOffer
from mendline.kernel import Reference, rows, transaction
from mendline.tickets import WorklistRow
from mendline_bots.messages import Message, plain
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import note_read

MOST = 8

_OPEN = "tenant_id = $1 AND phase IN ('open', 'working', 'waiting', 'acceptance') AND "
_MINE = _OPEN + (  # noqa: S608 - constants
    "EXISTS (SELECT 1 FROM ticket_people p WHERE p.tenant_id = worklist.owner_id AND p.id = worklist.ticket_id"
    " AND p.reporter_id = $2) ORDER BY changed_at DESC LIMIT 8"
)
_UNIT = _OPEN + "device_id = ANY ($2) ORDER BY changed_at DESC LIMIT 8"
_JOBS = _OPEN + "assignee_id = $2 ORDER BY priority, changed_at DESC LIMIT 8"
_DUE = (
    "tenant_id = $1 AND phase = 'acceptance' AND EXISTS (SELECT 1 FROM signature_slot s"
    " WHERE s.tenant_id = worklist.owner_id AND s.ticket_id = worklist.ticket_id AND s.state = 'open'"
    " AND s.role = ANY ($2)) ORDER BY changed_at LIMIT 8"
)


@verb("my", permission="read.progress", slash="my", words=("我的工单", "本病区工单", "my tickets"))
async def my(talk: Talk, _: Answers) -> None:
    """The tickets that this person reported; for a shared account, those of its unit."""
    person = talk.person
    async with transaction(talk.tenant):
        if person.unit_account and person.place:
            near = [device.id for device in await devices_at(talk.tenant, person.place)]
            found = await rows.select(WorklistRow, _UNIT, talk.tenant, near)
        else:
            found = await rows.select(WorklistRow, _MINE, talk.tenant, person.id)
    await _tell(talk, "list.my", found)


@verb("jobs", permission="fieldwork.work", slash="jobs", words=("我的任务", "my jobs"))
async def jobs(talk: Talk, _: Answers) -> None:
    """Offers first, then the jobs in hand."""
    async with transaction(talk.tenant):
        offers = await rows.select(
            JobOffer,
            "tenant_id = $1 AND technician_id = $2 AND state = 'offered' ORDER BY offered_at LIMIT 8",
            talk.tenant,
            talk.person.id,
        )
        found = []
        for offer in offers:
            found += await rows.select(
                WorklistRow,
                "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3",
                talk.tenant,
                offer.owner_id,
                offer.ticket_id,
            )
        found += await rows.select(WorklistRow, _JOBS, talk.tenant, talk.person.id)
    await _tell(talk, "list.jobs", found)


@verb("approvals", permission="quality.sign", slash="approvals", words=("待验收", "approvals"))
async def approvals(talk: Talk, _: Answers) -> None:
    """The tickets that wait for a signature of this person's roles."""
    async with transaction(talk.tenant):
        found = await rows.select(WorklistRow, _DUE, talk.tenant, list(talk.person.roles))
    await _tell(talk, "list.approvals", found)


async def _tell(talk: Talk, name: str, found: list[WorklistRow]) -> None:
    if not found:
        await talk.say(talk.words(f"{name}_none"))
        return
    lines = tuple((row.number, plain(_line(talk, row))) for row in found[:MOST])
    presses = [[Press(row.number, "open", ticket=Reference(row.owner_id, row.ticket_id))] for row in found[:MOST]]
    await talk.say(Message(title=talk.words(name), facts=lines), presses)


def _line(talk: Talk, row: WorklistRow) -> str:
    device = row.card.get("device") or {}
    name = (device.get("name") or {}).get(talk.locale) or next(iter((device.get("name") or {}).values()), "")
    ended = talk.words(f"outcome.{row.outcome}") if row.state == "archived" else None
    parts = (f"P{row.priority}", talk.words(f"state.{row.state}"), ended, name, device.get("asset_number"))
    return " · ".join(filter(None, parts))


@verb("open")
async def open_ticket(talk: Talk, _: Answers) -> None:
    """The ticket's card; where one hangs in this chat already, a short answer to it leads there.

    Whoever asks for a ticket reads it, and that is recorded; cards that follow a ticket by themselves are not reads.
    """
    assert talk.ticket is not None
    view = await talk.view()
    async with transaction(talk.tenant):
        await note_read(talk.person, "open", view.sensitive, [talk.ticket])
    card, new = await talk.show()
    if not new and card.message:
        await talk.say(
            talk.words("said.card_above", number=view.ticket.number, state=talk.words(f"state.{view.ticket.state}")),
            card=card,
        )
