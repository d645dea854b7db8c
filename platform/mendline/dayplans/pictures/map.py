"""The map: each technician's route as numbered stops in one colour, over a plain grid with scale bar and north."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import atan2, ceil, cos, floor, hypot, log10, radians, sin
from typing import NamedTuple
from uuid import UUID

from mendline.dayplans.pictures.canvas import Canvas, fitted, width_of
from mendline.dayplans.pictures.legend import draw_legend, house, of_map, square, width
from mendline.dayplans.pictures.list import draw_list
from mendline.dayplans.pictures.palette import INK, LATE, LINE, LOCKED, MUTED, PAPER, route_colour, route_dash
from mendline.dayplans.pictures.words import heading, source_words
from mendline.dayplans.shown import ShownPlan, ShownStop
from mendline.kernel import say

WIDTH, HEIGHT, TOP, SIDE, MARGIN = 1440, 980, 96, 372, 56
MARK = 14
"""Radius of a stop."""

ROUNDS = 14
"""How often stops are pushed apart."""

KM_PER_DEGREE = 111.195
"""Of latitude, on a sphere of 6,371 km."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Stop(NamedTuple):
    """A stop where it is drawn: its number within the route, and the route's."""

    route: int
    number: int
    at: Point
    shown: ShownStop


def draw_map(plan: ShownPlan) -> str:
    """The plan's map as SVG text, in the plan's language."""
    canvas = Canvas(WIDTH, HEIGHT, heading(plan, "picture.map"))
    ground = _Ground(list(_places(plan)))
    _grid(canvas, ground)
    people = list(enumerate(plan.technicians))
    stops = _apart([stop for number, person in people for stop in _stops(plan, ground, number, person.id)])
    for number, person in people:
        home = ground.point(person.latitude, person.longitude)
        _route(canvas, number, home, [stop for stop in stops if stop.route == number])
    for stop in stops:
        _mark(canvas, stop)
    homes = [at for person in plan.technicians if (at := ground.point(person.latitude, person.longitude))]
    entries = list(of_map(plan))
    foot = (WIDTH - SIDE - width(plan, entries) - 40, HEIGHT - 50, WIDTH - SIDE, HEIGHT) if entries else None
    _names(canvas, stops, homes, foot)
    _scale(canvas, plan, ground)
    if foot:
        canvas.rect(foot[0], foot[1], foot[2] - foot[0] - 16, 38, radius=6, fill="#ffffff", fill_opacity=0.85)
        draw_legend(canvas, plan, entries, foot[0] + 14, foot[1] + 24)
    canvas.rect(0, 0, WIDTH, TOP, fill="#ffffff")
    canvas.text(28, 44, heading(plan, "picture.map"), 24, weight=700)
    canvas.text(28, 70, source_words(plan), 13, fill=MUTED)
    draw_list(canvas, plan, WIDTH - SIDE)
    return canvas.svg()


def _places(plan: ShownPlan) -> Iterator[Point]:
    stops = [(stop.latitude, stop.longitude) for stop in plan.stops]
    homes = [(person.latitude, person.longitude) for person in plan.technicians]
    for latitude, longitude in stops + homes:
        if latitude is not None and longitude is not None:
            yield latitude, longitude


class _Ground:
    """The ground: kilometres east and north of its middle, and where that lies on the picture."""

    def __init__(self, places: list[Point]) -> None:
        latitudes, longitudes = [p[0] for p in places] or [0.0], [p[1] for p in places] or [0.0]
        self._middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
        self._stretch = cos(radians(self._middle[0]))
        east = max((max(longitudes) - min(longitudes)) * KM_PER_DEGREE * self._stretch, 1.0)
        north = max((max(latitudes) - min(latitudes)) * KM_PER_DEGREE, 1.0)
        width, height = WIDTH - SIDE - 2 * MARGIN, HEIGHT - TOP - 2 * MARGIN - 20
        self.pixels = min(width / east, height / north)
        self.centre = (WIDTH - SIDE) / 2, TOP + MARGIN + height / 2

    def point(self, latitude: float | None, longitude: float | None) -> Point | None:
        """A place on the picture; None for one that nobody knows."""
        if latitude is None or longitude is None:
            return None
        east = (longitude - self._middle[1]) * KM_PER_DEGREE * self._stretch
        north = (latitude - self._middle[0]) * KM_PER_DEGREE
        return self.centre[0] + east * self.pixels, self.centre[1] - north * self.pixels

    @property
    def step(self) -> float:
        """Kilometres from one grid line to the next: 1, 2 or 5 times a power of ten, about 110 pixels."""
        wanted = 110 / self.pixels
        power: float = 10 ** floor(log10(wanted))
        return next(power * n for n in (1, 2, 5, 10) if power * n >= wanted)


def _grid(canvas: Canvas, ground: _Ground) -> None:
    canvas.rect(0, TOP, WIDTH - SIDE, HEIGHT - TOP, fill=PAPER)
    step = ground.step * ground.pixels
    right = WIDTH - SIDE
    for n in range(ceil(-ground.centre[0] / step), floor((right - ground.centre[0]) / step) + 1):
        x = ground.centre[0] + n * step
        canvas.line(x, TOP, x, HEIGHT, stroke=LINE, stroke_width=1)
    for n in range(ceil((TOP - ground.centre[1]) / step), floor((HEIGHT - ground.centre[1]) / step) + 1):
        y = ground.centre[1] + n * step
        canvas.line(0, y, right, y, stroke=LINE, stroke_width=1)


def _stops(plan: ShownPlan, ground: _Ground, route: int, technician: UUID) -> Iterator[Stop]:
    number = 0
    for shown in plan.of(technician):
        at = ground.point(shown.latitude, shown.longitude)
        number += shown.kind == "visit"
        if shown.kind != "rest" and at is not None:
            yield Stop(route, number, at, shown)


def _apart(stops: list[Stop]) -> list[Stop]:
    """Stops that lie upon each other are pushed apart, a little at a time, until each can be read."""
    at = [[*stop.at] for stop in stops]
    wanted = 2 * MARK + 3
    for _ in range(ROUNDS):
        for a, b in combinations(range(len(stops)), 2):
            east, south = at[b][0] - at[a][0], at[b][1] - at[a][1]
            if abs(east) >= wanted or abs(south) >= wanted:
                continue
            apart = hypot(east, south)
            if apart < wanted:
                turn = atan2(south, east) if apart > 0.5 else 2.4 * b  # upon each other: any way but each another
                push = (wanted - apart) / 2
                at[a][0] -= push * cos(turn)
                at[a][1] -= push * sin(turn)
                at[b][0] += push * cos(turn)
                at[b][1] += push * sin(turn)
    return [stop._replace(at=(x, y)) for stop, (x, y) in zip(stops, at, strict=True)]


def _route(canvas: Canvas, number: int, home: Point | None, stops: list[Stop]) -> None:
    colour, dash = route_colour(number), route_dash(number)
    style = {"fill": "none", "stroke": colour, "stroke_width": 3.5, "stroke_linejoin": "round", "stroke_opacity": 0.85}
    if dash:
        style["stroke_dasharray"] = dash
    way = [*([home] if home else []), *(stop.at for stop in stops)]
    if len(way) > 1:
        canvas.path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in way), **style)
        for a, b in pairwise(way):
            _arrow(canvas, a, b, colour)
    if home and stops:
        x, y = stops[-1].at
        back = f"M{x:.1f} {y:.1f}L{home[0]:.1f} {home[1]:.1f}"
        canvas.path(back, fill="none", stroke=colour, stroke_width=1.6, stroke_dasharray="4 6", stroke_opacity=0.6)
        canvas.path(house(*home), fill="#ffffff", stroke=colour, stroke_width=2.5, stroke_linejoin="round")


def _arrow(canvas: Canvas, a: Point, b: Point, colour: str) -> None:
    """Which way it goes, in the middle of a leg that is long enough."""
    length = hypot(b[0] - a[0], b[1] - a[1])
    if length < 4 * MARK:
        return
    east, south = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    x, y = (a[0] + b[0]) / 2 + 6 * east, (a[1] + b[1]) / 2 + 6 * south
    left = x - 12 * east - 6 * south, y - 12 * south + 6 * east
    right = x - 12 * east + 6 * south, y - 12 * south - 6 * east
    canvas.path(
        f"M{x:.1f} {y:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z",
        fill=colour,
        stroke="#ffffff",
        stroke_width=1,
    )


def _mark(canvas: Canvas, stop: Stop) -> None:
    x, y = stop.at
    colour = route_colour(stop.route)
    if stop.shown.kind == "pickup":
        box, string = square(x, y)
        canvas.path(box, fill="#ffffff", stroke=colour, stroke_width=2.5, stroke_linejoin="round")
        canvas.path(string, stroke=colour, stroke_width=1.5)
        return
    if stop.shown.late or stop.shown.locked:
        ring = LATE if stop.shown.late else LOCKED
        canvas.circle(
            x,
            y,
            MARK + 4,
            fill="none",
            stroke=ring,
            stroke_width=2.5,
            stroke_dasharray="" if stop.shown.late else "3 3",
        )
    done = stop.shown.progress == "done"
    canvas.circle(
        x, y, MARK, fill="#ffffff" if done else colour, stroke=colour if done else "#ffffff", stroke_width=2.5
    )
    canvas.text(x, y + 5, str(stop.number), 14, anchor="middle", weight=700, fill=colour if done else "#ffffff")


def _names(canvas: Canvas, stops: list[Stop], homes: list[Point], foot: Box | None) -> None:
    """The name of each place once, where it covers neither a stop nor another name; else it is left to the list."""
    taken: list[Box] = [(x - MARK, y - MARK, x + MARK, y + MARK) for _, _, (x, y), _ in stops]
    taken += [(0, HEIGHT - 56, 240, HEIGHT), (WIDTH - SIDE - 60, TOP, WIDTH - SIDE, TOP + 76)]  # scale bar and north
    taken += [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in homes]
    taken += [foot] if foot else []
    named: set[str] = set()
    for stop in stops:
        words = fitted(stop.shown.place, 13, 210)
        if not words or stop.shown.kind != "visit" or stop.shown.place in named:
            continue
        wide, (x, y) = width_of(words, 13), stop.at
        sides: tuple[Box, ...] = (
            (x + MARK + 6, y - 8, x + MARK + 6 + wide, y + 8),
            (x - MARK - 6 - wide, y - 8, x - MARK - 6, y + 8),
            (x - wide / 2, y + MARK + 4, x + wide / 2, y + MARK + 20),
            (x - wide / 2, y - MARK - 22, x + wide / 2, y - MARK - 6),
        )
        free = next((box for box in sides if _inside(box) and not any(_overlap(box, other) for other in taken)), None)
        if free is not None:
            canvas.text(free[0], free[3] - 3, words, 13, fill=INK, halo=PAPER)
            taken.append(free)
            named.add(stop.shown.place)


def _inside(box: Box) -> bool:
    return box[0] > 6 and box[2] < WIDTH - SIDE - 6 and box[1] > TOP + 4 and box[3] < HEIGHT - 8


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale(canvas: Canvas, plan: ShownPlan, ground: _Ground) -> None:
    """The scale bar below on the left, and north above on the right."""
    length, y = ground.step * ground.pixels, HEIGHT - 26
    words = f"{ground.step:g} km" if ground.step >= 1 else f"{ground.step * 1000:g} m"
    canvas.rect(18, y - 24, length + 30, 38, radius=6, fill="#ffffff", fill_opacity=0.85)
    canvas.path(f"M32 {y - 5}v5h{length:.1f}v-5", fill="none", stroke=INK, stroke_width=2)
    canvas.text(32 + length / 2, y - 6, words, 12, anchor="middle", fill=INK)
    x, top = WIDTH - SIDE - 36, TOP + 22
    canvas.path(f"M{x} {top}l9 26l-9 -6l-9 6z", fill=INK)
    canvas.text(x, top + 42, say("picture.north", plan.locale), 13, anchor="middle", weight=700)
