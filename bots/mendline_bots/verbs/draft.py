"""The draft of a technician's report, from what was written on the ticket during the visit."""

import re
from datetime import datetime
from typing import NamedTuple

from mendline_bots.ticket_view import TicketView

_CAUSE = re.compile(r"^(?:原因|故障原因|cause)\s*[::]\s*", re.IGNORECASE)
_ACTION = re.compile(r"^(?:处理|处理措施|措施|action|done)\s*[::]\s*", re.IGNORECASE)


class Draft(NamedTuple):
    """What can be said already; empty where nobody has said it."""

    cause: str
    action: str
    minutes: str


def draft_report(view: TicketView, moment: datetime) -> Draft:
    """The technician's own notes of this attempt: lines that name a cause, all others as the action; time on site."""
    causes, actions = [], []
    for message in reversed(view.messages):
        if message.author_id != view.actor.id or (view.visit and message.recorded_at < view.visit.recorded_at):
            continue
        for line in filter(None, map(str.strip, message.body.splitlines())):
            if _CAUSE.match(line):
                causes.append(_CAUSE.sub("", line))
            else:
                actions.append(_ACTION.sub("", line))
    arrived = view.visit.arrived_at if view.visit else None
    minutes = str(max(1, round((moment - arrived).total_seconds() / 60))) if arrived else ""
    return Draft("\n".join(causes)[:2000], "\n".join(actions)[:2000], minutes)
