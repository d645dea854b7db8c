"""The list beside a map: each technician in the colour of the route, with their stops as far as there is room."""

from math import floor
from zoneinfo import ZoneInfo

from mendline.dayplans.pictures.canvas import Canvas, fitted
from mendline.dayplans.pictures.palette import FAINT, INK, LATE, LINE, MUTED, route_colour, route_dash
from mendline.dayplans.shown import ShownPlan, ShownStop
from mendline.kernel import say

TOP, STOP, GAP, PERSON = 40.0, 21, 15, 23


def draw_list(canvas: Canvas, plan: ShownPlan, left: float) -> None:
    """Draws the list from `left` to the right edge. Where people are many, each has one line with first and last."""
    canvas.rect(left, 0, canvas.width - left, canvas.height, fill="#ffffff")
    canvas.line(left, 0, left, canvas.height, stroke=LINE, stroke_width=1.5)
    people = max(len(plan.technicians), 1)
    room = canvas.height - TOP - 20 - (PERSON + GAP) * people
    lines = max(0, floor(room / STOP / people))
    pitch = min(PERSON + GAP, (canvas.height - TOP - 20) / people)  # of one who has one line alone
    x, y = left + 22, TOP
    for number, person in enumerate(plan.technicians):
        if y > canvas.height - 12:
            canvas.text(x, canvas.height - 6, f"+{len(plan.technicians) - number}", 13, fill=FAINT)
            return
        visits = [stop for stop in plan.of(person.id) if stop.kind == "visit"]
        _person(canvas, plan, (x, y), number, person.name, visits)
        if lines < 2:
            y += pitch
            continue
        y += PERSON
        shown = visits if len(visits) <= lines else visits[: lines - 1]
        for place, stop in enumerate(shown, 1):
            _stop(canvas, plan, (x, y), number, place, stop)
            y += STOP
        if len(visits) > len(shown):
            canvas.text(x + 32, y, f"+{len(visits) - len(shown)}", 13, fill=FAINT)
            y += STOP
        y += GAP


def _person(
    canvas: Canvas, plan: ShownPlan, at: tuple[float, float], number: int, name: str, visits: list[ShownStop]
) -> None:
    x, y = at
    dash = route_dash(number)  # the same as on the map, where colours begin again
    style = {"stroke_dasharray": dash} if dash else {"stroke_linecap": "round"}
    canvas.line(x, y - 5, x + 26, y - 5, stroke=route_colour(number), stroke_width=6, **style)
    canvas.text(x + 38, y, fitted(name, 16, 150), 16, weight=700)
    told = say("picture.count", plan.locale, visits=len(visits))
    if visits:
        told = f"{_clock(plan, visits[0], 'begins_at')}-{_clock(plan, visits[-1], 'ends_at')} · {told}"
    canvas.text(canvas.width - 20, y, told, 13, anchor="end", fill=MUTED)


def _stop(canvas: Canvas, plan: ShownPlan, at: tuple[float, float], number: int, place: int, stop: ShownStop) -> None:
    x, y = at
    canvas.text(x + 14, y, str(place), 13, anchor="middle", weight=700, fill=route_colour(number))
    canvas.text(x + 32, y, _clock(plan, stop, "begins_at"), 13, fill=LATE if stop.late else INK)
    canvas.text(x + 78, y, fitted(stop.place or stop.number, 13, canvas.width - x - 98), 13, fill=MUTED)


def _clock(plan: ShownPlan, stop: ShownStop, of: str) -> str:
    return f"{getattr(stop, of).astimezone(ZoneInfo(plan.zone)):%H:%M}"
