"""What is said to a card: a comment, a note of the work, a photo; and where the technician is."""

from mendline.dispatch import great_circle_km, travel_minutes
from mendline.kernel import DomainError, Reference, rows, transaction
from mendline.tickets import TicketPeople, WorklistRow
from mendline_bots.evidence import attach_files
from mendline_bots.talk import Talk
from mendline_bots.verbs.verb import Answers, verb


@verb("speak")
async def speak(talk: Talk, _: Answers) -> None:
    """A reply to a card: words become a comment or the technician's note, files become evidence."""
    view = await talk.view()
    words = talk.clean(talk.incoming.text)
    if talk.files:
        await attach_files(talk, words)
    elif words:
        await talk.run("fieldwork.add_note" if view.mine else "tickets.comment", body=words)
    else:
        await talk.say(talk.words("said.nothing_to_add"))
        return
    card, _new = await talk.show()
    await talk.say(talk.words("said.files_added" if talk.files else "said.noted", number=view.ticket.number), card=card)


_GOING = (
    "tenant_id = $1 AND assignee_id = $2 AND state IN ('accepted', 'en_route', 'rework')"
    " ORDER BY priority, changed_at DESC"
)


@verb("locate", permission="fieldwork.work")
async def locate(talk: Talk, _: Answers) -> None:
    """A shared location becomes the time of arrival at the job that was answered, or at the next one."""
    assert talk.incoming.location is not None
    latitude, longitude = talk.incoming.location
    await talk.run("dispatch.share_location", latitude=latitude, longitude=longitude)
    async with transaction(talk.tenant):
        if talk.ticket is None:
            job = await rows.first(WorklistRow, _GOING, talk.tenant, talk.person.id)
            talk.ticket = Reference(job.owner_id, job.ticket_id) if job else None
        people = await rows.find(TicketPeople, *talk.ticket) if talk.ticket else None
    if people is None:
        await talk.say(talk.words("said.located_no_job"))
        return
    if people.latitude is None or people.longitude is None:
        raise DomainError("place_without_coordinates")
    minutes = round(travel_minutes(great_circle_km(latitude, longitude, people.latitude, people.longitude))) + 5
    await talk.run("fieldwork.set_eta", minutes=minutes)
    card, _new = await talk.show()
    await talk.say(talk.words("said.eta_from_location", minutes=minutes), card=card)
