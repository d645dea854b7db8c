"""A routing engine over HTTP: OSRM's table service or Valhalla's matrix, in blocks, with time-outs and new tries."""

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

import httpx
import msgspec

from mendline.kernel import settings

At = tuple[float, float]
Times = dict[tuple[int, int], int | None]

BLOCK = 50
"""Sources and destinations of one question: OSRM takes 100 places, Valhalla 2,500 pairs, as they come."""

TRIES = 3
PAUSE = 0.3
"""Seconds before the second try; twice that before each further one."""

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read: fifty by fifty times are a hundredth of it."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class EngineAway(Exception):
    """The engine does not answer, or not as its interface says. The message says which."""


class Engine(Protocol):
    """What answers with travel times. name: as a plan tells it."""

    name: str

    async def table(self, places: list[At], sources: list[int], destinations: list[int]) -> Times:
        """Seconds from each source to each destination, None where there is no way. Raises EngineAway."""
        ...


def chosen_engine() -> Engine | None:
    """The engine of the settings; None when no address is set."""
    chosen = settings()
    if not chosen.routing_url:
        return None
    made = {"osrm": Osrm, "valhalla": Valhalla}[chosen.routing_engine]
    return made(chosen.routing_url.rstrip("/"), chosen.routing_timeout)


class _OverHttp:
    """What both engines share: blocks of a table, asked one after the other over one connection."""

    name = ""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout

    async def table(self, places: list[At], sources: list[int], destinations: list[int]) -> Times:
        """The whole table, block by block. Raises EngineAway."""
        found: Times = {}
        local = httpx.URL(self._url).host in _LOOPBACK
        async with httpx.AsyncClient(timeout=self._timeout, trust_env=not local) as client:
            for some in _blocks(sources):
                for others in _blocks(destinations):
                    answer = await _answer(client, self._request(client, places, some, others))
                    rows = self._rows(answer)
                    if len(rows) != len(some) or any(len(row) != len(others) for row in rows):
                        raise EngineAway("the table has another size than was asked for")
                    for a, row in zip(some, rows, strict=True):
                        found |= {(a, b): _whole(seconds) for b, seconds in zip(others, row, strict=True)}
        return found

    def _request(
        self, client: httpx.AsyncClient, places: list[At], sources: list[int], destinations: list[int]
    ) -> httpx.Request:
        raise NotImplementedError

    def _rows(self, answer: Any) -> list[list[Any]]:
        raise NotImplementedError


class Osrm(_OverHttp):
    """`/table/v1/{profile}` (project-osrm.org, HTTP API): longitude before latitude, durations in seconds."""

    name = "osrm"

    def _request(
        self, client: httpx.AsyncClient, places: list[At], sources: list[int], destinations: list[int]
    ) -> httpx.Request:
        asked = [*sources, *destinations]
        listed = ";".join(f"{places[n][1]:.6f},{places[n][0]:.6f}" for n in asked)
        numbers = range(len(asked))
        return client.build_request(
            "GET",
            f"{self._url}/table/v1/driving/{listed}",
            params={
                "sources": ";".join(map(str, numbers[: len(sources)])),
                "destinations": ";".join(map(str, numbers[len(sources) :])),
                "annotations": "duration",
            },
        )

    def _rows(self, answer: Any) -> list[list[Any]]:
        if answer.get("code") != "Ok" or not isinstance(answer.get("durations"), list):
            raise EngineAway(f"OSRM says {str(answer.get('code'))[:80]}")
        return list(answer["durations"])


class Valhalla(_OverHttp):
    """`/sources_to_targets` (valhalla.github.io, Matrix API): times in seconds, null where there is no way."""

    name = "valhalla"

    def _request(
        self, client: httpx.AsyncClient, places: list[At], sources: list[int], destinations: list[int]
    ) -> httpx.Request:
        def listed(numbers: list[int]) -> list[dict[str, float]]:
            return [{"lat": places[n][0], "lon": places[n][1]} for n in numbers]

        asked = {"sources": listed(sources), "targets": listed(destinations), "costing": "auto"}
        return client.build_request("POST", f"{self._url}/sources_to_targets", json=asked)

    def _rows(self, answer: Any) -> list[list[Any]]:
        rows = answer.get("sources_to_targets")
        if not isinstance(rows, list):
            raise EngineAway(f"Valhalla says {str(answer.get('error'))[:80]}")
        return [[cell.get("time") for cell in row] for row in rows]


def _blocks(numbers: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(numbers), BLOCK):
        yield numbers[first : first + BLOCK]


def _whole(seconds: Any) -> int | None:
    if seconds is None:
        return None
    if not isinstance(seconds, int | float) or not 0 <= seconds < 7 * 24 * 3600:
        raise EngineAway("a travel time is no time of less than a week")
    return round(seconds)


async def _answer(client: httpx.AsyncClient, request: httpx.Request) -> Any:
    """The JSON of an answer; what may pass (silence, 429, 5xx) is tried again. Raises EngineAway."""
    why = ""
    for number in range(TRIES):
        if number:
            await asyncio.sleep(PAUSE * 2 ** (number - 1))
        try:
            status, body = await _read(client, request)
        except (httpx.HTTPError, OSError) as error:
            why = f"{type(error).__name__}: {error}"
            continue
        why = f"status {status}"
        if status == 200:
            try:
                return msgspec.json.decode(body, type=dict[str, Any])
            except msgspec.DecodeError:
                raise EngineAway("the answer is no JSON object") from None
        if status != 429 and status < 500:
            break
    raise EngineAway(why[:200])


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> tuple[int, bytes]:
    answer = await client.send(request, stream=True)
    try:
        body = b""
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > LARGEST:
                raise EngineAway("the answer is too long")
        return answer.status_code, body
    finally:
        await answer.aclose()
