"""A GraphQL client as a partner would write one: login, queries, mutations that may be repeated, a subscription."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import websockets

from mendline.app.play.waiting import Stuck, until


class Portal:
    """One partner's or member's access to GraphQL. It names the trusted documents."""

    def __init__(self, http: httpx.AsyncClient, documents: Mapping[str, str], name: str, token: str = "") -> None:
        self._http = http
        self._documents = documents
        self._token = token
        self.name = name

    async def login(self, organisation: str, login: str, password: str) -> None:
        """Logs in with a password. Raises Stuck when it is refused."""
        given = {"organisation": organisation, "login": login, "password": password}
        self._token = ""  # a token of before is not sent with it: one that is over would be refused
        self._token = (await self.ask("Login", input=given))["login"]["accessToken"]

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors. Raises Stuck with the sentences of the refusal."""
        answer = await self.answer(document, **variables)
        if answer.get("errors"):
            raise Stuck(f"{self.name}: " + "; ".join(error["message"] for error in answer["errors"]))
        data: dict[str, Any] = answer["data"]
        return data

    async def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all. While nobody answers it asks again: mutations carry their key."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}

        async def post() -> dict[str, Any] | None:
            try:
                body = {"documentId": self._documents[document], "variables": variables}
                answer = await self._http.post("/graphql", json=body, headers=headers)
            except httpx.TransportError:
                return None
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                return None
            told: dict[str, Any] = answer.json()
            return told

        return await until(post, f"{self.name}: GraphQL does not answer")

    async def follow(self, document: str) -> AsyncIterator[Mapping[str, Any]]:
        """What a subscription tells, for ever (graphql-transport-ws); a lost connection is made again."""
        payload = {"documentId": self._documents[document]}
        address = str(self._http.base_url.join("/graphql")).replace("http", "ws", 1)
        while True:
            try:
                async with websockets.connect(
                    address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
                ) as ws:
                    await _send(ws, type="connection_init", payload={"Authorization": f"Bearer {self._token}"})
                    async for raw in ws:
                        message = json.loads(raw)
                        if message["type"] == "connection_ack":
                            await _send(ws, id="1", type="subscribe", payload=payload)
                        elif message["type"] == "ping":
                            await _send(ws, type="pong")
                        elif message["type"] == "next":
                            yield message["payload"]["data"]
                        elif message["type"] == "error":
                            raise Stuck(f"{self.name}: the subscription was refused: {message['payload']}")
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(0.5)


async def _send(ws: Any, **message: Any) -> None:
    await ws.send(json.dumps(message))
