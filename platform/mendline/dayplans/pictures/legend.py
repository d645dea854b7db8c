"""The legends of both pictures: what of their signs this plan shows, each with its word."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from mendline.dayplans.pictures.canvas import Canvas, width_of
from mendline.dayplans.pictures.palette import (
    DONE,
    INK,
    LATE,
    LOCKED,
    MUTED,
    PICKUP,
    PLANNED,
    REST,
    TRAVEL,
    UNDER_WAY,
    WINDOW,
)
from mendline.dayplans.shown import ShownPlan
from mendline.kernel import say

SIZE, GAP = 13, 26


class Entry(NamedTuple):
    """One sign: the word's name, how it looks, and its colour."""

    name: str
    look: Literal["bar", "line", "dots", "dashes", "thread", "stripe", "due", "ring", "dotted_ring", "square", "home"]
    colour: str


def of_timeline(plan: ShownPlan, *, limited: bool, begun: bool) -> Iterator[Entry]:
    """What of the timeline's legend a plan needs. limited: some window is shown; begun: so is where planning begins."""
    visits, kinds = plan.visits, {stop.kind for stop in plan.stops}
    yield Entry("travel", "line", TRAVEL)
    if any(stop.arrives_at < stop.begins_at for stop in plan.stops):
        yield Entry("waiting", "dots", TRAVEL)
    yield Entry("planned", "bar", PLANNED)
    if any(stop.progress == "under_way" for stop in visits):
        yield Entry("under_way", "bar", UNDER_WAY)
    if any(stop.progress == "done" for stop in visits):
        yield Entry("done", "bar", DONE)
    if any(stop.locked for stop in visits):
        yield Entry("locked", "bar", LOCKED)
    if any(stop.late for stop in visits):
        yield Entry("late", "bar", LATE)
    if "pickup" in kinds:
        yield Entry("pickup", "bar", PICKUP)
    if "rest" in kinds:
        yield Entry("rest", "bar", REST)
    if limited:
        yield Entry("window", "stripe", WINDOW)
    if any(stop.due_at for stop in visits):
        yield Entry("due", "due", INK)
    if begun:
        yield Entry("from_now", "dashes", LATE)


def of_map(plan: ShownPlan) -> Iterator[Entry]:
    """What of the map's legend a plan needs."""
    visits = plan.visits
    if any(person.latitude is not None for person in plan.technicians):
        yield Entry("home", "home", MUTED)
        yield Entry("way_home", "thread", MUTED)
    if any(stop.kind == "pickup" for stop in plan.stops):
        yield Entry("pickup", "square", MUTED)
    if any(stop.locked for stop in visits):
        yield Entry("locked", "dotted_ring", LOCKED)
    if any(stop.late for stop in visits):
        yield Entry("late", "ring", LATE)


def draw_legend(canvas: Canvas, plan: ShownPlan, entries: list[Entry], x: float, y: float) -> None:
    """Draws the signs in a row whose words stand on the line `y`."""
    for entry in entries:
        words = say(f"picture.{entry.name}", plan.locale)
        _SIGNS[entry.look](canvas, x, y - 5, entry.colour)
        canvas.text(x + 27, y, words, SIZE, fill=MUTED)
        x += 27 + width_of(words, SIZE) + GAP


def width(plan: ShownPlan, entries: list[Entry]) -> float:
    """How many pixels the row takes."""
    return sum(27 + width_of(say(f"picture.{entry.name}", plan.locale), SIZE) + GAP for entry in entries) - GAP


def triangle(x: float, y: float) -> str:
    """The mark of an SLA moment, its point below."""
    return f"M{x - 5:.1f} {y - 8:.1f}h10l-5 8z"


def house(x: float, y: float) -> str:
    """The mark of where somebody sets out."""
    return f"M{x - 9:.1f} {y:.1f}L{x:.1f} {y - 10:.1f}L{x + 9:.1f} {y:.1f}V{y + 9:.1f}H{x - 9:.1f}Z"


def square(x: float, y: float) -> tuple[str, str]:
    """The mark of a place where parts are fetched: a box, and the string around it."""
    return f"M{x - 8:.1f} {y - 8:.1f}h16v16h-16z", f"M{x - 8:.1f} {y:.1f}h16M{x:.1f} {y - 8:.1f}v16"


def _line(canvas: Canvas, x: float, y: float, colour: str, dashes: str = "", thick: float = 3) -> None:
    style = {"stroke_dasharray": dashes} if dashes else {}
    canvas.line(x, y, x + 20, y, stroke=colour, stroke_width=thick, **style)


def _square(canvas: Canvas, x: float, y: float, colour: str) -> None:
    box, string = square(x + 10, y)
    canvas.path(box, fill="#ffffff", stroke=colour, stroke_width=2.5)
    canvas.path(string, stroke=colour, stroke_width=1.5)


_SIGNS: dict[str, Callable[[Canvas, float, float, str], None]] = {
    "bar": lambda canvas, x, y, colour: canvas.rect(x, y - 7, 20, 14, radius=4, fill=colour),
    "line": _line,
    "dots": lambda canvas, x, y, colour: _line(canvas, x, y, colour, "3 4"),
    "dashes": lambda canvas, x, y, colour: _line(canvas, x, y, colour, "5 4", 1.5),
    "thread": lambda canvas, x, y, colour: _line(canvas, x, y, colour, "4 6", 1.6),
    "stripe": lambda canvas, x, y, colour: canvas.rect(x, y - 2, 20, 4, radius=2, fill=colour),
    "due": lambda canvas, x, y, colour: canvas.path(triangle(x + 10, y + 5), fill=colour),
    "ring": lambda canvas, x, y, colour: canvas.circle(x + 10, y, 8, fill="none", stroke=colour, stroke_width=2.5),
    "dotted_ring": lambda canvas, x, y, colour: canvas.circle(
        x + 10, y, 8, fill="none", stroke=colour, stroke_width=2.5, stroke_dasharray="3 3"
    ),
    "square": _square,
    "home": lambda canvas, x, y, colour: canvas.path(
        house(x + 10, y), fill="#ffffff", stroke=colour, stroke_width=2.5, stroke_linejoin="round"
    ),
}
