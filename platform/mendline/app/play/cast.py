"""Who plays: the people of the demo with their chats, their logins and the manufacturer's portal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mendline.app.play.chat import Chat
from mendline.app.play.portal import Portal
from mendline.app.play.waiting import Stuck

Row = Mapping[str, Any]


@dataclass
class Cast:
    """Everybody, ready to act. `sim` and `web` are the two servers they reach.

    documents: the ids of the trusted documents by their names, as whoever builds a client takes them over.
    """

    sim: httpx.AsyncClient
    web: httpx.AsyncClient
    people: list[Row]
    parts: dict[str, Row]
    maker_person: Row
    documents: Mapping[str, str]

    @classmethod
    async def gather(cls, sim: httpx.AsyncClient, web: httpx.AsyncClient, home: Path) -> "Cast":
        """Reads who is there. Raises Stuck when the demo was not loaded or the simulator does not run."""
        path = home / "demo.json"
        if not path.exists():
            raise Stuck(f"there is no demo in {home}: start it with ./deploy/up, without --empty")
        rows = json.loads(path.read_text())
        parts = {row["story"]: row for row in rows if "story" in row}
        maker = next(row for row in rows if row["code"] == parts["portal"]["code"] and row.get("email"))
        try:
            people = (await sim.get("/sim/people")).json()
        except httpx.TransportError:
            raise Stuck(f"the chat simulator does not answer at {sim.base_url}") from None
        try:
            listed = (await web.get("/explorer/documents")).json()
        except httpx.TransportError:
            raise Stuck(f"GraphQL does not answer at {web.base_url}") from None
        return cls(sim, web, people, parts, maker, {document["name"]: document["id"] for document in listed})

    def chat(self, part: str) -> Chat:
        """The chat of whoever plays this part."""
        return self.chat_of(self.parts[part]["simulator"])

    def chat_of(self, key: str) -> Chat:
        """The chat of a person by their name in the simulator."""
        return Chat(self.sim, next(person for person in self.people if person["key"] == key))

    def technician(self, name: str, organisation: str) -> Chat:
        """The Slack chat of a technician whom a suggestion names. Raises Stuck when the simulator lacks them."""
        for person in self.people:
            if (person["name"], person["channel"], person["organisation"]) == (name, "slack", organisation):
                return Chat(self.sim, person)
        raise Stuck(f"nobody in the simulator is {name} of {organisation}")

    async def member(self, part: str) -> Portal:
        """A login with the password of whoever plays this part."""
        return await self._login(self.parts[part])

    async def maker(self) -> Portal:
        """A login of somebody at the manufacturer who may read about people."""
        return await self._login(self.maker_person)

    async def _login(self, row: Row) -> Portal:
        portal = Portal(self.web, self.documents, _one_line(row["name"]))
        await portal.login(row["code"], row["email"], row["password"])
        return portal

    def portal(self) -> Portal:
        """The manufacturer's portal with its API key."""
        row = self.parts["portal"]
        return Portal(self.web, self.documents, _one_line(row["name"]), row["key"])

    def chats_of(self, *organisations: str) -> list[Chat]:
        """The chats of everybody in these organisations; of everybody at all when none is named."""
        return [Chat(self.sim, p) for p in self.people if not organisations or p["organisation"] in organisations]

    def organisation(self, part: str) -> str:
        """The Chinese name of the organisation of whoever plays this part, as the simulator knows it."""
        return self.organisation_names(part)[0]

    def organisation_names(self, part: str) -> tuple[str, str]:
        """The organisation's name in Chinese and in English."""
        chinese, _, english = str(self.parts[part]["organisation"]).partition("\n")
        return chinese, english


def _one_line(name: str) -> str:
    return " ".join(name.splitlines())
