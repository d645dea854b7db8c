"""A portal: the web application in this process, asked over HTTP as any person of the cast."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio

from mendline.app.http.web import make_app
from mendline.kernel import new_id, now, rows, transaction
from mendline_schema import close_hub
from mendline_tenants import LoginSession
from mendline_tenants.access.tokens import access_token
from support.cast import PEOPLE, Cast
from support.sockets import served


@dataclass
class Answer:
    """What came back: status, data, and the codes of the errors."""

    status: int
    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@dataclass
class Portal:
    """Asks GraphQL in somebody's name."""

    cast: Cast
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, who: str) -> str:
        """An access token of a session of this person."""
        if who not in self.tokens:
            tenant, session = self.cast[PEOPLE[who][0]], new_id()
            row = LoginSession(tenant_id=tenant, id=session, member_id=self.cast.members[who], refresh_hash=b"none")
            row.expires_at = now() + timedelta(hours=1)
            async with transaction(tenant):
                await rows.insert(row)
            self.tokens[who] = access_token(tenant, self.cast.members[who], session)
        return self.tokens[who]

    async def ask(self, who: str | None, document: str, **variables: Any) -> Answer:
        """One operation, as this person (None: a stranger)."""
        headers = {"accept-language": "en"}
        if who is not None:
            headers["authorization"] = f"Bearer {await self.token(who)}"
        response = await self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        body = response.json()
        return Answer(response.status_code, body.get("data"), body.get("errors") or [])

    async def get(self, who: str, document: str, **variables: Any) -> Any:
        """The data of an operation that must succeed."""
        answer = await self.ask(who, document, **variables)
        assert not answer.errors, answer.errors
        return answer.data

    async def report(self, who: str = "nurse_a", device: str = "pump_a", symptom: str = "报警,停机") -> str:
        """Reports a fault; answers the ticket's id."""
        data = await self.get(
            who,
            "mutation($d: ID!, $s: String!) { reportFault(input: {device: $d, symptom: $s, useState: DOWN})"
            " { ticket { id } } }",
            d=self.cast.device_id(device),
            s=symptom,
        )
        return str(data["reportFault"]["ticket"]["id"])


@pytest_asyncio.fixture
async def portal(cast: Cast) -> AsyncIterator[Portal]:
    """The portal, with a fresh cast."""
    transport = httpx.ASGITransport(app=make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        yield Portal(cast, client)
    await close_hub()


@pytest_asyncio.fixture
async def port(portal: Portal) -> AsyncIterator[int]:
    """The application on a real port."""
    async with served() as listening:
        yield listening
