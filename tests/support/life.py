"""One ticket's whole life over GraphQL: each step a mutation, each by the person whose step it is."""

import http.client
import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mendline.kernel import new_id, now, rows, transaction
from mendline_tenants import LoginSession
from mendline_tenants.access.tokens import access_token
from support.cast import PEOPLE, Cast

_TICKET = "{ ticket { id number state phase version } }"
_TICKET_AND_SLOTS = "{ ticket { id number state phase version signatureSlots { id state } } }"

STEPS = {
    "report": ("nurse_a", "reportFault", "device: $device, symptom: $text, useState: DOWN"),
    "set use state": ("nurse_a", "setUseState", "ticket: $ticket, useState: PATIENT_AFFECTED"),
    "decontaminated": ("nurse_a", "recordDecontamination", "ticket: $ticket, status: CLEAN"),
    "offer": ("dispatcher_v", "offerJob", "ticket: $ticket, technician: $technician"),
    "accept": ("technician_v", "acceptJob", "ticket: $ticket"),
    "set ETA": ("technician_v", "setEta", "ticket: $ticket, minutes: 30"),
    "arrive": ("technician_v", "arrive", "ticket: $ticket"),
    "note": ("technician_v", "addNote", "ticket: $ticket, body: $text"),
    "finish": ("technician_v", "finishJob", "ticket: $ticket, result: REPAIRED, cause: $text, action: $text"),
    "check": ("engineer_a", "checkQuality", "ticket: $ticket"),
    "sign by ward": ("manager_a", "sign", "slot: $slot"),
    "sign by engineer": ("engineer_a", "sign", "slot: $slot"),
    "archive": ("engineer_a", "archive", "ticket: $ticket"),
}
"""Step -> (who, mutation, input). What the house does by itself after a commit (check, archive) is done by people."""

_KINDS = {"device": "ID!", "ticket": "ID!", "technician": "ID!", "slot": "ID!", "text": "String!"}
_TEXT = "报警,停机"


def document(step: str) -> str:
    """The mutation of a step; where signatures follow it also asks for their slots."""
    _, mutation, given = STEPS[step]
    used = [name for name in _KINDS if f"${name}" in given]
    variables = ", ".join(f"${name}: {_KINDS[name]}" for name in used)
    wanted = _TICKET_AND_SLOTS if step in ("check", "sign by ward") else _TICKET
    return f"mutation({variables}) {{ {mutation}(input: {{{given}}}) {wanted} }}"


_DOCUMENTS = {step: document(step) for step in STEPS}


@dataclass
class Client:
    """A person with a plain HTTP connection that stays open. `port` is that of a web process."""

    cast: Cast
    port: int
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    async def log_in(self) -> None:
        """A session for everybody of the cast."""
        for who, (organisation, *_) in PEOPLE.items():
            tenant, session = self.cast[organisation], new_id()
            row = LoginSession(tenant_id=tenant, id=session, member_id=self.cast.members[who], refresh_hash=b"none")
            row.expires_at = now() + timedelta(hours=4)
            async with transaction(tenant):
                await rows.insert(row)
            self.tokens[who] = access_token(tenant, self.cast.members[who], session)

    def ask(self, who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of an operation. Raises AssertionError with the errors."""
        body = json.dumps({"query": document, "variables": variables})
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.tokens[who]}"}
        self._link.request("POST", "/graphql", body, headers)
        answer = json.loads(self._link.getresponse().read())
        assert not answer.get("errors"), answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data


class Life:
    """One ticket; `step` takes the next step and answers its seconds."""

    def __init__(self, client: Client) -> None:
        cast = client.cast
        self._client = client
        self._known = {"text": _TEXT, "device": cast.device_id("pump_a"), "technician": cast.member_id("technician_v")}
        self.state = ""

    def step(self, name: str) -> float:
        """Takes the step `name` of STEPS."""
        who, mutation, given = STEPS[name]
        variables = {key: value for key, value in self._known.items() if f"${key}" in given}
        began = time.perf_counter()
        data = self._client.ask(who, _DOCUMENTS[name], variables)
        seconds = time.perf_counter() - began
        ticket = data[mutation]["ticket"]
        self._known["ticket"], self.state = ticket["id"], ticket["state"]
        open_slots = [slot["id"] for slot in ticket.get("signatureSlots") or () if slot["state"] == "OPEN"]
        if open_slots:
            self._known["slot"] = open_slots[0]
        return seconds

    def live(self) -> dict[str, float]:
        """Every step in order; answers their seconds. The ticket must end archived."""
        seconds = {name: self.step(name) for name in STEPS}
        assert self.state == "ARCHIVED", self.state
        return seconds
