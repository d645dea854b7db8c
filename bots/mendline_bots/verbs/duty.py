"""Duty in chat: who is on duty, and the hand-over list of each rota."""

from uuid import UUID

from mendline.dispatch import Duty, DutyRota, duty_of, handover_to_confirm, open_tickets
from mendline.kernel import DomainError, Reference, opaque, parse_opaque, pick, rows, transaction
from mendline_bots.handover_list import handover_message
from mendline_bots.messages import Message, plain
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import Answers, verb
from mendline_tenants import Member

MOST = 12
"""How many rotas one message names."""


async def _rotas(talk: Talk) -> list[tuple[DutyRota, Duty | None]]:
    known = await rows.select(DutyRota, f"tenant_id = $1 ORDER BY code LIMIT {MOST}", talk.tenant)
    return [(rota, await duty_of(rota, talk.now())) for rota in known]


@verb("on_duty", permission="read.members", slash="duty", words=("谁值班", "值班", "who is on duty", "on duty"))
async def who_is_on_duty(talk: Talk, _: Answers) -> None:
    """Each rota with its people, the primary first, their phones, and until when."""
    async with transaction(talk.tenant):
        found = await _rotas(talk)
        asked = {member for _, duty in found if duty for member in duty.members}
        people = await rows.select(Member, "tenant_id = $1 AND id = ANY ($2)", talk.tenant, list(asked))
    if not found:
        await talk.say(talk.words("said.no_rota"))
        return
    by_id = {member.id: member for member in people}
    facts = tuple((pick(rota.name, talk.locale), _line(talk, duty, by_id)) for rota, duty in found)
    await talk.say(Message(title=talk.words("said.on_duty"), facts=facts))


def _line(talk: Talk, duty: Duty | None, people: dict[UUID, Member]) -> str:
    if duty is None:
        return talk.words("said.nobody_on_duty")
    known = [people[member] for member in duty.members]
    names = [plain(f"{one.name} {one.phone}" if one.phone else one.name) for one in known]
    return talk.words("said.duty_until", people=" → ".join(names), at=f"{duty.ends.astimezone(talk.zone):%m-%d %H:%M}")


@verb("handover", permission="read.progress", slash="handover", words=("交接班", "交班清单", "hand-over", "handover"))
async def handover(talk: Talk, _: Answers) -> None:
    """The hand-over list: of the rota that was pressed or the only one, else the rotas to choose from."""
    async with transaction(talk.tenant):
        chosen = await _chosen(talk)
        rotas = [chosen] if chosen else await _near(talk)
        found = await open_tickets(rotas[0]) if len(rotas) == 1 else None
        waiting = await handover_to_confirm(talk.tenant, rotas[0].id) if found else None
    if found is None:
        presses = [
            [Press(pick(rota.name, talk.locale), "handover", {"rota": opaque("ro", talk.tenant, rota.id)})]
            for rota in rotas
        ]
        await talk.say(talk.words("said.which_rota" if rotas else "said.no_rota"), presses)
        return
    opened = [[Press(row.number, "open", ticket=Reference(row.owner_id, row.ticket_id))] for row in found.listed[:MOST]]
    if waiting is not None and waiting.incoming == talk.person.id:
        meant = {"handover": opaque("ho", talk.tenant, waiting.id)}
        opened.insert(0, [Press(talk.words("button.confirm_handover"), "confirm_handover", meant)])
    await talk.say(handover_message(rotas[0], found, talk.locale, talk.zone), opened)


@verb("confirm_handover", permission="dispatch.own_time")
async def confirm_handover(talk: Talk, _: Answers) -> None:
    """Takes over what is open, from the list that came with the turn."""
    if (meant := talk.arguments.get("handover")) is None:
        raise DomainError("button_unknown")
    await talk.run("dispatch.confirm_handover", handover=meant)
    await talk.say(talk.words("said.handover_confirmed"))


async def _chosen(talk: Talk) -> DutyRota | None:
    if (named := talk.arguments.get("rota")) is None:
        return None
    return await rows.get(DutyRota, talk.tenant, parse_opaque("ro", named).id)


async def _near(talk: Talk) -> list[DutyRota]:
    """Those on which the person is on duty or of whose unit it is; where there are none, all."""
    known = await _rotas(talk)
    person = talk.person
    own = [
        rota
        for rota, duty in known
        if (duty and person.id in duty.members) or (person.place and rota.place_id == person.place)
    ]
    return own or [rota for rota, _ in known]
