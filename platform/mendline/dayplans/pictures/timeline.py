"""The timeline: a row for each technician, with ways, visits, rests, windows and what is late, along the hours."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mendline.dayplans.pictures.canvas import Canvas, ending, fitted, width_of
from mendline.dayplans.pictures.legend import draw_legend, of_timeline, triangle
from mendline.dayplans.pictures.palette import (
    DONE,
    FAINT,
    INK,
    LATE,
    LINE,
    LOCKED,
    MUTED,
    PAPER,
    PICKUP,
    PLANNED,
    REST,
    TRAVEL,
    UNDER_WAY,
    WINDOW,
    route_colour,
)
from mendline.dayplans.pictures.words import heading, source_words
from mendline.dayplans.shown import ShownPlan, ShownStop, ShownTechnician
from mendline.kernel import say

WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 1440, 190, 28, 112, 62, 62
BAR = 34
"""Height of a visit's bar."""

HOUR = timedelta(hours=1)


def draw_timeline(plan: ShownPlan) -> str:
    """The plan's timeline as SVG text, in the plan's language and zone."""
    rows = max(len(plan.technicians), 1)
    canvas = Canvas(WIDTH, TOP + rows * ROW + FOOT, heading(plan, "picture.timeline"))
    span = _span(plan)
    axis = _Axis(*span)
    canvas.text(28, 44, heading(plan, "picture.timeline"), 24, weight=700)
    canvas.text(28, 70, source_words(plan), 13, fill=MUTED)
    _hours(canvas, plan, axis, rows)
    for number, person in enumerate(plan.technicians):
        _row(canvas, plan, axis, person, number)
    _from_now(canvas, plan, axis, rows)
    limited = any(_limited(plan, stop) for stop in plan.visits)
    entries = list(of_timeline(plan, limited=limited, begun=_begun(plan, axis)))
    draw_legend(canvas, plan, entries, 28, TOP + rows * ROW + 34)
    return canvas.svg()


class _Axis:
    """Where a moment lies across the picture."""

    def __init__(self, begins: datetime, ends: datetime) -> None:
        self.begins, self.ends = begins, ends
        self._scale = (WIDTH - LEFT - RIGHT) / (ends - begins).total_seconds()

    def x(self, moment: datetime) -> float:
        within = min(max(moment, self.begins), self.ends)
        return LEFT + (within - self.begins).total_seconds() * self._scale


def _span(plan: ShownPlan) -> tuple[datetime, datetime]:
    """Whole hours around everything that happens; eight to six where nothing does."""
    zone = ZoneInfo(plan.zone)
    begins = min((s.arrives_at - timedelta(seconds=s.travel) for s in plan.stops), default=plan.epoch + 8 * HOUR)
    ends = max((s.ends_at for s in plan.stops), default=plan.epoch + 18 * HOUR)
    first = begins.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    last = (ends + HOUR - timedelta(seconds=1)).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    return first, max(last, first + 2 * HOUR)


def _hours(canvas: Canvas, plan: ShownPlan, axis: _Axis, rows: int) -> None:
    bottom = TOP + rows * ROW
    for number in range(rows):
        if number % 2 == 0:
            canvas.rect(0, TOP + number * ROW, WIDTH, ROW, fill=PAPER)
    hours = int((axis.ends - axis.begins) / HOUR)
    every = 1 if hours <= 14 else 2
    zone = ZoneInfo(plan.zone)
    for number in range(0, hours + 1):
        moment = axis.begins + number * HOUR
        x = axis.x(moment)
        canvas.line(x, TOP, x, bottom, stroke=LINE, stroke_width=1)
        if number % every == 0:
            canvas.text(x, TOP - 10, f"{moment.astimezone(zone):%H:%M}", 13, anchor="middle", fill=MUTED)
    canvas.line(0, TOP, WIDTH, TOP, stroke=FAINT, stroke_width=1)
    canvas.line(0, bottom, WIDTH, bottom, stroke=FAINT, stroke_width=1)


def _row(canvas: Canvas, plan: ShownPlan, axis: _Axis, person: ShownTechnician, number: int) -> None:
    top = TOP + number * ROW
    stops = plan.of(person.id)
    canvas.rect(0, top, 6, ROW, fill=route_colour(number))
    canvas.text(22, top + 28, fitted(person.name, 16, LEFT - 34), 16, weight=700)
    visits = sum(stop.kind == "visit" for stop in stops)
    way = sum(stop.travel for stop in stops) // 60
    canvas.text(22, top + 47, say("picture.row", plan.locale, visits=visits, minutes=way), 12, fill=MUTED)
    middle = top + ROW / 2
    many = len({_organisation(stop) for stop in plan.visits}) > 1
    for stop in stops:  # windows lie beneath everything
        if _limited(plan, stop):
            for begins, ends in stop.windows:
                x, end = axis.x(begins), axis.x(ends + (stop.ends_at - stop.begins_at))
                if end - x > 2:
                    canvas.rect(x, middle + BAR / 2 + 3, end - x, 4, radius=2, fill=WINDOW)
    for stop in stops:  # and ways beneath the rests that are taken on them
        if stop.travel and stop.kind != "rest":
            x, end = axis.x(stop.arrives_at - timedelta(seconds=stop.travel)), axis.x(stop.arrives_at)
            canvas.line(x, middle, end, middle, stroke=TRAVEL, stroke_width=3)
    for stop in stops:
        _bar(canvas, axis, stop, middle, many=many)


def _limited(plan: ShownPlan, stop: ShownStop) -> bool:
    """Whether a planned visit has a window worth showing: one that is not the whole day, or until its SLA moment."""
    if stop.kind != "visit" or stop.progress != "planned" or not stop.windows:
        return False
    (begins, ends), *others = stop.windows
    latest = max(end for visit in plan.visits for _, end in visit.windows)
    return bool(others) or begins > plan.begins_at or ends < min(latest, stop.due_at or latest)


def _bar(canvas: Canvas, axis: _Axis, stop: ShownStop, middle: float, *, many: bool) -> None:
    x, end = axis.x(stop.begins_at), axis.x(stop.ends_at)
    width, top = max(end - x, 3), middle - BAR / 2
    if stop.arrives_at < stop.begins_at:  # there before the window opens
        waiting = axis.x(stop.arrives_at)
        canvas.line(waiting, middle, x, middle, stroke=TRAVEL, stroke_width=3, stroke_dasharray="3 4")
    if stop.kind == "rest":
        canvas.rect(x, top + 5, width, BAR - 10, radius=5, fill=REST)
        _cup(canvas, x + width / 2, middle)
        return
    colour = _colour(stop)
    canvas.rect(x, top, width, BAR, radius=6, fill=colour)
    if stop.locked:
        _padlock(canvas, x + width - 13, top + 10)
    room = width - (30 if stop.locked else 12)
    canvas.text(x + 7, middle - 2, _short(stop, room, many=many), 13, weight=700, fill="#ffffff")
    canvas.text(x + 7, middle + 12, ending(stop.place or stop.device, 11, width - 12), 11, fill="#ffffff")
    if stop.due_at is not None and axis.begins <= stop.due_at <= axis.ends and stop.progress == "planned":
        due = axis.x(stop.due_at)
        if stop.late or due <= end + 260:
            canvas.path(triangle(due, top - 3), fill=LATE if stop.late else INK)


def _short(stop: ShownStop, room: float, *, many: bool) -> str:
    """The last part of a ticket's number is what people say; whose it is, where there are many and it fits."""
    if not stop.number:
        return ""
    said = f"#{stop.number.rpartition('-')[2]}"
    whole = f"{_organisation(stop)} {said}" if many else said
    return whole if width_of(whole, 13) <= room else fitted(said, 13, room)


def _organisation(stop: ShownStop) -> str:
    """The code that a ticket's number begins with."""
    return stop.number.partition("-")[0]


def _colour(stop: ShownStop) -> str:
    if stop.kind == "pickup":
        return PICKUP
    if stop.progress == "done":
        return DONE
    if stop.progress == "under_way":
        return UNDER_WAY
    if stop.late:
        return LATE
    return LOCKED if stop.locked else PLANNED


def _padlock(canvas: Canvas, x: float, y: float) -> None:
    canvas.rect(x - 5, y - 1, 10, 8, radius=1.5, fill="#ffffff")
    canvas.path(f"M{x - 3:.1f} {y - 1:.1f}v-2.500a3 3 0 0 1 6 0v2.500", fill="none", stroke="#ffffff", stroke_width=1.8)


def _cup(canvas: Canvas, x: float, y: float) -> None:
    canvas.path(
        f"M{x - 6:.1f} {y - 5:.1f}h10v6a4 4 0 0 1 -4 4h-2a4 4 0 0 1 -4 -4zM{x + 4:.1f} {y - 3:.1f}h2a2 2 0 0 1 0 5h-2",
        fill="none",
        stroke=MUTED,
        stroke_width=1.4,
    )


def _from_now(canvas: Canvas, plan: ShownPlan, axis: _Axis, rows: int) -> None:
    """From when the edition was planned, where the day had begun by then."""
    if _begun(plan, axis):
        x = axis.x(plan.begins_at)
        canvas.line(x, TOP - 4, x, TOP + rows * ROW, stroke=LATE, stroke_width=1.5, stroke_dasharray="5 4")


def _begun(plan: ShownPlan, axis: _Axis) -> bool:
    return axis.begins < plan.begins_at < axis.ends
