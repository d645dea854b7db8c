"""Travel times: by a routing engine's table over real HTTP, remembered, and by straight lines where it is away."""

import socket
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.dayplans import engine as engine_module
from mendline.dayplans.travel import by_great_circle, travel_between
from mendline.kernel import new_id, settings
from support.doors import free_port, served
from support.vendors_day import WARDS

PLACES = list(WARDS[:7])


class Engine:
    """A routing engine that answers as OSRM and Valhalla do: a thousand seconds from a to b, plus their numbers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fail = 0
        self.broken: str | None = None

    async def osrm(self, request):
        self.asked.append(str(request.url))
        if self.fail:
            self.fail -= 1
            return Response(status_code=503)
        if self.broken:
            return Response(self.broken, media_type="application/json")
        places = [tuple(map(float, p.split(","))) for p in request.path_params["places"].split(";")]
        sources = [places[int(n)] for n in request.query_params["sources"].split(";")]
        targets = [places[int(n)] for n in request.query_params["destinations"].split(";")]
        assert len(places) <= 100
        return JSONResponse({"code": "Ok", "durations": [[seconds(a, b) for b in targets] for a in sources]})

    async def valhalla(self, request):
        given = await request.json()
        self.asked.append(str(request.url))
        cells = [
            [{"time": seconds((a["lon"], a["lat"]), (b["lon"], b["lat"]))} for b in given["targets"]]
            for a in given["sources"]
        ]
        return JSONResponse({"sources_to_targets": cells})


def seconds(a, b):
    if b == (121.45, 31.215):  # an island: nobody gets there
        return None
    return 0 if a == b else round(1000 + abs(a[0] - b[0]) * 10_000 + (a[1] > b[1]), 1)


@pytest.fixture
async def engine(database, monkeypatch) -> AsyncIterator[Engine]:
    known = Engine()
    routes = [
        Route("/table/v1/driving/{places}", known.osrm),
        Route("/sources_to_targets", known.valhalla, methods=["POST"]),
    ]
    monkeypatch.setattr(engine_module, "PAUSE", 0.01)
    async with served(Starlette(routes=routes), free_port()) as url:
        monkeypatch.setattr(settings(), "routing_url", url)
        yield known


def close(matrix, places, but=()):
    """Whether a matrix is the engine's, to the second."""
    return all(
        abs(matrix[a][b] - seconds(places[a][::-1], places[b][::-1])) <= 1
        for a in range(len(places))
        for b in range(len(places))
        if a != b and b not in but
    )


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
async def test_the_engines_table_is_asked_once_and_remembered(engine, monkeypatch, kind):
    monkeypatch.setattr(settings(), "routing_engine", kind)
    tenant, places = new_id(), [p for p in PLACES if p != (31.215, 121.450)]
    found = await travel_between(tenant, places)
    assert (found.source, found.fallback) == (kind, "")
    assert close(found.matrix, places)
    asked = len(engine.asked)
    assert (await travel_between(tenant, places)).matrix == found.matrix
    assert len(engine.asked) == asked, "the second day asks nothing"
    more = [*places, (31.4, 121.4)]
    assert close((await travel_between(tenant, more)).matrix, more)
    assert len(engine.asked) == asked + 2, "only from and to the new place"
    await travel_between(new_id(), places)
    assert len(engine.asked) > asked + 2, "another organisation's memory is its own"


async def test_many_places_are_asked_in_blocks(engine):
    places = [(31 + n / 1000, 121 + n / 777) for n in range(120)]
    found = await travel_between(new_id(), places)
    assert close(found.matrix, places)
    assert len(engine.asked) == 9


async def test_an_engine_that_stumbles_is_asked_again(engine):
    engine.fail = 2
    places = PLACES[:3]
    assert (await travel_between(new_id(), places)).source == "osrm"
    assert len(engine.asked) == 3


@pytest.mark.parametrize(
    "broken",
    [
        '{"code": "InvalidUrl"}',
        '{"code": "Ok", "durations": [[1]]}',
        "no json",
        '{"code": "Ok", "durations": [["x", 1, 1], [1, 1, 1], [1, 1, 1]]}',
        '{"code": "Ok", "durations": [[1, -1, 1], [1, 1, 1], [1, 1, 1]]}',
    ],
)
async def test_a_broken_engine_costs_no_plan_and_the_plan_says_so(engine, broken):
    engine.broken = broken
    places = PLACES[:3]
    found = await travel_between(new_id(), places)
    assert (found.matrix, found.source, found.fallback) == (by_great_circle(places), "great_circle", "away")


async def test_an_engine_that_is_away_costs_no_plan(database, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(settings(), "routing_url", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setattr(engine_module, "PAUSE", 0.01)
        found = await travel_between(new_id(), PLACES)
    assert (found.source, found.fallback) == ("great_circle", "away")


async def test_where_no_way_is_known_a_straight_line_stands_in(engine):
    found = await travel_between(new_id(), PLACES)
    island = PLACES.index((31.215, 121.450))
    assert (found.source, found.fallback) == ("osrm", "no_way")
    straight = by_great_circle(PLACES)
    assert all(found.matrix[a][island] == straight[a][island] for a in range(len(PLACES)))
    assert close(found.matrix, PLACES, but=(island,))
